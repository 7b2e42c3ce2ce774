"""Robots in questions: which of those that memory has heard of a phrase names ("robot b", "the other robot", "bob")."""

from __future__ import annotations

import re

from .records import ROBOT
from .world import World

_OTHER = re.compile(r"\b(?:the )?other robots?\b")
_SPELT = re.compile(r"\brobot (?:[a-z]|\d+|[a-z]+[ _-]?\d+|one|two|three)\b")
_ALL = re.compile(r"\b(?:robots|both|either|any robot|which robot)\b")


def robots(world: World) -> list[str]:
    """Ids of all robots that a frame or a hold was reported of, in the order of the alphabet."""
    found, last = {n.held.robot for n in world.in_hand() if n.held is not None}, ""
    step = (
        "SELECT robot FROM poses WHERE robot > ? ORDER BY robot LIMIT 1"  # one look for each robot, not for each pose
    )
    while (row := world.store.db.execute(step, (last,)).fetchone()) is not None:
        last = row[0]
        found.add(last)
    return sorted(found | {robot for robot, _ in world.last_poses})


def named_robots(world: World, text: str) -> list[str] | None:
    """The robots that a question names, empty if it names one that memory knows nothing of; None if it names none: then the
    one that is asked is meant, or all.
    """
    known = robots(world)
    if _OTHER.search(text):
        own = ROBOT if ROBOT in known else _newest(world)
        return [r for r in known if r != own]
    words, named = f" {_plain(text)} ", list[str]()
    for robot in known:
        name = _bare(robot)
        spelt = (f" {_plain(robot)} ", f" robot {name} ", f" {name} robot ", *([f" {name} "] if len(name) > 1 else ()))
        if robot != ROBOT and any(s in words for s in spelt):
            named.append(robot)
    if named:
        return named
    return [] if _SPELT.search(text) else known if _ALL.search(text) else None


def _newest(world: World) -> str | None:
    """The robot that was heard of last: it is the one that is asked."""
    row = world.store.db.execute("SELECT robot FROM poses ORDER BY num DESC LIMIT 1").fetchone()
    return None if row is None else str(row[0])


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", re.sub(r"'s\b", " ", text.lower())))


def _bare(robot: str) -> str:
    """An id without the word: "robot_b" → b."""
    return " ".join(w for w in _plain(robot).split() if w != "robot") or _plain(robot)
