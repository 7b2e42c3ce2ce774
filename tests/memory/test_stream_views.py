"""The door for foreign perception: own names, labels and spots, boxes that were seen empty, depth images."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from loci.errors import ConfigError
from loci.geometry import F64, Box, PinholeCamera, inverse, transform
from loci.launch import export as export_command
from loci.launch import replay as replay_command
from loci.memory import Knowledge, Memory
from loci.memory.stream import replay
from loci.memory.stream_arrays import array_out

CAMERA = PinholeCamera.from_fov(np.pi / 3, 320, 240)
T_WORLD_CAM = transform([[0, -0.5, 0.8660254037844387], [-1, 0, 0], [0, -0.8660254037844387, -0.5]], (-1.2, 0.0, 1.5))
POSE = T_WORLD_CAM[:3].reshape(-1).tolist()
K = {"fx": CAMERA.fx, "fy": CAMERA.fy, "cx": CAMERA.cx, "cy": CAMERA.cy, "width": 320, "height": 240}
TABLE = {"center": [0.5, 0.0, 0.4], "size": [1.0, 1.6, 0.8]}
MUG = {"center": [0.3, 0.2, 0.86], "size": [0.09, 0.09, 0.12]}


def frame(stamp: float, *detections: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "frame", "stamp": stamp, "T_world_cam": POSE, "camera": K, "detections": list(detections), **more}


def seen(label: str, box: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"label": label, "box_world": box, **more}


BOTH = (seen("table", TABLE, id="t"), seen("mug", MUG, id="cup-7", track=3))


class Told:
    """A memory and the stream that it is fed from, line by line."""

    def __init__(self, folder: Path) -> None:
        self.stream = folder / "s.jsonl"
        self.memory = Memory.open(folder / "m.db")
        self.unknown = 0

    def tell(self, *lines: dict[str, Any]) -> None:
        with self.stream.open("a") as file:
            for line in lines:
                print(json.dumps(line), file=file)
        self.unknown += replay(self.memory, self.stream, strict=True).unknown

    def mug(self) -> Any:
        (mug,) = self.memory.find("mug")
        return mug


@pytest.fixture
def told(tmp_path: Path) -> Any:
    told = Told(tmp_path)
    told.tell(*(frame(0.5 * n, *BOTH) for n in range(3)))
    yield told
    told.memory.close()


def depth(*boxes: Box, shape: tuple[int, int] = (60, 80)) -> F64:
    """What the camera sees of boxes on a floor at z = 0: ray against box, slab by slab."""
    camera = CAMERA.scaled(shape[1], shape[0])
    v, u = np.mgrid[0 : shape[0], 0 : shape[1]]
    rays = camera.backproject(np.stack([u, v], -1), np.ones(shape)) @ T_WORLD_CAM[:3, :3].T
    best = np.where(rays[..., 2] < 0, -T_WORLD_CAM[2, 3] / np.minimum(rays[..., 2], -1e-9), np.inf)
    for box in boxes:
        M = inverse(box.T_ref_box)
        start, along = M[:3, :3] @ T_WORLD_CAM[:3, 3] + M[:3, 3], rays @ M[:3, :3].T
        with np.errstate(divide="ignore"):
            a, b = (-box.size / 2 - start) / along, (box.size / 2 - start) / along
        near, far = np.minimum(a, b).max(-1), np.maximum(a, b).min(-1)
        best = np.where((near < far) & (near > 0), np.minimum(best, near), best)
    return np.where(best < 20, best, 0.0).astype(np.float32)


def box(data: dict[str, Any]) -> Box:
    return Box(transform(t=data["center"]), np.array(data["size"]))


def view(*boxes: dict[str, Any]) -> dict[str, Any]:
    return {"depth": array_out(depth(*map(box, boxes)))}


def test_own_names_stand_for_things(told: Told) -> None:
    """What a detection is called can be spoken of later, also after the replay was broken off and taken up again."""
    gone = [{"thing": "cup-7", "verdict": "seen_through", "visible": 0.9}]
    told.memory.close()
    told.memory = Memory.open(told.stream.parent / "m.db")
    told.tell(*(frame(3.0 + 0.5 * n, visibility=gone, coverage=[{"thing": "t", "share": 0.6}]) for n in range(3)))
    assert told.unknown == 0
    assert told.mug().knowledge is Knowledge.ABSENT


def test_label_and_spot_stand_for_things(told: Told) -> None:
    """Without any name: the nearest that fits; too far away, or never seen, is counted and left out."""
    mug = {"label": "cup", "at": [0.3, 0.2, 0.9]}
    gone = [{"thing": mug, "verdict": "seen_through", "visible": 0.9}]
    far = [
        {"thing": {"label": "mug", "at": [3, 3, 0]}, "verdict": "seen_through"},
        {"thing": "plate-1", "verdict": "seen"},
    ]
    told.tell(*(frame(3.0 + 0.5 * n, visibility=far) for n in range(3)))
    assert told.unknown == 6
    assert told.mug().knowledge is not Knowledge.ABSENT
    told.tell(*(frame(5.0 + 0.5 * n, visibility=gone) for n in range(3)))
    assert told.mug().knowledge is Knowledge.ABSENT


def test_memory_ids_are_not_guessed(told: Told) -> None:
    """A producer's "o2" is not memory's, unless the head of its stream says so."""
    id = told.mug().id
    told.tell(frame(3.0, visibility=[{"thing": id, "verdict": "seen_through"}]))
    assert told.unknown == 1
    other = told.stream.with_name("other.jsonl")
    head = {"type": "stream", "format": "loci-observations", "version": 1, "ids": "memory"}
    gone = [frame(4.0 + n, visibility=[{"thing": id, "verdict": "seen_through"}]) for n in range(3)]
    other.write_text("".join(json.dumps(line) + "\n" for line in (head, *gone)))
    assert replay(told.memory, other).unknown == 0
    assert told.mug().knowledge is Knowledge.ABSENT


def test_a_box_that_was_seen_empty(told: Told) -> None:
    """What memory expects in it is gone; half of it, or a spot where something was detected, says nothing."""
    half = {"lower": [0.0, -0.8, 0.8], "upper": [0.3, 0.8, 1.2]}
    whole = {"lower": [0.0, -0.8, 0.8], "upper": [1.0, 0.8, 1.2]}
    told.tell(*(frame(3.0 + 0.5 * n, cleared=[half]) for n in range(4)))
    assert told.mug().knowledge is not Knowledge.ABSENT
    told.tell(*(frame(6.0 + 0.5 * n, seen("object", MUG), cleared=[whole]) for n in range(4)))
    assert told.mug().knowledge is not Knowledge.ABSENT
    told.tell(*(frame(9.0 + 0.5 * n, cleared=[whole]) for n in range(4)))
    assert told.mug().knowledge is Knowledge.ABSENT
    assert told.memory._world.coverage["o1"][0] > 0.8


def test_a_depth_thumbnail(told: Told) -> None:
    """The table without the mug: gone. A carton in front of it: nothing is known. The mug itself: still there."""
    carton = {"center": [-0.1, 0.1, 1.05], "size": [0.1, 0.6, 0.5]}
    told.tell(*(frame(3.0 + 0.5 * n, view=view(TABLE, MUG, carton)) for n in range(5)))
    assert told.mug().knowledge is not Knowledge.ABSENT
    told.tell(*(frame(6.0 + 0.5 * n, view=view(TABLE, MUG)) for n in range(5)))
    assert told.mug().knowledge is not Knowledge.ABSENT
    told.tell(*(frame(9.0 + 0.5 * n, view=view(TABLE)) for n in range(5)))
    assert told.mug().knowledge is Knowledge.ABSENT
    assert told.memory._world.coverage["o1"][0] > 0.5


def test_a_thing_out_of_the_depth_image(told: Told) -> None:
    """Where the camera does not look, it says nothing."""
    away = transform(T_WORLD_CAM[:3, :3] @ np.diag([-1.0, 1.0, -1.0]), T_WORLD_CAM[:3, 3])[:3].reshape(-1).tolist()
    told.tell(*({**frame(3.0 + n, view=view(TABLE)), "T_world_cam": away} for n in range(5)))
    assert told.mug().knowledge is not Knowledge.ABSENT
    assert told.memory._world.coverage == {}


def test_actions_by_spot(told: Told) -> None:
    """An action's target may be named by what and where; the act's own name is free for use again."""
    for n in range(2):
        told.tell({"type": "action", "id": "pick", "verb": "pick", "target": {"label": "mug"}, "status": "not_there",
                   "started": 2.0 + n, "ended": 2.5 + n})  # fmt: skip
    failed = told.memory.failures("pick", told.mug().id)
    assert [a.id for a in failed] == ["a2", "a1"]


# --- the commands ---------------------------------------------------------------------------------------------------------
def test_commands(told: Told, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Replay tells bad lines and counts; strict ends with 2; export writes a file that replays."""
    told.memory.close()
    options = {
        "memory": tmp_path / "n.db",
        "stream": told.stream,
        "strict": False,
        "again": False,
        "budget": None,
        "json": True,
    }
    with told.stream.open("a") as file:
        print('{"type":"frame"}', file=file)
    assert replay_command.main(SimpleNamespace(**options)) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert (result["taken"], result["skipped"], result["bad"][0]["line"]) == (3, 1, 4)
    assert "line 4 left out: stamp: is missing" in err
    assert replay_command.main(SimpleNamespace(**options | {"again": True, "strict": True})) == 2
    assert "line 4: stamp: is missing; what came before it is kept" in capsys.readouterr().err
    assert replay_command.main(SimpleNamespace(**options | {"json": False})) == 0
    assert "4 had been taken in before" in capsys.readouterr().out
    where = tmp_path / "x.jsonl"
    assert export_command.main(SimpleNamespace(file=tmp_path / "n.db", out=where, pictures=True)) == 0
    assert (
        replay_command.main(SimpleNamespace(**options | {"stream": where, "memory": tmp_path / "o.db", "strict": True}))
        == 0
    )
    with pytest.raises(ConfigError, match="memory file itself"):
        export_command.main(SimpleNamespace(file=tmp_path / "n.db", out=tmp_path / "n.db", pictures=True))
    with Memory.open(tmp_path / "n.db", read_only=True) as a, Memory.open(tmp_path / "o.db", read_only=True) as b:
        assert list(a.dump()) == list(b.dump())


@pytest.mark.parametrize(
    "place", [TABLE, {"center": [0.5, 0.0, 0.5], "size": [1.0, 1.6, 1.0]}], ids=["under", "around"]
)
def test_what_a_thing_is_on_or_in_does_not_stand_in_its_place(told: Told, place: dict[str, Any]) -> None:
    """The table that is detected with every frame, jitter and all, is no sign that the mug is still on it."""
    around = [{"lower": [-0.2, -0.2, 0.7], "upper": [0.8, 0.6, 1.2]}]
    beside = seen("book", {"center": [0.3 + 0.145, 0.2, 0.83], "size": [0.2, 0.2, 0.06]})  # its edge touches the mug's
    told.tell(*(frame(60 + n, seen("table", place, id="t"), beside, cleared=around) for n in range(3)))
    assert told.mug().knowledge is Knowledge.ABSENT


def test_another_thing_in_its_place_is_left_to_identity(told: Told) -> None:
    bowl = seen("bowl", {"center": [0.3, 0.2, 0.84], "size": [0.16, 0.16, 0.08]})
    around = [{"lower": [-0.2, -0.2, 0.7], "upper": [0.8, 0.6, 1.2]}]
    told.tell(frame(60, BOTH[0], bowl, cleared=around))
    assert told.mug().knowledge is not Knowledge.ABSENT
    assert told.mug().last_looked < 60
