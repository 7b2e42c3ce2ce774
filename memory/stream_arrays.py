"""Arrays, poses and boxes in an observation stream: compact where a machine wrote them, plain numbers where a person did."""

from __future__ import annotations

import base64
import binascii
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..geometry import F64, Box, is_rigid, matrix_from_quat, rotation_z, transform
from .stream_fields import FAR, Fields, keys, number, numbers, one_of, short, text, whole

MOST_BYTES = 8 * 2**20  # of one array
LONGEST = 1e4  # metres, a box's edge
_ARRAY = keys("dtype shape data")
_BOX = keys("T center yaw quat_wxyz size lower upper")
_POSE = keys("position quat_wxyz yaw")
_LAST_ROW = (0.0, 0.0, 0.0, 1.0)


def array_out(array: NDArray[Any]) -> dict[str, Any]:
    """An array as {dtype, shape, data}: base64 of its little-endian bytes in C order."""
    kept = np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")
    data = base64.b64encode(kept.tobytes()).decode("ascii")
    return {"dtype": kept.dtype.name, "shape": list(kept.shape), "data": data}


def array_in(value: object, where: str, dtypes: tuple[str, ...], ndim: int, most: int) -> NDArray[Any]:
    """The array of ``ndim`` axes that was written, or that a plain (nested) list of numbers means (in ``dtypes[0]``).

    At most ``most`` rows; floats have to be finite and within ± ``FAR``.
    """
    plain = isinstance(value, list)
    found = _from_list(value, where, dtypes[0], ndim) if plain else _from_bytes(value, where, dtypes, ndim)
    if found.shape[0] > most:
        raise InputError(f"{where}: has {found.shape[0]} rows; at most {most} are taken")
    if found.dtype.kind == "f" and not (np.abs(found.astype(np.float64)) <= FAR).all():  # written so that NaN fails too
        raise InputError(f"{where}: holds numbers that are not finite or beyond {FAR:g}")
    return found


def _from_list(value: Any, where: str, dtype: str, ndim: int) -> NDArray[Any]:
    low, high = (0.0, float(np.iinfo(dtype).max)) if np.dtype(dtype).kind == "u" else (-FAR, FAR)
    if ndim == 1:
        return np.asarray([number(v, f"{where}[{i}]", low, high) for i, v in enumerate(value)]).astype(dtype)
    width = len(value[0]) if value and isinstance(value[0], list) else 3
    rows = [numbers(row, f"{where}[{i}]", (width,), low, high) for i, row in enumerate(value)]
    return np.asarray(rows, dtype=np.float64).reshape(len(rows), width).astype(dtype)


def _from_bytes(value: object, where: str, dtypes: tuple[str, ...], ndim: int) -> NDArray[Any]:
    fields = Fields(value, where, _ARRAY)
    dtype = np.dtype(fields.get("dtype", one_of, dtypes)).newbyteorder("<")
    shape = [whole(n, f"{where}.shape[{i}]", 0, MOST_BYTES) for i, n in enumerate(fields.get("shape", _list))]
    if len(shape) != ndim:
        raise InputError(f"{where}.shape: {shape} is not usable; {ndim} whole numbers are needed")
    size = math.prod(shape) * dtype.itemsize
    if size > MOST_BYTES:
        raise InputError(f"{where}: {size} bytes are too many; at most {MOST_BYTES}")
    data = raw_bytes(fields.raw("data"), f"{where}.data")
    if len(data) != size:
        raise InputError(f"{where}: shape {shape} of {dtype.name} needs {size} bytes, data has {len(data)}")
    return np.frombuffer(data, dtype=dtype).reshape(shape).astype(dtype.newbyteorder("="))


def raw_bytes(value: object, where: str, most: int = MOST_BYTES) -> bytes:
    """Bytes from base64 text."""
    try:
        return base64.b64decode(text(value, where, 4 * most // 3 + 4), validate=True)
    except (binascii.Error, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{where}: {short(value)} is not base64 ({error})") from None


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"{where}: {short(value)} is not usable; a list is needed")
    return value


# --- poses and boxes ----------------------------------------------------------------------------------------------------
def pose_out(T: F64) -> list[float]:
    """A pose as its first three rows, 12 numbers (all 16 where the last row is not exactly 0 0 0 1)."""
    M = np.asarray(T, dtype=np.float64)
    rows: list[float] = (M[:3] if tuple(M[3]) == _LAST_ROW else M).reshape(-1).tolist()
    return rows


def pose_in(value: object, where: str) -> F64:
    """A pose (4, 4): 12 or 16 numbers row by row, or {"position", "quat_wxyz" or "yaw"}."""
    if isinstance(value, list):
        row = numbers(value, where, (12, 16))
        T = np.array(row + ([] if len(row) == 16 else list(_LAST_ROW))).reshape(4, 4)
        if not is_rigid(T):
            raise InputError(
                f"{where}: is no rigid transform; rotation columns have to be orthonormal and right-handed"
            )
        return T
    fields = Fields(value, where, _POSE)
    return transform(_rotation(fields), fields.get("position", numbers, (3,)))


def _rotation(fields: Fields) -> F64:
    given = fields.only_one("quat_wxyz", "yaw")
    if given == "quat_wxyz":
        quat = fields.get("quat_wxyz", numbers, (4,))
        if math.hypot(*quat) < 1e-6:
            raise InputError(f"{fields.path('quat_wxyz')}: {quat} is no rotation; four numbers, not all zero")
        return matrix_from_quat(quat)
    return rotation_z(fields.get("yaw", number, -100.0, 100.0, default=0.0))


def box_out(box: Box) -> dict[str, Any]:
    """A box as {T, size}."""
    return {"T": pose_out(box.T_ref_box), "size": np.asarray(box.size, dtype=np.float64).tolist()}


def box_in(value: object, where: str) -> Box:
    """A box: {T, size}, {center, size, yaw or quat_wxyz}, or {lower, upper}."""
    fields = Fields(value, where, _BOX)
    form = fields.only_one("T", "center", "lower")
    if form == "lower":
        low, high = fields.get("lower", numbers, (3,)), fields.get("upper", numbers, (3,))
        if any(a > b or b - a > LONGEST for a, b in zip(low, high, strict=True)):
            raise InputError(f"{where}: lower {low} has to be below upper {high}, by at most {LONGEST:g} m")
        return Box.from_bounds(low, high)
    if form is None:
        raise InputError(f"{where}: is not usable; T and size, center and size, or lower and upper are needed")
    size = np.array(fields.get("size", numbers, (3,), 0.0, LONGEST))
    if form == "T":
        return Box(fields.get("T", pose_in), size)
    return Box(transform(_rotation(fields), fields.get("center", numbers, (3,))), size)
