"""A table top with coloured blocks, seen by a depth camera: enough of a world for the other examples."""

import numpy as np

from loci.contracts import RGBDFrame
from loci.geometry import PinholeCamera, transform

CAMERA = PinholeCamera.from_fov(np.deg2rad(55), 160, 120)
BLOCKS = {  # name -> (lower corner, upper corner, colour)
    "red": ((0.9, -0.25, 0.7), (1.0, -0.15, 0.82), (200, 40, 40)),
    "green": ((1.0, 0.0, 0.7), (1.1, 0.08, 0.85), (40, 180, 60)),
    "blue": ((0.9, 0.2, 0.7), (1.02, 0.3, 0.8), (50, 70, 210)),
}
TABLE = ((0.6, -0.6, 0.66), (1.4, 0.6, 0.7), (150, 120, 90))


def camera_pose(x: float, y: float, z: float, pan: float, tilt: float) -> np.ndarray:
    """T_world_cam (4, 4) of a camera that looks along ``pan`` (about z) and down by ``tilt`` radians."""
    forward = np.array([np.cos(pan) * np.cos(tilt), np.sin(pan) * np.cos(tilt), -np.sin(tilt)])
    right = np.array([np.sin(pan), -np.cos(pan), 0.0])
    return transform(np.stack([right, np.cross(forward, right), forward], axis=1), (x, y, z))


def look(T_world_cam: np.ndarray, stamp: float, without: str = "") -> RGBDFrame:
    """Ray-cast one frame of the table top, without the block named ``without``."""
    v, u = np.mgrid[0 : CAMERA.height, 0 : CAMERA.width]
    rays = CAMERA.backproject(np.stack([u, v], -1), np.ones(u.shape)) @ T_world_cam[:3, :3].T  # depth 1 along the axis
    depth = np.full(u.shape, np.inf)
    rgb = np.full((*u.shape, 3), 230, np.uint8)
    for lower, upper, colour in [TABLE, *(b for name, b in BLOCKS.items() if name != without)]:
        with np.errstate(divide="ignore", invalid="ignore"):
            a = (np.array(lower) - T_world_cam[:3, 3]) / rays
            b = (np.array(upper) - T_world_cam[:3, 3]) / rays
        enter, leave = np.minimum(a, b).max(-1), np.maximum(a, b).min(-1)
        hit = (enter < leave) & (enter > 0) & (enter < depth)
        depth[hit], rgb[hit] = enter[hit], colour
    depth[~np.isfinite(depth)] = 0.0
    return RGBDFrame(rgb, depth.astype(np.float32), CAMERA, T_world_cam, stamp, pose_id=f"look-{stamp:g}")
