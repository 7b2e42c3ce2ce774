"""What came of an instruction."""

from __future__ import annotations

from dataclasses import dataclass

from ..contracts import Step


@dataclass(frozen=True)
class TaskReport:
    """``status`` is "done", "failed" or "cancelled"; ``steps`` counts actions tried, refused ones included.

    ``reason`` says in English why the task ended; ``episode`` is its id in memory; ``history`` holds the steps;
    ``started`` and ``ended`` are world time in seconds; ``goals`` is what was understood ("" if only an LLM could say).
    """

    instruction: str
    status: str
    steps: int
    reason: str
    episode: str
    history: tuple[Step, ...] = ()
    goals: str = ""
    started: float = 0.0
    ended: float = 0.0

    @property
    def done(self) -> bool:
        """True if every goal held at the end."""
        return self.status == "done"
