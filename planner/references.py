"""Who "it" is: noun phrases and pronouns → references, with what was mentioned so far as context."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..errors import InstructionError
from .frames import Frame, Phrase
from .goals import Goal, In, On, Ref
from .vocabulary import Vocabulary, openable

EXAMPLES = (
    '"Fetch the mug from the drawer and put it on the table."',
    '"Put the apple into the fridge and close it."',
    '"Put the mug back where you found it."',
)


def understood() -> str:
    """What this parser understands, for error messages."""
    return (
        "understood are tasks such as "
        + ", ".join(EXAMPLES)
        + " (fetch, bring, put, move, open, close, find, look at, clear)"
    )


@dataclass
class References:
    """What was mentioned so far in an instruction, and the goals that were made of it."""

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

    def _themes(self, frame: Frame, sources: list[tuple[str, Ref]]) -> list[Ref]:
        phrases = frame.themes
        if (not phrases and self.waiting is not None and self.theme is not None) or (
            not phrases and self.theme is not None
        ):
            phrases = [Phrase("pron", "it")]
        if not phrases:
            raise InstructionError(f'"{frame.text}" in {self.instruction!r}: what? {understood()}')
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
        if phrase.kind == "pron" and phrase.quantity == 2 and (carrier := self._carrier()) is not None:
            return carrier
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
            noun_text = labels[0] if len(labels) == 1 and (not plural or phrase.quantity == 1) else phrase.text
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

    def _carrier(self) -> Ref | None:
        """ "put the milk on the tray and carry the two of them": what is carried is the tray, and the milk with it."""
        last = self.goals[-1] if self.goals else None
        return last.place if isinstance(last, On | In) and self._graspable(last.place) else None

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
        if ref.labels and all(openable(label) for label in ref.labels):
            self.openable = ref
        return ref

    def _graspable(self, ref: Ref) -> bool:
        return all(self.vocabulary.graspable(label) for label in ref.labels)

    def _carried(self, phrase: Phrase) -> bool:
        return phrase.noun is not None and bool(phrase.noun.labels) and not openable(phrase.noun.labels[0])

    def _is_place(self, ref: Ref) -> bool:
        return bool(ref.labels) and all(self.vocabulary.place(label) for label in ref.labels)

    def _need(self, ref: Ref, true: bool, frame: Frame, complaint: str) -> None:
        if not true:
            raise InstructionError(f'"{frame.text}" in {self.instruction!r}: {ref.phrase} {complaint}; {understood()}')

    def _unknown_error(self, word: str) -> InstructionError:
        close = self.vocabulary.nearest(word)
        hint = (
            f"did you mean {' or '.join(close)}?"
            if close
            else f"known are {', '.join(sorted(self.vocabulary.classes))}"
        )
        return InstructionError(f'"{word}" in {self.instruction!r} is outside the vocabulary; {hint}')
