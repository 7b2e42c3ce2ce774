"""Answers from what was learned and lived through: usual places, lessons, routines, preferences, similar episodes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .answers import when
from .english import Query
from .learned import Learned
from .learned import newest as learned_newest
from .learning import Learning
from .lessons import ANY
from .phrases import things
from .preferences import SPEAKER
from .queries import Queries
from .records import Answer, Knowledge
from .retrieval import Cue, Found, Retrieval, Tier
from .routines import PARTS
from .semantic import Semantic
from .things import meant
from .vocabulary import GROUPS, canonical, listing, noun, plural
from .wording import sentence

_SHOWN = 4
_LIKING = frozenset({"dislike", "dislikes", "hate", "hates", "like", "likes", "love", "prefer"})
_AT_PLACE = r"(?:in|on|at|into|onto|inside|under|near|next to|beside|by)\b"  # of a preference that says where
VERBS = {"open": "open", "close": "close", "shut": "close", "pick": "pick", "grasp": "pick", "grab": "pick", "take": "pick",
         "taking": "pick", "get": "pick", "getting": "pick", "lift": "pick", "hold": "pick", "put": "place", "place": "place",
         "placing": "place", "set": "place", "drop": "place", "toggle": "toggle", "switch": "toggle", "turn": "toggle",
         "slice": "slice", "slicing": "slice", "cut": "slice", "closing": "close", "drive": "navigate",
         "go": "navigate"}  # fmt: skip


class Telling:
    """Puts what ``Learned`` entries and found pieces say into answers."""

    def __init__(self, queries: Queries, semantic: Semantic, learning: Learning, retrieval: Retrieval) -> None:
        self.queries, self.world, self.semantic = queries, queries.world, semantic
        self.lessons, self.preferences, self.routines = learning.lessons, learning.preferences, learning.routines
        self.procedures, self.retrieval = learning.procedures, retrieval

    def usual_place(self, q: Query) -> Answer:
        """Where things of a class usually are; at a time of day or kind of day if the question names one."""
        what = self._class(q.what)
        question = f"where {'are' if what != plural(what) else 'is'} {plural(what)} usually?"
        part, weekend = part_of(q.text), weekend_of(q.text)
        stated = [p for p in self.preferences.about(q.what) if re.match(_AT_PLACE, p.value[0])] if q.what else []
        if not self.queries.relevant(q.what):
            return self._told(question, stated, "") if stated else self.queries.never(question, q.what)
        if part or weekend is not None:
            spans = self.routines.usual(what, part, weekend)
            found = [(p, share, days) for p, share, days in spans if days > 0]
            texts = [
                f"the {p} ({100 * share:.0f} % of the time, {days} day{'s' * (days != 1)})"
                for p, share, days in found[:_SHOWN]
            ]
            support = sum(days for _, _, days in found)
        else:
            counts = self.semantic.usual_places(what)
            found = [(p, share, n) for p, n, share in counts]
            texts = [
                f"the {p} ({100 * share:.0f} % of the time, put there {n} time{'s' * (n != 1)})"
                for p, share, n in found[:_SHOWN]
            ]
            support = sum(n for _, _, n in found)
        if not found:
            return _unknown(
                question, f"where {plural(what)} usually are is not known yet: none was seen to be put anywhere"
            )
        context = (
            f"in the {part}, " if part else "at weekends, " if weekend else "on weekdays, " if weekend is False else ""
        )
        text = f"{context}{plural(what)} are usually found at {listing(texts)}"
        p = (found[0][1] * support + 1) / (support + 2)
        nodes = meant(self.world, q.what)
        seqs = tuple(f.seq for n in nodes[:3] for f in self.queries.facts(n.id) if f.predicate in ("on", "in"))
        newest = max((n.last_seen for n in nodes), default=None)
        return Answer(question, sentence(text), tuple(p for p, _, _ in found), Knowledge.BELIEVED, p, newest,
                      None if newest is None else self.world.now - newest, learned_newest(seqs))  # fmt: skip

    def lesson(self, q: Query) -> Answer:
        """What is known to go wrong, or to be needed first, with an action, a class of things, or both."""
        verb = next((VERBS[w] for w in re.findall(r"[a-z]+", q.text) for w in _stems(w) if w in VERBS), "")
        what = self._class(q.what) if q.what else ""
        found = self.lessons.about(verb, what)
        if not found and what:  # of the thing alone, but not what goes for any thing and quite another verb
            found = [f for f in self.lessons.about("", what) if not f.subject.endswith(f" {ANY}")]
            found = [f for f in found if not verb or f.kind != "effect"]
        if not what and q.what:
            found = []
        bad = [f for f in found if f.kind != "effect"] or found
        question = f"what was learned about {f'{verb} ' if verb else ''}{what or 'acting'}?".replace("  ", " ")
        return self._told(
            question, bad, f"nothing was learned about {' '.join(w for w in (verb, what) if w) or 'that'} yet"
        )

    def routine(self, q: Query) -> Answer:
        """What usually happens (to a class of things, at a time of day), or how often such things move."""
        what, part = self._class(q.what) if q.what else "", part_of(q.text)
        question = f"what usually happens{f' to {plural(what)}' if what else ''}{f' in the {part}' if part else ''}?"
        found = self.routines.about(what, part)
        if what and ("often" in q.text or not found):
            found = [*[h for h in self.routines.habits() if h.subject == canonical(what)], *found]
        if not found and what and not self.queries.relevant(q.what):  # "what does tom eat in the morning"
            found = self.preferences.about("", what)
        known = plural(what) if self.queries.relevant(q.what) else what
        return self._told(question, found, "no routine is known" + (f" of {known}" if what else "") + " yet")

    def preference(self, q: Query) -> Answer:
        """What a person said to like, or how something is to be done."""
        person = "" if q.other in ("", SPEAKER) else q.other
        who = person or "you"
        what = "" if q.what in _LIKING else q.what  # "what does Ann dislike" is about anything
        found = self.preferences.about(what, person or SPEAKER)
        if not found and not person:
            found = [p for p in self.preferences.about(what) if what]
        question = f"what does {who} like{f' about {what}' if what else ''}?".replace("does you", "do you")
        about = plural(what) if what and plural(what) in q.text else what or "that"
        text = f"{who} never said anything lasting about {about}"
        return self._told(question, found, text)

    def similar(self, q: Query) -> Answer:
        """Episodes like the one in the question, or like the present one."""
        text, but = _about(q.text), ""
        if not text:
            episodes = self.queries.episodic.episodes()
            if not episodes:
                return _unknown("was there anything similar?", "nothing was done yet that could be similar")
            text, but = episodes[-1].instruction, episodes[-1].id
        question = f"which episode is similar to “{text}”?"
        found = self.alike(text, but=but)
        if not found:
            return _unknown(question, f"nothing similar to “{text}” was done")
        now = self.world.now
        if re.search(r"\blast\b|\bwhen\b", q.text):  # the last time comes first
            same = [f for f in found if f.moment.text == found[0].moment.text or "words" in f.parts]
            found = sorted(same, key=lambda f: -f.moment.stamp) + [f for f in found if f not in same]
        said = [f"{f.moment.id} {f.moment.text}, {when(f.moment.stamp, now)}" for f in found]
        done = next(iter(self.procedures.about(text)), None)
        told = "most like it: " + "; ".join(said) + (f". It is done so: {done}" if done is not None else "")
        best = found[0].parts.get("meaning")
        p = min(0.95, max(0.05, best.value if best is not None else 0.5))
        newest = found[0].moment.stamp
        return Answer(question, sentence(told), tuple(f.moment.id for f in found), Knowledge.BELIEVED, p, newest,
                      now - newest, tuple(f.moment.seq for f in found))  # fmt: skip

    def alike(self, text: str, most: int = 3, but: str = "", tier: Tier = Tier.HIGH) -> list[Found]:
        """Episodes like a text, best first; those that only share a thing with it without being alike are left out."""
        cue = self.cue(text, kinds=frozenset({"episode"}), but=but)
        found = self.retrieval.find(cue, 4 * most, tier)
        near = [
            f for f in found if "words" in f.parts or ((m := f.parts.get("meaning")) is not None and m.value >= 0.45)
        ]
        return near[:most]

    def cue(self, text: str, at: float | None = None, kinds: frozenset[str] = frozenset(), but: str = "") -> Cue:
        """What a text names, as a cue."""
        named = [p for p in things(text)[:4] if noun(p) not in GROUPS]  # "food" calls for too many at once
        nodes = [n for phrase in named for n in meant(self.world, phrase)[:6]]
        ids = tuple(dict.fromkeys(n.id for n in nodes))
        places = tuple(dict.fromkeys(n.id for n in nodes if not n.small))
        return Cue(text, ids, places, at, kinds, but)

    # --- inside -------------------------------------------------------------------------------------------------------
    def _class(self, what: str) -> str:
        node = self.world.node(what)
        return node.label if node is not None else noun(what)

    def _told(self, question: str, found: Sequence[Learned], nothing: str) -> Answer:
        if not found:
            return _unknown(question, nothing)
        now = self.world.now
        lines = [
            re.sub(r"\bi\b(?!\.)", "I", f.text.rstrip("."))
            + (f" (until {when(f.until, now)})" if f.until is not None else "")
            for f in found[:_SHOWN]
        ]
        clash = [c.rstrip(".") for f in found[:1] for c in f.contradicts]
        caveat = f"This contradicts: {'; '.join(clash)}." if clash else ""
        last = max((f.last for f in found if f.last is not None), default=None)
        best = found[0]
        return Answer(question, sentence(". ".join(lines)), tuple(v for f in found for v in f.value[:1]), Knowledge.BELIEVED,
                      best.probability, last, None if last is None else now - last,
                      tuple(dict.fromkeys(s for f in found for s in f.evidence))[:12], (), caveat)  # fmt: skip


def part_of(text: str) -> str:
    """The part of the day that a question names."""
    known = {
        "breakfast": "morning",
        "lunch": "afternoon",
        "noon": "afternoon",
        "dinner": "evening",
        "supper": "evening",
    }
    found = next((w for w in re.findall(r"[a-z]+", text) if w.rstrip("s") in PARTS or w in known), "")
    return known.get(found, found.rstrip("s"))


def weekend_of(text: str) -> bool | None:
    """True for weekends, False for weekdays, None where a question names neither."""
    if re.search(r"\bweekends?\b|\bsaturdays?\b|\bsundays?\b", text):
        return True
    return False if re.search(r"\bweekdays?\b|\b(?:mon|tues|wednes|thurs|fri)days?\b|\bworkdays?\b", text) else None


def _about(text: str) -> str:
    """What an episode is asked to be like: "anything like bringing the mug before" → "bringing the mug"; "" for "this"."""
    quoted = re.search(r"[\"'“](.+?)[\"'”]", text)
    if quoted is not None:
        return quoted[1]
    cut = re.search(
        r"\b(?:similar to|like|resembl\w+|comparable to|closest (?:thing )?(?:you have |you've )?(?:done )?to"
        r"|have you ever had to|did you ever|"
        r"have you ever|when did (?:we|you|i|anyone) last|(?:the )?last time (?:that )?(?:you|we|i)|"
        r"remind(?:s)? you of|experience (?:with|of|in))"
        r" (?P<rest>.+)$", text,
    )  # fmt: skip
    rest = re.sub(
        r"\b(?:before|earlier|already|ever|again|in the past|in your memory|happen(?:ed)?|any|some|previous|task|job|one)\b",
        " ",
        cut["rest"] if cut else "",
    )
    rest = " ".join(rest.split()).strip(" ,")
    return (
        ""
        if rest in ("", "this", "that", "it", "this one", "a", "the", "done", "do", "a situation this")
        or rest.startswith("this ")
        else rest
    )


def _stems(word: str) -> tuple[str, ...]:
    return (word, word.removesuffix("ing"), word.removesuffix("ed"), word.removesuffix("s"), word.removesuffix("ping"),
            word.removesuffix("ting"))  # fmt: skip


def _unknown(question: str, text: str) -> Answer:
    return Answer(question, sentence(text), (), Knowledge.UNKNOWN, 0.0, None, None, ())
