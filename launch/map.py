"""`loci map`: a folder of posed RGB-D frames into a memory file."""

from __future__ import annotations

import json
import sys

from ..contracts import ObservationBatch, RGBDFrame
from ..memory import Memory
from ..memory.records import Written
from ..perception.mapping import MapReport, map_recording
from ..perception.recording import Recording
from . import options


def main(command: options.Map) -> int:
    """Print what stands there; FrameError (exit 2) for a recording that cannot be used."""
    recording = Recording(command.rgbd)
    for index in range(len(recording)):
        recording.frame(index)  # nothing is written for a recording that would stop half way
    done = 0

    def progress(_frame: RGBDFrame, _batch: ObservationBatch, _written: Written) -> None:
        nonlocal done
        done += 1
        if sys.stderr.isatty() or done % 25 == 0:
            end = "\r" if sys.stderr.isatty() else "\n"
            print(f"{done}/{len(recording)} frames", end=end, file=sys.stderr, flush=True)

    with Memory.open(command.memory) as memory:
        report = map_recording(recording, memory, on_frame=progress)
    if command.json:
        print(json.dumps(report.to_dict()))
    else:
        print(table(report))
    return 0


def table(report: MapReport) -> str:
    """The report for people."""
    kinds = [plane.kind for plane in report.planes]
    planes = ", ".join(f"{kinds.count(k)} {k}" for k in dict.fromkeys(kinds))
    rows = [
        ("planes", f"{len(report.planes)} ({planes})"),
        ("stable objects", f"{len(report.stable)} of {report.objects} seen"),
        ("furniture", f"{len(report.furniture)}"),
        ("moved", _ids(report.moved)),
        ("vanished", _ids(report.vanished)),
        ("frames", f"{report.frames} in {report.seconds:.1f} s, {report.frames_per_second:.1f} a second"),
        ("peak memory", f"{report.peak_memory_mb:.0f} MB"),
    ]
    return "\n".join(f"{name:<15} {value}" for name, value in rows)


def _ids(ids: tuple[str, ...]) -> str:
    return f"{len(ids)}" + (f" ({', '.join(ids)})" if ids else "")
