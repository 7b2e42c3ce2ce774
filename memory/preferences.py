"""What people said they like, and how things are to be done: read out of instructions and remarks, nothing kept beside them.

"I like my tea in the blue mug", "always put the keys in the bowl", "Anna prefers coffee to tea", "my favourite mug is the red one",
"the plates belong in the cupboard". A wish for now ("I want the mug on the table") is an instruction and no preference. Where two
statements of one person cannot hold together, the newer one holds from then on, and both are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from . import codec
from .learned import Cached, Learned, newest
from .phrases import things
from .vocabulary import bare, canonical, noun
from .world import World

SPEAKER = "i"  # who talks to the robot, where nobody is named
_NOT_SAID = frozenset({"recall", "answer", "decision", "gate", "verification", "search", "report", "lesson"})
"""Notes of the robot's own."""
_PREP = r"(?:in|on|at|into|onto|inside|under|near|next to|beside|by|to|with|without|from|for|before|after|during|when)"
_KIN = (r"(?:grand(?:ma|pa|mother|father)|granny|grandad|aunt(?:ie)?|uncle|cousin|mr|mrs|ms|miss|dr|doctor|nurse|sister|brother|wife"
        r"|husband|son|daughter|mum|mom|dad|friend|neighbou?r)\.?")  # fmt: skip
_WHO = rf"(?P<who>i|we|(?:my |our )?{_KIN} (?!(?:really|always|usually|just|never|does|do)\b)[a-z]+(?=\s)|my \w+|(?!it\b|that\b|this\b|there\b|what\b|who\b|you\b|they\b|to\b|please\b|and\b|not\b)[a-z]+)"
_SERVED = (r"(?P<what>(?:my|our|his|her|their|its|the) [a-z]+) (?P<value>black|white|strong|weak|hot|cold|warm|iced|chilled|sweet|plain|pure"
           r"|rare|medium|well done|soft|hard|crisp|crispy|spicy|mild|thin|thick|raw|fresh|dry|folded|open|closed|shut|dim|bright|dark|quiet)$")  # fmt: skip
_VERB = r"(?:put|keep|leave|store|place|return|bring|serve|use|take|make|set|give|wash|clean|hang|lay|stack|close|open|turn|switch|knock|touch|move)"
_STATEMENTS: tuple[tuple[str, str], ...] = (
    ("over", rf"^{_WHO} (?:\w+ )?(?:prefers?|likes?|loves?) (?P<what>.+?) (?:more than|rather than|over|instead of|better than|to) (?P<than>.+)$"),
    ("dislike", rf"^{_WHO} (?:really )?(?:(?:do|does) not|don't|doesn't|never|no longer) (?:really )?(?:likes?|wants?|loves?|enjoys?|drinks?|eats?|takes?) (?P<what>.+)$"),
    ("dislike", rf"^{_WHO} (?:really )?(?:hates?|dislikes?|detests?|can't stand|cannot stand) (?P<what>.+)$"),
    ("like", rf"^{_WHO} (?:really |always |usually |just )*(?:likes?|loves?|prefers?|wants?|takes?|drinks?) {_SERVED}"),
    ("like", rf"^{_WHO} (?:really |always |usually |just )*(?:likes?|loves?|prefers?|enjoys?) (?P<what>.+)$"),
    ("like", rf"^{_WHO} (?:always|usually) (?:wants?|takes?|drinks?|eats?|has|have|uses?|sits?) (?P<what>.+)$"),
    ("favourite", r"^(?P<who>my|our|\w+(?: \w+)?'s) favou?rite (?P<what>.+?) (?:is|are) (?P<value>.+)$"),
    ("favourite", r"^(?P<value>.+?) (?:is|are) (?P<who>my|our|\w+(?: \w+)?'s) favou?rite(?: (?P<what>.+))?$"),
    ("never", rf"^(?:please )?(?:never|(?:do not|don't) ever|you (?:should|must) never|(?:do not|don't)) (?P<verb>{_VERB}) (?P<what>.+)$"),
    ("always", rf"^(?:please |remember to |you (?:should|must) |make sure to )*always (?P<verb>{_VERB}) (?P<what>.+)$"),
    ("always", rf"^(?:please )?(?P<verb>{_VERB}) (?P<what>.+?),? (?:always|every time|each time|whenever .+|as a rule|from now on)$"),
    ("belongs", r"^(?P<what>.+?) (?:always )?(?:belongs?|goes?|lives?|has its place|should (?:always )?(?:go|be(?: kept| put| stored)?)|(?:has|have) to (?:always )?(?:go|be(?: kept| put| stored)?)|must (?:always )?(?:go|be(?: kept| put| stored)?)) "
                rf"(?P<value>{_PREP} .+)$"),
)  # fmt: skip
_COMPILED = tuple((kind, re.compile(pattern)) for kind, pattern in _STATEMENTS)
_LEAD = re.compile(r"^(?:(?:ok|okay|hey|hi|hello|well|so|and|but|also|please|robot|actually|remember|note|by the way|no|sorry|you know|"
                   r"remember that|note that|keep in mind that|i told you(?: that)?|as i said|for next time|from now on|in future|listen)[,:]? )+")  # fmt: skip
_SPLIT = re.compile(r"[.;!\n]+|,? (?:and|but) (?=(?:i|we|always|never|please|my|don't|do not)\b)")
_WISH = re.compile(r"\b(?:to|would like|would love|now|today|tonight|this time|for once|right away)\b")


@dataclass(frozen=True)
class Said:
    """One statement. ``slot`` is what about the subject it fixes: a preposition's kind, or "" for the subject itself."""

    person: str
    kind: str
    subject: str
    slot: str
    value: str
    verb: str
    text: str
    stamp: float = 0.0
    seq: int = 0

    @property
    def negative(self) -> bool:
        return self.kind in ("dislike", "never")


def read(text: str) -> Iterator[Said]:
    """The statements of lasting preference in a text."""
    spoken = " ".join(text.replace("’", "'").replace("“", '"').replace("”", '"').split())
    plain = spoken.lower()
    for part in _SPLIT.split(plain):
        sentence = _LEAD.sub("", f"{part.strip(' ,')} ").strip()
        for kind, pattern in _COMPILED:
            found = pattern.match(sentence)
            if found is not None:
                said = _said(kind, {k: (v or "").strip(" ,") for k, v in found.groupdict().items()}, sentence)
                if said is not None:
                    at = plain.find(sentence) if len(plain) == len(spoken) else -1  # a few letters are two when small
                    yield said if at < 0 else replace(said, text=spoken[at : at + len(sentence)])
                break


def _said(kind: str, g: dict[str, str], sentence: str) -> Said | None:
    person = _person(g.get("who", ""))
    if kind == "favourite":
        what, value = g["what"] or noun(g["value"]).rpartition(" ")[2], g["value"]
        return Said(person, "like", noun(what), "best", _value(value, what), "", sentence)
    what, value = g["what"], g.get("value", "")
    if kind in ("like", "over") and re.match(r"(?:to|it|that|this|when|if|how|you)\b", what):
        return None
    if kind == "over":
        return Said(person, "like", noun(_first(what)), "over", bare(g["than"]), "", sentence)
    if not value:
        cut = re.search(rf"\s(?P<rest>{_PREP} .+)$", what)
        if cut is not None:
            what, value = what[: cut.start()], cut["rest"]
    what, value = (re.sub(r"\s*\b(?:any ?more|any longer|these days)$", "", part) for part in (what, value))
    subject = noun(_first(re.sub(r"\b(?:best|most|a lot|very much|so much)$", "", what).strip()))
    if not subject or len(subject.split()) > 4:
        return None
    if kind in ("always", "never", "belongs") and not value and kind != "never":
        value = g.get("verb", "")
    return Said(person, kind, subject, _slot(value), _plain(value), g.get("verb", ""), sentence)


def _person(who: str) -> str:
    who = who.removesuffix("'s")
    if re.fullmatch(rf"(?:(?:my|our) )?{_KIN} [a-z]+", who):
        return who.rpartition(" ")[2]  # Aunt May is May
    return SPEAKER if who in ("i", "we", "my", "our", "") else who.removeprefix("my ")


def _first(phrase: str) -> str:
    found = things(phrase)
    return (
        found[0]
        if found and not re.match(r"(?:the|my|a|an|our|his|her|their|some)?\s*\w+(?: \w+)?$", phrase)
        else bare(phrase)
    )


def _plain(value: str) -> str:
    head, _, rest = value.partition(" ")
    return f"{head} {bare(rest)}".strip() if re.fullmatch(_PREP, head) else bare(value)


def _value(value: str, what: str) -> str:
    words = re.sub(r"\bones?$", "", bare(value)).strip()
    return f"{words} {noun(what)}" if words and noun(what) not in noun(words) and " " not in words else words


def _slot(value: str) -> str:
    head = value.partition(" ")[0]
    if head in ("in", "on", "at", "into", "onto", "inside", "under", "near", "next", "beside", "by", "to"):
        return "place"
    return head if head in ("with", "without", "before", "after", "for", "from") else ""


class Preferences(Cached):
    """Statements found in the tables, gathered: one entry for each thing that a person said, however often."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._found: list[Learned] = []
        self._said: list[Said] = []
        self._upto = 0
        self._known_nodes: object = None

    def all(self) -> list[Learned]:
        """Every preference, those that still hold first, then the newest."""
        if self.stale():
            if self._known_nodes is not self.world.nodes:
                self._said, self._upto, self._known_nodes = [], 0, self.world.nodes
            new = sorted(self._statements(self._upto), key=lambda s: s.seq)
            self._upto = self.world.seq
            if new or not self._said:
                self._said += new
                self._found = _gather(self._said)
        return self._found

    def about(self, what: str = "", person: str = "") -> list[Learned]:
        """Those whose subject or value a noun phrase names, of one person if given; of somebody not known, none."""
        wanted = canonical(what) if what else ""
        found = []
        for one in self.all():
            own = canonical(one.subject)
            named = wanted in (own, one.subject) or any(
                wanted and wanted in map(canonical, things(v)) for v in one.value
            )
            last = own.rpartition(" ")[2]
            if (not wanted or named or wanted == last or wanted.rpartition(" ")[2] == own) and person in (
                "",
                one.person,
            ):
                found.append(one)
        return found

    def _statements(self, after: int) -> Iterator[Said]:
        db = self.world.store.db
        for seq, kind, text, stamp in db.execute(
            "SELECT seq, kind, text, stamp FROM notes WHERE seq > ? ORDER BY seq", (after,)
        ):
            if kind not in _NOT_SAID:
                yield from (replace(s, stamp=stamp, seq=seq) for s in read(text))
        for seq, started, data in db.execute(
            "SELECT seq, started, data FROM acts WHERE kind = 'episode' AND seq > ? ORDER BY num", (after,)
        ):
            yield from (replace(s, stamp=started, seq=seq) for s in read(codec.decode(data.encode())["text"]))


def _gather(said: list[Said]) -> list[Learned]:
    groups: dict[tuple[str, ...], list[Said]] = {}
    for one in said:
        groups.setdefault((one.person, one.subject, one.slot, one.value, str(one.negative)), []).append(one)
    entries = [(key, group, _entry(group)) for key, group in groups.items()]
    out = []
    for key, group, entry in entries:
        rivals = [(g, e) for k, g, e in entries if k != key and _clash(group[-1], g[-1])]
        later = [g[-1].stamp for g, _ in rivals if g[-1].seq > group[-1].seq]
        out.append(replace(entry, until=min(later) if later else None, contradicts=tuple(e.text for _, e in rivals),
                           against=sum(len(g) for g, _ in rivals if g[-1].seq > group[-1].seq)))  # fmt: skip
    return sorted(out, key=lambda e: (e.until is not None, -e.evidence[0], e.text))


def _entry(group: list[Said]) -> Learned:
    last = group[-1]
    who = "you" if last.person == SPEAKER else last.person
    text = f"{who} said: “{last.text}”" + (f" ({len(group)} times)" if len(group) > 1 else "")
    value = last.value if last.value else ("no" if last.negative else "yes")
    if last.negative and last.value:
        value = f"not {last.value}"
    return Learned("preference", last.subject, f"{text[:1].upper()}{text[1:]}.", (value,), len(group), 0, group[0].stamp,
                   last.stamp, newest(s.seq for s in group), person=last.person)  # fmt: skip


def _clash(a: Said, b: Said) -> bool:
    """Can two statements of one person not hold together?"""
    if (a.person, canonical(a.subject)) != (b.person, canonical(b.subject)):
        return False
    if a.negative != b.negative:
        return a.value == b.value and a.slot == b.slot
    return not a.negative and a.slot == b.slot and a.slot in ("place", "best") and a.value != b.value
