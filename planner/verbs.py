"""What each kind of verb asks for: frames → goals, with sources, destinations and states."""

from __future__ import annotations

from dataclasses import replace

from ..contracts import Verb
from ..errors import InstructionError
from .frames import Frame, Phrase
from .goals import AtOriginalPlace, Did, Held, In, Located, On, Ref, State
from .references import References, understood
from .vocabulary import FURNITURE, OPENABLE, SLICEABLE, canonical, container, openable, relation_for


class Verbs(References):
    """One method for each kind of verb (``lexicon.VERBS``); each adds goals or raises ``InstructionError``."""

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
            raise InstructionError(f'"{frame.text}" in {self.instruction!r}: open or closed? {understood()}')

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
            self._need(ref, all(canonical(label) in SLICEABLE for label in ref.labels), frame, "cannot be sliced")
            self.goals.append(Did(Verb.SLICE, ref))

    def _do_process(self, frame: Frame) -> None:
        what = frame.themes[0].text if frame.themes else "anything"
        raise InstructionError(
            f'"{frame.text} the {what}" in {self.instruction!r}: no robot here can do that; {understood()}'
        )

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
        place = self.place if self.place is not None and all(map(container, self.place.labels)) else self.openable
        if place is None:
            raise InstructionError(f'"in" in {self.instruction!r}: in what? {understood()}')
        return ("in", place)

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
        bad = [label for label in ref.labels if not openable(label) and label not in self.vocabulary.extra]
        if bad or not ref.labels:
            known = ", ".join(sorted(OPENABLE & FURNITURE))
            raise InstructionError(f"{self.instruction!r}: {ref.phrase} has no door to be {value}; these have: {known}")
        self.at = ref if value == "open" else None
        self.goals.append(State(ref, "openness", value))
