"""The mobile manipulator's body: one URDF of a planar base, a lift, a Panda arm with gripper, and a pan-tilt head.

The URDF is generated: links of pybullet_data's Panda keep their names and meshes, everything else is boxes and cylinders.
All motion is by joint motors with force limits; nothing here ever sets a joint's state. Base frame: on the floor at the
centre of the footprint, x forward. The camera looks along the head's x axis.
"""

from __future__ import annotations

import os
import tempfile
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..geometry import F64, rotation_z, transform
from .bullet import body_pose, pybullet, quiet

FOOTPRINT = 0.29
"""Radius in metres of the circle that the base needs on the floor, with a little clearance."""
ARM_X = 0.02
"""The arm stands this far before the base's centre, metres."""
LIFT_RANGE = (0.28, 0.66)
"""Height range of the arm's foot above the floor, metres."""
MAX_OPENING = 0.08
"""Fingers' full opening in metres."""
HEAD_X, HEAD_Z = -0.16, 1.30
"""Where the head's tilt axis is in the base frame, metres."""
TUCK_EMPTY = np.array([0.0, 0.3, 0.0, -2.95, 0.0, 1.5, 0.785])
TUCK_HOLDING = np.array([0.0, -0.5, 0.0, -2.95, 0.0, 2.2, 0.785])
READY = np.array([0.0, -0.70, 0.0, -2.15, 0.0, 1.72, 0.785])
"""Arm postures (7,): folded with an empty hand, folded with something in it, and hand up in front between the two others."""

BASE_JOINTS = ("base_x", "base_y", "base_yaw")
ARM_JOINTS = tuple(f"panda_joint{i}" for i in range(1, 8))
FINGER_JOINTS = ("panda_finger_joint1", "panda_finger_joint2")
HEAD_JOINTS = ("head_pan", "head_tilt")

# Force limits of the motors (N or Nm): what a 60 kg base, a spindle and the Panda's own drives can do.
_FORCES = {
    "base_x": 400.0,
    "base_y": 400.0,
    "base_yaw": 200.0,
    "lift": 900.0,
    "lift_stage": 200.0,
    **dict(zip(ARM_JOINTS, (87.0, 87.0, 87.0, 87.0, 30.0, 30.0, 12.0), strict=True)),
    **dict.fromkeys(FINGER_JOINTS, 20.0),
    **dict.fromkeys(HEAD_JOINTS, 20.0),
}
_DARK, _LIGHT, _ACCENT = "0.16 0.18 0.22 1", "0.86 0.87 0.89 1", "0.10 0.45 0.60 1"


@dataclass(frozen=True)
class _Part:
    name: str
    shape: str  # an SDF-like geometry element
    xyz: tuple[float, float, float]
    mass: float
    color: str


def _link(root: ET.Element, name: str, mass: float, parts: tuple[_Part, ...] = ()) -> None:
    link = ET.SubElement(root, "link", name=name)
    inertial = ET.SubElement(link, "inertial")
    ET.SubElement(inertial, "mass", value=str(mass))
    i = str(max(mass * 0.02, 1e-3))
    ET.SubElement(inertial, "inertia", ixx=i, iyy=i, izz=i, ixy="0", ixz="0", iyz="0")
    for part in parts:
        for kind in ("visual", "collision"):
            element = ET.SubElement(link, kind)
            ET.SubElement(element, "origin", xyz=" ".join(map(str, part.xyz)), rpy="0 0 0")
            ET.SubElement(element, "geometry").append(ET.fromstring(part.shape))
            if kind == "visual":
                material = ET.SubElement(element, "material", name=f"{name}_{part.name}")
                ET.SubElement(material, "color", rgba=part.color)


def _joint(
    root: ET.Element,
    name: str,
    kind: str,
    parent: str,
    child: str,
    xyz: tuple[float, float, float],
    axis: str = "0 0 1",
    limits: tuple[float, float] = (-10.0, 10.0),
) -> None:
    joint = ET.SubElement(root, "joint", name=name, type=kind)
    ET.SubElement(joint, "parent", link=parent)
    ET.SubElement(joint, "child", link=child)
    ET.SubElement(joint, "origin", xyz=" ".join(map(str, xyz)), rpy="0 0 0")
    if kind != "fixed":
        ET.SubElement(joint, "axis", xyz=axis)
        limit = ET.SubElement(joint, "limit", effort=str(_FORCES[name]), velocity="4")
        if kind != "continuous":
            limit.set("lower", str(limits[0]))
            limit.set("upper", str(limits[1]))


def _box(x: float, y: float, z: float) -> str:
    return f'<box size="{x} {y} {z}"/>'


def robot_urdf() -> str:
    """The whole robot as URDF text; mesh paths are absolute, into the installed pybullet_data."""
    root = ET.Element("robot", name="loci_mobile_manipulator")
    for name in ("world_anchor", "base_carrier_x", "base_carrier_y"):
        _link(root, name, 0.0 if name == "world_anchor" else 2.0)
    foot = _Part("foot", '<cylinder radius="0.27" length="0.20"/>', (0, 0, 0.13), 40, _DARK)
    rim = _Part("rim", '<cylinder radius="0.272" length="0.02"/>', (0, 0, 0.20), 1, _ACCENT)
    mast = _Part("mast", _box(0.06, 0.06, 0.96), (-0.19, 0.15, 0.71), 4, _LIGHT)
    bridge = _Part("bridge", _box(0.06, 0.20, 0.05), (-0.19, 0.08, 1.19), 1, _LIGHT)
    _link(root, "base", 45.0, (foot, rim, mast, bridge))
    _joint(root, "base_x", "prismatic", "world_anchor", "base_carrier_x", (0, 0, 0), "1 0 0", (-20, 20))
    _joint(root, "base_y", "prismatic", "base_carrier_x", "base_carrier_y", (0, 0, 0), "0 1 0", (-20, 20))
    _joint(root, "base_yaw", "continuous", "base_carrier_y", "base", (0, 0, 0))
    plate = _Part("plate", _box(0.20, 0.20, 0.03), (0, 0, -0.016), 4, _ACCENT)
    inner = _Part("inner", '<cylinder radius="0.055" length="0.20"/>', (0, 0, -0.13), 1, _LIGHT)
    _link(root, "lift_carriage", 5.0, (plate, inner))
    outer = _Part("outer", '<cylinder radius="0.07" length="0.20"/>', (0, 0, 0.13), 1, _DARK)
    _link(root, "lift_tube", 1.0, (outer,))
    _joint(root, "lift_stage", "prismatic", "base", "lift_tube", (ARM_X, 0, 0), "0 0 1", (0.0, 0.2))
    _joint(root, "lift", "prismatic", "base", "lift_carriage", (ARM_X, 0, 0), "0 0 1", LIFT_RANGE)
    neck = _Part("neck", '<cylinder radius="0.03" length="0.08"/>', (0, 0, -0.04), 0.5, _DARK)
    _link(root, "head_neck", 0.5, (neck,))
    _joint(root, "head_pan", "revolute", "base", "head_neck", (HEAD_X, 0, HEAD_Z), "0 0 1", (-3.1, 3.1))
    shell = _Part("shell", _box(0.06, 0.15, 0.07), (0.0, 0, 0.03), 0.8, _LIGHT)
    lens = _Part("lens", _box(0.01, 0.11, 0.03), (0.033, 0, 0.03), 0.1, _DARK)
    _link(root, "head_camera", 0.8, (shell, lens))
    _joint(root, "head_tilt", "revolute", "head_neck", "head_camera", (0, 0, 0), "0 1 0", (-0.8, 1.4))
    _add_panda(root)
    return ET.tostring(root, encoding="unicode")


def _add_panda(root: ET.Element) -> None:
    import pybullet_data  # prints nothing, but pulls in the engine's data; only a robot needs it

    folder = Path(pybullet_data.getDataPath()) / "franka_panda"
    panda = ET.parse(folder / "panda.urdf").getroot()
    for mesh in panda.iter("mesh"):
        # The collision hulls also serve as visuals: they have a hundredth of the triangles, and a software renderer pays
        # for each of them in every frame.
        name = mesh.attrib["filename"].rsplit("/", 1)[1]
        mesh.set("filename", str(folder / "meshes" / "collision" / name))
    for element in panda:
        if element.tag in ("link", "joint"):
            for material in element.iter("material"):
                color = _ACCENT if "3" in element.attrib["name"] or "5" in element.attrib["name"] else _LIGHT
                material.attrib["name"] = element.attrib["name"] + "_paint"
                for old in list(material):
                    material.remove(old)
                ET.SubElement(material, "color", rgba=color)
            root.append(element)
    _joint(root, "arm_mount", "fixed", "lift_carriage", "panda_link0", (0, 0, 0))


class Body:
    """The robot in one physics client: commands go to motors, everything it reports is its own joints or contacts.

    ``pose`` is (x, y, yaw) of the base at the start. The arm starts tucked.
    """

    def __init__(self, client: int, pose: tuple[float, float, float]) -> None:
        self.client = client
        self._bullet = pybullet()
        self.uid = _load(client)
        p = self._bullet
        self.joint: dict[str, int] = {}
        self.link: dict[str, int] = {}
        for i in range(p.getNumJoints(self.uid, physicsClientId=client)):
            info = p.getJointInfo(self.uid, i, physicsClientId=client)
            self.joint[info[1].decode()] = i
            self.link[info[12].decode()] = i
        self.names = (*BASE_JOINTS, "lift", "lift_stage", *ARM_JOINTS, *FINGER_JOINTS, *HEAD_JOINTS)
        self._ids = [self.joint[name] for name in self.names]
        self.forces = dict(_FORCES)
        self.target = dict.fromkeys(self.names, 0.0)
        start = [*pose, LIFT_RANGE[0], 0.0, *TUCK_EMPTY, 0.04, 0.04, 0.0, 0.35]
        for name, value in zip(self.names, start, strict=True):
            # The only place where joint states are set: before the first step of the simulation.
            p.resetJointState(self.uid, self.joint[name], float(value), physicsClientId=client)
            self.target[name] = float(value)
        for name in FINGER_JOINTS:
            link = self.joint[name]
            p.changeDynamics(self.uid, link, lateralFriction=1.2, spinningFriction=0.02, physicsClientId=client)
        self._speed = dict.fromkeys(self.names, 0.0)
        self._step: dict[str, float] = {}
        self.drive()

    # --- commands -----------------------------------------------------------------------------------------------------
    def drive(self, share: float = 1.0) -> None:
        """Send targets and feed-forward speeds to the motors: those of the last command after ``share`` of its time.

        Targets that jump once a tick would shake whatever the hand holds on to at the tick's rate.
        """
        p = self._bullet
        at = [self.target[n] - (1.0 - share) * self._step.get(n, 0.0) for n in self.names]
        p.setJointMotorControlArray(
            self.uid,
            self._ids,
            p.POSITION_CONTROL,
            targetPositions=at,
            targetVelocities=[self._speed[n] for n in self.names],
            forces=[self.forces[n] for n in self.names],
            positionGains=[0.25] * len(self.names),
            velocityGains=[1.0] * len(self.names),
            physicsClientId=self.client,
        )

    def command(self, values: dict[str, float], dt: float) -> None:
        """New joint targets, to be reached within ``dt`` seconds; other joints hold theirs. ``drive`` sends them."""
        if "lift" in values:  # the telescope's middle tube goes half the way
            values = {**values, "lift_stage": (values["lift"] - LIFT_RANGE[0]) / 2}
        for name in self.names:
            new = values.get(name, self.target[name])
            moving = name not in FINGER_JOINTS
            self._step[name] = float(new - self.target[name]) if moving else 0.0
            self._speed[name] = self._step[name] / dt
            self.target[name] = float(new)

    def freeze(self) -> None:
        """Hold everything where it is now."""
        for name, value in self.joints().items():
            if name not in FINGER_JOINTS:
                self.target[name] = value
            self._speed[name] = self._step[name] = 0.0
        self.drive()

    # --- own state ----------------------------------------------------------------------------------------------------
    def joints(self) -> dict[str, float]:
        """Measured position of every motor joint: metres or radians."""
        states = self._bullet.getJointStates(self.uid, self._ids, physicsClientId=self.client)
        return {name: float(s[0]) for name, s in zip(self.names, states, strict=True)}

    def arm(self) -> F64:
        """Measured arm joints (7,)."""
        q = self.joints()
        return np.array([q[name] for name in ARM_JOINTS])

    def base_pose(self) -> F64:
        """Measured (x, y, yaw) of the base in the world."""
        q = self.joints()
        return np.array([q[name] for name in BASE_JOINTS])

    def T_world_base(self) -> F64:
        """Pose (4, 4) of the base frame."""
        return planar(self.base_pose())

    def link_pose(self, name: str) -> F64:
        """Pose (4, 4) of a link's frame in the world, from the joint states."""
        return body_pose(self.client, self.uid, self.link[name])

    def T_world_cam(self) -> F64:
        """Camera pose (4, 4), OpenCV axes."""
        T = self.link_pose("head_camera")
        optical = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
        return T @ transform(optical, (0.045, 0.0, 0.03))

    def width(self) -> float:
        """Opening between the fingers in metres."""
        q = self.joints()
        return max(q[FINGER_JOINTS[0]] + q[FINGER_JOINTS[1]], 0.0)


def planar(pose: F64) -> F64:
    """Pose (4, 4) of a base at (x, y, yaw) on the floor."""
    return transform(rotation_z(float(pose[2])), (float(pose[0]), float(pose[1]), 0.0))


def arm_foot(pose: F64, lift: float) -> F64:
    """Pose (4, 4) of the arm's foot for a base at (x, y, yaw) with the lift at ``lift`` metres."""
    return planar(pose) @ transform(t=(ARM_X, 0.0, lift))


def _load(client: int) -> int:
    """Load the generated URDF from a temporary file; pybullet's chatter on stdout is kept out."""
    fd, path = tempfile.mkstemp(suffix=".urdf")
    try:
        with os.fdopen(fd, "w") as file:
            file.write(robot_urdf())
        with quiet():
            return int(pybullet().loadURDF(path, useFixedBase=True, physicsClientId=client))
    finally:
        os.unlink(path)
