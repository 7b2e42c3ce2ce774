"""What a recogniser would say of an image region: a class distribution that is mostly right, sometimes not, never sure.

Everything is drawn from the camera's own generator, so that looking does not change what happens in the world. The
numbers are a stand-in for a decent closed-vocabulary network: about 90 % on the right class for a region of some
hundred pixels, less for small ones; mistakes go to classes that look alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..contracts import Distribution, Role

_FOOD = ("apple", "orange", "banana", "bottle", "milk", "can", "cereal box")
_WARE = ("mug", "plate", "bowl", "sponge", "book")
_FURNITURE = ("table", "counter", "sink", "fridge", "cupboard", "drawer")
CLASSES: dict[str, Role] = {
    **dict.fromkeys(_FOOD + _WARE, Role.OBJECT),
    **dict.fromkeys(_FURNITURE, Role.FURNITURE),
    **dict.fromkeys(("handle", "door"), Role.PART),
    **dict.fromkeys(("floor", "wall"), Role.STRUCTURE),
}
_ALIKE: dict[str, tuple[str, ...]] = {
    "mug": ("bowl", "can"),
    "plate": ("bowl", "sponge"),
    "bowl": ("plate", "mug"),
    "apple": ("orange", "mug"),
    "orange": ("apple", "bowl"),
    "banana": ("sponge", "orange"),
    "bottle": ("milk", "can"),
    "milk": ("bottle", "cereal box"),
    "can": ("mug", "bottle"),
    "cereal box": ("book", "milk"),
    "sponge": ("book", "banana"),
    "book": ("sponge", "cereal box"),
    "table": ("counter", "cupboard"),
    "counter": ("table", "cupboard"),
    "sink": ("counter", "drawer"),
    "fridge": ("cupboard", "counter"),
    "cupboard": ("fridge", "counter"),
    "drawer": ("counter", "cupboard"),
    "handle": ("door",),
    "door": ("handle",),
    "floor": ("wall",),
    "wall": ("floor",),
}


@dataclass(frozen=True)
class Recogniser:
    """``error`` is the share of large regions whose best class is wrong; small regions are wrong more often.

    ``sure`` is the probability that a large region's best class gets on average.
    """

    error: float = 0.012
    sure: float = 0.90
    half_sure_pixels: float = 25.0

    def alike(self, label: str) -> tuple[str, ...]:
        """The classes that ``label`` is taken for by mistake."""
        return _ALIKE[label]

    def classify(self, label: str, pixels: int, rng: np.random.Generator) -> dict[str, float]:
        """Class distribution of a region of ``pixels`` pixels that truly shows ``label``; sums to less than 1."""
        detail = pixels / (pixels + self.half_sure_pixels)
        best = label
        if rng.random() < self.error + 0.35 * (1 - detail) ** 2:
            best = str(rng.choice(self.alike(label)))
        peak = float(np.clip(self.sure * detail**0.35 + rng.normal(0, 0.03), 0.35, 0.97))
        others = [c for c in (label, *self.alike(label), *self.alike(best)) if c != best]
        others = list(dict.fromkeys(others))
        shares = rng.dirichlet(np.ones(len(others))) * min(0.9 * (1 - peak), 0.9 * peak)
        if best != label:  # a wrong region is also less sure
            peak = max(0.35, 0.75 * peak)
        return {best: peak, **{c: float(s) for c, s in zip(others, shares, strict=True)}}

    def openness(self, fraction: float, pixels: int, rng: np.random.Generator) -> dict[str, float]:
        """Whether a door or drawer at ``fraction`` (0 closed, 1 fully open) looks open or closed."""
        detail = pixels / (pixels + 4 * self.half_sure_pixels)
        looks = 1.0 / (1.0 + np.exp(-(fraction - 0.09) / 0.025)) + rng.normal(0, 0.04)
        is_open = float(np.clip(0.5 + (looks - 0.5) * detail, 0.03, 0.97))
        return {"open": is_open, "closed": 1.0 - is_open}

    def role(self, distribution: Distribution) -> Role:
        """The role of the most likely class."""
        return CLASSES[max(distribution, key=lambda c: distribution[c])]
