"""What the robot holds: from its actions and its own gripper, and where that is while the hand moves."""

from __future__ import annotations

import numpy as np

from ..contracts import Gripper, ObservationBatch, Role
from ..geometry import F64, inverse
from .node import Held, Node, trusted_box
from .spatial import carry, displace, support_of
from .wording import in_hand
from .world import World

GRASP_REACH = 0.25  # metres from the hand within which the thing that was asked for is what was grasped
NEAR_HAND = 0.12  # the same for anything else
ASTRAY = 0.5  # metres from where it was put at which the hand's last known pose cannot be the one that let go
_PRESSING = frozenset({"open", "close", "toggle", "slice"})  # verbs whose fingers press on what stays where it is
LOST_LOOKS = 2  # frames without contact before a held thing counts as slipped; contacts flicker


class Hands:
    """Follows the gripper of each robot."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.last: dict[str, Gripper] = {}
        self.heard: dict[str, float] = {}  # robot → when its hand was heard of last
        self.lost: dict[str, str] = {}  # robot → what slipped out of its hand last

    def held(self, robot: str | None = None) -> Node | None:
        """What ``robot`` (or any) holds."""
        for node in self.world.in_hand():
            if node.held is not None and robot in (None, node.held.robot):
                return node
        return None

    def sense(self, batch: ObservationBatch) -> None:
        """Take in one frame's gripper: follow the hand, notice a grasp and a slip."""
        gripper = batch.gripper
        if gripper is None or batch.stamp < self.heard.get(batch.robot_id, -np.inf):
            return  # a late frame says nothing of where the hand is now
        self.heard[batch.robot_id] = batch.stamp
        self.last.pop(batch.robot_id, None)
        self.last[batch.robot_id] = gripper  # the newest last
        node = self.held(batch.robot_id)
        running = self.world.running
        mine = running is not None and running.robot in (None, batch.robot_id)
        verb = running.verb if running is not None and mine else ""
        if node is None:
            if gripper.holding and verb == "pick":
                self.grasp(batch.robot_id, batch.stamp, gripper)
            elif gripper.holding and verb not in _PRESSING:
                self.regain(batch.robot_id, batch.stamp)
            return
        node.map = batch.map_id  # it comes along to another floor
        if gripper.holding:
            node.unclear, node.released = 0, False
            self._follow(node, gripper)
        elif verb == "place":
            node.released = True  # on purpose; where it stays is settled when the action ends
        elif not node.released:
            node.unclear += 1
            if node.unclear >= LOST_LOOKS:
                self.slipped(node, batch.stamp)
            else:
                self._follow(node, gripper)

    def grasp(self, robot: str, stamp: float, gripper: Gripper | None, target: Node | None = None) -> Node | None:
        """The robot has something in its hand now: decide what, from the action's target and what is near the hand."""
        world = self.world
        running = world.running
        wanted = target if target is not None else world.node(running.target if running is not None else None)
        node: Node | None = None
        if gripper is not None:
            hand = gripper.T_world_hand[:3, 3]
            near = sorted(
                (float(n.box.distance(hand)), n.number, n)
                for n in world.near(hand - NEAR_HAND, hand + NEAR_HAND)
                if n.role is Role.OBJECT and not n.presence.absent
            )
            if wanted is not None and float(wanted.box.distance(hand)) <= GRASP_REACH + wanted.rest:
                node = wanted
            elif near and near[0][0] <= NEAR_HAND and target is None:
                node = near[0][2]
        node = node if node is not None else target
        if node is None or node.role is not Role.OBJECT:
            return None
        offset = None if gripper is None else inverse(gripper.T_world_hand) @ node.box.T_ref_box
        self.lost.pop(robot, None)
        node.held = Held(robot, offset)
        node.released, node.unclear, node.shift = False, 0, None
        node.anchors = []  # wherever it was seen, it is not there any more
        node.presence.seen(same_spot=False)
        node.believed = stamp
        node.votes.clear()
        world.touch(node.id)
        cause = world.cause(node.id)
        world.emit(
            "held", stamp, things=[node], opens=[(node.id, "held_by", robot)],
            changes=[("held", node.id, f"the {node.label} ({node.id}) is {in_hand(robot)}", cause)],
        )  # fmt: skip
        return node

    def regain(self, robot: str, stamp: float) -> None:
        """The hand holds something that it did not pick up just now: what was thought to have slipped never left it."""
        lost = self.world.node(self.lost.get(robot))
        if lost is not None:
            self.grasp(robot, stamp, self.last.get(robot), lost)

    def _follow(self, node: Node, gripper: Gripper) -> None:
        assert node.held is not None
        if node.held.T_hand_box is None:  # the first that is known of the hand since it took the thing
            hand = np.asarray(gripper.T_world_hand, dtype=np.float64)[:3, 3]
            if float(node.box.distance(hand)) > GRASP_REACH + node.rest:  # it moved on before it was known
                to = np.eye(4)
                to[:3, 3] = hand - node.center
                displace(node, to)
                carry(self.world, node.id, to, set())
            node.held.T_hand_box = inverse(gripper.T_world_hand) @ node.box.T_ref_box
            return
        target: F64 = np.asarray(gripper.T_world_hand, dtype=np.float64) @ node.held.T_hand_box
        motion = target @ inverse(node.box.T_ref_box)
        if float(np.abs(motion - np.eye(4)).max()) > 1e-4:
            displace(node, motion)
            # not by the motion: its inverse is exact for a rigid pose only, so each frame would double what is not
            node.set_box(trusted_box(target, node.box.size))
            carry(self.world, node.id, motion, set())

    def slipped(self, node: Node, stamp: float) -> None:
        """It was lost from the hand: it is somewhere near, on what is below."""
        assert node.held is not None
        self.lost[node.held.robot] = node.id
        node.held = None
        node.released, node.unclear = False, 0
        level(node)
        node.rest = 0.3
        node.believed = stamp
        place = support_of(self.world, node.box, skip=node.id) or ("at", "floor")
        cause = self.world.cause(node.id)
        self.world.emit(
            "slipped", stamp, things=[node], opens=[(node.id, "at", place[1])],
            changes=[("slipped", node.id, f"the {node.label} ({node.id}) slipped from the hand near "
                      f"the {self.world.label(place[1])}", cause)],
        )  # fmt: skip

    def place(self, node: Node, target: Node | None, relation: str | None, position: object, stamp: float) -> None:
        """It was put on or in ``target``: there it is, where the hand let it go, until a look says otherwise."""
        followed = node.held is not None and node.held.T_hand_box is not None
        node.held = None
        node.released, node.unclear = False, 0
        if (not followed or _astray(node, target, position)) and (target is not None or position is not None):
            put_at(node, target, relation, position)
        level(node)
        node.believed = stamp
        node.rest = 0.05
        node.presence.seen(same_spot=False)
        guess = support_of(self.world, node.box, skip=node.id)
        where = (relation or (guess[0] if guess is not None else "on"), target.id) if target is not None else guess
        opens = [(node.id, *where)] if where is not None else []
        there = f" {where[0]} the {self.world.label(where[1])}" if where is not None else ""
        self.world.touch(node.id)
        self.world.emit(
            "placed", stamp, things=[node], arrays=True, opens=opens,
            closes=[] if opens else [(node.id, "place")],
            changes=[("placed", node.id, f"the {node.label} ({node.id}) was put{there}", self.world.cause(node.id))],
        )  # fmt: skip


def _astray(node: Node, target: Node | None, position: object) -> bool:
    """Is the thing, where the hand was last seen, nowhere near where it was put?"""
    if position is not None:
        return float(np.linalg.norm(node.center[:2] - np.asarray(position, dtype=np.float64)[:2])) > ASTRAY
    return target is not None and float(target.box.distance(node.center)) > ASTRAY


def level(node: Node) -> None:
    """Make the box upright again after it was carried: keep the centre, heading and the extents as they stand."""
    low, high = node.box.bounds()
    if node.box.T_ref_box[2, 2] < 0.99996:
        T = np.eye(4)
        T[:3, 3] = (low + high) / 2
        node.set_box(trusted_box(T, high - low))


def put_at(node: Node, target: Node | None, relation: str | None, position: object) -> None:
    """Where a thing must be that was put on or in ``target`` by a hand whose pose is not known."""
    to = np.array(node.box.center)
    if target is not None:
        to = np.array(target.box.center)
        if relation != "in":
            to[2] = target.upper[2] + (node.upper[2] - node.lower[2]) / 2
    if position is not None:
        to[:2] = np.asarray(position, dtype=np.float64)[:2]
    motion = np.eye(4)
    motion[:3, 3] = to - node.box.center
    displace(node, motion)
