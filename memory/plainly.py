"""What SQLite says of a damaged or vanished file, told by every public method in Loci's own errors."""

from __future__ import annotations

import functools
import inspect
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from ..errors import DamagedMemory, InputError
from . import dbfile

_C = TypeVar("_C", bound=type)
_ALWAYS = ("close", "verify")  # whatever is damaged


def plainly(cls: _C) -> _C:
    """A class whose public methods raise ``DamagedMemory`` or another ``MemoryFileError`` where SQLite fails.

    Its instances have a ``_store`` with the file's path, and a ``_mend`` that is called before each: what was being read when
    damage was found must not be taken for all there is the next time. Generators see to it themselves.
    """
    for name, method in list(vars(cls).items()):
        if not name.startswith("_") and inspect.isfunction(method) and not inspect.isgeneratorfunction(method):
            setattr(cls, name, _explaining(method, name not in _ALWAYS))
    return cls


def _explaining(method: Callable[..., Any], mends: bool) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if getattr(self, "_closed", False) and method.__name__ != "close":
            raise InputError(f"{self._store.path}: was closed; open it again to ask or to write")
        if mends:
            self._mend()
        try:
            return method(self, *args, **kwargs)
        except DamagedMemory:
            self._spoiled = True
            raise
        except OverflowError as error:  # SQLite's whole numbers have 64 bits
            raise InputError(f"{method.__name__}: a number handed in is too large ({error})") from error
        except sqlite3.Error as error:
            self._spoiled = True
            raise dbfile.explained(error, self._store.path) from error

    return call
