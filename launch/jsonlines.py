"""Progress for programs: one JSON object a line on standard output."""

from __future__ import annotations

import json
import sys
from typing import Any, TextIO

from ..contracts import Action, Decision, ObservationBatch, Outcome, RGBDFrame
from ..memory.records import Change, Written
from ..planner.watcher import Watcher


class JsonLines(Watcher):
    """`{"step": …}` for every step and `{"ack": n}` whenever the memory has made more events durable.

    Whoever reads ``{"ack": n}`` may rely on every event up to n being there after a crash.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream if stream is not None else sys.stdout
        self._ack = 0
        self._decision: dict[str, Any] = {}
        self._changes: list[dict[str, str]] = []

    def emit(self, record: dict[str, Any]) -> None:
        """One line, written through at once."""
        print(json.dumps(record), file=self.stream, flush=True)

    def on_frame(self, frame: RGBDFrame, batch: ObservationBatch, written: Written) -> None:
        """Acknowledge what the write made durable."""
        self._note(written)

    def on_decision(self, episode: str, step_no: int, decision: Decision, action: Action | None) -> None:
        """Remember the decision for the step's line."""
        self._decision = {
            "step": step_no,
            "episode": episode,
            "verb": decision.verb.value,
            "target": decision.target,
            "label": action.target.label if action and action.target else None,
            "relation": decision.relation,
            "why": decision.why,
            "cites": list(decision.cites),
        }

    def on_outcome(self, step_no: int, outcome: Outcome, written: Written) -> None:
        """The step's line, then the acknowledgement."""
        self._changes += [_change(c) for c in written.changes]
        self.emit(
            {
                **self._decision,
                "status": outcome.status.value,
                "detail": outcome.detail,
                "started": round(outcome.started, 3),
                "ended": round(outcome.ended, 3),
                "changes": self._changes,
            }
        )
        self._changes = []
        self.acknowledge(written.ack)

    def on_text(self, kind: str, text: str, stamp: float) -> None:
        """Instructions and answers, as they come."""
        if kind not in ("recall", "decision"):
            self.emit({"text": text, "kind": kind, "stamp": round(stamp, 3)})

    def acknowledge(self, ack: int) -> None:
        """`{"ack": n}` if n is news."""
        if ack > self._ack:
            self._ack = ack
            self.emit({"ack": ack})

    def _note(self, written: Written) -> None:
        self._changes += [_change(c) for c in written.changes]
        self.acknowledge(written.ack)


def _change(change: Change) -> dict[str, str]:
    return {"kind": change.kind, "id": change.id, "text": change.text, "cause": change.cause}
