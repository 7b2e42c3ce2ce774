"""How often was a key used lately, in a few hundred bytes: a count-min sketch that ages, behind a doorkeeper.

Einziger, Friedman, Manes: TinyLFU: A Highly Efficient Cache Admission Policy, ACM Transactions on Storage 13(4), 2017.
"""

from __future__ import annotations

from hashlib import blake2b

from ..errors import InputError

DEPTH = 4
"""Rows of the sketch: an estimate is too high by more than e/width of all additions with probability below e^-4."""
TOP = 15
"""The largest number in four bits; a counter stays there."""
_HALVES = bytes((b >> 1) & 0x77 for b in range(256))  # both counters of a byte at once


def positions(key: str, seed: int, count: int, size: int) -> list[int]:
    """``count`` places in 0..``size`` - 1 (a power of two), the same in every process: double hashing of one digest.

    (Kirsch, Mitzenmacher: Less Hashing, Same Performance, 2008.)
    """
    digest = blake2b(key.encode(), digest_size=16, key=seed.to_bytes(8, "little")).digest()
    first, step = int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little") | 1
    return [(first + i * step) & (size - 1) for i in range(count)]


def power_of_two(at_least: int) -> int:
    """The smallest power of two that is not below ``at_least``, and not below 8."""
    return 1 << max(3, (at_least - 1).bit_length())


class CountMinSketch:
    """Counters of four bits, ``DEPTH`` rows of ``width`` (rounded up to a power of two), two in a byte.

    An estimate is never below the true count (up to 15) as long as ``halve`` was not called. Only the smallest of a key's
    counters are raised (the paper's minimal increment), which keeps the estimates of rare keys low.
    """

    def __init__(self, width: int, seed: int = 0) -> None:
        if width < 1:
            raise InputError(f"a sketch of width {width} counts nothing; at least 1 is needed")
        self.width = power_of_two(width)
        self.seed = seed
        self._bytes = bytearray(DEPTH * self.width // 2)

    def _cells(self, key: str) -> list[int]:
        return [row * self.width + p for row, p in enumerate(positions(key, self.seed, DEPTH, self.width))]

    def _get(self, cell: int) -> int:
        return (self._bytes[cell >> 1] >> (4 * (cell & 1))) & TOP

    def add(self, key: str) -> None:
        """Count one use."""
        cells = self._cells(key)
        counts = [self._get(c) for c in cells]
        least = min(counts)
        if least == TOP:
            return
        for cell, count in zip(cells, counts, strict=True):
            if count == least:
                self._bytes[cell >> 1] += 1 << (4 * (cell & 1))

    def estimate(self, key: str) -> int:
        """Uses counted, 0..15; perhaps too many, never too few since the last halving."""
        return min(self._get(c) for c in self._cells(key))

    def halve(self) -> None:
        """Age: every counter becomes half of itself, rounded down; so does every estimate."""
        self._bytes = bytearray(self._bytes.translate(_HALVES))


class Doorkeeper:
    """A Bloom filter: says of every key that came by that it did, and of few others (about 3 % when it is full)."""

    def __init__(self, expected: int, seed: int = 0) -> None:
        if expected < 1:
            raise InputError(f"a doorkeeper for {expected} keys keeps no door; at least 1 is needed")
        self.size = power_of_two(8 * expected)
        self.seed = seed
        self._bits = bytearray(self.size // 8)

    def __contains__(self, key: str) -> bool:
        return all(self._bits[p >> 3] >> (p & 7) & 1 for p in self._places(key))

    def add(self, key: str) -> bool:
        """Let ``key`` in; True if it (or a false friend of it) was in already."""
        known = True
        for p in self._places(key):
            known &= bool(self._bits[p >> 3] >> (p & 7) & 1)
            self._bits[p >> 3] |= 1 << (p & 7)
        return known

    def clear(self) -> None:
        """Forget all."""
        self._bits = bytearray(len(self._bits))

    def _places(self, key: str) -> list[int]:
        return positions(key, self.seed ^ 0x9E3779B97F4A7C15, 3, self.size)


class RecentFrequency:
    """TinyLFU's statistics: what comes once leaves its mark at the door only, what comes again is counted.

    When ``sample`` uses are counted, all counts and that of the uses are halved and the door forgets: old fame fades.
    """

    def __init__(self, sample: int, seed: int = 0) -> None:
        self.sketch = CountMinSketch(sample, seed)
        self.door = Doorkeeper(sample, seed)
        self.sample = sample
        self.uses = 0

    def add(self, key: str) -> None:
        """Count one use, and age all when it is time."""
        if self.door.add(key):
            self.sketch.add(key)
        self.uses += 1
        if self.uses >= self.sample:
            self.sketch.halve()
            self.door.clear()
            self.uses //= 2

    def estimate(self, key: str) -> int:
        """How often ``key`` was used lately, 0..16."""
        return self.sketch.estimate(key) + (key in self.door)
