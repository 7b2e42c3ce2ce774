"""How far a task is: what the words refer to, which goals hold, what was tried, opened and searched so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..contracts import Role, Status, Step, Verb
from ..memory.records import StateBelief
from . import origin
from .belief import Belief, current
from .colours import fits
from .goals import AtOriginalPlace, Did, Goal, Held, In, On, Ref, State, Task
from .strips import Atom
from .vocabulary import relation_for

if TYPE_CHECKING:
    from ..memory import Memory

Key = tuple[Verb, str | None, str | None]
_IN_VAIN = 0.8  # how surely something is open that could not be closed
BLOCKED_AFTER = 3
"""So many failures of one action rule it out for the rest of the task."""


def key_of(step: Step) -> Key:
    """What makes two tries the same action: verb, target, relation."""
    return step.decision.verb, step.decision.target, step.decision.relation


@dataclass
class Progress:
    """The state of one task, kept up to date by ``absorb``. Reads memory, never writes to it."""

    task: Task
    memory: Memory
    steps: list[Step] = field(default_factory=list)
    picked: list[str] = field(default_factory=list)  # picked up in this task, in order
    opened: list[str] = field(default_factory=list)  # opened by the robot in this task and not closed since
    ajar: set[str] = field(default_factory=set)  # not open as far as they should be, as failures showed
    pulled: set[str] = field(default_factory=set)  # could not be opened as asked; may stand open a gap
    unshut: set[str] = field(default_factory=set)  # the body last tried to close it in vain, however shut it looks
    searched: dict[str, int] = field(default_factory=dict)  # place → step at which it was looked into
    failures: Counter[Key] = field(default_factory=Counter)
    bound: dict[int, str] = field(default_factory=dict)  # Ref.key → id
    belief: Belief = field(init=False)

    def __post_init__(self) -> None:
        self.belief = Belief.of(self.memory)

    def absorb(self, steps: Sequence[Step]) -> None:
        """Take in the steps that are new since the last call, and what memory believes now."""
        self.belief = Belief.of(self.memory)
        self.bound = {key: current(self.memory, id) for key, id in self.bound.items()}
        self.picked = [current(self.memory, id) for id in self.picked]
        for step in steps[len(self.steps) :]:
            self.steps.append(step)
            self._take(step)
        self._doubt()
        gaps = [p for p in sorted(self.pulled) if p not in self.opened and self.belief.openness(p) == "open"]
        self.opened += gaps

    def _take(self, step: Step) -> None:
        verb, target = step.decision.verb, step.decision.target
        if not step.outcome.ok:
            if step.outcome.status is not Status.CANCELLED:
                final = step.outcome.status in (Status.REFUSED, Status.UNSUPPORTED)
                self.failures[key_of(step)] += BLOCKED_AFTER if final else 1
                if not final and target is not None:
                    self._learn_from_failure(step, target)
            if verb is Verb.PICK and target is not None and target == self.belief.held and target not in self.picked:
                self.picked.append(target)  # held up on its way out, say, but it is in the hand
            return
        self.failures.pop(key_of(step), None)
        if target is None:
            return
        if verb is Verb.PICK and target not in self.picked:
            self.picked.append(target)
        elif verb is Verb.OPEN:
            self.ajar.discard(target)
            self.opened += [target] if target not in self.opened else []
        elif verb is Verb.CLOSE:
            self.ajar.discard(target)
            self.pulled.discard(target)
            self.unshut.discard(target)
            self.opened = [p for p in self.opened if p != target]
        elif verb is Verb.LOOK and self.looks_in(target):
            self.searched[target] = len(self.steps)

    def _doubt(self) -> None:
        """A front that stands ajar looks shut from most sides: what the body could not shut is believed to be open."""
        things = dict(self.belief.things)
        for id in sorted(self.unshut & things.keys()):
            seen = things[id].states.get("openness")
            stamp = seen.stamp if seen is not None else things[id].last_seen
            states = {**things[id].states, "openness": StateBelief("open", _IN_VAIN, stamp)}
            things[id] = replace(things[id], states=states)
        self.belief = replace(self.belief, things=things)

    def _learn_from_failure(self, step: Step, target: str) -> None:
        """A door that stopped half way is ajar; so may be one behind which nothing could be picked up or put down."""
        verb, status, belief = step.decision.verb, step.outcome.status, self.belief
        if verb is Verb.OPEN:
            self.ajar.add(target)  # if it moved at all, which only the next look may tell
            self.pulled.add(target)
        if verb is Verb.CLOSE:
            self.unshut.add(target)
        if status not in (Status.BLOCKED, Status.OCCUPIED, Status.OUT_OF_REACH):
            return
        where = belief.place(target) if verb is Verb.PICK else ("in", target) if verb is Verb.PLACE else None
        if where is None or not belief.openable(where[1]):
            return
        if where[1] not in self.opened or self.failures[key_of(step)] == BLOCKED_AFTER - 1:
            self.ajar.add(where[1])

    def looks_in(self, id: str) -> bool:
        """True if a look at a place shows what is there: it has no door, or one that is open wide enough."""
        return not self.belief.openable(id) or (self.belief.openness(id) == "open" and not self.narrow(id))

    def narrow(self, id: str) -> bool:
        """True if an open container should be opened further, and that may still work."""
        return id in self.ajar and not self.blocked((Verb.OPEN, id, None))

    def blocked(self, key: Key) -> bool:
        """True if an action failed too often in this task to be tried again."""
        return self.failures[key] >= BLOCKED_AFTER

    def last_failure(self, verbs: Sequence[Verb] = ()) -> Step | None:
        """The newest failed step (of one of ``verbs``), or None."""
        failed = (s for s in reversed(self.steps) if not s.outcome.ok and (not verbs or s.decision.verb in verbs))
        return next(failed, None)

    # --- references ---------------------------------------------------------------------------------------------------
    def resolve(self, ref: Ref) -> list[str]:
        """The ids that a reference stands for now, the best first; [] if nothing located fits."""
        bound = self.bound.get(ref.key)
        if ref.count == 1 and bound is not None and self._usable(bound):
            return [bound]
        found = [c for c in self.candidates(ref) if self._usable(c)]
        if ref.count == 1 and found:
            self.bound[ref.key] = found[0]
            return found[:1]
        return found[: ref.count] if ref.count else found

    def _usable(self, id: str) -> bool:
        out = self.blocked((Verb.PICK, id, None)) and id != self.belief.held
        return self.belief.located(id) and not out

    def candidates(self, ref: Ref) -> list[str]:
        """Ids that fit the words, whether or not they can be reached, the best first."""
        places = self._furniture(ref)
        found = places or self.belief.of_class(ref.labels, Role.OBJECT)
        moved = [id for id in origin.last_moved(self.memory) if id in found]
        if ref.recent and moved:
            found = moved[:1] if not ref.source else [moved[0], *(f for f in found if f != moved[0])]
        elif ref.recent and not ref.labels:
            return []
        if ref.other:
            recent = moved[:1] or [id for id in found if id == self.belief.held]
            found = [f for f in found if f not in recent]
        if ref.colour:
            found = [f for f in found if fits(ref.colour, self.belief.things[f].colors)]
        if ref.source is not None and not (ref.recent and moved):
            there = [f for f in found if f in self.picked or self._came_from(f, ref)]
            found = there if ref.strict or there or self._unsearched(ref) else found
        mine = [f for f in found if f == self.belief.held or f in self.picked]
        return [*mine, *(f for f in found if f not in mine)] if ref.source is not None else found

    def _furniture(self, ref: Ref) -> list[str]:
        if not ref.labels:
            return []
        return self.belief.of_class(ref.labels, Role.FURNITURE)

    def _came_from(self, id: str, ref: Ref) -> bool:
        assert ref.source is not None
        return any(self.belief.within(id, place) for place in self.resolve(ref.source[1]))

    def _unsearched(self, ref: Ref) -> bool:
        """True while the hinted source of a reference has not been looked into."""
        assert ref.source is not None
        return any(place not in self.searched for place in self.resolve(ref.source[1]))

    # --- goals --------------------------------------------------------------------------------------------------------
    def atoms(self, goal: Goal) -> list[Atom] | None:
        """The goal as conditions on ids; None while something that it speaks of has to be found first."""
        if isinstance(goal, Did):
            return []
        things = self.resolve(goal.thing)
        if not things:
            return [] if goal.thing.count == 0 and self._seen_empty(goal.thing) else None
        if isinstance(goal, Held):
            return [Atom("held", things[0])]
        if isinstance(goal, State):
            return [Atom(goal.value, id) for id in things]
        if isinstance(goal, On | In):
            return self._placed(goal, things)
        if isinstance(goal, AtOriginalPlace):
            return self._returned(things)
        return []

    def _placed(self, goal: On | In, things: list[str]) -> list[Atom] | None:
        relation = "on" if isinstance(goal, On) else "in"
        known = self.resolve_places(goal.place)
        if not known:
            return None
        places = [p for p in known if not self.blocked((Verb.PLACE, p, relation))] or known
        out = []
        for id in things:
            now = next((p for p in places if self.belief.at(id, relation, p)), None)
            out.append(Atom(relation, id, now or places[0]))
        return out

    def _returned(self, things: list[str]) -> list[Atom] | None:
        out = []
        for id in things:
            where = origin.original_place(self.memory, id)
            if where is None or where.place not in self.belief.things:
                return None
            out.append(Atom(relation_for(self.belief.label(where.place), where.relation), id, where.place))
        return out

    def resolve_places(self, ref: Ref) -> list[str]:
        """All places that a reference may stand for, the most certain first."""
        return [c for c in self.candidates(ref) if self.belief.located(c)]

    def _seen_empty(self, ref: Ref) -> bool:
        """ "everything on the table": nothing is there, and that was seen."""
        return ref.source is not None and not self._unsearched(ref)

    def holds(self, atom: Atom) -> bool:
        """True if memory believes a condition to be met."""
        if atom.kind == "held":
            return self.belief.held == atom.a
        if atom.kind in ("open", "closed"):
            return self.belief.openness(atom.a) == atom.kind
        return self.belief.at(atom.a, atom.kind, atom.b)

    def met(self, goal: Goal) -> bool:
        """True if a goal holds now, or, for one that only has to come true once, has held."""
        if isinstance(goal, Did):
            return any(s.outcome.ok and s.decision.verb is goal.verb and self._aims(s, goal.thing) for s in self.steps)
        if getattr(goal, "passing", False):
            return self._happened(goal)
        atoms = self.atoms(goal)
        return atoms is not None and all(self.holds(a) for a in atoms)

    def _happened(self, goal: Goal) -> bool:
        if isinstance(goal, State):
            verb = Verb.OPEN if goal.value == "open" else Verb.CLOSE
            return any(s.outcome.ok and s.decision.verb is verb and self._aims(s, goal.thing) for s in self.steps)
        assert isinstance(goal, On | In)
        return any(s.outcome.ok and s.decision.verb is Verb.PLACE and self._aims(s, goal.place) for s in self.steps)

    def _aims(self, step: Step, ref: Ref | None) -> bool:
        if ref is None:
            return step.decision.target is None
        return step.decision.target is not None and step.decision.target in self.candidates(ref)

    def unmet(self) -> list[Goal]:
        """The goals that do not hold yet, in the order in which they were said."""
        return [goal for goal in self.task.goals if not self.met(goal)]

    def unpickable(self, ref: Ref) -> str | None:
        """The id of a thing that ``ref`` may mean and that is located, but that could not be picked up; else None."""
        bound = self.bound.get(ref.key)
        for id in [*([bound] if bound is not None else []), *self.candidates(ref)]:
            known = id == bound or self.belief.located(id)
            if self.blocked((Verb.PICK, id, None)) and known and id != self.belief.held:
                return id
        return None

    def missing(self, goal: Goal) -> Ref | None:
        """What has to be found before a goal can be planned for, or None."""
        if isinstance(goal, Did):
            return goal.thing if goal.thing is not None and not self.resolve(goal.thing) else None
        if not self.resolve(goal.thing):
            return goal.thing
        if isinstance(goal, On | In) and not self.resolve_places(goal.place):
            return goal.place
        return None
