"""Progress for a person on a terminal: what the robot does, why, and what changed in memory."""

from __future__ import annotations

import sys
from typing import TextIO

from ..contracts import Action, Decision, ObservationBatch, Outcome, RGBDFrame
from ..memory.records import Change, Written
from ..planner.watcher import Watcher


class Console(Watcher):
    """Prints to ``stream`` (standard error by default), with colour only on a terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream if stream is not None else sys.stderr
        self.colour = self.stream.isatty()
        self.frames = 0
        self._changes: dict[tuple[str, str], Change] = {}

    def on_frame(self, frame: RGBDFrame, batch: ObservationBatch, written: Written) -> None:
        """Collect what changed; it is told with the outcome of the action."""
        self.frames += 1
        for change in written.changes:
            self._changes[change.kind, change.id] = change

    def on_decision(self, episode: str, step_no: int, decision: Decision, action: Action | None) -> None:
        """What is about to be done, and why."""
        target = f" {action.target.label} ({action.target.id})" if action and action.target else ""
        relation = f" {decision.relation}" if decision.relation else ""
        head = f"{decision.verb}{relation}{target}"
        self._say(f"  {step_no:>2} {self._paint('1', head)}")
        if decision.why:
            self._say(f"     because {decision.why}")

    def on_outcome(self, step_no: int, outcome: Outcome, written: Written) -> None:
        """How it ended, and what memory learned meanwhile."""
        mark = self._paint("32", "✓") if outcome.ok else self._paint("31", f"✗ {outcome.status}")
        detail = f": {outcome.detail}" if outcome.detail and not outcome.ok else ""
        self._say(f"     {mark}{detail}  ({outcome.ended - outcome.started:.1f} s)")
        self.flush_changes(written.changes)

    def on_text(self, kind: str, text: str, stamp: float) -> None:
        """What was understood, searches, verdicts of the critic, the end."""
        if kind in ("recall", "decision"):
            return  # an audit trail, kept in memory; too long for a terminal
        self._say(f"     {kind}: {text}")

    def headline(self, text: str) -> None:
        """What begins now: an instruction, the first look around."""
        self._say(f"\n{self._paint('1;36', '▸ ' + text)}")

    def flush_changes(self, more: tuple[Change, ...] = ()) -> None:
        """Print the changes collected since the last time, most telling first."""
        for change in more:
            self._changes[change.kind, change.id] = change
        found = [c for c in self._changes.values() if c.kind == "appeared"]
        others = [c for c in self._changes.values() if c.kind != "appeared"]
        for change in others:
            self._say(f"     {self._paint('33', 'memory')}  {change.text}")
        if len(found) > 4:
            self._say(f"     {self._paint('33', 'memory')}  {len(found)} new things, e.g. {found[0].text}")
        else:
            for change in found:
                self._say(f"     {self._paint('33', 'memory')}  {change.text}")
        self._changes.clear()

    def _say(self, text: str) -> None:
        print(text, file=self.stream, flush=True)

    def _paint(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.colour else text
