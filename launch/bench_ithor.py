"""Figures of the iTHOR world's eyes and of the AI2-THOR client's round trip; rows of `loci bench world`."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ..sim.alfred import AlfredTask, start_world
from ..sim.alfred_expert import expert_steps
from ..sim.ithor_library import SceneLibrary
from ..sim.ithor_picture import pinhole
from ..sim.ithor_robot import IthorRobot
from ..sim.ithor_sight import Sight
from ..sim.ithor_world import IthorWorld
from ..sim.thor_robot import ThorRobot
from ..sim.thor_tasks import side_by_side
from .bench import Row, row
from .thor_server import write_launcher

SIZES = ((128, 128), (300, 300), (640, 480))
RECORDED_FOV = 145.0
"""Field of view with which the metadata's `visible` flags were recorded, degrees."""


def run(tasks: list[AlfredTask], scenes: SceneLibrary, quick: bool, say: Callable[[str], None]) -> list[Row]:
    """All rows of this file; ``say`` is told what is being done."""
    some = tasks[:: 8 if quick else 3]
    say("what is visible, against Unity's own flags")
    rows = _visibility(scenes, quick)
    say("actions with visible-object reports, and frames")
    rows += [*_reports(some, scenes), *_frames(scenes, 20 if quick else 60)]
    say("expert plans by the robot that knows no ids")
    rows += _robot(some, scenes)
    say("AI2-THOR's own client over the stand-in")
    rows += _client(scenes.folder, 40 if quick else 150)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*rows, row("peak memory", peak, "MB", 1, "ithor")]


def _visibility(scenes: SceneLibrary, quick: bool) -> list[Row]:
    """Our visible things against Unity's own flags in the metadata of each scene's first event."""
    names = scenes.names()[:: 4 if quick else 1]
    both = ours = theirs = agree = total = 0
    for name in names:
        seen = set(Sight(IthorWorld(scenes[name]), fov=RECORDED_FOV).visible())
        for id, thing in scenes[name].objects.items():
            there = bool(thing.source["visible"])
            both += there and id in seen
            ours += id in seen
            theirs += there
            agree += there == (id in seen)
            total += 1
    return [
        row("visible as in Unity", agree / total, "share", total, "ithor"),
        row("visible: precision", both / ours, "share", ours, "ithor"),
        row("visible: recall", both / theirs, "share", theirs, "ithor"),
    ]


def _reports(tasks: list[AlfredTask], scenes: SceneLibrary) -> list[Row]:
    """Expert actions, each followed by the visible things; wall time and the processor's own."""
    n, wall, cpu = 0, 0.0, 0.0
    for task in tasks:
        world = start_world(task, scenes)
        sight = Sight(world)
        sight.visible()
        begun, used = time.perf_counter(), time.process_time()  # a whole plan at once: reading the clocks costs, too
        for step in expert_steps(task, world):
            outcome = world.act(step.verb, step.target, value=step.value)
            sight.visible()
            n += 1
            if not outcome.ok:
                break
        wall += time.perf_counter() - begun
        cpu += time.process_time() - used
    return [
        row("actions per second, with what is visible after each", n / wall, "1/s", n, "ithor"),
        row("… by processor time", n / cpu, "1/s", n, "ithor"),
    ]


def _frames(scenes: SceneLibrary, n: int) -> list[Row]:
    world = IthorWorld(scenes[scenes.names()[0]])
    sight = Sight(world, fov=90.0)
    rows = []
    for width, height in SIZES:
        camera = pinhole(width, height, 90.0)
        sight.picture(camera)
        begun = time.perf_counter()
        for _ in range(n):
            world.agent[2] += 0.1
            sight.picture(camera)
        rows.append(row(f"frames per second {width}×{height}", n / (time.perf_counter() - begun), "1/s", n, "ithor"))
    return rows


def _robot(tasks: list[AlfredTask], scenes: SceneLibrary) -> list[Row]:
    """The same expert plans directly and by the robot that finds its targets by class and box among visible things."""
    twins = [side_by_side(t, scenes, IthorRobot(scenes, world=start_world(t, scenes), images=False)) for t in tasks]
    same = sum(t.same for t in twins) / len(twins)
    reached = sum(t.reached_by_robot for t in twins) / len(twins)
    return [
        row("robot and world agree in every step", same, "share", len(twins), "ithor"),
        row("expert plans by the robot reach the goal", reached, "share", len(twins), "ithor"),
    ]


def _client(folder: Path, n: int) -> list[Row]:
    """Round trips of the real AI2-THOR client over `loci thor-server`."""
    if find_spec("ai2thor") is None:
        return []
    rows = []
    with tempfile.TemporaryDirectory() as place:
        begun = time.perf_counter()
        robot = ThorRobot.launch("FloorPlan1", executable=write_launcher(Path(place) / "unity", folder))
        try:
            rows.append(row("AI2-THOR client: start", time.perf_counter() - begun, "s", 1, "client"))
            for mode, images in (("300×300, colour, depth, instances", True), ("metadata alone", False)):
                flags = dict.fromkeys(("renderImage", "renderDepthImage", "renderInstanceSegmentation"), images)
                robot.client.step("Pass", **flags)
                server = robot.client.server.unity_proc.pid  # type: ignore[attr-defined]
                used, theirs = time.process_time(), _seconds(server)
                trips = np.array([_trip(robot) for _ in range(n)])
                used, theirs = time.process_time() - used, _seconds(server) - theirs
                rows.append(row("AI2-THOR client: round trip, median", float(np.median(trips)), "ms", n, mode))
                rows.append(row("AI2-THOR client: round trip, p95", float(np.percentile(trips, 95)), "ms", n, mode))
                rows.append(row("AI2-THOR client: round trip, fastest", float(trips.min()), "ms", n, mode))
                rows.append(row("… processor time in AI2-THOR's client", 1000 * used / n, "ms", n, mode))
                if theirs > 0:
                    rows.append(row("… processor time in our server", 1000 * theirs / n, "ms", n, mode))
        finally:
            robot.close()
    return rows


def _seconds(process: int) -> float:
    """Processor time that a process has had, seconds; 0 where the system does not tell (it does on Linux)."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _trip(robot: ThorRobot) -> float:
    begun = time.perf_counter()
    robot.client.step("RotateRight", degrees=10.0)
    return 1000 * (time.perf_counter() - begun)
