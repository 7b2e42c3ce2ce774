"""Opening and closing doors and drawers: look where the bar is, move the front, and look again until it is as asked.

Opening, and closing from wide open, is done with the bar in the hand (``drag``). A front that is nearly shut is pushed
home by its face with the fingers closed: a hand on the bar meets the bar's end or the frame before the front is in it.
A front is shut when it resists the push at its place, or when the camera has its bar back where it was when it last did.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np

from ..contracts import Status, Target
from ..geometry import F64, Box, inverse
from .articulation import Articulation
from .body import arm_foot
from .clutter import Clutter
from .control import Control, Motion
from .drag import carry_along
from .grasps import before
from .grip import SQUEEZE
from .handles import grip_point, seen_bar, seen_front, seen_panel
from .hinges import door_in, infer
from .navigation import FloorPlan
from .one_action import Failed
from .pull import PullPlan, backwards, hand_on_bar, plan_pull, without_front
from .push import push_shut
from .skill_navigate import back_off, behind, drive_straight, drive_to, fold
from .skill_pick import look
from .skill_place import face, stand_before
from .stands import BACK

_TRIES = 4
_AGAIN = frozenset({Status.SLIPPED, Status.NOT_THERE, Status.BLOCKED, Status.STUCK})
"""Failures after which another look and another try may do better."""
_SHUT = 0.018  # metres that the bar may be from where it is when shut: what the camera can tell, and less than ajar
_SIGHTED, _GUESSED = 0.03, 0.12  # metres by which the closed position may be off: of a bar that looked shut, of a guess
_PUSH = {"hinge": 0.45, "slide": 0.12}  # radians or metres from shut within which the front is pushed, not dragged
_BY_BAR = 0.75  # radians to which a flap is opened by its bar, which then is below it
_BY_EDGE, _LEFT = 0.45, 0.38  # radians from which on a flap is held by its edge, and to which it is shut that way
_ABOUT = {"hinge": 0.5, "slide": 0.25}  # radians or metres around a guess within which a bar is taken for the one
_AJAR = 0.3  # radians: a door that is open wider is not taken for a shut one that stands askew
_ALONG = 0.95  # cosine of the angle to which a face may lie askew to the believed box


class Doors:
    """Opens and closes furniture; remembers how each piece moves, by the target's id."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._known: dict[str, Articulation] = {}
        self._bar: F64 = np.zeros(3)  # the middle of the bar that was looked at last
        self._unsure: dict[str, float] = {}  # metres by which its closed position may be off; _SHUT once it was felt

    def open(self, target: Target) -> Motion:
        """Open ``target`` by its handle, then stand before it and look in."""
        yield from self._move(target, opening=True)
        art = self._known[target.id]
        out = art.facing(0.0)[:2]
        # Before what is hinged: the open door hides the inside elsewhere.
        beside = np.array([-out[1], out[0]]) if art.hinge is not None else None
        if art.level:  # the floor that it came down over is not free any more
            yield from look(self._control, art.handle(art.full))
        try:
            yield from face(self._control, target.box_world, None, inside=True, beside=beside)
        except Failed as failure:
            if failure.status is not Status.BLOCKED:
                raise  # else look in from wherever it came to stand: it is open
            yield from look(self._control, target.box_world.center, fresh=True)

    def close(self, target: Target) -> Motion:
        """Close ``target``; ends with a look at it."""
        yield from self._move(target, opening=False)

    def _move(self, target: Target, opening: bool) -> Motion:
        """Look, act, look again: at most ``_TRIES`` acts."""
        verb = "open" if opening else "close"
        if self._control.grip.attached:
            raise Failed(Status.HANDS_FULL, f"the hand is full and cannot {verb} the {target.label}")
        if target.handle_world is None:
            raise Failed(Status.UNSUPPORTED, f"no handle of the {target.label} is known")
        if target.id not in self._known:
            self._known[target.id] = yield from self._got_to_know(target, target.handle_world)
        try:
            yield from self._until(target, opening, self._known[target.id].position(target.handle_world.center))
        except Failed:
            if self._unsure[target.id] > _SHUT and not self._known[target.id].felt:
                del self._known[target.id]  # what is believed next time may tell better how it moves
            raise

    def _until(self, target: Target, opening: bool, s: float) -> Motion:
        """Look, act, look again until it is as asked: at most ``_TRIES`` acts. ``s`` is where the front is believed to be."""
        trouble, pressed = Failed(Status.STUCK, f"the {target.label} does not move"), False
        for attempt in range(_TRIES + 1):
            s = yield from self._measured(target, s, pressed)
            art, pressed = self._known[target.id], False
            if s >= art.enough if opening else s * art.radius <= _SHUT and self._unsure[target.id] <= _SHUT:
                return
            if attempt == _TRIES:
                break
            try:
                if opening or s > _PUSH[art.kind]:
                    s, why = yield from self._drag(target, art, s, art.full if opening else 0.0)
                    yield from self._let_go(art.level)
                    if opening and s >= art.enough:  # the hand was on it all the way
                        return
                else:
                    pressed, why = yield from push_shut(self._control, art, s, target.label)
                word = f"opened only to {s:.2f} of {art.full:.2f}" if opening else f"is still open by {s:.2f}"
                trouble = Failed(Status.STUCK, f"the {target.label} {word}{why}")
            except Failed as failure:
                if failure.status not in _AGAIN:
                    raise
                trouble = failure
        raise trouble

    # --- where it is ----------------------------------------------------------------------------------------------------
    def _got_to_know(self, target: Target, handle: Box) -> Generator[None, None, Articulation]:
        """How ``target`` moves, by its believed boxes; where what is seen of a door lies askew to them, by that."""
        control = self._control
        art = infer(target.box_world, handle)
        looks_shut = art.position(handle.center) * art.radius < _SIGHTED
        self._unsure[target.id] = _SIGHTED if looks_shut else _GUESSED
        if not art.upright:
            return art
        yield from fold(control)
        try:
            yield from drive_to(control, stand_before(control, handle, None, away=0.75))
        except Failed as failure:
            if failure.status is not Status.BLOCKED:
                raise  # else look from wherever it came to stand
        yield from look(control, handle.center, fresh=True)
        front = seen_front(control.cloud, handle, control.body.T_world_cam()[:3, 3])
        s = art.position(handle.center)
        askew = front is not None and abs(s) < _AJAR and abs(front[0] @ art.outward(s)) < _ALONG
        return door_in(handle, *front) if front is not None and askew else art

    def _measured(self, target: Target, s: float, pressed: bool) -> Generator[None, None, float]:
        """Where along its motion the front stands by the depth camera; ``s`` is where it is believed to be.

        ``pressed``: it resisted a push just now. If that was near enough to where it should shut, this is shut.
        """
        control, art = self._control, self._known[target.id]
        assert target.handle_world is not None
        yield from fold(control)
        for guess in (s, 0.0, art.full):
            yield from self._look_at_handle(art, guess)
            bar = seen_bar(control.cloud, art, float(target.handle_world.size.max()), guess, _ABOUT[art.kind])
            if bar is not None:
                s = art.position(bar)
                break
            panel = seen_panel(control.cloud, art)
            if panel is not None:
                s, bar = panel, art.handle(panel)
                break
        else:
            bar = art.handle(s)
        self._bar = bar
        near, unsure = s * art.radius, self._unsure[target.id]
        seats = pressed and near <= unsure
        if seats or near < (0.0 if unsure <= _SHUT else _SIGHTED):
            # no front is further in than shut, and one that looks shut tells best where that is
            self._known[target.id] = art.shut_at(s)
            s = 0.0
        if seats:
            self._unsure[target.id] = _SHUT
        return s

    def _look_at_handle(self, art: Articulation, s: float) -> Motion:
        """Look at the bar from before it; drive there if that is not where the robot stands."""
        control = self._control
        handle, out = art.handle(s), art.facing(s)[:2]
        away = handle[:2] - control.body.base_pose()[:2]
        if not 0.5 < np.linalg.norm(away) < 1.5 or away @ out > -0.3:
            control.scan()
            floor = FloorPlan(control.voxels, control.body.base_pose())
            for distance in (0.9, 0.8, 1.0, 0.7, 1.2):
                spots = [handle[:2] + distance * _turned(out, t) for t in (0.0, 0.4, -0.4, 0.8, -0.8)]
                ok = [p for p in spots if np.isfinite(floor.cost(p)) and floor.known(p) and floor.room(p) > 0.33]
                if ok:
                    best = min(ok, key=lambda p: float(floor.cost(p)))
                    try:
                        yield from drive_to(control, np.array([*best, np.arctan2(*(handle[:2] - best)[::-1])]))
                    except Failed as failure:
                        if failure.status is not Status.BLOCKED:
                            raise  # else look from wherever it came to stand
                    break
        yield from look(control, handle, fresh=True)

    # --- with the bar in the hand ---------------------------------------------------------------------------------------
    def _drag(
        self, target: Target, art: Articulation, s: float, stop: float
    ) -> Generator[None, None, tuple[float, str]]:
        """Take hold of the bar, move it to ``stop``, let go; where the hand left it, and what ended the motion."""
        assert target.handle_world is not None
        grip = grip_point(self._control.cloud, target.handle_world, self._bar, art, s)
        if art.level and not art.lid and s > _BY_EDGE:  # the bar of an open flap is below it
            art, stop = art.by_edge(), max(stop, _LEFT)
            grip = art.handle(s)
        elif art.level and not art.lid:
            stop = min(stop, _BY_BAR)
        plan = self._plan(target, art, s, stop, grip)
        yield from self._take_hold(target, art, plan, grip)
        track, why = yield from carry_along(self._control, art, plan)
        moved = art.position(track[-1]) - art.position(track[0])
        known, fit = self._known[target.id], art.fitted(track, s)
        self._known[target.id] = fit if art is known else replace(known, hinge=fit.hinge, felt=fit.felt)
        return float(np.clip(s + moved, 0.0, art.full)), why

    def _plan(self, target: Target, art: Articulation, start: float, stop: float, grip: F64) -> PullPlan:
        control = self._control
        control.scan()
        here = control.body.base_pose()
        floor, there = FloorPlan(without_front(control.voxels, art, start), here), FloorPlan(control.voxels, here)
        clutter = Clutter(
            control.cloud, control.voxels, art.handle((start + stop) / 2), (art.box(start, 0.5), art.box(stop))
        )
        plan = plan_pull(art, start, stop, floor, there, grip, clutter)
        if plan is not None:
            return plan
        raise Failed(
            Status.OUT_OF_REACH, f"no way was found to hold on to the handle of the {target.label} while it moves"
        )

    def _take_hold(self, target: Target, art: Articulation, plan: PullPlan, grip: F64) -> Motion:
        control = self._control
        floor = FloorPlan(control.voxels, control.body.base_pose())
        base = plan.bases[0]
        for back in BACK:
            dock = behind(base, back)
            if np.isfinite(floor.cost(dock[:2])):
                break
        T = np.eye(4)
        T[:3, :3] = hand_on_bar(art, float(plan.s[0]), float(plan.swivels[0]), plan.pitch)
        T[:3, 3] = grip
        T_pre = before(T, 0.0, 0.10)
        q_pre = backwards(inverse(arm_foot(base, plan.lift)), T, T_pre, plan.joints[0])
        if q_pre is None:
            raise Failed(Status.OUT_OF_REACH, f"the arm does not get to the handle of the {target.label}")
        yield from drive_to(control, dock)
        control.grip.command(0.08)
        yield from control.unfold(q_pre, plan.lift)
        yield from drive_straight(control, base)
        for deeper in (0.0, 0.014, -0.012):
            yield from control.move_line(before(T, 0.0, -deeper), speed=0.2, prefer=plan.joints[0])
            control.grip.command(0.0, SQUEEZE)
            for _ in range(30):
                control.tick()
                yield
                if control.grip.touching():
                    control.body.freeze()
                    for _ in range(4):
                        control.tick()
                        yield
                    if control.grip.attach(handle=True):
                        return
            control.grip.release()
            yield from control.wait(0.3)
        raise Failed(Status.NOT_THERE, f"the fingers closed without the handle of the {target.label} between them")

    def _let_go(self, level: bool) -> Motion:
        """Take the hand off the bar and fold the arm, from a ``level`` flap after a longer way back."""
        control = self._control
        yield from control.wait(0.35)
        try:
            yield from control.move_line(before(control.tcp(), 0.0, 0.10), speed=0.3)
        except Failed:  # where the arm is stretched or held up, the base alone takes the open fingers off the bar
            control.body.freeze()
        try:
            away = (0.45, 0.38, 0.30, 0.22, 0.15, 0.08)
            yield from back_off(control, control.body.base_pose(), away if level else away[2:])
            yield from control.tuck()
        except Failed:  # the next step folds the arm with more patience
            control.body.freeze()


def _turned(v: F64, angle: float) -> F64:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([c * v[0] - s * v[1], s * v[0] + c * v[1]])
