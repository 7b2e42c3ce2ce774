"""Checked access to one JSON object of an observation stream: every refusal names the field, its value and what is needed."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from ..errors import InputError

T = TypeVar("T")

FAR = 1e6  # metres; nothing that a robot maps is farther from its map's origin
LATEST = 1e11  # seconds; more is a clock in milliseconds or worse
MOST_TEXT = 100_000  # characters
MOST_NAMES = 1000  # entries of a distribution
OWN = "x_"  # fields that begin so are the producer's own and are ignored
_SUM_SLACK = 0.01
_NUMERIC = frozenset({int, float})
_MISSING: Any = object()
_MAY_BE_NULL = frozenset({"payload", "salt", "data"})  # of an exported event: erased, dropped


def keys(words: str) -> frozenset[str]:
    """Names of fields, from a text with blanks between them."""
    return frozenset(words.split())


def short(value: object) -> str:
    """A value for a message: as JSON would show it, never long."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a whole number of more than 20 digits"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def number(value: object, where: str, low: float = -FAR, high: float = FAR) -> float:
    """A finite number in [low, high]."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        try:
            plain = float(value)
        except OverflowError:
            plain = math.inf
        if low <= plain <= high:
            return plain
    raise InputError(f"{where}: {short(value)} is not usable; a number from {low:g} to {high:g} is needed")


def whole(value: object, where: str, low: int = 0, high: int = 2**53) -> int:
    """A whole number in [low, high]."""
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    raise InputError(f"{where}: {short(value)} is not usable; a whole number from {low} to {high} is needed")


def text(value: object, where: str, most: int = MOST_TEXT, empty: bool = True) -> str:
    """Text that can be written down as UTF-8."""
    if not isinstance(value, str) or len(value) > most or not (value or empty):
        need = f"text of {0 if empty else 1} to {most} characters"
        raise InputError(f"{where}: {short(value)} is not usable; {need} is needed")
    if "\0" in value or not (value.isascii() or _encodable(value)):
        raise InputError(f"{where}: {short(value)} holds a character that is no text (NUL or half a surrogate pair)")
    return value


def _encodable(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def name(value: object, where: str) -> str:
    """A short text that is not empty: a label, an id."""
    return text(value, where, 200, empty=False)


def flag(value: object, where: str) -> bool:
    """true or false."""
    if isinstance(value, bool):
        return value
    raise InputError(f"{where}: {short(value)} is not usable; true or false is needed")


def numbers(value: object, where: str, counts: Collection[int], low: float = -FAR, high: float = FAR) -> list[float]:
    """A list of so many numbers."""
    if not isinstance(value, list) or len(value) not in counts:
        need = " or ".join(map(str, sorted(counts)))
        raise InputError(f"{where}: {short(value)} is not usable; a list of {need} numbers is needed")
    if _NUMERIC.issuperset(map(type, value)) and low <= min(value) and max(value) <= high:  # the usual case, at once
        return [float(item) for item in value]
    return [number(item, f"{where}[{i}]", low, high) for i, item in enumerate(value)]


def items(value: object, where: str, most: int) -> list[Any]:
    """A list of at most ``most`` entries."""
    if isinstance(value, list) and len(value) <= most:
        return value
    raise InputError(f"{where}: {short(value)} is not usable; a list of at most {most} entries is needed")


def one_of(value: object, where: str, allowed: Collection[str]) -> str:
    """One of a few words."""
    if isinstance(value, str) and value in allowed:
        return value
    raise InputError(f"{where}: {short(value)} is not usable; one of {', '.join(sorted(allowed))} is needed")


def distribution(value: object, where: str) -> dict[str, float]:
    """Name → probability, summing to at most 1."""
    if not isinstance(value, dict) or len(value) > MOST_NAMES:
        raise InputError(f"{where}: {short(value)} is not usable; an object of name: probability is needed")
    found = {name(k, where): number(v, f"{where}.{k}", 0.0, 1.0) for k, v in value.items()}
    if sum(found.values()) > 1.0 + _SUM_SLACK:
        raise InputError(f"{where}: probabilities sum to {sum(found.values()):.3f}; at most 1 is needed")
    return found


class Fields:
    """One JSON object whose fields are read one by one; unknown ones are refused at once, so that typos show.

    ``where`` is the path to it for messages ("detections[2]", empty for the line itself).
    """

    __slots__ = ("_data", "where")

    def __init__(self, data: object, where: str, known: frozenset[str]) -> None:
        if not isinstance(data, dict):
            raise InputError(f"{where or 'the line'}: {short(data)} is not usable; an object is needed")
        for key, value in data.items():
            if value is None and key not in _MAY_BE_NULL and not key.startswith(OWN):
                raise InputError(f"{where + '.' if where else ''}{key}: null is not usable; leave the field out")
            if key not in known and not key.startswith(OWN):
                raise InputError(
                    f"{where or 'the line'}: unknown field {short(key)}; known are {', '.join(sorted(known))}"
                )
        self._data: dict[str, Any] = data
        self.where = where

    def __contains__(self, key: str) -> bool:
        return self._data.get(key) is not None

    def path(self, key: str) -> str:
        """The path to a field."""
        return f"{self.where}.{key}" if self.where else key

    def raw(self, key: str) -> Any:
        """The field as it stands, None if it is missing."""
        return self._data.get(key)

    def get(self, key: str, read: Callable[..., T], *how: Any, default: Any = _MISSING) -> T:
        """The field as ``read(value, path, *how)`` gives it; ``default`` when it is missing or null."""
        value = self._data.get(key)
        if value is None:
            if default is _MISSING:
                raise InputError(f"{self.path(key)}: is missing")
            return default  # type: ignore[no-any-return]
        return read(value, self.path(key), *how)

    def only_one(self, *keys: str) -> str | None:
        """Which of these fields is there; None if none is, ``InputError`` if more than one."""
        there = [k for k in keys if k in self]
        if len(there) > 1:
            raise InputError(f"{self.where or 'the line'}: has {' and '.join(there)}; only one of them may be given")
        return there[0] if there else None
