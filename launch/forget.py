"""`loci forget`: a thing, a place, a span of time or a remark leaves a memory file for good."""

from __future__ import annotations

import datetime
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import tyro

from ..errors import ConfigError

File = tyro.conf.Positional[Path]


@dataclass(frozen=True)
class Forget:
    """Erase something from a memory file for good: log, beliefs, pictures, learned counts and free pages (docs/forgetting.md).

    Exit status: 0 erased, 1 erased, but a reader still has the old bytes, 2 nothing changed.
    """

    file: File
    """The memory file; nobody else may be writing to it."""
    thing: str | None = None
    """Id of a thing, with its parts: o7."""
    place: str | None = None
    """Id of a place, with all that is on or in it now: o3."""
    between: tuple[str, str] | None = None
    """What was noticed and done between two times: seconds of world time, or dates such as 2026-05-01T14:00 (UTC)."""
    note: int | None = None
    """Event number of a remark, or of an instruction whose words are to go, such as a preference that somebody stated."""
    json: bool = False
    """One JSON object instead of a sentence."""


def main(command: Forget) -> int:
    """Erase, and say what was done."""
    from ..memory import Memory  # here, so that the options can be shown without loading it

    given = {k: getattr(command, k) for k in ("thing", "place", "between", "note") if getattr(command, k) is not None}
    if len(given) != 1:
        raise ConfigError(
            f"{len(given)} things to forget are given: exactly one of --thing, --place, --between, --note"
        )
    if not command.file.exists():
        raise ConfigError(f"{command.file}: no such memory file")  # opening for writing would make one
    span = None if command.between is None else (seconds(command.between[0]), seconds(command.between[1]))
    with Memory.open(command.file) as memory:
        done = memory.forget(thing=command.thing, place=command.place, between=span, note=command.note)
        head = memory.verify().head
    if command.json:
        print(json.dumps({**asdict(done), "head": head}))
    else:
        counts = ((done.events, "event"), (done.things, "thing"), (done.pictures, "picture"))
        cut, things, pictures = (f"{n} {word}" + "s" * (n != 1) for n, word in counts)
        print(f"erased a {done.what}: {cut} cut, {things} and {pictures} gone")
        print(f"{done.size[0]:,} → {done.size[1]:,} bytes; event {done.seq} says that it was done; new head {head}")
        if not done.scrubbed:
            print("a reader still has the old bytes: close it and open the file for writing once to remove them")
    return 0 if done.scrubbed else 1


def seconds(text: str) -> float:
    """World time from a number of seconds or an ISO date (UTC unless it says otherwise); ``ConfigError`` otherwise."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is no time: seconds of world time, or a date such as 2026-05-01T14:00") from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.UTC)).timestamp()
