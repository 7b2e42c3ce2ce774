"""Pushing a front home by its face with closed fingers: what is nearly shut cannot be shut by a hand on its bar."""

from __future__ import annotations

from collections.abc import Generator
from itertools import product

import numpy as np

from ..contracts import Status
from ..geometry import F64
from .articulation import Articulation
from .collision import Obstacles
from .control import Control
from .grasps import hand_rotation
from .navigation import FloorPlan
from .one_action import Failed
from .reach import Hand, NoReach, plan_reach
from .skill_pick import approach, withdraw

_BESIDE = {"hinge": 0.15, "slide": 0.22}  # metres from the bar's middle to where the fingers push
_STAND_OFF = 0.064  # metres from the front's face to the middle of its bar
_BEYOND = 0.12  # metres behind what seems the shut face to push to: it resists before
_HIGH = 1.25  # metres above which a hand that points down does not get to it
_RESISTS = 0.012  # metres that the fingers lag behind when the front does not give way any more


def push_shut(control: Control, art: Articulation, s: float, label: str) -> Generator[None, None, tuple[bool, str]]:
    """Push the front home with closed fingers; whether it resisted, and a word on it if it did not."""
    control.scan()
    here = control.body.base_pose()
    obstacles = Obstacles(control.cloud, control.voxels, art.handle(s), ignore=art.box(s))
    reach = plan_reach(_pushing(art, s), FloorPlan(control.voxels, here), here, obstacles, walls=False)
    if isinstance(reach, NoReach):
        raise Failed(Status.OUT_OF_REACH, f"the arm does not get to the front of the {label}")
    control.grip.command(0.0)
    yield from approach(control, reach)

    def resists() -> bool:
        lag = control.body.link_pose("panda_grasptarget")[:3, 3] - control.tcp()[:3, 3]
        return bool(lag @ art.normal > _RESISTS)

    try:
        yield from control.move_line(reach.hand.T, speed=0.12, until=resists)
        resisted = resists()
    except Failed as failure:
        if failure.status is not Status.BLOCKED:
            raise
        resisted = True
    control.body.freeze()
    yield from withdraw(control, reach)
    return resisted, "" if resisted else ": the hand met nothing there"


def _pushing(art: Articulation, s: float) -> list[Hand]:
    """Closed hands that push the front's face from before it at ``s`` to behind where it shuts, beside the bar."""
    sides: tuple[F64, ...] = (art.bar, -art.bar)
    heights: tuple[float, ...] = (0.0,)
    far, pitches, stand_off = s, (35.0, 20.0, 50.0), _STAND_OFF
    if art.hinge is not None:
        inwards = art.axis_point() - art.closed
        inwards -= (inwards @ art.normal) * art.normal
        sides, heights, far = (inwards / np.linalg.norm(inwards),), (0.0, 0.12, -0.12), art.radius * np.sin(s)
    if art.lid:
        pitches, stand_off = (80.0, 65.0, 50.0), -0.01  # its bar stands off its edge
    elif art.closed[2] > _HIGH:
        pitches = (5.0, -15.0, 20.0)
    hands = []
    ahead = art.facing(0.0)
    facing = float(np.arctan2(-ahead[1], -ahead[0]))
    for side, height, turn, pitch, flip in product(sides, heights, (0.0, 0.35, -0.35), pitches, (False, True)):
        T = np.eye(4)
        T[:3, :3] = hand_rotation(facing + turn, np.deg2rad(pitch), flip)
        T[:3, 3] = art.closed - (stand_off + _BEYOND) * art.normal + _BESIDE[art.kind] * side + height * art.bar
        T_pre = T.copy()
        T_pre[:3, 3] += (_BEYOND + far + 0.08) * art.normal
        hands.append(Hand(T, T_pre, 0.05 * abs(turn) + 0.1 * abs(height), opening=0.0))
    return hands
