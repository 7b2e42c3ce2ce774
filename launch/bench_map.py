"""A real kitchen, mapped: what is found of what a person sees, false alarms, one thing taken away, speed.

The data lie in `$LOCI_DATA` (else ../shared/data beside the checkout); the list of what a person sees was written before
the segmenter was tuned (tests/data/redkitchen_things.json).
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..geometry import F64, apply
from ..memory import Memory
from ..memory.records import Thing
from ..perception.geometric import GeometricSegmenter
from ..perception.mapping import MapReport, map_recording
from ..perception.recording import Recording
from .bench import Row, row
from .erasing import LOOKS, erasures
from .mosd import read_scene, score
from .open3d_segmenter import Open3DSegmenter

ROOT = Path(__file__).resolve().parents[1]
NEAR = 0.05  # metres between a record's box and the point that was marked on a thing


@dataclass(frozen=True)
class Seen:
    """One thing that a person sees: a ``position`` (3,) on its surface in the recording's world, rough ``extent`` (3,) m.

    ``note`` is "flat" for millimetres of paper, "wall" for what is fixed to a wall.
    """

    name: str
    kind: str
    note: str
    position: tuple[float, float, float]
    extent: tuple[float, float, float]


def run(seed: int, quick: bool) -> list[Row]:
    """The figures; ``seed`` changes nothing, as nothing in it is random."""
    folder = Path(os.environ.get("LOCI_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "redkitchen").is_dir():
        raise InputError(f"{folder / 'redkitchen'}: is no folder; set LOCI_DATA to the folder of real data")
    recording = Recording(folder / "redkitchen")
    report, _ = mapped(recording)
    rows = _mapping(report)
    listed = ROOT / "tests" / "data" / "redkitchen_things.json"
    if listed.exists():
        things = read_things(listed)
        rows += _against(things, report)
        rows += _erasing(recording, things, report, 12 if quick else 1)
        rows += [] if quick else _by_open3d(recording, things)
    if (folder / "mosd").is_dir():
        rows += _table_tops(folder / "mosd")
    return rows


def mapped(recording: Recording) -> tuple[MapReport, list[Thing]]:
    """Map a recording into a passing memory file: the report, and all that memory holds afterwards."""
    with tempfile.TemporaryDirectory() as folder, Memory.open(Path(folder) / "map.db") as memory:
        report = map_recording(recording, memory)
        return report, memory.things()


def _mapping(report: MapReport) -> list[Row]:
    n = report.frames
    rows = [row("frames a second", report.frames_per_second, "1/s", n, "640x480, files included")]
    rows += [row(f"time to {k}", 1000 * v / n, "ms/frame", n) for k, v in report.stages.items() if k != "level"]
    rows += [
        row("peak memory", report.peak_memory_mb, "MB", 1),
        row("planes", len(report.planes), "planes", n),
        row("stable objects", len(report.stable), "records", n),
        row("moved, falsely", len(report.moved), "records", n),
        row("vanished, falsely", len(report.vanished), "records", n),
    ]
    return rows


def _against(things: Sequence[Seen], report: MapReport) -> list[Row]:
    found = match(things, report.stable, report.T_level_world)
    names = {name for name in found.values() if name}
    solid = [t for t in things if t.kind == "object" and not t.note]
    every = [t for t in things if t.kind == "object"]
    matched = sum(name is not None for name in found.values())
    return [
        row("things found", sum(t.name in names for t in solid) / len(solid), "share", len(solid), "listed, solid"),
        row(
            "things found, flat and on walls too", sum(t.name in names for t in every) / len(every), "share", len(every)
        ),
        row("records per thing", matched / max(len(names), 1), "records", len(names)),
        row("records per thing, with those of no thing", len(found) / max(len(names), 1), "records", len(names)),
    ]


def _erasing(recording: Recording, things: Sequence[Seen], report: MapReport, every: int) -> list[Row]:
    found = match(things, report.stable, report.T_level_world)
    done = []
    for erased in erasures(recording, every):
        done.append(erased)
        print(
            f"without {erased.thing.id} ({found.get(erased.thing.id)}) from frame {erased.start} on, {erased.looks} looks: "
            f"vanished {list(erased.vanished)}, moved {list(erased.moved)}",
            file=sys.stderr,
        )
    good = [e for e in done if e.observable]
    label = "erased thing is the only one vanished"
    return [
        row(label, sum(e.hit for e in good) / max(len(good), 1), "share", len(good), f"{LOOKS} looks find it gone"),
        row(label, sum(e.hit for e in done) / max(len(done), 1), "share", len(done), "all stable things"),
        row("others vanished or moved then", sum(e.others for e in done), "records", len(done)),
    ]


def _by_open3d(recording: Recording, things: Sequence[Seen]) -> list[Row]:
    """The same recording with Open3D's planes, its clusters, or both, in place of ours; processor time of all cores."""
    rows = []
    for planes, clusters in (("cells", "creases"), ("ransac", "creases"), ("cells", "dbscan"), ("ransac", "dbscan")):
        with Memory.open(":memory:") as memory:
            segmenter = Open3DSegmenter(plane_by=planes, cluster_by=clusters)
            report = map_recording(recording, memory, segmenter, clock=time.process_time)
        mode, n = f"{planes} + {clusters}", report.frames
        shares = {r["metric"]: r["value"] for r in _against(things, report)}
        rows += [
            row("perceiving a frame", 1000 * report.stages["perceive"] / n, "ms", n, mode),
            row("stable objects", len(report.stable), "records", n, mode),
            row("things found", shares["things found"], "share", n, mode),
            row("records per thing", shares["records per thing"], "records", n, mode),
            row("moved or vanished, falsely", len(report.moved) + len(report.vanished), "records", n, mode),
        ]
    return rows


def _table_tops(folder: Path) -> list[Row]:
    scenes = [read_scene(path) for path in sorted(folder.glob("*.pcd"))]
    started = time.process_time()
    for scene in scenes:
        GeometricSegmenter().segment(scene.frame)
    spent = time.process_time() - started
    scores = [score(scene, GeometricSegmenter()) for scene in scenes]
    ious = [v for s in scores for v in s.ious]
    segments, n = sum(s.segments for s in scores), len(scenes)
    return [
        row("table tops: objects found", sum(v >= 0.5 for v in ious) / len(ious), "share", len(ious), "IoU 0.5"),
        row("table tops: segments that are objects", sum(s.matched for s in scores) / segments, "share", segments),
        row("table tops: mean best IoU", float(np.mean(ious)), "share", len(ious)),
        row("table tops: over-segmentation", float(np.mean([s.over for s in scores])), "share", n),
        row("table tops: under-segmentation", float(np.mean([s.under for s in scores])), "share", n),
        row("segmenter alone", 1000 * spent / n, "ms/frame", n, "processor time"),
    ]


def read_things(path: Path) -> list[Seen]:
    """The list of what a person sees."""
    rows: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["things"]
    return [Seen(r["name"], r["kind"], r["note"], tuple(r["position"]), tuple(r["extent"])) for r in rows]


def match(things: Sequence[Seen], records: Sequence[Thing], T_level_world: F64) -> dict[str, str | None]:
    """For each record the name of the thing that it stands for, or None.

    The marked point lies in the record's box or within 5 cm of it, and the record is not much longer than the thing (2.2
    times and 10 cm: rough extents, and boxes that noise widens). Of several the one whose place and size fit best.
    """
    out: dict[str, str | None] = {}
    for record in records:
        best: tuple[float, str] | None = None
        length = max(record.box_world.size)
        for thing in things:
            point = apply(T_level_world, thing.position)
            gap = float(record.box_world.distance(point))
            longest = max(thing.extent)
            if gap > NEAR or length > 2.2 * longest + 0.1:
                continue
            off = float(np.linalg.norm(record.box_world.center - point))
            cost = gap + 0.1 * off + 0.06 * abs(math.log((length + 0.02) / (longest + 0.02)))
            if best is None or cost < best[0]:
                best = (cost, thing.name)
        out[record.id] = best[1] if best is not None else None
    return out
