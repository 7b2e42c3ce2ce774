"""AI2-THOR 5.0's pipe protocol, the simulator's side: frames of `struct '!BI'` (type, length) and a body.

To the client: msgpack metadata, raw images with the bottom row first, an end mark. From the client: one JSON action and an end
mark. Field numbers as in ai2thor.fifo_server.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from enum import IntEnum
from importlib import import_module
from itertools import chain
from typing import Any, BinaryIO

from ..errors import InputError

HEADER = struct.Struct("!BI")
LONGEST = 64 * 1024 * 1024
"""A longer message cannot be one, bytes (a ProcTHOR house is far below)."""


class Field(IntEnum):
    """What a frame carries."""

    METADATA = 1
    ACTION = 2
    RGB = 4
    DEPTH = 5
    NORMALS = 6
    CLASSES = 8
    IDS = 9
    END = 255


class BrokenMessage(InputError):
    """What came through the pipe is no message of the protocol."""


def write_frames(pipe: BinaryIO, metadata: Mapping[str, Any], images: Iterable[tuple[Field, bytes]]) -> None:
    """Send one event, each part as soon as it is there: the client unpacks the metadata while ``images`` are being made.
    ``BrokenPipeError`` when the client has gone."""
    packed: bytes = _msgpack().packb(metadata, use_single_float=False)
    for kind, body in chain([(Field.METADATA, packed)], images):
        pipe.write(HEADER.pack(kind, len(body)))
        pipe.write(body)
        pipe.flush()
    pipe.write(HEADER.pack(Field.END, 0))
    pipe.flush()


def read_action(pipe: BinaryIO) -> dict[str, Any] | None:
    """The next action; None when the client has closed the pipe between two. ``BrokenMessage`` says what is wrong else."""
    action: dict[str, Any] | None = None
    while True:
        header = _exactly(pipe, HEADER.size, "a header", empty=action is None)
        if header is None:
            return None
        kind, length = HEADER.unpack(header)
        if kind == Field.END and length == 0:
            if action is None:
                raise BrokenMessage("a message ended without an action in it")
            return action
        if kind != Field.ACTION or length > LONGEST:
            raise BrokenMessage(
                f"frame of type {kind} and {length} bytes; expected an action (type {int(Field.ACTION)}) "
                f"of at most {LONGEST} bytes, then the end (type {int(Field.END)})"
            )
        body = _exactly(pipe, length, "an action", empty=False)
        assert body is not None
        action = _action(body)


def _action(body: bytes) -> dict[str, Any]:
    try:
        action = json.loads(body)
    except ValueError as error:
        raise BrokenMessage(f"an action that is no JSON: {body[:60]!r} ({error})") from error
    if not isinstance(action, dict) or not isinstance(action.get("action"), str):
        raise BrokenMessage(f'an action has to be an object with an "action" name, got {body[:60]!r}')
    return action


def _exactly(pipe: BinaryIO, n: int, what: str, empty: bool) -> bytes | None:
    data = b""
    while len(data) < n:
        part = pipe.read(n - len(data))
        if not part:
            if empty and not data:
                return None
            raise BrokenMessage(f"the client left in the middle of {what}: {len(data)} of {n} bytes came")
        data += part
    return data


def refusal(text: str) -> dict[str, Any]:
    """Metadata that makes a client give up at once with ``text`` in its error, where silence would hang it."""
    return {"sequenceId": text, "agents": [], "activeAgentId": 0, "thirdPartyCameras": []}


def _msgpack() -> Any:
    try:
        return import_module("msgpack")
    except ImportError as error:
        raise InputError(
            'msgpack is not installed; it comes with the AI2-THOR client: pip install "ai2thor>=5"'
        ) from error
