"""Folders of posed RGB-D frames: read, checked to the last file, and written.

Layout of a folder (7-Scenes and tsdf-fusion use the same):

- ``camera-intrinsics.txt``: 3×3 matrix K in pixels, of the depth images;
- for every frame NAME: ``NAME.color.jpg`` or ``NAME.color.png`` (8-bit RGB), ``NAME.depth.png`` (16-bit, millimetres along
  the optical axis; 0 or 65535 = no reading; same size as the colour image), ``NAME.pose.txt`` (4×4 camera-to-world, metres);
- optional ``timestamps.txt``: one line ``NAME SECONDS`` per frame. Without it a frame whose name ends in the number n is
  taken to be from second n / 30.

Frames come in the order of their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contracts import MAX_DEPTH, RGBDFrame
from ..errors import FrameError
from ..geometry import F64, PinholeCamera, is_rigid, transform

RATE = 30.0  # frames a second, where there are no time stamps
NO_READING = 65535
POSE_SLACK = 0.01  # how far a stored rotation may be from orthonormal before it is refused
INTRINSICS, STAMPS = "camera-intrinsics.txt", "timestamps.txt"


@dataclass(frozen=True)
class Recording:
    """A recording at ``path``: iterate over it for its frames, ``len`` says how many there are.

    ``pose_sigma`` is the camera pose's standard deviation (metres, radians) that the frames will carry; a recording does
    not say. Raises ``FrameError`` that names the file, the value and what would be right: on opening for the folder,
    intrinsics, missing files and time stamps; on reading for a frame's images and pose.
    """

    path: Path
    pose_sigma: tuple[float, float] = (0.01, 0.004)
    robot_id: str = "camera"
    map_id: str = "map"
    names: tuple[str, ...] = field(init=False)
    stamps: tuple[float, ...] = field(init=False)
    camera: PinholeCamera = field(init=False)

    def __post_init__(self) -> None:
        path = Path(self.path)
        object.__setattr__(self, "path", path)
        if not path.is_dir():
            raise FrameError(f"{path}: is no folder; a recording is a folder with {INTRINSICS} and NAME.color.jpg, …")
        names = _frame_names(path)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "stamps", _stamps(path, names))
        height, width = read_depth(path / f"{names[0]}.depth.png").shape
        object.__setattr__(self, "camera", read_intrinsics(path / INTRINSICS, width, height))

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[RGBDFrame]:
        for i in range(len(self.names)):
            yield self.frame(i)

    def frame(self, index: int) -> RGBDFrame:
        """The frame number ``index``, counted from 0. Raises ``FrameError`` if its files cannot be used."""
        name = self.names[index]
        depth = read_depth(self.path / f"{name}.depth.png")
        shape = (self.camera.height, self.camera.width)
        if depth.shape != shape:
            raise FrameError(
                f"{self.path / f'{name}.depth.png'}: is {depth.shape[1]}×{depth.shape[0]}, the recording's first depth "
                f"image is {shape[1]}×{shape[0]}; all have to be of one size"
            )
        color = _color_file(self.path, name)
        rgb = read_color(color)
        if rgb.shape[:2] != shape:
            raise FrameError(
                f"{color}: is {rgb.shape[1]}×{rgb.shape[0]}, its depth image is {shape[1]}×{shape[0]}; colour has to be "
                "registered to depth, pixel by pixel"
            )
        translation, rotation = self.pose_sigma
        return RGBDFrame(
            rgb=rgb,
            depth=depth,
            camera=self.camera,
            T_world_cam=read_pose(self.path / f"{name}.pose.txt"),
            stamp=self.stamps[index],
            pose_id=name,
            robot_id=self.robot_id,
            map_id=self.map_id,
            pose_cov=np.diag([translation**2] * 3 + [rotation**2] * 3),
        )


@dataclass
class RecordingWriter:
    """Writes frames into a new or empty folder, in the layout above, with lossless colour and time stamps.

    Raises ``FrameError`` for a folder that is not empty, and for frames of more than one camera or out of order.
    """

    path: Path
    _camera: PinholeCamera | None = None
    _count: int = 0
    _last: float = -np.inf

    def __post_init__(self) -> None:
        self.path = Path(self.path)
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise FrameError(f"{self.path}: exists and is not an empty folder; a recording needs one of its own")
        self.path.mkdir(parents=True, exist_ok=True)

    def write(self, frame: RGBDFrame) -> str:
        """Write one frame; gives its name. Depth is rounded to the millimetre."""
        from PIL import Image

        if self._camera is None:
            self._camera = frame.camera
            np.savetxt(self.path / INTRINSICS, frame.camera.K, fmt="%.17g")
        if frame.camera != self._camera:
            raise FrameError(f"frame {frame.pose_id or frame.stamp}: its camera is not the recording's {self._camera}")
        if not frame.stamp > self._last:
            raise FrameError(f"frame {frame.pose_id or frame.stamp}: stamp has to be later than the last, {self._last}")
        name = f"frame-{self._count:06d}"
        Image.fromarray(frame.rgb).save(self.path / f"{name}.color.png")
        millimetres = np.rint(frame.depth * 1000.0).astype(np.uint16)
        Image.fromarray(millimetres).save(self.path / f"{name}.depth.png")
        np.savetxt(self.path / f"{name}.pose.txt", frame.T_world_cam, fmt="%.17g")
        with (self.path / STAMPS).open("a", encoding="utf-8") as file:
            file.write(f"{name} {frame.stamp!r}\n")
        self._count, self._last = self._count + 1, frame.stamp
        return name


# --- the folder ---------------------------------------------------------------------------------------------------------
def _frame_names(path: Path) -> tuple[str, ...]:
    """Names of all frames, sorted; every one has all three files."""
    found: dict[str, set[str]] = {}
    for file in path.iterdir():
        match = re.fullmatch(r"(.+)\.(color|depth|pose)\.(jpg|jpeg|png|txt)", file.name)
        if match:
            found.setdefault(match[1], set()).add(match[2])
    if not found:
        raise FrameError(f"{path}: holds no frames; expected NAME.color.jpg, NAME.depth.png and NAME.pose.txt for each")
    names = sorted(found)
    for name in names:
        lacking = [part for part in ("color.jpg", "depth.png", "pose.txt") if part.split(".")[0] not in found[name]]
        if lacking:
            raise FrameError(
                f"{path / f'{name}.{lacking[0]}'}: is missing, though frame {name} has its "
                f"{' and '.join(sorted(found[name]))}; every frame needs colour, depth and pose"
            )
    return tuple(names)


def _color_file(path: Path, name: str) -> Path:
    for ending in ("jpg", "png", "jpeg"):
        if (file := path / f"{name}.color.{ending}").exists():
            return file
    raise FrameError(f"{path / f'{name}.color.jpg'}: is missing (nor is there a .png)")


def _stamps(path: Path, names: tuple[str, ...]) -> tuple[float, ...]:
    """Seconds of every frame, strictly ascending."""
    file = path / STAMPS
    if not file.exists():
        numbers = [re.search(r"(\d+)$", name) for name in names]
        counted = [int(m[1]) for m in numbers if m]
        if len(counted) == len(names) and all(b > a for a, b in pairwise(counted)):
            return tuple(n / RATE for n in counted)
        return tuple(i / RATE for i in range(len(names)))
    said: dict[str, float] = {}
    for number, line in enumerate(_text(file).splitlines(), 1):
        words = line.split()
        if not words:
            continue
        try:
            name, stamp = words[0], float(words[1])
        except (IndexError, ValueError):
            raise FrameError(f"{file}: line {number} is {line.strip()!r}; it has to be NAME SECONDS") from None
        said[name] = stamp
    missing = [n for n in names if n not in said]
    if missing:
        raise FrameError(f"{file}: says nothing of {missing[0]}; every frame needs a line NAME SECONDS")
    stamps = tuple(said[n] for n in names)
    for i, stamp in enumerate(stamps):
        if not np.isfinite(stamp) or (i and stamp <= stamps[i - 1]):
            raise FrameError(
                f"{file}: {names[i]} is at {stamp} s; stamps have to be finite and ascend in the order of the names"
            )
    return stamps


# --- single files -------------------------------------------------------------------------------------------------------
def read_intrinsics(file: Path, width: int, height: int) -> PinholeCamera:
    """The camera of ``width`` × ``height`` images from a 3×3 matrix; ``FrameError`` if it cannot be theirs."""
    K = _matrix(file, 3)
    fx, fy, cx, cy = K[0, 0], K[1, 1], K[0, 2], K[1, 2]
    off = [K[0, 1], K[1, 0], K[2, 0], K[2, 1], K[2, 2] - 1]
    if np.abs(off).max() > 1e-3:
        raise FrameError(f"{file}: {K.tolist()} is no pinhole matrix [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]")
    # A field of view between 10° and 150°, and square pixels give or take: anything else belongs to another image size.
    if not (0.13 * width < fx < 5.8 * width and 0.13 * height < fy < 5.8 * height and 0.5 < fx / fy < 2):
        raise FrameError(
            f"{file}: focal lengths fx={fx:g} fy={fy:g} do not fit {width}×{height} images; expected pixels, for "
            f"example {0.9 * width:.0f} for a 58° wide view"
        )
    if not (0.1 * width < cx < 0.9 * width and 0.1 * height < cy < 0.9 * height):
        raise FrameError(
            f"{file}: principal point ({cx:g}, {cy:g}) is not near the middle of {width}×{height} images; "
            f"expected about ({(width - 1) / 2:g}, {(height - 1) / 2:g}): are these the intrinsics of another camera?"
        )
    return PinholeCamera(float(fx), float(fy), float(cx), float(cy), width, height)


def read_pose(file: Path) -> F64:
    """A camera-to-world pose (4, 4), its rotation made exactly orthonormal; ``FrameError`` if it is no rigid transform."""
    T = _matrix(file, 4)
    if not is_rigid(T, POSE_SLACK):
        det = float(np.linalg.det(T[:3, :3]))
        raise FrameError(
            f"{file}: {T.tolist()} is no rigid camera-to-world transform; expected an orthonormal rotation with "
            f"determinant 1 (is {det:.3g}), metres in the last column and a last row 0 0 0 1"
        )
    u, _, vt = np.linalg.svd(T[:3, :3])
    return transform(u @ vt, T[:3, 3])


def read_color(file: Path) -> NDArray[np.uint8]:
    """An image (H, W, 3) uint8; ``FrameError`` if it cannot be read."""
    return np.asarray(_image(file, "RGB"), dtype=np.uint8)


def read_depth(file: Path) -> NDArray[np.float32]:
    """Depth (H, W) float32 in metres, 0 = no reading, from a 16-bit image in millimetres; ``FrameError`` if it is not one."""
    raw = _image(file, None)
    if raw.ndim != 2 or raw.dtype not in (np.uint16, np.int32) or raw.min() < 0 or raw.max() > NO_READING:
        raise FrameError(
            f"{file}: is an image {raw.shape} {raw.dtype}; depth has to be one 16-bit channel of millimetres"
        )
    metres = raw.astype(np.float32) / np.float32(1000)
    metres[(raw == NO_READING) | (metres > MAX_DEPTH)] = 0
    return metres


def _image(file: Path, mode: str | None) -> NDArray[np.integer]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file) as image:
            return np.asarray(image if mode is None else image.convert(mode))
    except FileNotFoundError:
        raise FrameError(f"{file}: is missing") from None
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:  # PIL's ways to say "damaged"
        raise FrameError(
            f"{file}: cannot be read as an image ({error}); is it truncated, or of another format?"
        ) from None


def _matrix(file: Path, n: int) -> F64:
    """An n×n matrix of finite numbers from a text file."""
    try:
        values = [[float(word) for word in line.replace(",", " ").split()] for line in _text(file).splitlines()]
    except ValueError as error:
        raise FrameError(f"{file}: {error}; expected {n} lines of {n} numbers") from None
    rows = [row for row in values if row]
    if len(rows) != n or any(len(row) != n for row in rows):
        raise FrameError(f"{file}: has rows of {[len(row) for row in rows]} numbers; expected {n} lines of {n}")
    matrix = np.array(rows)
    if not np.isfinite(matrix).all():
        raise FrameError(f"{file}: holds {matrix[~np.isfinite(matrix)][0]}; expected {n} lines of {n} finite numbers")
    return matrix


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FrameError(f"{file}: is missing") from None
    except (OSError, UnicodeDecodeError) as error:
        raise FrameError(f"{file}: cannot be read as text ({error})") from None
