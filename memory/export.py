"""A memory's log as an observation stream: one ``event`` line each, decided as they stand, and a last line with the head."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ..errors import InputError
from . import codec
from .dbfile import spare
from .stream_encode import encode_line
from .stream_file import STANDARD, open_for_writing
from .stream_lines import Blob, Closing, Logged, Opening

if TYPE_CHECKING:
    from .memory import Memory


def export_lines(memory: Memory, *, pictures: bool = True) -> Iterator[str]:
    """The whole log as lines without newline; replayed into a new memory they give the same canonical dump and head.

    ``pictures=False`` leaves the bytes of keyframes out: the copy has their poses and digests, and one event more, which
    says that they were dropped. Each event is checked; ``DamagedMemory`` if one was altered.
    """
    store = memory._store
    if not store.read_only:
        with memory._writing() as world:
            world.flush(world.now, force=True)
    events, head = store.head
    yield encode_line(Opening("loci export", "memory"))
    for seq in range(1, events + 1):
        yield encode_line(_logged(memory, seq, pictures))
    yield encode_line(Closing(events, head, pictures))


def export(
    memory: Memory,
    target: str | os.PathLike[str],
    *,
    pictures: bool = True,
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Write the log to ``target`` ("-": standard output; ``.gz`` packs it) and return how many events it has.

    A file appears under its name only once it is whole. ``InputError`` if it cannot be written, or is a memory itself.
    """
    name = os.fspath(target)
    if os.path.isdir(name):
        raise InputError(f"{name}: is a folder; name a file to write to")
    spare(name)
    try:
        return _write(memory, name, pictures, on_progress)
    except BrokenPipeError:  # `| head` is no error of the file
        raise
    except OSError as error:
        raise InputError(f"{name}: cannot be written ({error.strerror or error})") from error


def _write(memory: Memory, name: str, pictures: bool, on_progress: Callable[[int], None] | None) -> int:
    count = -2  # without the first and the last line
    with ExitStack() as undo:
        whole, passing = os.path.realpath(name), name
        if name != STANDARD and (os.path.isfile(name) or not os.path.exists(name)):  # a device is never replaced
            folder, base = os.path.split(whole)
            passing = os.path.join(folder, f".new.{base}")
            undo.callback(_remove, passing)
        file = open_for_writing(passing)
        if name != STANDARD:
            undo.callback(file.close)
        for line in export_lines(memory, pictures=pictures):
            file.write(line + "\n")
            count += 1
            if on_progress is not None and count % 1000 == 0:
                on_progress(count)
        file.flush()
        if passing != name:
            file.close()
            os.replace(passing, whole)
    return count


def _remove(path: str) -> None:
    if os.path.exists(path):
        os.remove(path)


def _logged(memory: Memory, seq: int, pictures: bool) -> Logged:
    row, redactions, blobs = memory._store.stored_event(seq)
    number, kind, stamp, recorded, payload_digest, digest, salt, body, _ = row
    return Logged(
        number,
        kind,
        stamp,
        recorded,
        None if body is None else codec.plain(codec.unsqueeze(body)),
        None if body is None or salt is None else bytes(salt),
        bytes(payload_digest).hex(),
        bytes(digest).hex(),
        tuple(Blob(info.digest, info.kind, info.value, info.size, data if pictures else None) for info, data in blobs),
        tuple((by, left.hex()) for by, left in redactions),
    )
