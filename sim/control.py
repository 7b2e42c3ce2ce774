"""What every skill is made of: ticks of control, motions as generators, frames, and the robot's own map.

A motion is a generator that yields after each control tick (1/60 s, four physics steps); whoever runs it decides when the
world goes on. A motion that cannot be carried out raises ``Failed`` with the status that the action will end with; that
exception never leaves ``sim``.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

import numpy as np

from ..contracts import Gripper, RGBDFrame, Status
from ..geometry import F64, PinholeCamera, apply, inverse
from . import arm
from .body import ARM_JOINTS, HEAD_X, HEAD_Z, LIFT_RANGE, READY, TUCK_EMPTY, TUCK_HOLDING, Body, arm_foot, planar
from .camera import Camera
from .grasps import Carried
from .grip import Grip
from .lidar import scan
from .one_action import Failed
from .voxels import VoxelMap

if TYPE_CHECKING:
    from .kitchen import Kitchen

Motion = Generator[None, None, None]

SUBSTEPS = 4
TICK = SUBSTEPS / 240.0
"""Seconds of simulated time per control tick."""
FRAME_PERIOD = 0.5
"""Seconds between the frames that are taken while the robot drives."""
_ARM_SPEED = 1.5  # rad/s, mean of a motion
_LIFT_SPEED = 0.35  # m/s
_HEAD_SPEED = 3.0  # rad/s
_MOST_PER_TICK = 0.04  # rad that a joint moves in one tick on a straight line
_STALLED = 0.15  # rad or a third of it in metres: a joint this far behind is held up by something
_OFF_LINE = 0.03  # metres that the arm may stray from a straight line
_MAP_STRIDE = 5  # pixels between the depth readings that go into the obstacle map


class Control:
    """One robot in one world: body, grip, camera, obstacle map, and the frames taken since they were last fetched."""

    def __init__(
        self, world: Kitchen, robot_id: str, map_id: str, camera: PinholeCamera, rng: np.random.Generator
    ) -> None:
        self.world = world
        self.body = Body(world.client, world.robot_start)
        self.grip = Grip(self.body)
        self.voxels = VoxelMap(*world.extent)
        self.frames: list[RGBDFrame] = []
        self._robot_id, self._map_id = robot_id, map_id
        self._camera = Camera(world, camera, rng=rng)
        self._last_frame = -np.inf
        self._number = 0
        self.cloud: F64 = np.zeros((0, 3))
        self.held: Carried | None = None

    @property
    def now(self) -> float:
        """Simulated seconds."""
        return float(self.world.time)

    # --- ticks --------------------------------------------------------------------------------------------------------
    def tick(self, values: dict[str, float] | None = None) -> None:
        """One control tick towards new joint targets; a grasp that is torn off fails the running skill."""
        self.body.command(values or {}, TICK)
        for k in range(SUBSTEPS):
            self.body.drive((k + 1) / SUBSTEPS)
            self.world.step(1, self.grip.watch)
        if self.grip.lost:
            self.grip.lost = False
            self.held = None
            self.body.freeze()
            raise Failed(Status.SLIPPED, f"torn out of the hand at {self.grip.load:.0f} N")

    def wait(self, seconds: float) -> Motion:
        """Hold still."""
        for _ in range(max(round(seconds / TICK), 1)):
            self.tick()
            yield

    # --- arm ----------------------------------------------------------------------------------------------------------
    def move_arm(self, q: F64 | None, lift: float | None = None, speed: float = 1.0) -> Motion:
        """Joint motion to ``q`` (7,) and/or a lift height, on a smooth profile; fails as BLOCKED when held up."""
        target = self.body.target
        start = np.array([target["lift"], *(target[n] for n in ARM_JOINTS)])
        goal = start.copy()
        if lift is not None:
            goal[0] = lift
        if q is not None:
            goal[1:] = q
        way = np.abs(goal - start)
        seconds = max(way[0] / _LIFT_SPEED, float(way[1:].max()) / _ARM_SPEED) / speed
        yield from self._interpolate(("lift", *ARM_JOINTS), start, goal, seconds)

    def _interpolate(self, names: tuple[str, ...], start: F64, goal: F64, seconds: float) -> Motion:
        n = max(round(seconds / TICK), 1)
        for k in range(1, n + 1):
            s = k / n
            s = s * s * (3 - 2 * s)
            self.tick(dict(zip(names, start + (goal - start) * s, strict=True)))
            self.check_stalled(names)
            yield

    def check_stalled(self, names: tuple[str, ...]) -> None:
        """Fail as BLOCKED when one of the joints lags far behind its target."""
        measured = self.body.joints()
        for name in names:
            limit = _STALLED if name.startswith("panda") or name.endswith("yaw") else _STALLED / 2
            if abs(measured[name] - self.body.target[name]) > limit:
                self.body.freeze()
                raise Failed(Status.BLOCKED, f"{name.replace('_', ' ')} was held up by something")

    def tuck(self) -> Motion:
        """Fold the arm into the footprint, hand low enough for the camera to see over it."""
        goal = TUCK_HOLDING if self.grip.attached else TUCK_EMPTY
        now = np.array([self.body.target[n] for n in ARM_JOINTS])
        if np.abs(now - goal).max() > 0.05 or self.body.target["lift"] > LIFT_RANGE[0] + 0.01:
            yield from self.move_arm(READY, lift=LIFT_RANGE[0])
            yield from self.move_arm(goal)

    def unfolded(self) -> bool:
        """True while the arm is neither folded nor nearly so."""
        now = np.array([self.body.target[n] for n in ARM_JOINTS])
        return min(float(np.abs(now - q).max()) for q in (TUCK_EMPTY, TUCK_HOLDING)) > 0.3

    def unfold(self, q: F64, lift: float) -> Motion:
        """From the folded posture to ``q`` (7,) and ``lift``, hand up first: the way that ``reach`` has checked."""
        yield from self.move_arm(READY)
        yield from self.move_arm(q, lift)

    def foot(self) -> F64:
        """Commanded pose (4, 4) of the arm's foot."""
        t = self.body.target
        return arm_foot(np.array([t["base_x"], t["base_y"], t["base_yaw"]]), t["lift"])

    def tcp(self) -> F64:
        """Commanded pose (4, 4) of the grasp centre in the world."""
        return np.asarray(self.foot() @ arm.forward(np.array([self.body.target[n] for n in ARM_JOINTS])))

    def move_line(
        self, goal: F64, speed: float = 0.25, until: Callable[[], bool] | None = None, prefer: F64 | None = None
    ) -> Motion:
        """Straight motion of the grasp centre to ``goal`` (4, 4) in the world with the base at rest, at ``speed`` m/s.

        ``until`` is asked after each tick and ends the motion early; ``prefer`` (7,) are joints to end near. Fails as
        OUT_OF_REACH where the arm cannot follow.
        """
        start = self.tcp()
        n = max(round(float(np.linalg.norm(goal[:3, 3] - start[:3, 3])) / speed / TICK), 6)
        turn = _rotation_vector(start[:3, :3].T @ goal[:3, :3])
        for k in range(1, n + 1):
            T = np.eye(4)
            T[:3, :3] = start[:3, :3] @ _rotation(turn * k / n)
            T[:3, 3] = start[:3, 3] + (goal[:3, 3] - start[:3, 3]) * k / n
            now = np.array([self.body.target[j] for j in ARM_JOINTS])
            wish = now if prefer is None else now + (prefer - now) / (n - k + 1)
            q, error = arm.track(inverse(self.foot()) @ T, now, wish)
            if error > _OFF_LINE:
                raise Failed(Status.OUT_OF_REACH, "the arm cannot follow the straight line")
            yield from self._towards(q)
            if until is not None and until():
                return

    def _towards(self, q: F64) -> Motion:
        """One tick to ``q``, or several where a joint would have to jump."""
        start = np.array([self.body.target[n] for n in ARM_JOINTS])
        n = max(int(np.ceil(float(np.abs(q - start).max()) / _MOST_PER_TICK)), 1)
        for k in range(1, n + 1):
            self.tick(dict(zip(ARM_JOINTS, start + (q - start) * k / n, strict=True)))
            self.check_stalled(ARM_JOINTS)
            yield

    # --- head and camera ----------------------------------------------------------------------------------------------
    def look_at(self, point: F64) -> Motion:
        """Turn the head so that ``point`` (3,) in the world is in the middle of the picture."""
        p = apply(inverse(planar(self.body.base_pose())), point)
        dx, dy, dz = p[0] - HEAD_X, p[1], p[2] - HEAD_Z - 0.03
        pan = float(np.clip(np.arctan2(dy, dx), -3.05, 3.05))
        tilt = float(np.clip(np.arctan2(-dz, max(np.hypot(dx, dy), 1e-3)), -0.75, 1.35))
        yield from self.turn_head(pan, tilt)

    def turn_head(self, pan: float, tilt: float) -> Motion:
        """Head joints in radians."""
        names = ("head_pan", "head_tilt")
        start = np.array([self.body.target[n] for n in names])
        goal = np.array([pan, tilt])
        yield from self._interpolate(names, start, goal, max(float(np.abs(goal - start).max()) / _HEAD_SPEED, 0.05))

    def capture(self, fresh: bool = False) -> RGBDFrame:
        """Take a frame now, queue it, and add its depth to the obstacle map.

        ``fresh`` also makes its points the cloud that grasps and places are planned on (without it they are added).
        """
        T = self.body.T_world_cam()
        view = self._camera.render(T, (self.body.uid,))
        tcp = self.body.link_pose("panda_hand")
        hand = Gripper(self.body.width(), self.grip.attached, tcp)  # the tie holds; contacts flicker
        frame = RGBDFrame(
            rgb=view.rgb,
            depth=view.depth,
            camera=self._camera.camera,
            T_world_cam=T,
            stamp=self.now,
            pose_id=f"{self._robot_id}-{self._number}",
            robot_id=self._robot_id,
            map_id=self._map_id,
            joints=self.body.joints(),
            gripper=hand,
            body_mask=view.body_mask,
            segments=view.segments,
            T_world_base=self.body.T_world_base(),
        )
        self._number += 1
        self._last_frame = self.now
        self.frames.append(frame)
        self._use(frame, fresh)
        return frame

    def capture_due(self) -> None:
        """A frame if the last one is older than the frame period."""
        if self.now - self._last_frame >= FRAME_PERIOD - 1e-6:
            self.capture()

    def _use(self, frame: RGBDFrame, fresh: bool) -> None:
        good = (frame.depth > 0) & ~np.asarray(frame.body_mask)
        points = apply(frame.T_world_cam, frame.camera.cloud(frame.depth))
        if self.grip.attached:  # what is carried is no obstacle
            good &= np.linalg.norm(points - self.tcp()[:3, 3], axis=-1) > 0.25
        coarse = np.zeros_like(good)
        coarse[::_MAP_STRIDE, ::_MAP_STRIDE] = True
        ends = points[good & coarse]
        self.voxels.integrate(frame.T_world_cam[:3, 3], ends, np.ones(len(ends), dtype=bool))
        near = points[good & (frame.depth < 2.2)]
        self.cloud = near if fresh else np.concatenate([self.cloud, near])

    def scan(self) -> None:
        """One turn of the laser scanner into the obstacle map."""
        start, ends, hit = scan(self.body)
        if self.grip.attached:
            keep = np.linalg.norm(ends - self.tcp()[:3, 3], axis=-1) > 0.25
            ends, hit = ends[keep], hit[keep]
        self.voxels.integrate(start, ends, hit)


def _rotation_vector(R: F64) -> F64:
    """Rotation vector (3,) of a rotation matrix, angle in [0, π]."""
    from ..geometry import quat_from_matrix

    q = quat_from_matrix(R)
    sine = float(np.linalg.norm(q[1:]))
    return np.asarray(q[1:] * (2 * np.arctan2(sine, q[0]) / sine)) if sine > 1e-9 else np.zeros(3)


def _rotation(vector: F64) -> F64:
    """Rotation matrix of a rotation vector (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = vector / angle
    K = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * K + (1 - np.cos(angle)) * K @ K)
