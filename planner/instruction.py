"""English instruction → task: who "it" is, which phrase is source and which destination, and what makes no sense."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ..contracts import Role, Verb
from ..errors import InstructionError
from .clauses import Frame, Phrase, frames
from .goals import AtOriginalPlace, Did, Goal, Held, In, Located, On, Ref, State, Task, simplified
from .lexer import normalised, tokens
from .lexicon import POLITE, words
from .vocabulary import OPENABLE, SLICEABLE, Vocabulary, relation_for

EXAMPLES = (
    '"Fetch the mug from the drawer and put it on the table."',
    '"Put the apple into the fridge and close it."',
    '"Put the mug back where you found it."',
)
_QUESTION = words("where what which who when how why whose is are did does was were do")


def parse(instruction: str, known: Iterable[tuple[str, Role]] = ()) -> Task:
    """The task that ``instruction`` asks for.

    ``known`` are (label, role) pairs of things in memory: their classes may be named too. Raises ``InstructionError``
    that names a word outside the vocabulary with the nearest known ones, or says what is understood, with examples.
    """
    vocabulary = Vocabulary().extended(known)
    said = normalised(instruction).split()
    if not said or not any(c.isalpha() for c in instruction):
        raise InstructionError(f"the instruction {instruction!r} says nothing; {_understood()}")
    asks = instruction.rstrip().endswith("?") or said[0] in ("where", "what", "who", "why")
    if asks and said[0] in _QUESTION and not re.match(POLITE, " ".join(said)):
        raise InstructionError(f"{instruction!r} is a question, not a task: ask memory instead; {_understood()}")
    reader = _Reader(instruction, vocabulary)
    for sentence in frames(tokens(instruction, vocabulary)):
        reader.sentence(sentence)
    return reader.task()


def _understood() -> str:
    return (
        "understood are tasks such as "
        + ", ".join(EXAMPLES)
        + " (fetch, bring, put, move, open, close, find, look at, clear)"
    )


@dataclass
class _Reader:
    instruction: str
    vocabulary: Vocabulary
    goals: list[Goal] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    theme: Ref | None = None
    place: Ref | None = None
    openable: Ref | None = None
    places: list[Ref] = field(default_factory=list)
    at: Ref | None = None  # what was opened or gone to last: things are probably taken from there
    waiting: Frame | None = None  # "the mug in the drawer:" before anything is asked for
    keys: int = 0

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
            raise InstructionError(f"{self.instruction!r} asks for nothing that can be done; {_understood()}")
        return Task(self.instruction, simplified(tuple(self.goals)), tuple(self.ignored))

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
                f'"{frame.stray[0]}" in {self.instruction!r} stands there with nothing that says what to do; {_understood()}'
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
            raise InstructionError(f'"{frame.text}" in {self.instruction!r}: {_understood()}')

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
        word = frame.unknown[0]
        return bool(frame.themes) and any(
            f" {word} {article} " in f" {text} "
            and (text.startswith(word) or f"and {word}" in text or f", {word}" in text)
            for article in ("the", "a", "an", "all", "my", "it", "them")
        )

    def _do_fetch(self, frame: Frame) -> None:
        sources, dest = self._places(frame, static_is_source=True)
        if (
            dest is not None
            or frame.origin
            or (frame.back and not frame.to_me and frame.verb == "fetch" and not sources)
        ):
            self._put(frame, sources, dest)
            return
        if frame.particle == "in" and frame.text in ("take", "get", "bring"):
            self._put(frame, sources, self._inside())
            return
        for ref in self._themes(frame, sources):
            self._need(ref, self._graspable(ref), frame, "cannot be picked up")
            self.goals.append(Held(ref))

    def _do_bring(self, frame: Frame) -> None:
        self._do_fetch(frame)

    def _do_restore(self, frame: Frame) -> None:
        frame.back = True
        self._do_put(frame)

    def _do_finite(self, frame: Frame) -> None:
        self._do_put(frame)

    def _do_put(self, frame: Frame) -> None:
        sources, dest = self._places(frame, static_is_source=False)
        self._put(frame, sources, dest)

    def _do_want(self, frame: Frame) -> None:
        if frame.states and frame.themes and not (frame.statics or frame.dests or frame.sources):
            return
        sources, dest = self._places(frame, static_is_source=False)
        if dest is None and not (frame.back or frame.origin):
            self._do_fetch(frame)
        else:
            self._put(frame, sources, dest)

    def _do_leave(self, frame: Frame) -> None:
        if frame.statics or frame.dests or frame.particle or frame.origin:
            self._do_put(frame)

    def _do_open(self, frame: Frame) -> None:
        self._openness(frame, "closed" if frame.negated else "open")

    def _do_close(self, frame: Frame) -> None:
        self._openness(frame, "open" if frame.negated else "closed")

    def _do_shift_door(self, frame: Frame) -> None:
        if frame.particle in ("in", "out"):
            self._openness(frame, "closed" if frame.particle == "in" else "open")
        elif frame.dests or frame.statics:
            self._do_put(frame)
        elif not frame.states:
            raise InstructionError(f'"{frame.text}" in {self.instruction!r}: open or closed? {_understood()}')

    def _do_find(self, frame: Frame) -> None:
        sources, _ = self._places(frame, static_is_source=True)
        self.goals.extend(Located(ref) for ref in self._themes(frame, sources))

    def _do_look(self, frame: Frame) -> None:
        phrases = frame.themes or [p for _, p in frame.statics + frame.dests]
        refs = [self._mention(self._ref(p)) for p in phrases]
        self.goals.extend([Did(Verb.LOOK, ref) for ref in refs] or [Did(Verb.LOOK, None)])

    def _do_go(self, frame: Frame) -> None:
        phrases = [p for _, p in frame.dests + frame.statics] + frame.themes
        refs = [self._mention(self._ref(p)) for p in phrases]
        self.at = refs[-1] if refs and self._is_place(refs[-1]) else self.at
        self.goals.extend(Did(Verb.NAVIGATE, ref) for ref in refs)

    def _do_slice(self, frame: Frame) -> None:
        for ref in self._themes(frame, self._places(frame, static_is_source=True)[0]):
            self._need(ref, all(label in SLICEABLE for label in ref.labels), frame, "cannot be sliced")
            self.goals.append(Did(Verb.SLICE, ref))

    def _do_toggle(self, frame: Frame) -> None:
        self.goals.extend(Did(Verb.TOGGLE, self._mention(self._ref(p))) for p in frame.themes)

    def _do_clear(self, frame: Frame) -> None:
        """ "clear the table", "empty the drawer onto the counter", "clear the plates from the table"."""
        if frame.origin or frame.back:  # "tidy the mug away"
            self._do_restore(frame)
            return
        _, dest = self._places(replace(frame, sources=[]), static_is_source=False)
        for phrase in frame.themes:
            ref = self._ref(phrase)
            if self._is_place(ref):
                what = self._new(Ref((), "everything", source=("", ref), count=0))
                taken = ref
            else:
                source = self._place(frame.sources[0]) if frame.sources else None
                what = replace(ref, source=source, count=0)
                taken = source[1] if source else ref
            elsewhere = "table" if "counter" in taken.labels else "counter"
            target = dest or (None, self._new(Ref((elsewhere,), f"the {elsewhere}")))
            self._goal_at(what, target)

    # --- putting ------------------------------------------------------------------------------------------------------
    def _put(self, frame: Frame, sources: list[tuple[str, Ref]], dest: tuple[str | None, Ref] | None) -> None:
        original = frame.origin or (frame.back and dest is None and not frame.particle)
        for ref in self._themes(frame, sources):
            self._need(ref, self._graspable(ref), frame, "cannot be picked up and put somewhere")
            if (frame.back or original) and not ref.source:
                ref = replace(ref, recent=True)
                self.theme = ref
            if dest is not None:
                self._goal_at(ref, dest)
            elif original:
                self.goals.append(AtOriginalPlace(ref))
            elif frame.particle == "in":
                self._goal_at(ref, self._inside())
            elif frame.particle == "on" and self.place is not None:
                self._goal_at(ref, ("on", self.place))
            elif frame.text in ("put down", "set down", "place down", "lay down", "drop"):
                self._goal_at(ref, ("on", self._new(Ref(("table", "counter"), "a table or counter"))))
            else:
                raise InstructionError(f'"{frame.text} {ref.phrase}" in {self.instruction!r} does not say where to')

    def _inside(self) -> tuple[str, Ref]:
        if self.openable is None:
            raise InstructionError(f'"in" in {self.instruction!r}: in what? {_understood()}')
        return ("in", self.openable)

    def _goal_at(self, thing: Ref, dest: tuple[str | None, Ref]) -> None:
        said, place = dest
        if thing.source is not None and thing.source[1].labels == place.labels:
            thing = replace(thing, source=None, recent=True)  # "it was in the drawer: put it back there"
        if not self._is_place(place):
            raise InstructionError(
                f"{self.instruction!r}: nothing can be put on or in {place.phrase}; "
                "a table, counter, plate, fridge, cupboard, drawer, sink or bowl would do"
            )
        if set(place.labels) & set(thing.labels):
            raise InstructionError(f"{self.instruction!r}: {thing.phrase} cannot be put on or in itself")
        relation = relation_for(place.labels[0], said or None)
        self.goals.append(In(thing, place) if relation == "in" else On(thing, place))

    def _places(
        self, frame: Frame, static_is_source: bool
    ) -> tuple[list[tuple[str, Ref]], tuple[str | None, Ref] | None]:
        """Sources and destination of a frame; "in the drawer" is either, as the verb and the other phrases suggest."""
        statics = list(frame.statics)
        sources = list(frame.sources)
        dests: list[tuple[str, Phrase]] = list(frame.dests)
        if not dests and statics and (not static_is_source or sources or len(statics) > 1):
            dests.append(statics.pop())
        found = [self._place(s) for s in sources + statics]
        if frame.particle == "out" and not found and self.openable is not None:
            found = [("in", self.openable)]
        return found, (self._place(dests[-1]) if dests else None)

    def _openness(self, frame: Frame, value: str) -> None:
        phrases = frame.themes or [p for _, p in frame.statics]
        if not phrases and self.openable is not None:
            phrases = [Phrase("door", "the door")]
        for phrase in phrases:
            self._state(phrase, value)

    def _states(self, frame: Frame) -> None:
        for phrase, value in frame.states:
            if phrase is None or (phrase.kind == "noun" and phrase.noun and self._carried(phrase)):
                phrase = Phrase("door", "the door")
            opposite = {"open": "closed", "closed": "open"}
            self._state(phrase, opposite[value] if frame.negated else value)

    def _state(self, phrase: Phrase, value: str) -> None:
        if phrase.kind in ("pron", "door", "one", "yonder"):
            if self.openable is None:
                raise InstructionError(f'{self.instruction!r}: what is "{phrase.text}" that is to be {value}? Name it.')
            ref = self.openable
        else:
            ref = self._mention(self._ref(phrase))
        bad = [label for label in ref.labels if label not in OPENABLE and label not in self.vocabulary.extra]
        if bad or not ref.labels:
            known = ", ".join(sorted(OPENABLE))
            raise InstructionError(f"{self.instruction!r}: {ref.phrase} has no door to be {value}; these have: {known}")
        self.at = ref if value == "open" else None
        self.goals.append(State(ref, "openness", value))

    # --- references ---------------------------------------------------------------------------------------------------
    def _themes(self, frame: Frame, sources: list[tuple[str, Ref]]) -> list[Ref]:
        phrases = frame.themes
        if (not phrases and self.waiting is not None and self.theme is not None) or (
            not phrases and self.theme is not None
        ):
            phrases = [Phrase("pron", "it")]
        if not phrases:
            raise InstructionError(f'"{frame.text}" in {self.instruction!r}: what? {_understood()}')
        out = []
        for phrase in phrases:
            ref = self._ref(phrase)
            if not sources and ref.source is None and self.at is not None and frame.verb == "fetch":
                ref = replace(ref, source=("in", self.at), strict=False)
            if sources and ref.source is None:
                relation, place = sources[-1]
                self._need(place, self._is_place(place), frame, "is no place that things are taken from")
                ref = replace(ref, source=(relation, place))
            if frame.recent:
                ref = replace(ref, recent=True)
            out.append(self._mention(ref, keep_place=True))
        return out

    def _place(self, said: tuple[str, Phrase]) -> tuple[str, Ref]:
        relation, phrase = said
        if phrase.kind in ("pron", "yonder", "door"):
            source = self.theme.source[1] if self.theme and self.theme.source and self.theme.strict else None
            others = [p for p in reversed(self.places) if source is None or p.labels != source.labels]
            ref = others[0] if phrase.kind == "yonder" and others else self.place or self.openable
            if ref is None:
                raise InstructionError(f'{self.instruction!r}: what place is "{phrase.text}"? Name it.')
        else:
            ref = self._ref(phrase)
        self._mention(ref)
        return relation, ref

    def _ref(self, phrase: Phrase) -> Ref:
        if phrase.kind == "pron" and self.theme is not None:
            return replace(self.theme, recent=True) if phrase.recent else self.theme
        if phrase.kind == "pron":
            return self._new(Ref((), "it", recent=True))
        if phrase.kind == "door":
            if self.openable is None:
                raise InstructionError(
                    f'{self.instruction!r}: which door is "{phrase.text}"? Name the piece of furniture.'
                )
            return self.openable
        if phrase.kind == "one":
            labels = self.theme.labels if self.theme else ()
            noun_text, plural, group = (labels[0] if labels else "one"), False, False
        else:
            assert phrase.noun is not None
            labels, plural, group = phrase.noun.labels, phrase.noun.plural, phrase.noun.group
            noun_text = labels[0] if len(labels) == 1 and not plural else phrase.text
        count = phrase.quantity if phrase.quantity is not None else (0 if plural else 1)
        words = ["the" if count else "all", "other" if phrase.other else "", phrase.colour, noun_text]
        ref = Ref(
            labels,
            " ".join(w for w in words if w),
            colour=phrase.colour,
            recent=phrase.recent,
            other=phrase.other,
            count=count,
        )
        known = next((r for r in self._mentioned() if self._same(r, ref) and phrase.definite), None)
        del group
        return known if known is not None else self._new(ref)

    def _mentioned(self) -> list[Ref]:
        seen = [self.theme, self.place, self.openable, *(r for g in self.goals for r in (getattr(g, "thing", None),))]
        return [r for r in seen if r is not None]

    def _same(self, a: Ref, b: Ref) -> bool:
        return a.labels == b.labels and bool(b.labels) and (a.colour, a.other, a.count) == (b.colour, b.other, b.count)

    def _new(self, ref: Ref) -> Ref:
        self.keys += 1
        return replace(ref, key=self.keys)

    def _mention(self, ref: Ref, keep_place: bool = False) -> Ref:
        if self._graspable(ref) and (not self._is_place(ref) or keep_place or self.theme is None):
            self.theme = ref
        if self._is_place(ref) and not keep_place:
            self.place = ref
            self.places.append(ref)
        if ref.labels and all(label in OPENABLE for label in ref.labels):
            self.openable = ref
        return ref

    def _graspable(self, ref: Ref) -> bool:
        return all(self.vocabulary.graspable(label) for label in ref.labels)

    def _carried(self, phrase: Phrase) -> bool:
        return phrase.noun is not None and bool(phrase.noun.labels) and phrase.noun.labels[0] not in OPENABLE

    def _is_place(self, ref: Ref) -> bool:
        return bool(ref.labels) and all(self.vocabulary.place(label) for label in ref.labels)

    def _need(self, ref: Ref, true: bool, frame: Frame, complaint: str) -> None:
        if not true:
            raise InstructionError(f'"{frame.text}" in {self.instruction!r}: {ref.phrase} {complaint}; {_understood()}')

    def _unknown_error(self, word: str) -> InstructionError:
        close = self.vocabulary.nearest(word)
        hint = (
            f"did you mean {' or '.join(close)}?"
            if close
            else f"known are {', '.join(sorted(self.vocabulary.classes))}"
        )
        return InstructionError(f'"{word}" in {self.instruction!r} is outside the vocabulary; {hint}')
