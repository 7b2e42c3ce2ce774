"""One line of an observation stream → a record, or ``InputError`` that says what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NoReturn

from ..contracts import Decision, Outcome, Status, Verb
from ..errors import InputError
from .stream_arrays import raw_bytes
from .stream_fields import Fields, flag, items, keys, name, number, numbers, one_of, short, text, whole
from .stream_lines import (
    FORMAT,
    MARKS,
    OPS,
    VERSION,
    Act,
    ActionBegin,
    ActionEnd,
    Attention,
    Begin,
    Blob,
    Closing,
    End,
    Line,
    Logged,
    Mark,
    Note,
    Opening,
)
from .stream_sight import area_in, correction_in, frame_in, report_in, stamp_in, thing_in

MOST_LINE = 32 * 2**20  # bytes of one line
_HEX = frozenset("0123456789abcdef")
_DECISION = keys("robot verb target relation position why cites subgoal")
_OUTCOME = keys("status detail started ended")


def decode_line(data: bytes | str) -> Line:
    """What the line says. It does not matter to the rest of a stream whether this raises."""
    if len(data) > MOST_LINE:
        raise InputError(f"the line: {len(data)} bytes are too many; at most {MOST_LINE}")
    try:
        plain = json.loads(data, parse_constant=_no_constant)
    except InputError:
        raise
    except UnicodeDecodeError as error:
        raise InputError(f"the line: is not UTF-8 (byte {error.start})") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"the line: is not JSON ({_first(error)})") from None
    if not isinstance(plain, dict):
        raise InputError(f"the line: {short(plain)} is not usable; a JSON object is needed")
    kind = plain.get("type")
    if not isinstance(kind, str) or kind not in _READERS:
        known = ", ".join(sorted(_READERS))
        raise InputError(
            f"type: {'is missing' if kind is None else short(kind) + ' is unknown'}; one of {known} is needed"
        )
    return _READERS[kind](plain)


def _first(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0][:120]


def _no_constant(word: str) -> NoReturn:
    raise InputError(f"the line: {word} is no number that JSON knows; finite numbers only")


# --- readers ------------------------------------------------------------------------------------------------------------
def _opening(data: dict[str, Any]) -> Opening:
    fields = Fields(data, "", keys("type format version source ids recorded"))
    fields.get("format", one_of, (FORMAT,))
    version = fields.get("version", whole, 1)
    if version != VERSION:
        raise InputError(f"version: {version} is not known to this Loci, which reads version {VERSION}")
    recorded = fields.raw("recorded")
    events = None if recorded is None else Fields(recorded, "recorded", keys("events")).get("events", whole)
    ids = fields.get("ids", one_of, ("memory", "own"), default="own")
    return Opening(fields.get("source", text, 1000, default=""), ids, events)


def _begin(data: dict[str, Any]) -> Begin:
    fields = Fields(data, "", keys("type id text stamp robot"))
    kind = data["type"].partition(".")[0]
    robot = fields.get("robot", name, default=None)
    return Begin(kind, fields.get("id", name), fields.get("text", text), fields.get("stamp", stamp_in), robot)


def _end(data: dict[str, Any]) -> End:
    fields = Fields(data, "", keys("type id status stamp"))
    kind = data["type"].partition(".")[0]
    return End(kind, fields.get("id", name), fields.get("status", name), fields.get("stamp", stamp_in))


def _action_begin(data: dict[str, Any]) -> ActionBegin:
    fields = Fields(data, "", keys("type id stamp") | _DECISION)
    return _started(fields, fields.get("stamp", stamp_in))


def _started(fields: Fields, stamp: float) -> ActionBegin:
    position = fields.get("position", numbers, (3,), default=None)
    target = fields.get("target", thing_in, default=None)
    cites = fields.get("cites", items, 1000, default=[])
    decision = Decision(
        Verb(fields.get("verb", one_of, tuple(Verb))),
        target if isinstance(target, str) else None,
        fields.get("relation", one_of, ("on", "in"), default=None),
        None if position is None else (position[0], position[1], position[2]),
        fields.get("why", text, default=""),
        tuple(name(c, f"cites[{i}]") for i, c in enumerate(cites)),
        fields.get("subgoal", text, default=""),
    )
    return ActionBegin(fields.get("id", name), stamp, decision, target, fields.get("robot", name, default=None))


def _action_end(data: dict[str, Any]) -> ActionEnd:
    return _ended(Fields(data, "", keys("type id") | _OUTCOME))


def _ended(fields: Fields) -> ActionEnd:
    outcome = Outcome(
        Status(fields.get("status", one_of, tuple(Status))),
        fields.get("detail", text, default=""),
        fields.get("started", stamp_in, default=0.0),
        fields.get("ended", stamp_in),
    )
    return ActionEnd(fields.get("id", name), outcome)


def _action(data: dict[str, Any]) -> Act:
    fields = Fields(data, "", keys("type id") | _DECISION | _OUTCOME)
    return Act(_started(fields, fields.get("started", stamp_in)), _ended(fields))


def _note(data: dict[str, Any]) -> Note:
    fields = Fields(data, "", keys("type kind text stamp refs"))
    refs = fields.get("refs", items, 10_000, default=[])
    return Note(
        fields.get("kind", name),
        fields.get("text", text, 1_000_000),
        fields.get("stamp", stamp_in),
        tuple(name(r, f"refs[{i}]") for i, r in enumerate(refs)),
    )


def _mark(data: dict[str, Any]) -> Mark:
    Fields(data, "", keys("type"))
    return Mark(data["type"])


def _attention(data: dict[str, Any]) -> Attention:
    fields = Fields(data, "", keys("type op things"))
    op = fields.get("op", one_of, OPS)
    things = tuple(name(t, f"things[{i}]") for i, t in enumerate(fields.get("things", items, 100_000)))
    if op != "focus" and len(things) != 1:
        raise InputError(f"things: {len(things)} are named; {op} is about one")
    return Attention(op, things)


# --- exported events ------------------------------------------------------------------------------------------------------
def _hex(value: object, where: str) -> str:
    if isinstance(value, str) and len(value) == 64 and set(value) <= _HEX:
        return value
    raise InputError(f"{where}: {short(value)} is not usable; 64 hexadecimal digits are needed")


def _logged(data: dict[str, Any]) -> Logged:
    known = keys("type seq kind stamp recorded salt payload payload_digest digest blobs redactions")
    fields = Fields(data, "", known)
    payload = fields.raw("payload")
    if payload is not None and not isinstance(payload, dict):
        raise InputError(f"payload: {short(payload)} is not usable; an object, or null once it was erased, is needed")
    salt = fields.get("salt", raw_bytes, 64, default=None)
    rows = fields.get("redactions", items, 1000, default=[])
    redactions = [_redaction(r, f"redactions[{i}]") for i, r in enumerate(rows)]
    if len({by for by, _ in redactions}) < len(redactions):
        raise InputError("redactions: name one event twice")
    if (payload is None) != (salt is None):
        raise InputError("salt: there has to be one with a payload, and none without")
    return Logged(
        fields.get("seq", whole, 1),
        fields.get("kind", name),
        fields.get("stamp", number, -1e300, 1e300),
        fields.get("recorded", number, -1e300, 1e300),
        payload,
        salt,
        fields.get("payload_digest", _hex),
        fields.get("digest", _hex),
        tuple(_blob(b, f"blobs[{i}]") for i, b in enumerate(fields.get("blobs", items, 1000, default=[]))),
        tuple(redactions),
    )


def _blob(value: object, where: str) -> Blob:
    fields = Fields(value, where, keys("digest kind value size data"))
    return Blob(
        fields.get("digest", _hex),
        fields.get("kind", name),
        fields.get("value", number, -1e300, 1e300),
        fields.get("size", whole),
        fields.get("data", raw_bytes, MOST_LINE, default=None),
    )


def _redaction(value: object, where: str) -> tuple[int, str]:
    fields = Fields(value, where, keys("by digest"))
    return fields.get("by", whole, 1), fields.get("digest", _hex)


def _closing(data: dict[str, Any]) -> Closing:
    fields = Fields(data, "", keys("type events head pictures"))
    return Closing(fields.get("events", whole), fields.get("head", _hex), fields.get("pictures", flag, default=True))


_READERS: dict[str, Callable[[dict[str, Any]], Line]] = {
    "stream": _opening,
    "frame": frame_in,
    "report": report_in,
    "correction": correction_in,
    "area": area_in,
    "episode.begin": _begin,
    "episode.end": _end,
    "subgoal.begin": _begin,
    "subgoal.end": _end,
    "action.begin": _action_begin,
    "action.end": _action_end,
    "action": _action,
    "note": _note,
    **dict.fromkeys(MARKS, _mark),
    "attention": _attention,
    "event": _logged,
    "end": _closing,
}
