"""What looks most like this? Exact search over the appearance vectors of all things: filter first, dot product after.

The vectors are kept in the file, in the transaction of the thing they belong to. Searching needs them side by side in RAM: a
matrix per length, read from the file at the first search, each row checked, and followed from then on. Nothing is approximate,
and there is no index that could be lost or lag behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import codec
from .checked import Checked

NAME = "appearance"
F32 = NDArray[np.float32]


class _Matrix:
    """Unit vectors of one length in rows, with room to grow; removal moves the last row up."""

    def __init__(self, length: int) -> None:
        self.nums = np.zeros(0, dtype=np.int64)
        self.rows: F32 = np.zeros((0, length), dtype=np.float32)
        self.at: dict[int, int] = {}

    def put(self, num: int, vector: F32) -> None:
        i = self.at.get(num)
        if i is None:
            i = self.at[num] = len(self.at)
            if i == len(self.nums):
                more = max(256, i // 2)
                self.nums = np.concatenate([self.nums, np.zeros(more, dtype=np.int64)])
                self.rows = np.concatenate([self.rows, np.zeros((more, self.rows.shape[1]), dtype=np.float32)])
        self.nums[i], self.rows[i] = num, vector

    def drop(self, num: int) -> None:
        i = self.at.pop(num, None)
        if i is None:
            return
        last = len(self.at)
        if i != last:
            self.nums[i], self.rows[i] = self.nums[last], self.rows[last]
            self.at[int(self.nums[i])] = i

    def nearest(self, vector: F32, count: int, among: Sequence[int] | None) -> list[tuple[int, float]]:
        if among is None:
            nums, cosines = self.nums[: len(self.at)], self.rows[: len(self.at)] @ vector
        else:
            picked = np.fromiter((i for num in among if (i := self.at.get(num)) is not None), dtype=np.int64)
            nums, cosines = self.nums[picked], self.rows[picked] @ vector
        if len(nums) > 4 * count:  # a partition is linear; only what may be among the best is sorted
            best = np.flatnonzero(cosines >= np.partition(cosines, -count)[-count])
            nums, cosines = nums[best], cosines[best]
        order = np.lexsort((nums, -cosines))[:count]
        return [(int(nums[i]), float(cosines[i])) for i in order]


class Vectors:
    """The appearance vectors of one database as they were last logged. ``DamagedMemory`` if one was altered."""

    def __init__(self, db: Checked) -> None:
        self._db = db
        self._matrices: dict[int, _Matrix] | None = None

    def forget(self) -> None:
        """Read everything anew at the next search."""
        self._matrices = None

    def nearest(self, vector: F32, count: int, among: Sequence[int] | None = None) -> list[tuple[int, float]]:
        """The ``count`` things (by number) whose vectors have the largest cosine with ``vector`` (D,), largest first, ties in
        order of creation; only ``among`` these numbers, if given. Vectors of another length than D are left out.
        """
        matrix = self._all().get(vector.size)
        length = float(np.linalg.norm(vector))
        if matrix is None or length == 0.0:
            return []
        return matrix.nearest((vector / length).astype(np.float32), count, among)

    def put(self, num: int, vector: Any) -> None:
        """A thing's vector as it is logged now."""
        if self._matrices is None:
            return
        row = np.asarray(vector, dtype=np.float32).reshape(-1)
        for length, matrix in self._matrices.items():
            if length != row.size:
                matrix.drop(num)
        _place(self._matrices, num, row)

    def drop(self, num: int) -> None:
        """There is no such thing any more."""
        for matrix in (self._matrices or {}).values():
            matrix.drop(num)

    def _all(self) -> dict[int, _Matrix]:
        if self._matrices is None:
            found: dict[int, _Matrix] = {}
            self._db.check_parts("merged", [""])
            self._db.check_parts("looks", [""])
            gone = {id for (id,) in self._db.raw("SELECT id FROM things WHERE merged IS NOT NULL")}
            query = "SELECT thing, body, digest FROM clouds WHERE name = ?"
            for id, body, digest in self._db.raw(query, (NAME,)):
                codec.check_row(f"thing {id}: {NAME}", digest, id, NAME, body)
                if id not in gone:
                    _place(found, int(id[1:]), codec.bytes_to_array(body).astype(np.float32).reshape(-1))
            self._matrices = found
        return self._matrices


def _place(matrices: dict[int, _Matrix], num: int, row: F32) -> None:
    length = float(np.linalg.norm(row))
    if row.size == 0 or length == 0.0:
        return
    if row.size not in matrices:
        matrices[row.size] = _Matrix(row.size)
    matrices[row.size].put(num, row / length)
