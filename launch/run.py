"""`loci run`: household tasks in a simulated world, one after another."""

from __future__ import annotations

import sys

from ..planner import TaskReport
from ..planner.instruction import parse
from . import options
from .console import Console
from .jsonlines import JsonLines
from .session import Endpoint, open_session


def main(command: options.Run) -> int:
    """0 when every task is done, 1 when one was tried and not done."""
    from ..sim.worlds import check_world, classes_in

    check_world(command.world, command.seed)
    for task in command.task:
        parse(task, classes_in(command.world))  # before the memory file is touched
    endpoint = None
    if command.llm_base_url:
        endpoint = Endpoint(command.llm_base_url, command.llm_model, command.api_key, command.llm_timeout)
    lines = JsonLines() if command.json else None
    console = Console() if lines is None else None
    watcher = lines or console
    assert watcher is not None
    reports = []
    with open_session(
        command.world,
        command.memory,
        command.seed,
        [watcher],
        steps=command.steps,
        endpoint=endpoint,
        viz=command.viz,
    ) as session:
        if console:
            console.headline("a first look around")
        session.loop.survey()
        for task in command.task:
            if console:
                console.headline(task)
            report = session.loop.run(task)
            reports.append(report)
            if lines:
                lines.emit(as_json(task, report))
                lines.acknowledge(session.memory.commit())
            else:
                print(f"{report.status}: {task}" + (f" ({report.reason})" if not report.done else ""))
    if not command.json:
        print(f"memory: {command.memory}", file=sys.stderr)
    return 0 if all(r.status == "done" for r in reports) else 1


def as_json(task: str, report: TaskReport) -> dict[str, object]:
    """A task's report as plain data."""
    return {
        "task": task,
        "status": report.status,
        "reason": report.reason,
        "steps": report.steps,
        "goals": report.goals,
        "episode": report.episode,
    }
