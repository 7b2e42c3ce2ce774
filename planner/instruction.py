"""English instruction → task: sentences in order, background told apart from orders, and errors for what makes no sense."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from ..contracts import Role
from ..errors import InstructionError
from .frames import Frame
from .goals import Goal, Task, simplified
from .lexer import normalised, tokens
from .lexicon import POLITE, words
from .references import understood
from .sentences import frames
from .verbs import Verbs
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    from ..memory import Memory

_QUESTION = words("where what which who when how why whose is are did does was were do")
_ORDER = (
    r"(?:^|[.;:!?,] |\b(?:and|then|please|also|next|finally|first|kindly|you to|(?:can|could|would|will) you)\b )(?:please )?"
    r"{word} (?:the|a|an|all|my|our|your|it|them|both|two|this|these|those)\b"
)
"""An unknown word where an order begins, with something to do it to."""
_IN_ORDER = re.compile(
    r"\bin this order\b|\bonly then\b|\bstart with\b|\b(?:first|after that)\b.*\b(?:then|after that|next|finally|last)\b"
)
"""Words that ask for one thing after the other."""


def parse(instruction: str, known: Iterable[tuple[str, Role]] = ()) -> Task:
    """The task that ``instruction`` asks for.

    ``known`` are (label, role) pairs of things in memory: their classes may be named too. Raises ``InstructionError``
    that names a word outside the vocabulary with the nearest known ones, or says what is understood, with examples.
    """
    vocabulary = Vocabulary().extended(known)
    said = normalised(instruction).split()
    if not said or not any(c.isalpha() for c in instruction):
        raise InstructionError(f"the instruction {instruction!r} says nothing; {understood()}")
    asks = instruction.rstrip().endswith("?") or said[0] in ("where", "what", "who", "why")
    if asks and said[0] in _QUESTION and not re.match(POLITE, " ".join(said)):
        raise InstructionError(f"{instruction!r} is a question, not a task: ask memory instead; {understood()}")
    reader = _Reader(instruction, vocabulary)
    for sentence in frames(tokens(instruction, vocabulary)):
        reader.sentence(sentence)
    return reader.task()


def parse_for(memory: Memory, instruction: str, classes: Iterable[tuple[str, Role]] = ()) -> Task:
    """``parse`` where what ``memory`` holds may be named, and ``classes``: (name, role) of what it has not seen yet."""
    return parse(instruction, [*classes, *((thing.label, thing.role) for thing in memory.things())])


class _Reader(Verbs):
    """Reads the frames of an instruction one after another."""

    def sentence(self, parts: list[Frame]) -> None:
        """Reads the frames of one sentence; those of a "before …" clause come after the one they belong to."""
        late: list[Goal] = []
        for part in parts:
            before = len(self.goals)
            self._frame(part)
            if part.later:
                late, self.goals = late + self.goals[before:], self.goals[:before]
            elif len(self.goals) > before:
                self.goals, late = self.goals + late, []
        self.goals += late

    def task(self) -> Task:
        """The task, or the error that says why there is none."""
        self._take_up_waiting()
        if not self.goals:
            if self.unknown:
                raise self._unknown_error(self.unknown[0])
            raise InstructionError(f"{self.instruction!r} asks for nothing that can be done; {understood()}")
        ordered = _IN_ORDER.search(normalised(self.instruction)) is not None
        return Task(self.instruction, simplified(tuple(self.goals)), tuple(self.ignored), ordered)

    def _take_up_waiting(self) -> None:
        """ "apple in the fridge, close it": the clause without a verb was an order if nothing else speaks of its thing."""
        if self.waiting is None or not self.waiting.themes:
            return
        key = self._ref(self.waiting.themes[0]).key
        if any(getattr(goal, "thing", None) is not None and goal.thing.key == key for goal in self.goals):  # type: ignore[union-attr]
            return
        later, self.goals = self.goals, []
        self._verbless(self.waiting, final=True)
        self.goals += later

    # --- one frame ----------------------------------------------------------------------------------------------------
    def _frame(self, frame: Frame) -> None:
        if frame.condition:
            raise InstructionError(f"{self.instruction!r} has a condition (if, unless); say only what is to be done")
        if frame.wished and not frame.verb and frame.themes and (frame.statics or frame.dests) and not frame.states:
            frame.verb, frame.text = "put", "should be"
        if frame.awaited and not frame.verb and frame.themes and frame.statics and not frame.unknown:
            frame.verb, frame.text = "put", "once"
        if frame.verb == "want" and frame.negated:
            frame.verb, frame.asserted, frame.unknown = "", True, []
        if frame.stray and (frame.verb or not frame.asserted):
            raise InstructionError(
                f'"{frame.stray[0]}" in {self.instruction!r} stands there with nothing that says what to do; {understood()}'
            )
        if (frame.asserted and not frame.verb) or (not frame.verb and not frame.states):
            self._verbless(frame, final=False)
            return
        if frame.verb == "want" and not frame.themes and not frame.states:
            return
        if frame.unknown:
            raise self._unknown_error(frame.unknown[0])
        if frame.bad_relation and frame.verb not in ("open", "close"):
            raise InstructionError(
                f'"{frame.bad_relation}" in {self.instruction!r} is not understood: things can be put on or in a place'
            )
        before = len(self.goals)
        acts = getattr(self, f"_do_{frame.verb}", None)
        if acts is not None:
            if frame.negated and frame.verb not in ("leave", "open", "close"):
                raise InstructionError(f'"not" in {self.instruction!r} is not understood; say only what is to be done')
            acts(frame)
        self._states(frame)
        if len(self.goals) == before and frame.verb not in ("want", "go", "leave", "shift_door", ""):
            raise InstructionError(f'"{frame.text}" in {self.instruction!r}: {understood()}')

    def _verbless(self, frame: Frame, final: bool) -> None:
        """A clause without a verb: how things are ("the mug is in the drawer"), or a short order ("mug to the table")."""
        places = frame.statics + frame.sources
        if frame.unknown and not frame.asserted and frame.dests:
            raise self._unknown_error(frame.unknown[0])
        if frame.unknown and self._is_order(frame):
            raise self._unknown_error(frame.unknown[0])
        self.unknown += frame.unknown
        if not frame.asserted and frame.themes and not frame.unknown:
            if frame.dests or (frame.back or frame.origin) or (final and frame.statics):
                frame.verb, frame.text = "put", "put"
                self._do_put(frame)
                return
            if frame.sources:
                self._do_fetch(frame)
                return
        if self.waiting is None and not frame.asserted and frame.themes and not frame.unknown:
            self.waiting = frame
        for phrase in frame.themes:
            if phrase.kind in ("noun", "pron", "one"):
                ref = self._ref(phrase)
                if places and self._graspable(ref):
                    ref = replace(ref, source=self._place(places[-1]), strict=not frame.asserted)
                self._mention(ref)
        for relation, phrase in places + frame.dests:
            if phrase.kind == "noun" and not frame.themes:
                self._place((relation, phrase))
        self.ignored.append(" ".join(p.text for p in frame.themes) or " ".join(frame.unknown))

    def _is_order(self, frame: Frame) -> bool:
        """An unknown verb with its object ("paint the fridge"), unlike a remark ("dinner is ready")."""
        text = normalised(self.instruction)
        return any(re.search(_ORDER.format(word=re.escape(word)), text) is not None for word in frame.unknown)
