"""One clause, read from left to right: each verb begins a frame, each preposition says what the next phrase is for."""

from __future__ import annotations

from collections.abc import Sequence

from .frames import Frame, Phrase
from .lexer import Token
from .vocabulary import Noun

_PHRASE_STARTS = ("det", "adj", "colour", "quantity", "other", "noun", "pron", "door", "one", "recent")


class Clause:
    """Reads one clause from left to right."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.i = 0
        self.frame = Frame()
        self.done: list[Frame] = []
        self.prep = ""
        self.last: Phrase | None = None
        self.reason = False

    def frames(self) -> list[Frame]:
        """The clause's frames; a reason ("because …") comes as one frame that only says what was talked of."""
        self._read()
        parts = [*self.done, self.frame]
        for part in parts:
            part.statics, part.fronted = part.statics + part.fronted, []
        if self.reason:
            return [Frame(asserted=True, themes=[p for f in parts for p in f.themes])]
        return parts

    def _read(self) -> None:
        while self.i < len(self.tokens):
            token = self.tokens[self.i]
            if token.kind in _PHRASE_STARTS:
                self._phrase()
                continue
            handler = getattr(self, f"_on_{token.kind}", None)
            if handler is not None:
                handler(token)
            self.i += 1
        self._end_prep()

    # --- tokens -------------------------------------------------------------------------------------------------------
    def _on_verb(self, token: Token) -> None:
        self._end_prep()
        frame = self.frame
        if token.text.endswith("ing") and self.i and self.tokens[self.i - 1].kind == "be" and not frame.wished:
            self.i = len(self.tokens)  # "my tea is getting cold": a remark
        elif (frame.verb == "shift_door" and token.value in ("open", "close")) or (
            frame.verb == "want" and frame.themes and token.value in ("put", "restore", "close", "open")
        ):
            frame.verb = token.value
        elif frame.asserted and not frame.verb and not frame.empty:
            self._begin(token)  # "once the apple is inside close the fridge"
        elif not frame.verb or (frame.empty and frame.verb in ("want", "go", "leave", "fetch", "find", "bring")):
            frame.verb, frame.text = token.value, token.text
            frame.asserted = False
            frame.fronted, frame.statics = frame.statics, []  # "on the table I want …"
        else:
            self._begin(token)

    def _begin(self, token: Token) -> None:
        """A new frame within the clause."""
        self.done.append(self.frame)
        self.frame = Frame(token.value, token.text, later=self.frame.later, wished=self.frame.wished)
        self.last = None

    def _on_finite(self, token: Token) -> None:
        if not self.frame.verb or self.frame.verb in ("want", "fetch", "leave"):
            if not self.frame.wished and token.value != "put" and self.frame.asserted:
                return  # "the mug was taken from the drawer": says how things are
            self.frame.verb, self.frame.text = token.value, token.text
            self.frame.asserted = self.frame.asserted and not self.frame.wished

    def _on_prep(self, token: Token) -> None:
        self._end_prep()
        if token.value == "for_" and self.frame.verb in ("look", "find"):
            self.frame.verb = "find"  # "look in the drawer for a mug"
            self.frame.statics += [("in", phrase) for phrase in self.frame.themes]
            self.frame.themes = []
        elif token.value == "for_":
            while self.i + 1 < len(self.tokens) and self.tokens[self.i + 1].kind in (
                "det",
                "adj",
                "unknown",
                "noun",
                "me",
            ):
                self.i += 1
        elif token.value == "bad":
            self.prep = f"bad {token.text}"
        elif token.value == "of":
            pass  # "door of the fridge", "all of the fruit": the noun that follows counts
        elif token.value == "to" and self._purpose():
            self.i = len(self.tokens)
        else:
            self.prep = token.value

    def _purpose(self) -> bool:
        """ "to drink it": an aim, not a place."""
        rest = self.tokens[self.i + 1 :]
        return bool(rest) and rest[0].kind == "unknown" and (bool(self.frame.verb) or bool(self.done))

    def _on_back(self, token: Token) -> None:
        self.frame.back = True

    def _on_origin(self, token: Token) -> None:
        self.frame.origin = True
        self.prep = ""

    def _on_out(self, token: Token) -> None:
        self.frame.particle = self.frame.particle or "out"

    def _on_me(self, token: Token) -> None:
        self.frame.to_me = True
        self.prep = ""

    def _on_not(self, token: Token) -> None:
        if self.frame.verb and not self.frame.empty:
            self.i = len(self.tokens)  # "on the table, not on the counter"
        self.frame.negated = True

    def _on_be(self, token: Token) -> None:
        if not self.frame.verb and not self.frame.wished:
            self.frame.asserted = True

    def _on_aux(self, token: Token) -> None:
        if not self.frame.verb:
            self.frame.asserted = True  # "the milk will go off"
            self.i = len(self.tokens)

    def _on_there(self, token: Token) -> None:
        self.frame.asserted = True

    def _on_must(self, token: Token) -> None:
        self.frame.wished, self.frame.asserted = True, False

    def _on_ensure(self, token: Token) -> None:
        self.frame.wished = True

    def _on_before(self, token: Token) -> None:
        self.frame.later = True

    def _on_after(self, token: Token) -> None:
        self.frame.asserted = self.frame.awaited = True  # until a verb shows that something is asked for

    def _on_reason(self, token: Token) -> None:
        self.reason = True

    def _on_instead(self, token: Token) -> None:
        self.i = len(self.tokens)

    def _on_if(self, token: Token) -> None:
        self.frame.condition = True

    def _on_state(self, token: Token) -> None:
        frame = self.frame
        if frame.verb == "shift_door":
            frame.verb = {"open": "open", "closed": "close"}[token.value]
        else:
            subject = self.last
            if frame.verb and subject is not None and frame.themes and frame.themes[-1] is subject:
                if len(frame.themes) > 1 or frame.verb not in ("leave", "want", "fetch"):
                    frame.themes.pop()  # "put the apple in and the door closed"
                elif not (frame.statics or frame.dests or frame.sources):
                    frame.verb = "leave"
            frame.states.append((subject, token.value))

    def _on_unknown(self, token: Token) -> None:
        self.frame.unknown.append(token.text)
        self.prep = ""

    def _on_yonder(self, token: Token) -> None:
        if self.prep:
            self._give(Phrase("yonder", "there"))
        elif self.frame.verb in ("put", "bring", "leave", "restore"):
            self.frame.dests.append(("", Phrase("yonder", "there")))

    def _end_prep(self) -> None:
        """A preposition without a phrase after it: "put the apple in"."""
        if self.prep in ("static_in", "into"):
            self.frame.particle = "in"
        elif self.prep in ("static_on", "onto"):
            self.frame.particle = "on"
        elif self.prep == "source":
            self.frame.particle = self.frame.particle or "out"
        self.prep = ""

    # --- noun phrases -------------------------------------------------------------------------------------------------
    def _phrase(self) -> None:
        phrase = Phrase("", "", definite=False)
        listed = self.i > 0 and self.tokens[self.i - 1].kind in ("and", "comma", "or")
        while self.i < len(self.tokens):
            token = self.tokens[self.i]
            if token.kind == "det":
                phrase.definite |= token.text not in ("a", "an", "any", "some", "one")
                if token.value == "that" and not self._noun_follows():
                    phrase.kind, phrase.text = "pron", token.text
            elif token.kind == "colour":
                phrase.colour = token.value
            elif token.kind == "quantity":
                phrase.quantity = int(token.value)
            elif token.kind == "other":
                phrase.other = True
            elif token.kind in ("noun", "pron", "door", "one"):
                phrase.kind, phrase.text, phrase.noun = token.kind, token.text, token.noun
            elif token.kind == "recent" and not phrase.kind:
                phrase.recent = True
                if not self._noun_follows():
                    phrase.kind, phrase.text = "pron", "it"
                else:  # "you took a mug": a remark
                    self.frame.asserted = not self.frame.verb
            elif token.kind not in ("adj",) and not (token.kind == "prep" and token.value == "of"):
                break
            self.i += 1
            if phrase.kind:
                break
        if phrase.kind:
            self._tail(phrase)
            self._give(phrase, listed)
        elif phrase.colour == "orange":
            phrase.kind, phrase.text, phrase.noun = "noun", "orange", Noun(("orange",))
            self._give(phrase, listed)

    def _noun_follows(self) -> bool:
        rest = [
            t.kind for t in self.tokens[self.i + 1 :] if t.kind not in ("det", "adj", "colour", "quantity", "other")
        ]
        return bool(rest) and rest[0] in ("noun", "unknown", "door", "one")

    def _tail(self, phrase: Phrase) -> None:
        """What follows a noun and belongs to it: "fridge door", "mug you moved", "mug that is in the drawer"."""
        if phrase.kind == "noun" and self._kind() == "door":
            self.i += 1
        if phrase.kind == "door" and self._kind() == "prep" and self.tokens[self.i].value == "of":
            rest = self.tokens[self.i + 1 : self.i + 4]
            noun = next((t for t in rest if t.kind == "noun"), None)
            if noun is not None:
                phrase.kind, phrase.text, phrase.noun = "noun", noun.text, noun.noun
                self.i += 1 + rest.index(noun) + 1
        if self._kind() == "recent":
            phrase.recent = True
            self.i += 1
        is_be = self._kind() == "be" and self.i + 1 < len(self.tokens)
        relative = is_be and self.tokens[self.i - 1].kind == "det"
        if relative or (
            self._kind() == "det" and self.tokens[self.i].text in ("that", "which") and self._kind(1) == "be"
        ):
            self.i += 2 if self._kind() == "det" else 1

    def _kind(self, ahead: int = 0) -> str:
        return self.tokens[self.i + ahead].kind if self.i + ahead < len(self.tokens) else ""

    def _give(self, phrase: Phrase, listed: bool = False) -> None:
        """Give a phrase the role that the preposition before it says; ``listed``: it follows "and" or a comma."""
        frame, prep, self.prep = self.frame, self.prep, ""
        self.last = phrase
        if prep == "source":
            frame.sources.append(("", phrase))
        elif prep in ("into", "onto", "to"):
            frame.dests.append(({"into": "in", "onto": "on", "to": ""}[prep], phrase))
        elif prep in ("static_in", "static_on"):
            if phrase.kind == "door" and frame.themes:
                frame.particle = "in"
            else:
                frame.statics.append((prep[-2:], phrase))
        elif prep.startswith("bad"):
            frame.bad_relation = prep[4:]
        elif prep == "" and frame.themes and not frame.asserted and not listed:
            frame.stray.append(phrase.text)  # two things side by side with nothing that relates them
        elif prep == "" and frame.themes and (frame.dests or frame.statics or frame.sources) and not frame.asserted:
            self.done.append(frame)
            self.frame = Frame(frame.verb, frame.text, back=frame.back, wished=frame.wished)
            self.frame.themes.append(phrase)
        else:
            frame.themes.append(phrase)
