"""What the robot did: episodes, sub-goals, actions and their outcomes, and what an action's end means for beliefs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..contracts import Decision, Outcome, Role, Status, Verb
from ..errors import InputError
from . import codec
from .hands import Hands
from .node import Node
from .records import ROBOT, ActionRecord, EpisodeRecord, StateBelief
from .spatial import contents_of
from .world import ChangeRow, Running, World

EFFECT_SURE = 0.9  # probability of a state that the body reports but no look has confirmed


class Episodic:
    """Begins and ends acts; one episode and one sub-goal may be open at a time."""

    def __init__(self, world: World, hands: Hands) -> None:
        self.world = world
        self.hands = hands
        self._actions: dict[str, ActionRecord] = {}
        self._newest = 0
        self._version = 0
        self._read_at: tuple[int, int] | None = None
        self._nodes: object = None
        self._latest: list[ActionRecord] = []
        self._latest_at: object = None

    # --- episodes and sub-goals ---------------------------------------------------------------------------------------
    def begin_episode(self, instruction: str, stamp: float, robot: str | None = None) -> str:
        """A new episode's id; of the instruction of one robot, if that is said."""
        id = self.world.next_act("episode", "e")
        act = {"id": id, "kind": "episode", "parent": None, "text": instruction, "started": stamp, "ended": None,
               "status": None, **_whose(robot)}  # fmt: skip
        self.world.emit("episode.begin", stamp, extra={"act": act})
        return id

    def begin_subgoal(self, text: str, stamp: float, robot: str | None = None) -> str:
        """A new sub-goal's id, within the open episode."""
        id = self.world.next_act("subgoal", "g")
        act = {"id": id, "kind": "subgoal", "parent": self.open("episode", robot), "text": text, "started": stamp,
               "ended": None, "status": None, **_whose(robot)}  # fmt: skip
        self.world.emit("subgoal.begin", stamp, extra={"act": act})
        return id

    def end(self, kind: str, id: str, status: str, stamp: float) -> None:
        """End an episode or a sub-goal."""
        act = self._act(kind, id)
        self.world.emit(f"{kind}.end", stamp, extra={"act": {**act, "ended": stamp, "status": status}})

    def open(self, kind: str, robot: str | None = None) -> str | None:
        """The newest act of a kind that has not ended; that of ``robot``, if one is named, else one of nobody in particular."""
        acts = self.world.projection.acts.newest(kind)
        if robot is not None:  # stable: of each kind the newest stays first
            acts = sorted((act for act in acts if act.robot in (None, robot)), key=lambda act: act.robot is None)
        return acts[0].id if acts else None

    # --- actions ------------------------------------------------------------------------------------------------------
    def begin_action(self, decision: Decision, stamp: float, robot: str | None = None) -> str:
        """A new action's id; from now on changes of what it touches are caused by it.

        ``robot`` None: the one whose hand was heard of last.
        """
        world = self.world
        robot = robot if robot is not None else next(reversed(self.hands.last), None)
        target = world.resolve(decision.target) if decision.target is not None else None
        held = self.hands.held(robot)
        owner = self._owner(target) or target
        parts = world.parts_of(owner) if owner is not None and decision.verb in (Verb.OPEN, Verb.CLOSE) else []
        touched = [i for i in (target, owner, held.id if held is not None else None, *parts) if i is not None]
        touched = list(dict.fromkeys(touched))
        id, episode = world.next_act("action", "a"), self.open("episode", robot)
        act = {
            "id": id, "kind": "action", "parent": self.open("subgoal", robot) or episode,
            "episode": episode or "", "subgoal": decision.subgoal, "verb": decision.verb.value,
            "target": target, "relation": decision.relation,
            "position": None if decision.position is None else [float(v) for v in decision.position],
            "why": decision.why, "cites": list(decision.cites), "started": stamp, "ended": None, "status": None,
            "detail": "", "touched": touched, **_whose(robot),
        }  # fmt: skip
        world.emit("action.begin", stamp, extra={"act": act})
        world.running = Running(
            id, decision.verb.value, target, decision.relation, decision.position, stamp, touched, robot
        )
        for thing in touched:
            world.short_term.touch(thing)
        return id

    def end_action(self, id: str, outcome: Outcome) -> None:
        """Log the outcome and what follows from it; looking is what verifies that."""
        world = self.world
        act = self._act("action", id)
        stamp = max(outcome.ended, act["started"])
        other = world.running if world.running is not None and world.running.id != id else None
        if world.running is None or other is not None:  # begun before the file was opened again, or another's runs, too
            world.running = Running(
                id, act["verb"], act["target"], act["relation"],
                None if act["position"] is None else tuple(act["position"]), act["started"], list(act["touched"]),
                act.get("robot"),
            )  # fmt: skip
        running = world.running
        self._effects(running, outcome, stamp)
        touched = list(dict.fromkeys(world.resolve(t) for t in running.touched))
        ended = {**act, "ended": stamp, "status": outcome.status.value, "detail": outcome.detail, "touched": touched}
        extra: dict[str, Any] = {"act": ended}
        id = world.resolve(running.target) if running.target is not None else ""
        target = world.nodes.at_hand(id)
        if target is None and id in world.nodes:
            # what is not at hand is as it is kept: to it the action is evidence, no more
            extra["things"] = {id: {}}
        world.emit("action.end", stamp, extra=extra, things=[target] if target is not None else [])
        world.finish(stamp)
        if other is not None and other.robot != running.robot:
            world.running = other

    def _effects(self, running: Running, outcome: Outcome, stamp: float) -> None:
        robot = running.robot or next(reversed(self.hands.last), None)  # the one whose hand was heard of last
        gripper = None if robot is None else self.hands.last.get(robot)
        held = self.hands.held(robot)
        touches = running.verb in (Verb.PICK, Verb.PLACE, Verb.OPEN, Verb.CLOSE)
        target = self.world.node(running.target) if touches else None
        if running.verb == Verb.PICK:
            if outcome.ok and held is None and target is not None:
                self.hands.grasp(robot or ROBOT, stamp, gripper, target)
            elif not outcome.ok and held is not None and self._lost(held):
                self.hands.slipped(held, stamp)
            elif not outcome.ok and held is None and robot is not None and gripper is not None and gripper.holding:
                self._holds_all_the_same(robot, outcome, target, stamp)
            elif outcome.status is Status.NOT_THERE and target is not None:
                target.presence.odds -= 1.0  # the hand closed on nothing: a hint, but the grasp may have been off
        elif running.verb == Verb.PLACE and held is not None:
            if outcome.ok:
                self.hands.place(held, target, running.relation, running.position, stamp)
            elif self._lost(held) or outcome.status in (Status.SLIPPED, Status.HANDS_EMPTY):
                self.hands.slipped(held, stamp)
        elif running.verb in (Verb.OPEN, Verb.CLOSE) and outcome.ok and target is not None:
            self._turned(target, "open" if running.verb == Verb.OPEN else "closed", stamp)
        elif held is not None and outcome.status is Status.SLIPPED:
            self.hands.slipped(held, stamp)

    def _holds_all_the_same(self, robot: str, outcome: Outcome, target: Node | None, stamp: float) -> None:
        """A pick failed, and yet the fingers hold something: what they went for, unless the hand was full before."""
        if outcome.status is Status.HANDS_FULL:
            self.hands.regain(robot, stamp)
        elif target is not None:
            self.hands.grasp(robot, stamp, self.hands.last[robot], target)

    def _lost(self, held: Node) -> bool:
        assert held.held is not None
        gripper = self.hands.last.get(held.held.robot)
        return gripper is not None and not gripper.holding

    def _turned(self, target: Node, value: str, stamp: float) -> None:
        """A container was opened or closed: believed until it is seen; what is in it goes out of sight with it."""
        world = self.world
        owner = world.node(self._owner(target.id)) or target
        things = [owner, *(world.nodes[p] for p in world.parts_of(owner.id) if "openness" in world.nodes[p].states)]
        changes: list[ChangeRow] = []
        opens: list[tuple[str, str, str]] = []
        for node in things:
            before = node.states.get("openness")
            if before is None or before.value != value:
                opens.append((node.id, "openness", value))
                if node is owner:
                    text = f"the {owner.label} ({owner.id}) is now {value}"
                    changes.append(("state", owner.id, text, world.cause(target.id, owner.id)))
            if before is None or before.value != value or before.probability < EFFECT_SURE:
                node.states["openness"] = StateBelief(value, EFFECT_SURE, stamp)
        if value == "closed":
            for id in contents_of(world, owner.id):
                inner = world.nodes[id]
                fact = world.fact(id)
                if fact is not None and fact.predicate == "in" and not inner.presence.absent and inner.believed is None:
                    inner.believed = stamp
                    things.append(inner)
        world.emit("state", stamp, things=things, opens=opens, changes=changes)

    def _owner(self, id: str | None) -> str | None:
        """The furniture that a part belongs to."""
        if id is None:
            return None
        id = self.world.resolve(id)
        node = self.world.nodes.at_hand(id)
        role = node.role if node is not None else self.world.projection.plain.get(id, {}).get("role")
        fact = self.world.fact(id, "whole") if role == Role.PART else None
        return fact.object if fact is not None else None

    def known(self, kind: str, id: str) -> bool:
        """True if there is an act of this kind and id."""
        return self.world.projection.acts.named(kind, id) is not None or self._ended(kind, id) is not None

    def _act(self, kind: str, id: str) -> dict[str, Any]:
        begun = self.world.projection.acts.named(kind, id)
        if begun is not None:
            return dict(codec.decode(begun.text.encode()))
        row = self._ended(kind, id)
        if row is None:
            raise InputError(f"there is no {kind} {id!r}; use the id that begin_{kind} gave")
        return dict(codec.decode(row[0].encode()))

    def _ended(self, kind: str, id: str) -> tuple[str] | None:
        num = int(id[1:]) if id[1:].isdecimal() and len(id) < 19 else 0  # nothing has this number
        query = "SELECT data FROM acts WHERE kind = ? AND num = ? AND id = ?"
        row: tuple[str] | None = self.world.store.db.execute(query, (kind, num, id)).fetchone()
        return row

    # --- reading ------------------------------------------------------------------------------------------------------
    def actions(self, touching: str | None = None) -> list[ActionRecord]:
        """Actions, oldest first; those that had to do with one thing, if given. ``DamagedMemory`` if a row was altered."""
        self._renew()
        if touching is None:
            return list(self._actions.values())
        return [a for a in self._actions.values() if touching in map(self.world.resolve, a.touched)]

    def latest(self, count: int) -> list[ActionRecord]:
        """The newest ``count`` actions, oldest first: until all are asked for only these are read."""
        if self._nodes is self.world.nodes:
            return self.actions()[-count:]
        at = (self.world.projection.acts, self.world.projection.acts.version, count)
        if self._latest_at != at:
            self._latest = [r for _, r in self._rows("kind = 'action' ORDER BY num DESC LIMIT ?", (count,))][::-1]
            self._latest_at = at
        return self._latest

    @property
    def version(self) -> int:
        """Grows whenever an action was begun or ended, or all is read anew."""
        self._renew()
        return self._version

    def _renew(self) -> None:
        """Read what is new: an action that has ended stays as it is, unless something is erased."""
        at = (self.world.store.epoch, self.world.seq)
        if self._read_at == at and self._nodes is self.world.nodes:
            return
        if self._nodes is not self.world.nodes:
            self._actions, self._newest, self._nodes = {}, 0, self.world.nodes
            self._version += 1
        running = [int(id[1:]) for id, a in self._actions.items() if a.ended is None]
        old = self._rows(f"kind = 'action' AND num IN ({', '.join('?' * len(running))}) ORDER BY num", tuple(running))
        new = self._rows("kind = 'action' AND num > ? ORDER BY num", (self._newest,))
        for num, record in (*old, *new):
            if self._actions.get(record.id) != record:
                self._actions[record.id] = record
                self._version += 1
            self._newest = max(self._newest, num)
        self._read_at = at

    def _rows(self, condition: str, values: tuple[Any, ...]) -> Iterator[tuple[int, ActionRecord]]:
        """(number, record) of actions, checked."""
        query = "SELECT digest, id, kind, num, parent, started, ended, status, data, seq FROM acts WHERE "
        for digest, *row in self.world.store.db.execute(query + condition, values):
            codec.check_row(f"action {row[0]}", digest, *row)
            yield int(row[2]), _record(codec.decode(row[7].encode()))

    def episodes(self) -> list[EpisodeRecord]:
        """Every episode with its actions, oldest first."""
        by_episode: dict[str, list[ActionRecord]] = {}
        for action in self.actions():
            by_episode.setdefault(action.episode, []).append(action)
        rows = self.world.store.db.execute("SELECT data FROM acts WHERE kind = 'episode' ORDER BY num")
        acts = [codec.decode(data.encode()) for (data,) in rows]
        return [
            EpisodeRecord(
                a["id"],
                a["text"],
                a["started"],
                a["ended"],
                a["status"],
                tuple(by_episode.get(a["id"], ())),
                a.get("robot", ROBOT),
            )
            for a in acts
        ]

    def failures(self, verb: str, target: str | None) -> list[ActionRecord]:
        """Actions with this verb (and target, if given) that ended, but not well; newest first."""
        found = [a for a in self.actions() if a.ended is not None and a.status != Status.SUCCEEDED.value]
        wanted = self.world.resolve(target) if target is not None else None
        return [
            a for a in reversed(found)
            if (not verb or a.verb == verb) and (wanted is None or (a.target and self.world.resolve(a.target) == wanted))
        ]  # fmt: skip


def _record(a: dict[str, Any]) -> ActionRecord:
    return ActionRecord(
        a["id"], a["episode"], a["subgoal"], a["verb"], a["target"], a["relation"], a["why"], a["started"], a["ended"],
        a["status"], a["detail"], tuple(a["touched"]), a.get("robot", ROBOT),
    )  # fmt: skip


def _whose(robot: str | None) -> dict[str, str]:
    """What an act says of its robot: nothing, if there is but one."""
    return {} if robot in (None, ROBOT) else {"robot": str(robot)}
