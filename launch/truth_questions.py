"""Questions about a life, by ability, with the answers that the ideal observer gives. None needs a language model to score.

A question names a thing by a past sighting of it ("what you saw there then"), never by its true name; which sighting is drawn
from those that the evidence ties to the thing's later ones. Where identity or place cannot be known, nothing is asked; there
the probability is what is scored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from ..memory.records import Knowledge
from ..sim.catalogue import FURNITURE, THINGS
from .truth_ideal import Ideal, Life, Sighting
from .truth_terms import Question

STRANGE = ("violin", "telescope", "anvil", "canoe", "globe", "trumpet")
"""Things that no house of the generator has."""
_JUST_NOW = 3.0  # seconds
_LONG = 60.0  # seconds between two sightings, so that there is a "then" between them


class Questions:
    """Draws questions from what the ideal observer knows at this moment."""

    def __init__(self, ideal: Ideal, rng: np.random.Generator, most: int = 12) -> None:
        self.ideal, self.rng, self.most = ideal, rng, most
        self.household = ideal.household

    def draw(self) -> Iterator[Question]:
        """Questions of all abilities that can be asked now."""
        yield from self._where()
        yield from self._then()
        yield from self._states()
        yield from self._contents()
        yield from self._count()
        yield from self._order()
        yield from self._not_known()

    # --- where ------------------------------------------------------------------------------------------------------------
    def _reference(self, name: str) -> tuple[Sighting, bool]:
        """A sighting to name the thing by; before its last decided move where there is one."""
        life = self.ideal.lives[name]
        first = self.ideal.decided_from(name)
        moves = [k for k in self.ideal.moves(name) if k >= first and life.seen[k].place is not None]
        if moves:
            k = moves[int(self.rng.integers(len(moves)))]
            return life.seen[k], True
        return life.seen[int(self.rng.integers(first, len(life.seen)))], False

    def _some(self, names: Sequence[str], most: int | None = None) -> list[str]:
        order = self.rng.permutation(len(names))[: self.most if most is None else most]
        return [names[i] for i in order]

    def _where(self) -> Iterator[Question]:
        ideal = self.ideal
        known = [n for n in ideal.things() if ideal.belief(n) == "at" and not ideal.supplanted(n)]
        kinds = Counter(self.household.kind(n) for n in ideal.things())
        found: dict[bool, list[Question]] = {True: [], False: []}
        for name in known:
            sighting, moved = self._reference(name)
            chain = tuple(ideal.chain(name))
            kind = self.household.kind(name)
            carried = len(chain) > 1
            ask = Question("where now", kind, chain[:1], sighting.keys, moved=moved, name=name, stamp=ideal.now)
            found[moved].append(ask)
            if kinds[kind] > 1 and moved:
                yield _as(ask, "interference")
            if carried:
                yield _as(ask, "cascade", chain)
        many = min(self.most, max(len(found[True]), 4))
        for questions in found.values():
            for i in self.rng.permutation(len(questions))[:many]:
                yield questions[i]

    def _then(self) -> Iterator[Question]:
        """A moment between two sightings at the same spot; places that it is no longer at are asked about first."""
        ideal, earlier, same = self.ideal, list[Question](), list[Question]()
        for name in ideal.things():
            life, first = ideal.lives[name], ideal.decided_from(name)
            lefts = set(ideal.moves(name))
            for k in range(first, len(life.seen) - 1):
                a, b = life.seen[k], life.seen[k + 1]
                if a.place is None or k in lefts or b.stamp - a.stamp < _LONG or _doubted(life, a.stamp, b.stamp):
                    continue
                at = float(self.rng.uniform(a.stamp + 5.0, b.stamp - 5.0))
                keys = life.seen[-1].keys
                ask = Question(
                    "where then", self.household.kind(name), (a.place,), keys, at=at, name=name, stamp=ideal.now
                )
                (earlier if a.place != ideal.place(name) else same).append(ask)
        yield from self._mixed(earlier, same)

    def _mixed(self, first: list[Question], second: list[Question]) -> Iterator[Question]:
        most = self.most // 2
        for questions in (first, second):
            for i in self.rng.permutation(len(questions))[:most]:
                yield questions[i]

    # --- states -----------------------------------------------------------------------------------------------------------
    def _states(self) -> Iterator[Question]:
        now: dict[bool, list[Question]] = {True: [], False: []}
        then: dict[bool, list[Question]] = {True: [], False: []}
        for name, life in self.ideal.lives.items():
            if not life.seen[-1].states:
                continue
            loose = name in self.household.items
            if loose and self.ideal.supplanted(name):
                continue
            first = self.ideal.decided_from(name) if loose else 0
            lefts = set(self.ideal.moves(name)) if loose else set()
            kind, last = self.household.kind(name), life.seen[-1]
            for attribute, value in last.states.items():
                values = [s.states[attribute] for s in life.seen[first:]]
                ask = Question("state now", kind, (value,), last.keys, attribute=attribute, name=name,
                               stamp=self.ideal.now, moved=len(set(values)) > 1)  # fmt: skip
                now[ask.moved].append(ask)
                for k, (a, b) in enumerate(pairwise(life.seen[first:]), first):
                    if a.states[attribute] == b.states[attribute] and b.stamp - a.stamp > _LONG and k not in lefts:
                        at = float(self.rng.uniform(a.stamp + 5.0, b.stamp - 5.0))
                        before = a.states[attribute] != value
                        then[before].append(
                            Question("state then", kind, (a.states[attribute],), last.keys, attribute=attribute, at=at,
                                     name=name, stamp=self.ideal.now)
                        )  # fmt: skip
        yield from self._mixed(now[True], now[False])
        yield from self._mixed(then[True], then[False])

    # --- contents, count, order --------------------------------------------------------------------------------------------
    def _unclear(self) -> set[str]:
        """Places about whose contents nothing exact can be known: a thing may or may not still be there."""
        ideal, found = self.ideal, set[str]()
        for name in ideal.things():
            if ideal.belief(name) in ("hint", "carried"):
                found.add(ideal.place(name) or "")
            found |= set(ideal.lingering(name))
        return found

    def _contents(self) -> Iterator[Question]:
        ideal, unclear = self.ideal, self._unclear()
        places = [p for p in ideal.lives if p in self.household.pieces and p not in unclear]
        there: dict[str, list[str]] = {p: [] for p in places}
        for name in ideal.things():
            place = ideal.place(name)
            if place in there and ideal.belief(name) == "at":
                there[place].append(self.household.kind(name))
        used = [p for p in places if there[p] or any(s.place == p for n in ideal.things() for s in ideal.lives[n].seen)]
        for place in self._some(used):
            keys = ideal.lives[place].seen[-1].keys
            want = tuple(sorted(there[place]))
            yield Question("contents", self.household.kind(place), want, keys, name=place, stamp=ideal.now)

    def _count(self) -> Iterator[Question]:
        ideal, kinds = self.ideal, dict[str, list[str]]()
        for name in ideal.things():
            kinds.setdefault(self.household.kind(name), []).append(name)
        clear = [
            k
            for k, names in kinds.items()
            if all(ideal.belief(n) in ("at", "gone") and not ideal.lingering(n) for n in names)
        ]
        for kind in self._some(clear):
            number = sum(ideal.belief(n) == "at" for n in kinds[kind])
            yield Question("count", kind, (str(number),), name=kind, stamp=ideal.now)

    def _order(self) -> Iterator[Question]:
        """Which of two things came to where it is first? Asked where the sightings before and after do not overlap."""
        ideal = self.ideal
        came: list[tuple[float, float, str]] = []
        for name in ideal.things():
            life, first = ideal.lives[name], ideal.decided_from(name)
            turns = [
                k for k in ideal.moves(name)
                if k >= first and life.seen[k].place and life.seen[k + 1].place and life.seen[k].place != life.seen[k + 1].place
            ]  # fmt: skip
            stays = ideal.belief(name) == "at" and turns
            if stays and not any(k > turns[-1] and not life.seen[k + 1].place for k in ideal.moves(name)):
                came.append((life.seen[turns[-1]].stamp, life.seen[turns[-1] + 1].stamp, name))
        pairs = [(a, b) for a in came for b in came if a[1] < b[0]]
        for i in self.rng.permutation(len(pairs))[: self.most // 2]:
            first_, second = pairs[i] if self.rng.random() < 0.5 else pairs[i][::-1]
            keys, others = (ideal.lives[n].seen[-1].keys for n in (first_[2], second[2]))
            want = ("first",) if first_[1] < second[0] else ("second",)
            yield Question("order", self.household.kind(first_[2]), want, keys, others, stamp=ideal.now,
                           name=f"{first_[2]} {second[2]}")  # fmt: skip

    # --- not knowing ------------------------------------------------------------------------------------------------------
    def _not_known(self) -> Iterator[Question]:
        ideal = self.ideal
        gone, away = list[Question](), list[Question]()
        for name in ideal.things():
            life, kind = ideal.lives[name], self.household.kind(name)
            belief = ideal.belief(name)
            if ideal.supplanted(name):
                continue
            sighting, moved = self._reference(name)
            if belief == "gone":
                gone.append(Question("absent", kind, (Knowledge.ABSENT.value,), sighting.keys, moved=moved, name=name,
                                     stamp=ideal.now))  # fmt: skip
            last = life.seen[-1].stamp
            quiet = not ideal.since(name) and life.occupied < last and ideal.now - last > _JUST_NOW
            if belief == "at" and quiet:
                inferred = self._inferred(name)
                want = (Knowledge.BELIEVED.value,) if inferred else (Knowledge.UNOBSERVED.value,)
                away.append(Question("unobserved", kind, want, sighting.keys, moved=moved, name=name, stamp=ideal.now))
        for questions in (gone, away):
            for i in self.rng.permutation(len(questions))[: self.most]:
                yield questions[i]
        seen = {self.household.kind(n) for n in ideal.lives}
        tails = {k.rpartition(" ")[2] for k in seen}  # where a towel was seen, a dish towel may well mean that one
        never = sorted(k for k in (*THINGS, *FURNITURE) if k not in seen and k.rpartition(" ")[2] not in tails)
        for noun in [*self._some(never, 3), *self._some(STRANGE, 1)]:
            yield Question("unknown", noun, (Knowledge.UNKNOWN.value,), name=noun, stamp=ideal.now)

    def _inferred(self, name: str) -> bool:
        """Shut away when last seen, or on something that moved since: believed, not merely unobserved."""
        ideal = self.ideal
        since = ideal.lives[name].seen[-1].stamp
        for place in ideal.chain(name):
            life = ideal.lives.get(place)
            if life is None:
                continue
            if life.seen[-1].states.get("openness") == "closed":
                return True
            if place in self.household.items and any(life.seen[k + 1].stamp > since for k in ideal.moves(place)):
                return True
        return False

    # --- what is usual ----------------------------------------------------------------------------------------------------
    def usual(self) -> Iterator[Question]:
        """Asked once, at the end: the class of place where things of a class were mostly seen; near ties are all right."""
        counts: dict[str, Counter[str]] = {}
        for name in self.ideal.things():
            for k, s in enumerate(self.ideal.lives[name].seen):
                before = self.ideal.lives[name].seen[k - 1] if k else None
                if s.place is not None and (
                    before is None or s.stamp - before.stamp > _LONG or s.place != before.place
                ):
                    counts.setdefault(self.household.kind(name), Counter())[self.household.kind(s.place)] += 1
        for kind, places in counts.items():
            top = max(places.values())
            if sum(places.values()) >= 3:
                want = tuple(p for p, n in places.items() if n >= 0.8 * top)
                yield Question("usual place", kind, want, any_of=True, name=kind, stamp=self.ideal.now)


def _as(question: Question, ability: str, want: tuple[str, ...] | None = None) -> Question:
    return Question(
        ability, question.noun, question.want if want is None else want, question.keys, moved=question.moved,
        name=question.name, stamp=question.stamp,
    )  # fmt: skip


def _doubted(life: Life, start: float, end: float) -> bool:
    return any(start < t < end for t, _ in life.through)
