"""Names under which gymnasium finds the worlds: ``gymnasium.make("loci.sim:loci/House-v0")``."""

from __future__ import annotations

import gymnasium

ENVIRONMENTS = {
    "loci/Ithor-v0": ("gym_ithor:IthorEnv", 60),
    "loci/House-v0": ("gym_house:HouseEnv", 100),
    "loci/Kitchen-v0": ("gym_kitchen:KitchenEnv", 40),
}
"""Id → (where its class is, actions after which an episode is cut off)."""


def register() -> None:
    """Make the environments known; loads none of them. May be called twice."""
    for name, (entry, steps) in ENVIRONMENTS.items():
        if name not in gymnasium.registry:
            gymnasium.register(name, f"{__package__}.{entry}", max_episode_steps=steps)
