"""The worlds as gymnasium environments: what gymnasium asks of one, masks that tell the truth, rewards, determinism."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import SyncVectorEnv

from loci.contracts import Verb
from loci.errors import ConfigError, InputError
from loci.sim.goals import from_json
from loci.sim.gym_env import WorldEnv
from loci.sim.gym_ithor import IthorEnv
from loci.sim.gym_spaces import CONDITIONS, SLOTS, Actions
from loci.sim.household_laws import breaches

WORLDS = ("Ithor", "House")


@pytest.fixture(autouse=True)
def _data(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCI_DATA", str(data_dir))


def make(world: str, **settings: Any) -> WorldEnv:
    env = gymnasium.make(f"loci.sim:loci/{world}-v0", disable_env_checker=True, **settings).unwrapped
    assert isinstance(env, WorldEnv)
    return env


def walk(env: WorldEnv, seed: int, steps: int) -> str:
    """The hash of all that random sensible actions lead to."""
    digest = hashlib.sha256()
    obs, info = env.reset(seed=seed)
    env.action_space.seed(seed)
    for _ in range(steps):
        for key in sorted(obs):
            digest.update(np.asarray(obs[key]).tobytes())
        digest.update(info["action_mask"].tobytes() + info["instruction"].encode() + info["detail"].encode())
        obs, reward, over, _, info = env.step(env.action_space.sample(mask=info["action_mask"]))
        digest.update(repr((reward, over)).encode())
        if over:
            obs, info = env.reset()
    return digest.hexdigest()


def slot_of(env: WorldEnv, kind: str) -> int | None:
    return next((k for k, s in enumerate(env.seen()) if s.kind == kind), None)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("observation", ["reports", "rgbd"])
def test_gymnasium_finds_nothing_wrong(world: str, observation: str) -> None:
    """Its own checker, and warnings are errors here."""
    small: dict[str, Any] = {"rooms": 3, "members": 1} if world == "House" else {}
    env = make(world, observation=observation, render_mode="rgb_array", **small)
    check_env(env)
    env.reset(seed=0)
    assert env.render().shape == (120, 160, 3)
    env.close()
    env.close()


@pytest.mark.slow
def test_the_kitchen_is_an_environment_too() -> None:
    """The checker, which also steps twice and compares, and a real door."""
    env = make("Kitchen", goal={"state": ["fridge", "open", True]}, width=40, height=30)
    check_env(env, skip_render_check=True)

    env.reset(seed=3)
    for _ in range(3):
        slot = slot_of(env, "fridge")
        assert slot is not None
        obs, reward, over, _, info = env.step(np.int64(env.actions.number(Verb.OPEN, slot)))
        if over:
            break
    assert (reward, over, info["status"]) == (1.0, True, "succeeded")
    assert obs["number"].any()
    env.close()


@pytest.mark.parametrize("world", WORLDS)
def test_equal_seeds_give_equal_episodes(world: str) -> None:
    """Every observation, mask, instruction and reward, bit for bit; another seed gives others."""
    env = make(world)
    first = walk(env, 4, 25)
    assert walk(make(world), 4, 25) == first
    walk(env, 5, 3)
    assert walk(env, 4, 25) == first  # what happened before does not matter
    assert walk(env, 5, 25) != first


def test_what_is_masked_out_never_succeeds() -> None:
    """A mask may leave in what fails; what it takes out has to be impossible."""
    env = make("Ithor")
    rng = np.random.default_rng(2)
    tried = 0
    _, info = env.reset(seed=8)
    for step in range(300):
        seen = env.seen()
        slots = {int(a): env.actions.meaning(int(a))[1] for a in np.flatnonzero(info["action_mask"] == 0)}
        bars = [a for a, k in slots.items() if k is not None and 0 <= k < len(seen) and not seen[k].held]
        if step % 2 and bars:
            action = rng.choice(bars)
            *_, info = env.step(np.int64(action))
            assert info["status"] != "succeeded", env.actions.meaning(int(action))
            tried += 1
        else:
            _, _, over, _, info = env.step(np.int64(rng.choice(np.flatnonzero(info["action_mask"]))))
            if over:
                _, info = env.reset()
    assert tried > 50
    *_, info = env.step(np.int64(env.actions.number(Verb.PICK, SLOTS - 1)))
    assert info["status"] == "not_there"


@pytest.mark.parametrize(("world", "kind"), [("Ithor", "Fridge"), ("House", "fridge")])
def test_the_reward_is_the_credit_that_was_gained(world: str, kind: str) -> None:
    """Two conditions: half a point each; the episode ends with the second one."""
    goal = {"and": [{"state": [kind, "open", True]}, {"state": [kind, "open", True]}]}
    only: dict[str, Any] = {"scene": "FloorPlan1"} if world == "Ithor" else {"rooms": 3, "members": 1}
    env = make(world, goal=goal, **only)
    rewards = []
    obs, _ = env.reset(seed=1, options={"hour": 3.0} if world == "House" else {})
    assert obs["goal"][:2, 0].tolist() == [3, 3]
    over, rng = False, np.random.default_rng(0)
    for _ in range(150):
        slot = slot_of(env, kind)
        if slot is None:
            action = int(rng.choice(np.flatnonzero(env._info()["action_mask"][:9])))
        else:
            walked = env.actions.number(Verb.NAVIGATE, slot)
            env.step(np.int64(walked))
            slot = slot_of(env, kind)
            assert slot is not None
            action = env.actions.number(Verb.OPEN, slot)
        _, reward, over, _, info = env.step(np.int64(action))
        rewards.append(reward)
        if over:
            break
    assert over
    assert sum(rewards) == 1.0
    assert info["is_success"]
    assert info["credit"] == 1.0


def test_the_robot_keeps_the_laws_of_the_house() -> None:
    """Its deeds are in the household's log with everybody else's, and the log breaks no law."""
    env = make("House", rooms=4, members=2)
    _, info = env.reset(seed=11, options={"hour": 8.0})
    env.action_space.seed(1)
    for _ in range(200):
        *_, info = env.step(env.action_space.sample(mask=info["action_mask"]))
    life = env.ground.life  # type: ignore[union-attr]
    deeds = [d for d in life.log if d.actor == "robot"]
    assert {"enter", "take", "put"} <= {d.verb for d in deeds}
    assert len(life.log) > len(deeds)  # people went on living
    assert list(breaches(life.house, life.items, life.start, life.log)) == []


def test_observations_say_what_is_seen() -> None:
    """Rows and pictures tell of the same things; numbers stay with a thing for the whole episode."""
    env = make("Ithor", observation="rgbd", width=64, height=48)
    obs, info = env.reset(seed=2, options={"scene": "FloorPlan301"})
    numbers: dict[str, int] = {}
    env.action_space.seed(0)
    for _ in range(40):
        seen = env.seen()
        assert int((obs["number"] > 0).sum()) == len(seen)
        for k, one in enumerate(seen):
            assert numbers.setdefault(one.id, int(obs["number"][k])) == obs["number"][k]
            assert env.kinds[obs["class"][k] - 1] == one.kind
            assert bool(obs["held"][k]) is one.held
        assert obs["slots"].max() <= len(seen)
        assert (obs["depth"][obs["slots"] > 0] > 0).all()
        obs, _, over, _, info = env.step(env.action_space.sample(mask=info["action_mask"]))
        if over:
            break
    assert len(numbers) > 10


def test_many_at_once() -> None:
    """gymnasium's own vector environment, with the masks of each."""
    many = gymnasium.make_vec("loci.sim:loci/Ithor-v0", num_envs=2, vectorization_mode="sync")
    assert isinstance(many, SyncVectorEnv)
    obs, infos = many.reset(seed=5)
    assert obs["box"].shape == (2, SLOTS, 7)
    many.action_space.seed(0)
    for _ in range(5):
        obs, rewards, *_, infos = many.step(many.action_space.sample(mask=tuple(infos["action_mask"])))
    assert infos["action_mask"].shape == (2, int(many.single_action_space.n))  # type: ignore[attr-defined]
    assert rewards.shape == (2,)
    many.close()


def test_actions_have_one_number_each() -> None:
    """Number and meaning are inverse to each other."""
    actions = Actions((Verb.NAVIGATE, Verb.PICK))
    for number in range(int(actions.space.n)):
        verb, slot = actions.meaning(number)
        back = actions.go(-1 - slot) if slot is not None and slot < 0 else actions.number(verb, slot)
        assert back == number
    with pytest.raises(ValueError, match="slot below"):
        actions.number(Verb.OPEN, 0)
    with pytest.raises(ValueError, match="no way 8"):
        actions.go(8)


def test_goals_have_rows() -> None:
    """Alternatives share a group; a goal that is longer than its rows is cut."""
    env = make("Ithor")
    goal = {"or": [{"in": ["Apple", "Fridge"]}, {"state": ["Fridge", "open", False]}]}
    obs, info = env.reset(seed=0, options={"goal": goal, "scene": "FloorPlan1"})
    assert info["goal"] == goal
    apple, fridge = env.views.number("Apple"), env.views.number("Fridge")
    assert obs["goal"][0].tolist()[:5] == [1, apple, 0, fridge, 0]
    assert obs["goal"][:2, 7].tolist() == [1, 1]
    long = from_json({"ordered": [{"held": "Apple"}] * 12})
    rows = env.views.goal(long, env.ground.truth, {})  # type: ignore[union-attr]
    assert rows[:, 7].tolist() == list(range(1, CONDITIONS + 1))


def test_what_cannot_be_is_named() -> None:
    """Settings, options, actions, scenes."""
    with pytest.raises(ConfigError, match="reports, rgbd"):
        make("Ithor", observation="pixels")
    with pytest.raises(ConfigError, match="rgb_array"):
        IthorEnv(render_mode="human")
    with pytest.raises(InputError, match="goal"):
        make("Ithor", goal={"near": ["Apple", "Fridge"]})
    with pytest.raises(InputError, match="/nowhere"):
        make("Ithor", scenes="/nowhere")
    env = make("Ithor")
    with pytest.raises(InputError, match="call reset"):
        env.step(np.int64(0))
    with pytest.raises(InputError, match="'weather' is not known: goal, scene"):
        env.reset(options={"weather": "rain"})
    env.reset(seed=0)
    with pytest.raises(InputError, match="9999"):
        env.step(np.int64(9999))


def test_registering_loads_no_simulator() -> None:
    """`import loci.sim` is cheap, and memory does not know of gymnasium at all."""
    code = (
        "import sys, loci.memory; a = 'gymnasium' in sys.modules; import loci.sim, gymnasium; "
        "print(a, [m for m in ('pybullet', 'open3d', 'PIL', 'ai2thor') if m in sys.modules], "
        "'loci/House-v0' in gymnasium.registry)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert out.stdout.strip() == "False [] True"
