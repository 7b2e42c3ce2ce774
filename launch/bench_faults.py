"""What goes wrong with a memory file, hundreds of times: kills, power cuts, damage. Counts of what was lost and of what was
answered from damage; both have to be 0.

Every case works on a store room (``speed_world``) in a folder of its own. A killed writer tells what was acknowledged before it
goes on; a power cut leaves of the write-ahead log what the last fsync covered, then noise. See ``fault_cases`` for the cases.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from .bench import Row, row
from .fault_cases import disk_full, kills, power_cuts, readers_beside, second_writers
from .fault_damage import Damage, damaged

KILLS, CUTS, READS, LOCKS, FULL, PAGES, BITS, VALUES, EVENTS = 300, 60, 30, 10, 20, 60, 500, 600, 60
QUICK = (8, 6, 3, 2, 2, 6, 12, 22, 6)


def run(seed: int, quick: bool) -> list[Row]:
    """Every case, with how often it was tried."""
    many = QUICK if quick else (KILLS, CUTS, READS, LOCKS, FULL, PAGES, BITS, VALUES, EVENTS)
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory(prefix="loci-faults-") as name:
        folder = Path(name)
        rows = [
            *_told("kill -9 of a writer", kills(folder / "kills", many[0], rng)),
            *_told("power cut", power_cuts(folder / "cuts", many[1], rng)),
            *_told("reader beside a writer", readers_beside(folder / "readers", many[2], rng)),
            *_told("second writer", second_writers(folder / "locks", many[3])),
            *_told("disk full", disk_full(folder / "full", many[4], rng)),
        ]
        for what, damage, n in (
            ("damaged page", Damage.PAGE, many[5]),
            ("flipped bit of the file", Damage.BIT, many[6]),
            ("flipped bit in a value", Damage.VALUE, many[7]),
            ("damaged event", Damage.EVENT, many[8]),
        ):
            for table, counts in damaged(folder / damage.value, damage, n, rng).items():
                rows += _told(f"{what} of {table}" if table else what, counts)
    return rows


def _told(what: str, counts: Counter[str]) -> list[Row]:
    tries = counts.pop("tried")
    repairs = counts.pop("tried to repair", 0)
    n = {"repaired": repairs, "not repaired": repairs}
    return [row(f"{what}: {name}", count, "cases", n.get(name, tries)) for name, count in counts.items()]
