"""Lines of an observation stream: what is written is read back, matches the schema, and nothing bad gets through."""

from __future__ import annotations

import copy
import json
from dataclasses import fields, is_dataclass
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loci.contracts import (
    Decision,
    Detection,
    Gripper,
    Keyframe,
    ObjectReport,
    ObservationBatch,
    Outcome,
    Role,
    Status,
    Verb,
    Verdict,
)
from loci.errors import InputError
from loci.geometry import Box, PinholeCamera, matrix_from_quat, rotation_z, transform
from loci.memory.poses import PoseCorrection
from loci.memory.stream import SCHEMA, decode_line, encode_line
from loci.memory.stream_lines import (
    Act,
    ActionBegin,
    ActionEnd,
    AreaLine,
    Attention,
    Begin,
    Blob,
    Closing,
    Correction,
    End,
    Logged,
    Mark,
    Note,
    Opening,
    Ref,
    Sight,
    Sighting,
)

VALIDATOR = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))


def same(a: Any, b: Any) -> bool:
    """Equal in every bit, through dataclasses and arrays."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if is_dataclass(a):
        return type(a) is type(b) and all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return a == b and type(a) is type(b)


# --- anything that can be said ------------------------------------------------------------------------------------------
STAMP = st.floats(-1e11, 1e11)
METRES = st.floats(-1e5, 1e5)
SHARE = st.floats(0, 1)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
NAME = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=8)
POINT = st.tuples(METRES, METRES, METRES)
QUAT = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(v * v for v in q) > 0.1)
POSE = st.builds(lambda q, t: transform(matrix_from_quat(q), t), QUAT, POINT)
BOX = st.builds(lambda T, s: Box(T, np.array(s)), POSE, st.tuples(*[st.floats(0, 100)] * 3))
SPREAD = st.dictionaries(NAME, st.floats(0, 0.3), max_size=3)
STATES = st.dictionaries(NAME, SPREAD, max_size=2)
NAMED = st.one_of(NAME, st.builds(Ref, NAME, st.one_of(st.none(), POINT)), st.builds(Ref, st.just(""), POINT))
CAMERA = st.builds(
    lambda f, w, h: PinholeCamera(f, f * 1.01, w / 2, h / 3, w, h),
    st.floats(1, 1000), st.integers(1, 640), st.integers(1, 480),
)  # fmt: skip
SEEDS = st.integers(0, 2**32 - 1)


@st.composite
def detections(draw: Any) -> Detection:
    rng, n = np.random.default_rng(draw(SEEDS)), draw(st.integers(0, 5))
    vector = rng.normal(size=draw(st.sampled_from([0, 8])))
    vector = vector / np.linalg.norm(vector) if vector.size else vector
    return Detection(
        draw(st.integers(-1, 2**40)), draw(st.sampled_from(list(Role))), draw(SPREAD), draw(STATES),
        rng.normal(size=(n, 3)).astype(np.float32), rng.integers(0, 255, (n, 3)).astype(np.uint8), draw(BOX),
        vector.astype(np.float32), tuple(rng.integers(0, 500, 4).tolist()), draw(st.integers(0, 9999)),
        draw(st.floats(1e-6, 10)), draw(st.booleans()),
    )  # fmt: skip


@st.composite
def sights(draw: Any) -> Sight:
    rng = np.random.default_rng(draw(SEEDS))
    found = draw(st.lists(detections(), max_size=3))
    cov = rng.normal(size=(6, 6))
    thumb = np.abs(rng.normal(size=(6, 8))).astype(np.float16)
    keyframe = draw(st.one_of(st.none(), st.just(Keyframe(b"\xff\xd8" + rng.bytes(30), thumb))))
    batch = ObservationBatch(
        draw(STAMP), draw(NAME), draw(NAME), draw(TEXT), draw(CAMERA), draw(POSE),
        draw(st.sampled_from([np.diag([1e-4] * 6), cov @ cov.T])), found,
        gripper=draw(st.one_of(st.none(), st.builds(Gripper, SHARE, st.booleans(), POSE))),
        T_world_base=draw(st.one_of(st.none(), POSE)), keyframe=keyframe,
    )  # fmt: skip
    index = st.integers(0, len(found) - 1) if found else st.nothing()
    view = draw(st.sampled_from(["", "depth", "keyframe"]))
    depth = thumb.astype(np.float32) if view == "depth" or (view and keyframe is not None) else None
    related = st.tuples(index, st.sampled_from(["on", "in", "near", "part_of"]), st.one_of(index, NAMED), SHARE)
    judged = st.tuples(NAMED, st.sampled_from(list(Verdict)), SHARE, st.one_of(st.none(), index))
    return Sight(
        batch,
        tuple(draw(st.one_of(st.none(), NAME)) for _ in found),
        tuple(draw(st.lists(related, max_size=2))) if found else (),
        tuple(draw(st.lists(judged, max_size=2))),
        tuple(draw(st.lists(st.tuples(NAMED, SHARE), max_size=2))),
        tuple(draw(st.lists(BOX, max_size=2))),
        depth,
        view == "keyframe" and keyframe is not None,
    )


REPORT = st.builds(ObjectReport, STAMP, NAME, NAME, SPREAD, BOX, STATES, st.integers(-1, 99), st.floats(1e-6, 9))
DECISION = st.builds(
    Decision, st.sampled_from(list(Verb)), st.none(), st.sampled_from([None, "on", "in"]), st.one_of(st.none(), POINT),
    TEXT, st.lists(NAME, max_size=2).map(tuple), TEXT,
)  # fmt: skip
HEX = st.binary(min_size=32, max_size=32).map(bytes.hex)


def begun(name: str, stamp: float, decision: Decision, target: Any, robot: str | None) -> ActionBegin:
    from dataclasses import replace

    return ActionBegin(
        name, stamp, replace(decision, target=target if isinstance(target, str) else None), target, robot
    )


BEGUN = st.builds(begun, NAME, STAMP, DECISION, st.one_of(st.none(), NAMED), st.one_of(st.none(), NAME))
OUTCOME = st.builds(Outcome, st.sampled_from(list(Status)), TEXT, STAMP, STAMP)


def act(begin: ActionBegin, outcome: Outcome) -> Act:
    return Act(
        begun(begin.name, outcome.started, begin.decision, begin.target, begin.robot), ActionEnd(begin.name, outcome)
    )


BLOB = st.builds(Blob, HEX, NAME, METRES, st.integers(0, 10**6), st.one_of(st.none(), st.binary(max_size=20)))
LOGGED = st.builds(
    Logged, st.integers(1, 10**9), NAME, STAMP, STAMP, st.dictionaries(TEXT, st.one_of(STAMP, TEXT), max_size=2),
    st.binary(min_size=1, max_size=16), HEX, HEX, st.lists(BLOB, max_size=1).map(tuple),
    st.lists(st.tuples(st.integers(1, 99), HEX), max_size=1).map(tuple),
)  # fmt: skip
CORRECTED = st.one_of(
    st.builds(PoseCorrection, POSE, st.just(np.diag([1e-4] * 6)), NAME, st.one_of(st.none(), STAMP), NAME, NAME,
              st.one_of(st.none(), POSE)),
    st.builds(PoseCorrection, POSE, st.just(np.full((6, 6), 0.25)), st.just(""), STAMP, NAME, NAME, st.none()),
)  # fmt: skip
LINES = st.one_of(
    sights(),
    st.builds(AreaLine, NAME, st.sampled_from(["building", "floor", "room"]), NAME, STAMP, *[st.one_of(st.none(), NAME)] * 2,
              st.one_of(st.none(), POINT.map(lambda p: (p, tuple(v + 1.0 for v in p))))),
    st.builds(Correction, STAMP, st.lists(CORRECTED, max_size=2).map(tuple)),
    REPORT.flatmap(lambda r: st.builds(Sighting, st.just(r), st.one_of(st.none(), NAME))),
    st.builds(Opening, TEXT, st.sampled_from(["own", "memory"]), st.one_of(st.none(), st.integers(0, 99))),
    st.builds(Begin, st.sampled_from(["episode", "subgoal"]), NAME, TEXT, STAMP, st.one_of(st.none(), NAME)),
    st.builds(End, st.sampled_from(["episode", "subgoal"]), NAME, NAME, STAMP),
    BEGUN, st.builds(ActionEnd, NAME, OUTCOME), st.builds(act, BEGUN, OUTCOME),
    st.builds(Note, NAME, TEXT, STAMP, st.lists(NAME, max_size=2).map(tuple)),
    st.builds(Mark, st.sampled_from(["commit", "flush", "close", "undone"])),
    st.builds(Attention, st.sampled_from(["touch", "pin", "unpin"]), st.tuples(NAME)),
    st.builds(Attention, st.just("focus"), st.lists(NAME, max_size=2).map(tuple)),
    LOGGED, st.builds(Closing, st.integers(0, 99), HEX, st.booleans()),
)  # fmt: skip


@settings(max_examples=120, deadline=None, derandomize=True)
@given(LINES)
def test_what_is_written_is_read_back_and_matches_the_schema(line: Any) -> None:
    """encode∘decode and decode∘encode are the identity, bit for bit."""
    text = encode_line(line)
    again = decode_line(text.encode())
    assert same(again, line)
    assert encode_line(again) == text
    VALIDATOR.validate(json.loads(text))


# --- anything else --------------------------------------------------------------------------------------------------------
PLAIN: list[dict[str, Any]] = [
    {"type": "stream", "format": "loci-observations", "version": 1, "ids": "own", "recorded": {"events": 3}},
    {"type": "frame", "stamp": 1.0, "camera": {"fx": 277.0, "fy": 277.0, "cx": 160, "cy": 120, "width": 320, "height": 240},
     "T_world_cam": {"position": [0, 0, 1], "yaw": 0.3}, "pose_cov": [1e-6] * 6,
     "detections": [{"label": "mug", "box_world": {"center": [1, 0, 1], "size": [0.1, 0.1, 0.1], "yaw": 0.1}, "id": "cup",
                     "points_world": [[1, 0, 1], [1, 0.1, 1]], "colors": [[1, 2, 3], [4, 5, 6]], "appearance": [3, 4.0]},
                    {"labels": {"table": 0.9}, "states": {"openness": {"open": 0.5}}, "track": 3, "cut": True,
                     "box_cam": {"lower": [0, 0, 0], "upper": [1, 1, 1]}, "sigma": 0.1, "pixels": 4, "bbox": [0, 0, 4, 4]}],
     "relations": [{"subject": 0, "predicate": "on", "object": 1}, {"subject": 0, "predicate": "on", "object": "t"}],
     "visibility": [{"thing": {"label": "mug", "at": [0, 0, 1]}, "verdict": "seen_through", "visible": 0.8}],
     "coverage": [{"thing": "t", "share": 0.5}], "gripper": {"holding": False, "T_world_hand": {"position": [0, 0, 0]}},
     "cleared": [{"lower": [0, 0, 0], "upper": [1, 1, 1]}], "view": {"depth": [[1.0, 2.0], [0, 0]]}, "x_mine": None},
    {"type": "report", "stamp": 2, "label": "apple", "box_world": {"center": [0, 0, 0], "size": [0.1, 0.1, 0.1]}},
    {"type": "correction", "stamp": 9, "poses": [{"pose_id": "f1", "T_world_cam": {"position": [0, 0, 1], "yaw": 0.1}},
     {"stamp": 1.5, "robot": "r", "map": "m", "T_world_cam": {"position": [0, 0, 1]}, "before": {"position": [0, 0, 0]},
      "pose_cov": [1e-4] * 6}]},
    {"type": "area", "id": "hall", "kind": "room", "label": "hall", "stamp": 9, "parent": "ground", "map": "m",
     "box": {"lower": [0, 0, 0], "upper": [1, 1, 1]}},
    {"type": "episode.begin", "id": "e", "text": "tidy up", "stamp": 0},
    {"type": "episode.end", "id": "e", "status": "done", "stamp": 1},
    {"type": "action", "id": "a", "verb": "pick", "target": {"label": "mug"}, "status": "slipped", "started": 0, "ended": 1,
     "position": [0, 0, 1], "cites": ["o1"]},
    {"type": "note", "kind": "search", "text": "nothing", "stamp": 3, "refs": ["cup"]},
    {"type": "attention", "op": "pin", "things": ["o1"]},
    {"type": "event", "seq": 1, "kind": "note", "stamp": 0, "recorded": 0, "salt": "AAAA", "payload": {"a": 1},
     "payload_digest": "0" * 64, "digest": "1" * 64, "redactions": [{"by": 4, "digest": "2" * 64}],
     "blobs": [{"digest": "3" * 64, "kind": "keyframe.jpeg", "value": 1, "size": 3, "data": "AAAA"}]},
    {"type": "end", "events": 1, "head": "1" * 64},
]  # fmt: skip


@pytest.mark.parametrize("line", PLAIN, ids=lambda d: d["type"])
def test_lines_as_a_person_writes_them(line: dict[str, Any]) -> None:
    """The short forms are taken by product and schema alike."""
    decode_line(json.dumps(line))
    VALIDATOR.validate(line)


WRONG = [
    None, True, -1, 2**70, 1e300, 0.5, "", "no", "\ud800", "a\0b", [], [None], [[]], [1, 2], {}, {"a": {}}, [1e9] * 3,
    [0.0] * 12, {"dtype": "float32", "shape": [1, 3], "data": "AAAA"}, {"dtype": "object", "shape": [1], "data": ""},
    {"lower": [1, 1, 1], "upper": [0, 0, 0]}, {"position": [0, 0, 0], "quat_wxyz": [0, 0, 0, 0]}, "x" * 300,
]  # fmt: skip


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths to everything inside a line."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [p for k, v in inner for p in ((*path, k), *places(v, (*path, k)))]


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.sampled_from(PLAIN), st.data())
def test_a_line_with_one_thing_wrong(line: dict[str, Any], data: Any) -> None:
    """Changed, removed or added: what the product takes, the schema takes; what it refuses, it refuses in words."""
    line = copy.deepcopy(line)
    where = data.draw(st.sampled_from(places(line)))
    at: Any = line
    for key in where[:-1]:
        at = at[key]
    how = data.draw(st.sampled_from(["change", "remove", "add"]))
    if how == "change":
        at[where[-1]] = data.draw(st.sampled_from(WRONG))
    elif how == "remove":
        del at[where[-1]]
    elif isinstance(at, dict):
        at["typo"] = 1
    try:
        decode_line(json.dumps(line))
        said = ""
    except InputError as error:
        said = str(error) or "nothing"
    assert said != "nothing"
    assert len(said) < 600
    if not said:
        VALIDATOR.validate(line)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "JSON"), ("{", "JSON"), ("[1]", "object"), ("nul", "JSON"), ('{"type": 3}', "unknown"), ("{}", "missing"),
        ('{"type":"video"}', "unknown; one of"), ('{"type":"note","stamp":NaN}', "NaN"), ("\xff", "JSON"),
        ('{"type":"note","stamp":1e999,"kind":"k","text":""}', "stamp"), ("[" * 100_000, "nested too deeply"),
        ('{"type":"note","stamp":' + "9" * 5000 + "}", "JSON"), ('{"type":"commit","when":1}', "unknown field 'when'"),
        ('{"type":"stream","format":"loci-observations","version":2}', "version: 2"),
        ('{"type":"report","stamp":1,"labels":{"mug":0.9,"cup":0.8},"box_world":{"lower":[0,0,0],"upper":[1,1,1]}}', "1.700"),
        ('{"type":"report","stamp":1,"label":"mug","box_world":{"T":[2,0,0,0,0,1,0,0,0,0,1,0],"size":[1,1,1]}}', "rigid"),
    ],
)  # fmt: skip
def test_messages_say_what_is_wrong(text: str, says: str) -> None:
    """In plain words, with the field."""
    with pytest.raises(InputError, match=says):
        decode_line(text)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.binary(max_size=60))
def test_noise_is_refused(noise: bytes) -> None:
    """Bytes that are no line raise nothing but InputError."""
    with pytest.raises(InputError):
        decode_line(noise)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(sights(), st.floats(0, 1))
def test_a_cut_line_is_refused(line: Sight, share: float) -> None:
    """No prefix of a line is a line."""
    text = encode_line(line).encode()
    with pytest.raises(InputError):
        decode_line(text[: min(int(share * len(text)), len(text) - 1)])


def test_world_and_camera_frames_agree() -> None:
    """A detection may be given in either frame."""
    T = transform(rotation_z(0.7), (1, 2, 3))
    world = {"center": [1.5, 2.0, 3.2], "size": [0.1, 0.2, 0.3]}
    pose = T[:3].reshape(-1).tolist()
    line = {"type": "frame", "stamp": 0, "T_world_cam": pose,
            "detections": [{"label": "mug", "box_world": world, "points_world": [[1.5, 2.0, 3.2]]}]}  # fmt: skip
    d = decode_line(json.dumps(line)).batch.detections[0]
    assert d.box_cam.moved(T).center == pytest.approx([1.5, 2.0, 3.2])
    assert (T @ [*d.points_cam[0], 1])[:3] == pytest.approx([1.5, 2.0, 3.2], abs=1e-6)
    assert d.role is Role.OBJECT
