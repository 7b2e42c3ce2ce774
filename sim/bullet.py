"""PyBullet without its noise: the module, quiet loading, poses as ``T``.

Bullet prints warnings and a build banner from C, past Python's ``sys.stdout``; a program that writes JSON to stdout
must not have them there. So file descriptors 1 and 2 point to nowhere while ``quiet()`` lasts.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..errors import ConfigError
from ..geometry import F64, matrix_from_quat, transform


@contextmanager
def quiet() -> Iterator[None]:
    """What C code prints to stdout or stderr while this lasts is dropped; Python's own streams are flushed before."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = [os.dup(1), os.dup(2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        yield
    finally:
        for fd, copy in zip((1, 2), saved, strict=True):
            os.dup2(copy, fd)
            os.close(copy)
        os.close(nowhere)


def pybullet() -> Any:
    """The module ``pybullet``, imported on first use: it is slow to import and prints a banner."""
    if "pybullet" not in sys.modules:
        with quiet():
            import pybullet  # noqa: F401
    return sys.modules["pybullet"]


def connect() -> int:
    """A new physics server without a window; its client id."""
    with quiet():
        return int(pybullet().connect(pybullet().DIRECT))


def load_renderer(client: int, renderer: str) -> None:
    """Choose how pictures are made: "tiny" (software, the same pixels everywhere) or "egl" (OpenGL without a display).

    Has to be called before bodies are loaded: a renderer shows only those that were loaded after it.
    """
    if renderer == "tiny":
        return
    if renderer != "egl":
        raise ConfigError(f"renderer {renderer!r} does not exist; there are 'tiny' and 'egl'")
    found = importlib.util.find_spec("eglRenderer")
    loaded = -1
    if found is not None and found.origin is not None:
        with quiet():
            loaded = pybullet().loadPlugin(found.origin, "_eglRendererPlugin", physicsClientId=client)
    if loaded < 0:
        raise ConfigError("renderer 'egl' cannot be loaded on this machine; use 'tiny'")


def to_transform(position: tuple[float, ...], quat_xyzw: tuple[float, ...]) -> F64:
    """``T`` (4, 4) of a Bullet pose, whose quaternions end with w."""
    x, y, z, w = quat_xyzw
    return transform(matrix_from_quat((w, x, y, z)), position)


def body_pose(client: int, body: int, link: int = -1) -> F64:
    """``T_world_link`` (4, 4) of a link's URDF frame (the base for −1)."""
    p = pybullet()
    if link < 0:
        T_com = to_transform(*p.getBasePositionAndOrientation(body, physicsClientId=client))
        local = p.getDynamicsInfo(body, -1, physicsClientId=client)[3:5]
        T_local = to_transform(*local)
        R = T_local[:3, :3].T
        return np.asarray(T_com @ transform(R, -R @ T_local[:3, 3]))
    state = p.getLinkState(body, link, computeForwardKinematics=True, physicsClientId=client)
    return to_transform(state[4], state[5])
