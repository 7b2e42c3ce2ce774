"""Fronts of furniture: what slides out is seen as one piece with what it slides out of."""

from dataclasses import replace

import numpy as np
import pytest

from loci.geometry import Box, PinholeCamera, transform
from loci.sim.camera import Camera
from loci.sim.house_plan import generate
from loci.sim.procedural import HouseWorld

CAMERA = PinholeCamera.from_fov(np.deg2rad(58.0), 160, 120)


@pytest.fixture(scope="module")
def world():
    house = generate(2, 5, 1)
    with HouseWorld.of(replace(house, things=house.things[::12])) as built:
        yield built


def looking(eye, at):
    """Camera pose (4, 4), OpenCV axes."""
    z = (at - eye) / np.linalg.norm(at - eye)
    x = np.cross(z, [0.0, 0.0, 1.0])
    x /= np.linalg.norm(x)
    return transform(np.stack([x, np.cross(z, x), z], axis=1), eye)


def box_of(world, name):
    spec = world.furniture[name].spec
    size = np.array(spec.size)
    return Box(spec.T_world_piece @ transform(t=(0.0, 0.0, size[2] / 2)), size)


@pytest.mark.parametrize("name", ["drawer-1", "dresser-1"])
def test_a_drawer_and_its_carcass_are_one_piece_to_look_at(world, name) -> None:
    """Two things with one name would be two in memory, and the handle would belong to the thin one."""
    piece = world.furniture[name]
    box = box_of(world, name)
    eye = box.center + 1.2 * piece.spec.front + np.array([0.25, 0.25, 0.6])
    camera = Camera(world, CAMERA, noisy=False)
    _, _, mask = camera._raw(looking(eye, box.center))
    view = camera.render(looking(eye, box.center))
    own = (mask >= 0) & ((mask & ((1 << 24) - 1)) == piece.body)
    link = (mask >> 24) - 1
    front, carcass = own & (link == piece.joint), own & (link == -1)
    assert front.sum() > 50
    assert carcass.sum() > 10
    numbers = set(np.unique(view.segments.ids[front | carcass]).tolist())
    assert len(numbers) == 1
    number = numbers.pop()
    assert number not in np.unique(view.segments.ids[own & (link == piece.handle)])
    assert view.segments.states[number]["openness"]["closed"] > 0.5
