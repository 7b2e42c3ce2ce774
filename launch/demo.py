"""`loci demo`: a mobile manipulator tidies a kitchen from what it remembers, and tells where things are."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from ..memory import Memory
from ..planner import TaskReport
from ..viz.picture import picture
from . import options
from .console import Console
from .session import Session, open_session

TASKS = (
    "Fetch the mug from the drawer and put it on the table.",
    "Put the apple into the fridge and close it.",
    "Put the mug back where you found it.",
)
QUESTION = "where is the mug?"


def main(command: options.Demo) -> int:
    """0 when all three tasks are done."""
    out = command.out
    out.mkdir(parents=True, exist_ok=True)
    for name in ("memory.db", "memory.db-wal", "memory.db-shm", "demo.rrd", "demo.png"):
        (out / name).unlink(missing_ok=True)
    started = time.perf_counter()
    console = Console(sys.stdout)
    with open_session("kitchen", out / "memory.db", command.seed, [console], viz=str(out / "demo.rrd")) as session:
        console.headline("a first look around")
        session.loop.survey()
        reports = []
        for task in TASKS:
            _ask(session)
            console.headline(task)
            reports.append(session.loop.run(task))
        _ask(session)
    with Memory.open(out / "memory.db", read_only=True) as memory:
        print(f"\n{summary(memory, reports, console.frames, time.perf_counter() - started)}")
    shown = picture(out / "demo.rrd", out / "demo.png")
    print("\nleft behind:")
    print(f'  {out / "memory.db"}   ask it:   loci ask {out / "memory.db"} "where is the apple?"')
    print(f"  {out / 'demo.rrd'}    open it:  rerun {out / 'demo.rrd'}")
    print(f"  {shown}" if isinstance(shown, Path) else f"  no picture: {shown}")
    return 0 if all(r.status == "done" for r in reports) else 1


def summary(memory: Memory, reports: list[TaskReport], frames: int, seconds: float) -> str:
    """What was done and what is remembered, for a person."""
    stats = memory.stats()
    done = sum(r.status == "done" for r in reports)
    lines = [f"tasks done   {done} of {len(reports)}"]
    lines += [f"  {r.status:<6} {r.steps:>2} steps   {task}" for task, r in zip(TASKS, reports, strict=True)]
    lines += [
        f"time         {seconds:.0f} s here, {memory.now:.0f} s in the kitchen, {frames} frames",
        "remembered   " + ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in _remembered(stats)),
    ]
    return "\n".join(lines)


def _remembered(stats: dict[str, int | float]) -> list[tuple[str, int]]:
    names = ("things", "facts", "episodes", "actions", "keyframes", "events")
    return [(name, int(stats[name])) for name in names if name in stats]


def _ask(session: Session) -> None:
    answer = session.memory.ask(QUESTION)
    print(f'\n? "{QUESTION}"\n  {answer}', flush=True)
    session.memory.note("answer", f"{QUESTION} {answer}", session.memory.now)
