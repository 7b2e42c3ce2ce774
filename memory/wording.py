"""How memory says things: times, ages and places in plain English."""

from __future__ import annotations

import datetime

from .records import ROBOT, Place

_EPOCH = 1e8  # seconds; larger stamps are dates, smaller ones count from a start


def ago(seconds: float) -> str:
    """ "just now", "12 s ago", "4 min ago", "3 h ago", "2 days ago"."""
    if seconds < 1.5:
        return "just now"
    return f"{span(seconds)} ago"


def span(seconds: float) -> str:
    """A duration: "12 s", "4 min", "3 h", "2 days"."""
    s = max(0.0, seconds)
    if s < 90:
        return f"{s:.0f} s"
    if s < 5400:
        return f"{s / 60:.0f} min"
    if s < 129600:
        return f"{s / 3600:.0f} h"
    return f"{s / 86400:.0f} days"


def clock(stamp: float, now: float) -> str:
    """A moment: "14:05" (UTC) today, with the date otherwise; "12.3 s" after the start for stamps that are no dates."""
    if stamp < _EPOCH:
        return f"{stamp:.1f} s"
    moment = datetime.datetime.fromtimestamp(stamp, datetime.UTC)
    today = datetime.datetime.fromtimestamp(now, datetime.UTC).date()
    return moment.strftime("%H:%M" if moment.date() == today else "%Y-%m-%d %H:%M")


def at_place(place: Place | None) -> str:
    """ "on the table", "near the sink", "in the robot's hand", "somewhere"."""
    if place is None:
        return "somewhere"
    if place.predicate == "held_by":
        return in_hand(place.id)
    if place.predicate == "at":
        return f"near the {place.label}"
    return str(place)


def in_hand(robot: str) -> str:
    """ "in the robot's hand", of one that has a name "in the hand of tom"."""
    return "in the robot's hand" if robot == ROBOT else f"in the hand of {robot}"


def name(label: str, id: str) -> str:
    """ "the mug (o7)"."""
    return f"the {label} ({id})"


def sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")
