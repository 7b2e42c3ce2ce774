"""The stand-in for Unity behind the real AI2-THOR client, and behind clients that break off or talk nonsense."""

import io
import json
import os
import struct
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from loci.errors import ConfigError
from loci.launch.thor_server import FROM_CLIENT, TO_CLIENT, main, serve, write_launcher
from loci.sim.ithor_library import SceneLibrary
from loci.sim.thor_protocol import BrokenMessage, read_action
from loci.sim.thor_stage import ThorStage

pytest.importorskip("ai2thor", reason="the AI2-THOR client is not installed")
HEADER = struct.Struct("!BI")


@pytest.fixture(scope="module")
def launcher(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_launcher(tmp_path_factory.mktemp("thor") / "unity", data_dir / "ithor")


@pytest.fixture(scope="module")
def thor(launcher: Path) -> Iterator[Any]:
    """A real Controller over the stand-in."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ai2thor.controller import Controller

        controller = Controller(
            local_executable_path=str(launcher),
            x_display=":0",
            scene="FloorPlan1",
            width=300,
            height=300,
            renderDepthImage=True,
            renderInstanceSegmentation=True,
            renderSemanticSegmentation=True,
            server_start_timeout=60.0,
        )
        yield controller
        controller.stop()


def test_the_real_client_gets_its_event(thor: Any) -> None:
    """Images, masks, detections and metadata arrive as from Unity."""
    event = thor.reset("FloorPlan1")
    m = event.metadata
    assert event.frame.shape == (300, 300, 3)
    assert event.depth_frame.shape == (300, 300)
    assert 0.1 < event.depth_frame.min() < event.depth_frame.max() <= 20.0
    assert m["sceneName"] == "FloorPlan1_physics"
    assert m["agent"]["position"] == pytest.approx({"x": -1.0, "y": 0.901, "z": 1.0}, abs=1e-3)
    assert m["agent"]["rotation"]["y"] == pytest.approx(270.0)
    assert len(m["objects"]) == 77
    fridge = next(o for o in m["objects"] if o["objectType"] == "Fridge")
    assert fridge["visible"]
    assert fridge["distance"] == pytest.approx(1.42, abs=0.01)  # as Unity recorded it
    mask = event.instance_masks[fridge["objectId"]]
    left, top, right, bottom = event.instance_detections2D[fridge["objectId"]]
    assert mask[top : bottom + 1, left : right + 1].sum() == mask.sum() > 1000
    assert event.class_masks["Fridge"].sum() >= mask.sum()
    floor = thor.step("LookDown").class_masks["Floor"]
    assert np.mean(np.nonzero(floor)[0]) > 150  # in the lower half: images are the right way up


def test_a_script_of_the_usual_actions(thor: Any) -> None:
    """Open, take, carry, put, close, switch, slice: each changes what AI2-THOR's script would look at."""
    event = thor.reset("FloorPlan1")
    assert len(thor.step("GetReachablePositions").metadata["actionReturn"]) == 129
    ids = {o["objectType"]: o["objectId"] for o in event.metadata["objects"]}

    def go(name: str) -> None:
        poses = thor.step("GetInteractablePoses", objectId=ids[name]).metadata["actionReturn"]
        assert thor.step("TeleportFull", **poses[len(poses) // 2], raise_for_failure=True)

    def get(name: str) -> dict[str, Any]:
        found: dict[str, Any] = thor.last_event.get_object(ids[name])
        return found

    go("Fridge")
    assert not thor.step("PickupObject", objectId=ids["Egg"])
    assert thor.step("OpenObject", objectId=ids["Fridge"])
    assert get("Fridge")["isOpen"]
    assert not thor.step("OpenObject", objectId=ids["Fridge"])
    assert "already open" in thor.last_event.metadata["errorMessage"]
    go("Egg")
    assert thor.step("PickupObject", objectId=ids["Egg"])
    assert get("Egg")["isPickedUp"]
    assert thor.last_event.metadata["inventoryObjects"] == [{"objectId": ids["Egg"], "objectType": "Egg"}]
    go("Bowl")
    assert not thor.step("PickupObject", objectId=ids["Bowl"])
    go("Pan")
    assert thor.step("PutObject", objectId=ids["Pan"])
    assert ids["Pan"] in get("Egg")["parentReceptacles"]
    assert ids["Egg"] in get("Pan")["receptacleObjectIds"]
    go("ButterKnife")
    assert thor.step("PickupObject", objectId=ids["ButterKnife"])
    go("Bread")
    assert thor.step("SliceObject", objectId=ids["Bread"])
    assert sum(o["objectType"] == "BreadSliced" for o in thor.last_event.metadata["objects"]) == 3
    assert thor.step("DropHandObject")
    assert thor.last_event.metadata["inventoryObjects"] == []
    go("Faucet")
    assert thor.step("ToggleObjectOn", objectId=ids["Faucet"])
    assert get("Faucet")["isToggled"]


def test_motion_and_its_limits(thor: Any) -> None:
    """A square walk ends where it began; looking up ends at 30°; walls stop; only what exists can be asked for."""
    start = thor.reset("FloorPlan10").metadata["agent"]
    assert thor.step("RotateRight").metadata["agent"]["rotation"]["y"] == pytest.approx(
        (start["rotation"]["y"] + 90) % 360
    )
    thor.step("RotateLeft")
    walked = [thor.step(a).metadata["lastActionSuccess"] for a in ("MoveAhead", "MoveRight", "MoveBack", "MoveLeft")]
    if all(walked):
        assert thor.last_event.metadata["agent"]["position"] == pytest.approx(start["position"])
    assert thor.step("LookUp")
    assert thor.last_event.metadata["agent"]["cameraHorizon"] == pytest.approx(-30)
    assert not thor.step("LookUp")
    assert not thor.step("MoveAhead", moveMagnitude=30)
    assert "blocking" in thor.last_event.metadata["errorMessage"]
    assert not thor.step("Teleport", position={"x": 50, "y": 0.9, "z": 0})
    assert not thor.step("PickupObject", objectId="Unicorn|1")
    assert "Unicorn" in thor.last_event.metadata["errorMessage"]
    with pytest.raises(ValueError, match="RandomizeMaterials"):
        thor.step("RandomizeMaterials")
    with pytest.raises(ValueError, match="horizon"):
        thor.step("TeleportFull", x=0, y=0.9, z=0, rotation=0)
    with pytest.raises(ValueError, match="missing or wrong"):
        thor.step("ChangeResolution", x="wide", y=2)
    event = thor.step("ChangeResolution", x=160, y=120)
    assert event.frame.shape == (120, 160, 3)
    thor.step("ChangeResolution", x=300, y=300)
    with pytest.raises(ValueError, match="FloorPlan999"):
        thor.reset("FloorPlan999")


def message(kind: int, body: bytes) -> bytes:
    return HEADER.pack(kind, len(body)) + body


END = HEADER.pack(255, 0)
GOOD = message(2, b'{"action": "Pass", "sequenceId": 7}') + END


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"\x00" * 64, "type 0"),
        (message(2, b"[1, 2]") + END, "action"),
        (message(2, b"\xff\xfe{") + END, "no JSON"),
        (HEADER.pack(2, 2**31), "at most"),
        (GOOD[:20], "left in the middle"),
        (GOOD[:3], "left in the middle"),
        (END, "without an action"),
        (GOOD[:-5], "left in the middle"),
    ],
)
def test_garbage_ends_the_server_with_a_clear_error(
    sent: bytes, said: str, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No hang, no traceback: exit status 2, the reason in the log, and a frame that makes the client give up."""
    with pytest.raises(BrokenMessage, match=said):
        read_action(io.BytesIO(sent))
    stage = ThorStage(SceneLibrary(data_dir / "ithor"), 16, 16)
    out = io.BytesIO()
    assert serve(stage, io.BytesIO(GOOD + sent), out) == 2
    assert said in capsys.readouterr().err
    assert said.encode() in out.getvalue()
    assert out.getvalue().count(HEADER.pack(255, 0)) >= 2


def test_a_client_that_leaves_ends_the_server(data_dir: Path) -> None:
    """Between two messages is no error; while an answer is written is none either."""
    stage = ThorStage(SceneLibrary(data_dir / "ithor"), 16, 16)
    assert serve(stage, io.BytesIO(GOOD), io.BytesIO()) == 0
    assert serve(stage, io.BytesIO(b""), io.BytesIO()) == 0


def test_a_server_that_cannot_start_tells_its_client(tmp_path: Path, launcher: Path, data_dir: Path) -> None:
    """The launcher opens the pipe whatever happens: a folder without scenes is named, the client does not wait."""
    broken = tmp_path / "unity"
    broken.write_text(launcher.read_text().replace(str(data_dir / "ithor"), str(tmp_path)))
    broken.chmod(0o755)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ai2thor.controller import Controller

        with pytest.raises(ValueError, match="no iTHOR scenes"):
            Controller(local_executable_path=str(broken), x_display=":0", scene="FloorPlan1", server_start_timeout=30.0)
        with pytest.raises(ValueError, match="FloorPlan777"):
            Controller(
                local_executable_path=str(launcher), x_display=":0", scene="FloorPlan777", server_start_timeout=30.0
            )


def test_options_are_checked_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No client, no scenes, no folder: one line each."""
    monkeypatch.delenv(TO_CLIENT, raising=False)
    monkeypatch.delenv(FROM_CLIENT, raising=False)
    with pytest.raises(ConfigError, match="write-launcher"):
        main(SimpleNamespace(scenes=tmp_path, write_launcher=None))
    with pytest.raises(ConfigError, match="no iTHOR scenes"):
        main(SimpleNamespace(scenes=tmp_path, write_launcher=tmp_path / "unity"))
    (tmp_path / "FloorPlan1.json").write_text(json.dumps({}))
    with pytest.raises(ConfigError, match="does not exist"):
        write_launcher(tmp_path / "none" / "unity", tmp_path)


def test_the_launcher_reports_a_broken_install(launcher: Path, tmp_path: Path) -> None:
    """Even when Loci cannot be imported at all, the pipe is opened and the reason sent."""
    out = tmp_path / "pipe"
    text = launcher.read_text().replace("loci.launch.thor_server", "loci.launch.no_such_module")
    done = subprocess.run(
        [sys.executable, "-c", text], env={**os.environ, TO_CLIENT: str(out)}, timeout=60, check=False
    )
    assert done.returncode == 2
    assert b"no_such_module" in out.read_bytes()
