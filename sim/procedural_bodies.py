"""The bodies of a house's furniture: tables, what is soft, blocks, and what is hollow; what opens comes on top of them.

A piece's own frame is that of ``furniture``: origin on its underside in the middle of its footprint, front towards −y.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .catalogue import FURNITURE, FurnitureClass
from .house import Furniture
from .textures import write_texture
from .urdf import Color, Link, Urdf, Vec3

_STEEL: Color = (0.76, 0.78, 0.80)
DARK: Color = (0.17, 0.17, 0.18)
_WHITE: Color = (0.94, 0.95, 0.95)
_TABLES = ("table", "dining table", "coffee table", "side table", "desk", "console table", "nightstand")
_PAINT: dict[str, Color] = {
    "fridge": (0.87, 0.89, 0.91), "microwave": (0.30, 0.31, 0.33), "dishwasher": (0.83, 0.85, 0.86),
    "washing machine": _WHITE, "bathroom cabinet": _WHITE, "laundry basket": (0.80, 0.70, 0.52), "washbasin": _WHITE,
    "sofa": (0.44, 0.53, 0.47), "armchair": (0.60, 0.47, 0.38), "bed": (0.78, 0.82, 0.88), "sink": (0.80, 0.81, 0.78),
    "stove": (0.22, 0.22, 0.24),
}  # fmt: skip
_FRONTS: dict[str, Color] = {"oak": (0.88, 0.89, 0.85), "walnut": (0.62, 0.70, 0.66), "birch": (0.93, 0.92, 0.88)}


class Body:
    """The part of a piece that stays: its URDF with one link. ``wood``: a texture's name for what is not painted."""

    def __init__(self, piece: Furniture, folder: Path, wood: str) -> None:
        self.piece, self.kind, self.folder = piece, piece.kind, folder
        self.cls: FurnitureClass = FURNITURE[piece.kind]
        self.w, self.d, self.h = (float(s) for s in piece.box_world.size)
        self.urdf = Urdf(piece.id.replace("-", "_"), folder)
        self.body = self.urdf.link("body")
        paint = _PAINT.get(piece.kind)
        if piece.room == "kitchen" and piece.kind in ("cupboard", "drawer"):
            paint = _FRONTS[wood]
        self.skin = None if paint is not None else write_texture(wood, folder)
        self.color: Color = paint if paint is not None else (1.0, 1.0, 1.0)

    def stand(self) -> None:
        """All of it, by what kind of piece it is."""
        if self.kind in _TABLES:
            self._table()
        elif self.kind in ("sofa", "armchair", "bed"):
            self._soft()
        elif not self.cls.boards:
            self._block()
        else:
            self._hollow()

    def board(self, link: Link, size: Vec3, at: Vec3, color: Color | None = None, solid: bool = True) -> None:
        """A box of the piece's own wood or paint, unless ``color`` says otherwise."""
        if color is None and self.skin is not None:
            link.box(size, at, texture=self.skin, tiles=1.2, solid=solid)
        else:
            link.box(size, at, color if color is not None else self.color, solid=solid)

    def _table(self) -> None:
        w, d, h = self.w, self.d, self.h
        self.board(self.body, (w, d, 0.035), (0, 0, h - 0.0175))
        leg = 0.055
        for x in (-1, 1):
            for y in (-1, 1):
                at = (x * (w / 2 - leg / 2 - 0.02), y * (d / 2 - leg / 2 - 0.02), (h - 0.035) / 2)
                self.board(self.body, (leg, leg, h - 0.035), at)
        if self.kind in ("nightstand", "side table"):
            self.board(self.body, (w - 0.05, d - 0.05, 0.02), (0, 0, 0.15))

    def _soft(self) -> None:
        w, d, h, back = self.w, self.d, self.h, self.cls.back
        shade: Color = (self.color[0] * 0.86, self.color[1] * 0.86, self.color[2] * 0.86)
        if self.kind == "bed":
            self.body.box((w, d, h - 0.22), (0, 0, (h - 0.22) / 2 + 0.02), (0.55, 0.40, 0.27))
            self.body.box((w - 0.02, d - 0.04, 0.2), (0, -0.01, h - 0.1), self.color)
            self.body.box((w, 0.02, 0.95), (0, d / 2 - 0.01, 0.475), (0.50, 0.36, 0.24))
            self.body.box((w - 0.01, d * 0.68, 0.004), (0, -d * 0.15, h - 0.001), (0.47, 0.55, 0.70), solid=False)
            return
        self.body.box((w, d, h - 0.1), (0, 0, (h - 0.1) / 2 + 0.06), shade)
        self.body.box((w, d - back, 0.06), (0, -back / 2, h - 0.03), self.color)
        self.body.box((w, back, 0.85 - h), (0, (d - back) / 2, (0.85 + h) / 2), shade)
        self.body.box((w * 0.96, d * 0.9, 0.06), (0, 0, 0.03), DARK, solid=False)

    def _block(self) -> None:
        w, d, h = self.w, self.d, self.h
        self.board(self.body, (w, d, h - 0.14), (0, 0, (h - 0.14) / 2 + 0.1), (0.90, 0.89, 0.85) if self.skin else None)
        self.body.box((w - 0.03, d - 0.06, 0.1), (0, 0.02, 0.05), DARK)
        if self.kind == "counter":
            self.body.box((w, d, 0.04), (0, 0, h - 0.02), texture=write_texture("stone", self.folder), tiles=3)
            for x in np.linspace(-w / 2, w / 2, 4)[:-1] + w / 6:
                self.body.box(
                    (w / 3 - 0.012, 0.01, h - 0.2),
                    (float(x), -d / 2 - 0.005, h / 2 + 0.02),
                    (0.95, 0.94, 0.90),
                    solid=False,
                )
        elif self.kind == "stove":
            self.body.box((w, d, 0.04), (0, 0, h - 0.02), DARK)
            for x in (-0.14, 0.14):
                for y in (-0.14, 0.14):
                    self.body.cylinder(0.085, 0.002, (x, y, h), (0.36, 0.30, 0.30), solid=False)
            self.body.box((w - 0.08, 0.008, 0.36), (0, -d / 2 - 0.003, 0.45), (0.10, 0.10, 0.12), solid=False)
            self.body.box((w - 0.16, 0.02, 0.02), (0, -d / 2 - 0.03, 0.68), _STEEL, solid=False)
        elif self.kind == "washbasin":
            self.body.box((w, d, 0.04), (0, 0, h - 0.02), _WHITE)
            self.body.cylinder(0.15, 0.002, (0, -0.02, h), (0.80, 0.86, 0.90), solid=False)
            self.body.box((0.03, 0.03, 0.16), (0, d / 2 - 0.03, h + 0.08), _STEEL)
            self.body.box((0.02, 0.12, 0.02), (0, d / 2 - 0.07, h + 0.15), _STEEL, solid=False)
        else:
            self.board(self.body, (w, d, 0.04), (0, 0, h - 0.02))
        if self.kind == "tv stand":
            self.body.box((w * 0.8, 0.04, 0.6), (0, d / 2 - 0.05, h + 0.36), (0.06, 0.06, 0.08))
            self.body.box((0.3, 0.1, 0.06), (0, d / 2 - 0.06, h + 0.03), DARK)

    def _hollow(self) -> None:
        """Back, sides, boards, and a top where there is one."""
        w, d, h = self.w, self.d, self.h
        t = max(self.cls.wall, 0.015)
        inside: Color | None = (0.95, 0.96, 0.97) if self.kind == "fridge" else None
        self.board(self.body, (w, t, h), (0, d / 2 - t / 2, h / 2))
        for sign in (-1, 1):
            self.board(self.body, (t, d - t, h), (sign * (w - t) / 2, -t / 2, h / 2))
        low = self.cls.boards[0]
        if self.cls.slides:
            self.board(self.body, (w - 2 * t, d - t, low - 0.03), (0, -t / 2, (low - 0.03) / 2))
        else:
            for i, z in enumerate(self.cls.boards):
                thick = z if i == 0 else 0.015
                self.board(self.body, (w - 2 * t, d - t, thick), (0, -t / 2, z - thick / 2), inside)
        basin = self.kind in ("sink", "laundry basket")
        if basin:
            self.board(self.body, (w - 2 * t, t, h), (0, -d / 2 + t / 2, h / 2))
        if self.kind == "coat rack":
            self.board(self.body, (w, 0.03, 0.12), (0, d / 2 - 0.03, h - 0.1), DARK)
        elif not basin:
            self.board(self.body, (w - 2 * t, d - t, t), (0, -t / 2, h - t / 2))
        if self.kind == "sink":
            self.body.box((w - 2 * t, d - 2 * t, 0.004), (0, 0, low - 0.002), _STEEL, solid=False)
            self.body.box((0.03, 0.03, 0.24), (0, d / 2 - 0.025, h + 0.12), _STEEL)
            self.body.box((0.02, 0.18, 0.02), (0, d / 2 - 0.11, h + 0.23), _STEEL)
