"""Writes the words and numbers of a recording: decisions, outcomes, answers, changes, and statistics over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import rerun as rr

from ..contracts import Action, Decision, Outcome, Role
from ..memory.records import Change, Knowledge, Thing
from . import palette

ORDER = (Knowledge.SEEN, Knowledge.BELIEVED, Knowledge.UNOBSERVED, Knowledge.ABSENT)
_NAMES = {"seen": "seen", "believed": "believed", "unobserved since": "not looked at since", "absent": "gone"}


class Journal:
    """Logs text and scalars into ``stream`` at whatever time is set there."""

    def __init__(self, stream: rr.RecordingStream) -> None:
        self._stream = stream
        self._instruction = ""
        self._decision = ""
        self._outcome = ""
        self._numbers: dict[str, float] = {}
        for knowledge in ORDER:
            style = rr.SeriesLines(
                colors=[palette.KNOWLEDGE[knowledge]], names=[_NAMES[knowledge.value]], widths=[2.0],
                interpolation_mode="StepAfter",
            )  # fmt: skip
            stream.log(f"/knowledge/{knowledge.name.lower()}", style, static=True)

    def line(self, kind: str, text: str) -> None:
        """One line in the log, under ``/text/<kind>``."""
        name = "".join(c if c.isalnum() else "_" for c in kind) or "note"
        self._stream.log(f"/text/{name}", rr.TextLog(text, level=kind.upper(), color=palette.text_color(kind)))

    def instruction(self, text: str) -> None:
        """A new task: what the robot was told."""
        self._instruction, self._decision, self._outcome = text, "", ""
        self.line("instruction", text)
        self._now()

    def decision(self, step_no: int, decision: Decision, action: Action | None) -> None:
        """What was decided, on what target, and why."""
        self.step(step_no, describe(decision, action), decision.why, decision.cites)

    def step(self, step_no: int, what: str, why: str, cites: Sequence[str]) -> None:
        """The same in words: what is done, why, and the ids that it rests on."""
        self._decision, self._outcome = f"**{step_no}. {what}**  \n{why}", ""
        reason = f": {why}" if why else ""
        evidence = f"  [{', '.join(cites)}]" if cites else ""
        self.line("decision", f"{step_no}. {what}{reason}{evidence}")
        self._now()

    def outcome(self, step_no: int, outcome: Outcome) -> None:
        """How the step ended."""
        detail = f": {outcome.detail}" if outcome.detail else ""
        self._outcome = f"{outcome.status.value}{detail}"
        self.line("outcome" if outcome.ok else "failure", f"{step_no}. {self._outcome}")
        self._now()

    def changes(self, changes: Sequence[Change]) -> None:
        """What changed in memory."""
        for change in changes:
            self.line("change", change.text or f"{change.id} {change.kind}")

    def statistics(self, stats: Mapping[str, float]) -> None:
        """Numbers about memory, one curve each; sizes in bytes apart from counts."""
        for key, value in stats.items():
            if self._numbers.get(key) != value:
                self._numbers[key] = value
                folder = "bytes" if "byte" in key or "size" in key else "memory"
                self._stream.log(f"/{folder}/{key}", rr.Scalars([float(value)]))

    def knowledge(self, things: Sequence[Thing]) -> None:
        """How many objects are seen, believed, not looked at since, gone."""
        counts = Counter(t.knowledge for t in things if t.role is Role.OBJECT)
        for knowledge in ORDER:
            path = f"/knowledge/{knowledge.name.lower()}"
            if self._numbers.get(path) != counts[knowledge]:
                self._numbers[path] = counts[knowledge]
                self._stream.log(path, rr.Scalars([float(counts[knowledge])]))

    def recall(self, text: str) -> None:
        """What the planner was told from memory, as it was told."""
        self._stream.log("/recall", rr.TextDocument(text, media_type=rr.MediaType.TEXT))

    def _now(self) -> None:
        task = f"### “{self._instruction}”" if self._instruction else ""
        text = "\n\n".join(x for x in (task, self._decision, f"→ {self._outcome}" if self._outcome else "") if x)
        self._stream.log("/now", rr.TextDocument(text, media_type=rr.MediaType.MARKDOWN))


def describe(decision: Decision, action: Action | None) -> str:
    """A decision in words: "place on the table o2"."""
    target = decision.target or ""
    if action is not None and action.target is not None:
        target = f"{action.target.label} {action.target.id}"
    words = [decision.verb.value, decision.relation or "", target]
    return " ".join(w for w in words if w)
