"""The planner that needs no key and no network: from goals and belief to the next action, with search and recovery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..contracts import Decision, Role, Situation, Status, Verb
from .goals import Did, Goal, Ref, State, Task
from .instruction import parse_for
from .placing import free_spot
from .progress import Progress, key_of
from .recovery import looked_around, recovery, seen
from .seek import next_look, verdict
from .strips import Atom, Move, Problem, World, plan
from .words import reason

if TYPE_CHECKING:
    from ..memory import Memory

_SPARE = ("table", "counter")


class OfflinePolicy:
    """A ``Policy`` over belief alone: English → goals → forward search → the first action of the plan, every step anew.

    It may take over in the middle of a task: what was done so far is read from ``Situation.steps``.
    """

    def __init__(self, memory: Memory, classes: Sequence[tuple[str, Role]] = ()) -> None:
        """``classes``: (name, role) of what may be named though memory has not seen it yet."""
        self.memory, self.classes = memory, tuple(classes)
        self._progress: Progress | None = None

    def understand(self, instruction: str) -> Task:
        """The goals of an instruction; raises ``InstructionError``."""
        return parse_for(self.memory, instruction, self.classes)

    def decide(self, situation: Situation) -> Decision:
        """The next action, or ``DONE`` with the reason: all goals hold, or there is nothing left to try."""
        progress = self._follow(situation)
        if not progress.belief.of_class((), Role.FURNITURE) and not looked_around(progress):
            return Decision(Verb.LOOK, why="nothing is known of the room yet: look around", subgoal="look around")
        goals = _due(progress)
        wanted = _wanted(progress, goals)
        if isinstance(wanted, Decision):
            return wanted
        atoms, missing, act = wanted
        decision = self._towards(progress, atoms, situation)
        if decision is not None:
            return decision
        if missing is not None:
            return self._search(progress, missing, situation)
        if act is not None:
            return self._act(progress, act)
        return self._finish(progress)

    def _follow(self, situation: Situation) -> Progress:
        progress = self._progress
        fresh = progress is None or progress.task.instruction != situation.instruction
        if fresh or progress is None or situation.steps[: len(progress.steps)] != tuple(progress.steps):
            progress = Progress(self.understand(situation.instruction), self.memory)
        elif not situation.steps:
            progress = Progress(progress.task, self.memory)
        progress.absorb(situation.steps)
        self._progress = progress
        return progress

    # --- towards conditions ---------------------------------------------------------------------------------------------
    def _towards(self, progress: Progress, atoms: list[Atom], situation: Situation) -> Decision | None:
        """The first move of a plan to ``atoms`` and to tidy doors; None if they hold or no plan is left."""
        tidy = _tidy(progress, atoms)
        moves = self._plan(progress, [*atoms, *tidy])
        if moves is None and tidy:
            moves = self._plan(progress, atoms)
        if moves is None:
            return self._leave(progress, atoms)
        return self._carry_out(progress, moves, atoms) if moves else None

    def _leave(self, progress: Progress, atoms: list[Atom]) -> Decision | None:
        """No plan is left: put down what was taken up for this task, close what was opened, then say why."""
        held = progress.belief.held
        spare = [
            p for p in progress.belief.of_class(_SPARE, Role.FURNITURE) if not progress.blocked((Verb.PLACE, p, "on"))
        ]
        leave = [Atom("on", held, spare[0])] if held is not None and held in progress.picked and spare else []
        moves = self._plan(progress, [*leave, *_tidy(progress, leave)])
        if not moves:
            return self._give_up(progress, atoms)
        decision = self._carry_out(progress, moves, leave)
        return replace(decision, subgoal="leave things in order")

    def _plan(self, progress: Progress, atoms: list[Atom]) -> list[Move] | None:
        belief = progress.belief
        things = sorted(
            {a.a for a in atoms if a.kind in ("on", "in", "held")} | ({belief.held} if belief.held else set())
        )
        places = {a.b for a in atoms if a.b} | {w[1] for t in things if (w := belief.place(t))}
        hosts = {p: w[1] for p in places if (w := belief.place(p)) is not None and w[0] == "in"}
        for _ in range(3):
            hosts.update({h: w[1] for h in list(hosts.values()) if (w := belief.place(h)) is not None and w[0] == "in"})
        named = {a.a for a in atoms if a.kind in ("open", "closed")}
        doors = frozenset(p for p in places | named | set(hosts.values()) | set(progress.opened) if belief.openable(p))
        at = tuple((t, _place_for(progress, t, atoms)) for t in things)
        opened = frozenset(d for d in doors if belief.openness(d) == "open")
        start = World(belief.held, at, opened, frozenset(d for d in opened if progress.narrow(d)))
        spare = [p for p in belief.of_class(_SPARE, Role.FURNITURE) if belief.located(p)]

        def cost(move: Move) -> float | None:
            key = (move.verb, move.target, move.relation)
            return None if progress.blocked(key) else 1.0 + 0.6 * progress.failures[key]

        return plan(Problem(start, tuple(atoms), doors, tuple(spare), cost, hosts))

    def _carry_out(self, progress: Progress, moves: list[Move], atoms: list[Atom]) -> Decision:
        move = moves[0]
        belief = progress.belief
        again = recovery(progress, move)
        if again is not None:
            return again
        if (
            move.verb in (Verb.OPEN, Verb.CLOSE)
            and belief.openness(move.target) is None
            and not seen(progress, move.target)
        ):
            why = f"whether the {belief.label(move.target)} is open was never seen: look at it first"
            return Decision(Verb.LOOK, move.target, why=why, cites=(move.target,), subgoal=str(progress.task))
        position = None
        if move.relation == "on" and progress.failures[move.verb, move.target, move.relation]:
            tries = progress.failures[move.verb, move.target, move.relation]
            position = free_spot(belief, move.target, belief.held, tries)
        why = reason(progress, moves, atoms)
        cites = tuple(dict.fromkeys(c for c in (move.target, belief.held) if c))
        return Decision(move.verb, move.target, move.relation, position, why, cites, _subgoal(progress, move, atoms))

    def _give_up(self, progress: Progress, atoms: list[Atom]) -> Decision | None:
        """No plan: say which action stands in the way."""
        wanted = {(Verb.CLOSE, a.a) for a in atoms if a.kind == "closed"}
        worst = [
            s
            for s in progress.steps
            if not s.outcome.ok
            and progress.blocked(key_of(s))
            and (s.decision.verb is not Verb.CLOSE or (Verb.CLOSE, s.decision.target) in wanted)
        ]
        failed = worst[-1] if worst else progress.last_failure()
        if failed is None:
            return Decision(Verb.DONE, why="there is no sequence of actions that leads there")
        label = progress.belief.label(failed.decision.target or "")
        count = sum(1 for s in progress.steps if not s.outcome.ok and key_of(s) == key_of(failed))
        why = f"gave up: {failed.decision.verb.value} the {label} failed {count} times"
        if failed.outcome.status in (Status.REFUSED, Status.UNSUPPORTED):
            why = f"gave up: {failed.decision.verb.value} the {label} is not possible"
        return Decision(
            Verb.DONE, why=f"{why} ({failed.outcome.status.value}: {failed.outcome.detail})".replace(": )", ")")
        )

    # --- search, single acts, end ---------------------------------------------------------------------------------------
    def _search(self, progress: Progress, ref: Ref, situation: Situation) -> Decision:
        belief = progress.belief
        given_up = self._cannot_pick(progress, ref)
        if given_up is not None:
            return given_up
        decision = next_look(progress, ref)
        if decision is None and not looked_around(progress) and not ref.source:
            return Decision(
                Verb.LOOK, why=f"{ref.phrase} was not found: look all around once", subgoal=f"find {ref.phrase}"
            )
        if decision is None:
            return Decision(Verb.DONE, why=verdict(progress, ref))
        if decision.verb is Verb.OPEN and belief.held is not None:
            spare = [p for p in belief.of_class(_SPARE, Role.FURNITURE) if not progress.blocked((Verb.PLACE, p, "on"))]
            if spare:
                why = f"the hand has to be free to open the {belief.label(decision.target or '')}: put this down first"
                return Decision(Verb.PLACE, spare[0], "on", why=why, cites=(belief.held,), subgoal=decision.subgoal)
        return recovery(progress, Move(decision.verb, decision.target or "")) or decision

    def _cannot_pick(self, progress: Progress, ref: Ref) -> Decision | None:
        """The end, if the thing is known but picking it up failed too often."""
        id = progress.unpickable(ref)
        if id is None:
            return None
        key = (Verb.PICK, id, None)
        failed = next(s for s in reversed(progress.steps) if key_of(s) == key and not s.outcome.ok)
        why = f"gave up: picking up the {progress.belief.label(id)} failed {progress.failures[key]} times"
        return Decision(Verb.DONE, why=f"{why} ({failed.outcome.status.value}: {failed.outcome.detail})")

    def _act(self, progress: Progress, goal: Did) -> Decision:
        """Look, navigate, slice, toggle: one action on one thing."""
        target = progress.resolve(goal.thing)[0] if goal.thing is not None else None
        if progress.blocked((goal.verb, target, None)):
            return self._give_up(progress, []) or Decision(Verb.DONE, why=f"gave up: {goal}")
        cites = (target,) if target else ()
        return Decision(goal.verb, target, why=f"asked to {goal}", cites=cites, subgoal=str(goal))

    def _finish(self, progress: Progress) -> Decision:
        unmet = progress.unmet()
        if not unmet:
            left = [p for p in progress.opened if progress.blocked((Verb.CLOSE, p, None))]
            untidy = f"; left open, as it could not be closed: the {progress.belief.label(left[0])}" if left else ""
            return Decision(Verb.DONE, why=f"all that was asked for holds: {progress.task}{untidy}")
        failed = progress.last_failure()
        tail = f"; the last failure was {failed.decision.verb.value}: {failed.outcome.detail}" if failed else ""
        return Decision(Verb.DONE, why=f"gave up: {'; '.join(str(g) for g in unmet)} could not be reached{tail}")


# --- which goals are due ------------------------------------------------------------------------------------------------
def _due(progress: Progress) -> list[Goal]:
    """The goals to work on now: up to the first that only has to come true once or is a single act, if one is open; where
    an order was asked for, up to the first that is not met."""
    goals = progress.task.goals
    if progress.task.ordered:
        goals = goals[: 1 + next((i for i, goal in enumerate(goals) if not progress.met(goal)), len(goals))]
    for i, goal in enumerate(goals):
        if (isinstance(goal, Did) or getattr(goal, "passing", False)) and not progress.met(goal):
            kept = [g for g in goals[:i] if not isinstance(g, Did) and not getattr(g, "passing", False)]
            if not isinstance(goal, State):
                return [*kept, goal]
            return [*(g for g in kept if not (isinstance(g, State) and g.thing.labels == goal.thing.labels)), goal]
    return [g for g in goals if not isinstance(g, Did) and not getattr(g, "passing", False)]


def _wanted(progress: Progress, goals: list[Goal]) -> Decision | tuple[list[Atom], Ref | None, Did | None]:
    """Conditions on ids, the first thing that has to be found before the rest can be planned, and the act that is due."""
    atoms: list[Atom] = []
    missing: Ref | None = None
    act: Did | None = None
    for goal in goals:
        found = progress.atoms(goal)
        lost = progress.missing(goal)
        if isinstance(goal, Did):
            act = goal
        if found is None and lost is None:
            why = f"gave up: no place is known for {goal}"
            failed = progress.last_failure((Verb.PLACE,))
            if failed is not None:
                why = f"gave up: {goal}: {failed.outcome.status.value} {failed.outcome.detail}".strip()
            return Decision(Verb.DONE, why=why)
        if lost is not None and missing is None and (found is None or isinstance(goal, Did)):
            missing = lost
        atoms += [a for a in found or [] if a not in atoms]
    return atoms, missing, act


def _tidy(progress: Progress, atoms: list[Atom]) -> list[Atom]:
    """Doors that the robot opened by itself are closed again, unless the task wants them open."""
    if any(a.kind == "held" for a in atoms):
        return []  # closing takes a free hand
    named = {a.a for a in atoms if a.kind in ("open", "closed")}
    wanted: set[str] = set()
    for goal in progress.task.goals:
        if isinstance(goal, State) and goal.value == "open":
            wanted.update(progress.resolve_places(goal.thing))
    searching = [p for p in progress.opened if p not in progress.searched and _searching(progress, p)]
    return [
        Atom("closed", p)
        for p in progress.opened
        if p not in named and p not in wanted and p not in searching and not progress.blocked((Verb.CLOSE, p, None))
    ]


def _searching(progress: Progress, place: str) -> bool:
    """True while something is still missing that may be in a place that was opened to look for it."""
    lost = [ref for goal in progress.task.goals if (ref := progress.missing(goal)) is not None]
    return place in progress.opened and any(progress.unpickable(ref) is None for ref in lost)


def _place_for(progress: Progress, thing: str, atoms: list[Atom]) -> tuple[str, str] | None:
    """Where a thing is; named as in the goal where belief takes it for met (it may lie on a plate on the table)."""
    for atom in atoms:
        if atom.a == thing and atom.kind in ("on", "in") and progress.belief.at(thing, atom.kind, atom.b):
            return atom.kind, atom.b
    return progress.belief.place(thing)


# --- words ----------------------------------------------------------------------------------------------------------------
def _subgoal(progress: Progress, move: Move, atoms: list[Atom]) -> str:
    """The goal that a move serves, in words."""
    doors = {Verb.OPEN: "open", Verb.CLOSE: "closed"}
    for goal in progress.task.goals:
        if (
            isinstance(goal, State)
            and goal.value == doors.get(move.verb)
            and move.target in progress.resolve(goal.thing)
        ):
            return str(goal)
    thing = progress.belief.held or move.target
    for goal in progress.task.goals:
        ids = progress.resolve(goal.thing) if goal.thing is not None else []
        if thing in ids:
            return str(goal)
    served = [a for a in atoms if not progress.holds(a)]
    for goal in progress.task.goals:
        if served and served[0] in (progress.atoms(goal) or []):
            return str(goal)
    return str(progress.task.goals[-1])
