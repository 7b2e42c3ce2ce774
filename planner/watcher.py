"""Whoever wants to follow a run: progress on a terminal, JSON lines, a recording."""

from __future__ import annotations

from ..contracts import Action, Decision, ObservationBatch, Outcome, RGBDFrame
from ..memory.records import Written


class Watcher:
    """Base of watchers; every method may be left out. Exceptions of a watcher end the run."""

    def on_frame(self, frame: RGBDFrame, batch: ObservationBatch, written: Written) -> None:
        """A frame was perceived and written to memory."""

    def on_decision(self, episode: str, step_no: int, decision: Decision, action: Action | None) -> None:
        """A decision was made; ``action`` is None where nothing is carried out (refused, or done)."""

    def on_outcome(self, step_no: int, outcome: Outcome, written: Written) -> None:
        """An action ended, was verified, and is in memory."""

    def on_text(self, kind: str, text: str, stamp: float) -> None:
        """Something said along the way: "task", "recall", "gate", "verification", "note", "search", "report"."""
