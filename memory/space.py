"""Events → the tables of poses and areas; part of ``apply``, which see.

Payload keys: ``poses`` [[num, pose id, stamp, robot, map, 12 numbers, variance]], ``correct`` [[pose, 12 numbers, variance]],
``views`` [[keyframe, 12 numbers, 12 numbers of the base or None]], ``way`` [[row of the path, its pose]], ``areas`` [[id, num,
kind, label, parent, map, box]], the newest word about an area counts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from . import codec

KEYS = frozenset({"poses", "correct", "views", "way", "areas"})


def apply_space(
    db: sqlite3.Connection,
    count: Callable[[str, float], None],
    counters: Mapping[str, float],
    payload: Mapping[str, Any],
) -> None:
    """Write what an event says of poses and areas; ``count`` raises a counter."""
    if KEYS.isdisjoint(payload):
        return
    for num, pose_id, stamp, robot, map, pose, variance in payload.get("poses", ()):
        row = (num, pose_id, stamp, robot, map, codec.encode(pose).decode(), float(variance))
        db.execute("INSERT OR REPLACE INTO poses VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        count("poses", max(counters.get("poses", 0), num))
    for num, pose, variance in payload.get("correct", ()):
        db.execute("UPDATE poses SET pose = ?, variance = ? WHERE num = ?", (_text(pose), float(variance), num))
    for seq, pose, base in payload.get("views", ()):
        for (data,) in db.execute("SELECT data FROM keyframes WHERE seq = ?", (seq,)).fetchall():
            new = {**codec.decode(data.encode()), "T": pose, "base": base}
            db.execute("UPDATE keyframes SET data = ? WHERE seq = ?", (_text(new), seq))
    for num, pose in payload.get("way", ()):
        db.execute("UPDATE path SET pose = ? WHERE num = ?", (_text(pose), num))
    for id, num, kind, label, parent, map, box in payload.get("areas", ()):
        area = (id, num, kind, label, parent, map, None if box is None else _text(box))
        db.execute("INSERT OR REPLACE INTO areas VALUES (?, ?, ?, ?, ?, ?, ?)", area)
        count(f"areas.{kind}", max(counters.get(f"areas.{kind}", 0), num))


def _text(value: object) -> str:
    return codec.encode(value).decode()
