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
from .truth_errands import ROBOT
from .truth_ideal import Ideal, Life, Sighting
from .truth_terms import SOMEBODY, Question

STRANGE = ("violin", "telescope", "anvil", "canoe", "globe", "trumpet")
"""Things that no house of the generator has."""
_JUST_NOW = 3.0  # seconds
LONG = 60.0  # seconds between two sightings, so that there is a "then" between them


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
        yield from self._causes()
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
        clear = [n for n in ideal.things() if not ideal.supplanted(n)]
        known = [n for n in clear if ideal.belief(n) == "at"]
        kinds = Counter(self.household.kind(n) for n in ideal.things())
        found: dict[bool | None, list[Question]] = {True: [], False: [], None: []}
        for name in clear:
            if ideal.belief(name) == "gone":  # it is not where it was: an answer that says so still is stale
                sighting, _ = self._reference(name)
                found[None].append(
                    Question(
                        "where now",
                        self.household.kind(name),
                        (),
                        sighting.keys,
                        moved=True,
                        name=name,
                        stamp=ideal.now,
                    )
                )
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
                if a.place is None or k in lefts or b.stamp - a.stamp < LONG or _doubted(life, a.stamp, b.stamp):
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
                    if a.states[attribute] == b.states[attribute] and b.stamp - a.stamp > LONG and k not in lefts:
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
        """Which of two changes was first: things coming to where they are, states turning to what they are? Asked where the
        sightings before and after do not overlap.
        """
        ideal = self.ideal
        changes: list[tuple[float, float, str, str]] = []
        for name, life in ideal.lives.items():
            loose = name in self.household.items
            if loose and (ideal.belief(name) != "at" or ideal.supplanted(name)):
                continue
            first = ideal.decided_from(name) if loose else 0
            if loose and (turn := self._came(name, first)) is not None:
                changes.append((life.seen[turn].stamp, life.seen[turn + 1].stamp, name, ""))
            for attribute in life.seen[-1].states:
                flips = [k for k in range(first, len(life.seen) - 1)
                         if life.seen[k].states[attribute] != life.seen[k + 1].states[attribute]]  # fmt: skip
                if flips:
                    changes.append((life.seen[flips[-1]].stamp, life.seen[flips[-1] + 1].stamp, name, attribute))
        pairs = [(a, b) for a in changes for b in changes if a[1] < b[0] and a[2] != b[2]]
        for i in self.rng.permutation(len(pairs))[: self.most // 2]:
            straight = self.rng.random() < 0.5
            a, b = pairs[i] if straight else pairs[i][::-1]
            keys, others = (ideal.lives[n].seen[-1].keys for n in (a[2], b[2]))
            yield Question("order", self.household.kind(a[2]), ("first" if straight else "second",), keys, others,
                           attribute=a[3], other=b[3], stamp=ideal.now, name=f"{a[2]} {b[2]}")  # fmt: skip

    def _came(self, name: str, first: int) -> int | None:
        """The number of the sighting before it came to the place where it is; None if that is not clear."""
        seen = self.ideal.lives[name].seen
        moves = [k for k in self.ideal.moves(name) if k >= first]
        turns = [k for k in moves if seen[k].place and seen[k + 1].place and seen[k].place != seen[k + 1].place]
        if not turns or any(k > turns[-1] and not seen[k + 1].place for k in moves):
            return None
        return turns[-1]

    def _causes(self) -> Iterator[Question]:
        """Who brought it to where it is: the robot itself, or somebody else?"""
        ideal, found = self.ideal, dict[bool, list[Question]]({True: [], False: []})
        for name in ideal.things():
            seen = ideal.lives[name].seen
            turn = self._came(name, ideal.decided_from(name))
            if turn is None or ideal.belief(name) != "at" or ideal.supplanted(name):
                continue
            own = (name, seen[turn + 1].stamp) in ideal.own
            found[own].append(Question("cause", self.household.kind(name), (ROBOT if own else SOMEBODY,), seen[-1].keys,
                                       name=name, stamp=ideal.now))  # fmt: skip
        yield from self._mixed(found[True], found[False])

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


def _as(question: Question, ability: str, want: tuple[str, ...] | None = None) -> Question:
    return Question(
        ability, question.noun, question.want if want is None else want, question.keys, moved=question.moved,
        name=question.name, stamp=question.stamp,
    )  # fmt: skip


def _doubted(life: Life, start: float, end: float) -> bool:
    return any(start < t < end for t, _ in life.through)
