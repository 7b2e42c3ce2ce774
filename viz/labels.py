"""Where the labels go: above their things on thin stems, as low as they can be without covering each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import rerun as rr

from ..contracts import Role
from ..geometry import F64, BoolArray
from ..memory.records import Thing
from . import palette
from .eye import FOV_Y, Eye

CHARACTER = 0.0085  # width of a character and height of a line in units of the picture's height, at the poster's zoom
LINE = 0.027


MANY = 28  # labels, from which on they are kept short
MOST = 60  # labels at a time, objects before furniture


@dataclass(frozen=True, eq=False)
class Placed:
    """A label's text, where its stem begins (3,) and ends (3,), metres, world."""

    text: str
    foot: F64
    head: F64


class Labels:
    """Draws the labels of things into ``stream``, anew only when a text, a colour or a place has changed."""

    def __init__(self, stream: rr.RecordingStream) -> None:
        self._stream = stream
        self._drawn: tuple[object, ...] = ()
        self._stems: tuple[object, ...] = ()
        self._about: tuple[object, ...] = ()  # what the layout below was made for: ids and eye, lengths, tops
        self._lengths: list[int] = []
        self._tops = np.zeros((0, 3))
        self._placed: list[Placed] = []

    def update(self, things: Sequence[Thing], now: float, eye: Eye) -> None:
        """Label objects and furniture among ``things`` as they are known at ``now``."""
        named = [t for t in things if t.role is Role.OBJECT] + [t for t in things if t.role is Role.FURNITURE]
        named = named[:MOST]
        texts = [palette.label(t, now, short=len(named) > MANY) for t in named]
        colors = [palette.label_color(t) for t in named]
        fresh = self._layout(named, texts, eye)
        if not fresh and self._drawn == (texts, colors):
            return
        self._drawn = (texts, colors)
        heads = np.array([p.head for p in self._placed]).reshape(-1, 3)
        anchors = text_anchors(heads, eye)
        none = rr.Radius.ui_points(0.0)
        points = rr.Points3D(anchors, labels=texts, colors=colors, radii=none, show_labels=True)
        self._stream.log("/world/labels", points)
        if fresh or self._stems != tuple(colors):
            self._stems = tuple(colors)
            stems = np.array([(p.foot, p.head) for p in self._placed]).reshape(-1, 2, 3)
            faint = [(*c[:3], 110) for c in colors]
            self._stream.log(
                "/world/labels/stems", rr.LineStrips3D(stems, colors=faint, radii=rr.Radius.ui_points(0.7))
            )

    def _layout(self, named: Sequence[Thing], texts: Sequence[str], eye: Eye) -> bool:
        """Place the labels anew where needed; True if that was done. Small moves and shorter texts keep their places."""
        tops = np.array([top(t) for t in named]).reshape(-1, 3)
        about = (tuple(t.id for t in named), eye.position.tobytes())
        lengths = [len(t) for t in texts]
        if about == self._about and np.abs(tops - self._tops).max(initial=0.0) < 0.04:
            longer = any(a > b for a, b in zip(lengths, self._lengths, strict=True))
            if not longer:
                return False
        self._about, self._tops, self._lengths = about, tops, lengths
        self._placed = place(texts, tops, eye)
        return True


def top(thing: Thing) -> F64:
    """Middle (3,) of the upper face of a thing's box, metres, world."""
    x, y, _ = thing.box_world.center
    return np.array([x, y, thing.box_world.bounds()[1][2]])


def place(texts: Sequence[str], tops: F64, eye: Eye, low: float = 0.05) -> list[Placed]:
    """Stem heads for ``texts`` over ``tops`` (N, 3), the middles of the upper faces of their boxes.

    Greedy, from the lower edge of the picture upwards: each label takes the free place nearest to its thing, from
    ``low`` metres above it and sideways; the farthest one where none is free.
    """
    placed: list[Placed | None] = [None] * len(texts)
    if not len(texts):
        return []
    offsets = _offsets(eye, low)
    taken = np.zeros((0, 4))
    xy, _ = eye.project(tops)
    for i in np.argsort(xy[:, 1], kind="stable"):
        heads = tops[i] + offsets
        boxes = _rectangles(eye.project(heads)[0], CHARACTER * len(texts[i]) + 0.012)
        free = ~_overlap(boxes, taken).any(axis=1)
        choice = int(np.argmax(free)) if free.any() else len(heads) - 1
        taken = np.vstack([taken, boxes[choice]])
        placed[i] = Placed(texts[i], tops[i], heads[choice])
    return [p for p in placed if p is not None]


def _offsets(eye: Eye, low: float) -> F64:
    """Places to try (M, 3), metres from a thing's top, the best first: low ones, and rather higher than sideways."""
    high = (
        2 * np.tan(FOV_Y / 2) * float(np.linalg.norm(eye.position - eye.target))
    )  # metres across the picture's height
    rise, shift = np.meshgrid(low + 0.0055 * high * np.arange(60), 0.02 * high * np.arange(-4, 5), indexing="ij")
    order = np.argsort((rise + 1.5 * np.abs(shift)).ravel(), kind="stable")
    return np.asarray(np.outer(rise.ravel(), (0.0, 0.0, 1.0)) + np.outer(shift.ravel(), eye.axes[0]))[order]


def text_anchors(heads: F64, eye: Eye) -> F64:
    """Where to put the texts (N, 3) so that they stand on their stems: rerun hangs a point's label below the point."""
    _, z = eye.project(heads)
    rise = 1.35 * LINE * 2 * np.tan(FOV_Y / 2) * z
    return np.asarray(heads + np.outer(rise, (0.0, 0.0, 1.0)))


def _rectangles(spots: F64, width: float) -> F64:
    """Left, bottom, right, top (M, 4) of a label that stands on ``spots`` (M, 2)."""
    x, y = spots[:, 0], spots[:, 1]
    return np.stack([x - width / 2, y, x + width / 2, y + LINE], axis=1)


def _overlap(boxes: F64, others: F64) -> BoolArray:
    """Which of ``boxes`` (M, 4) covers which of ``others`` (K, 4): (M, K)."""
    a, b = boxes[:, None, :], others[None, :, :]
    return np.asarray((a[..., :2] < b[..., 2:]).all(axis=-1) & (b[..., :2] < a[..., 2:]).all(axis=-1))
