"""Replacement policies: laws, a naive reference, the sketch's bounds, and the optimum as the upper limit."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loci.errors import InputError
from loci.launch.bench_eviction import optimum
from loci.memory.replacement import FIFO, LFU, LRU, ReplacementPolicy, TaskAware, check_policy
from loci.memory.sketch import DEPTH, CountMinSketch, Doorkeeper, RecentFrequency
from loci.memory.tinylfu import WTinyLFU

POLICIES: dict[str, Callable[[], ReplacementPolicy]] = {
    "fifo": FIFO,
    "lru": LRU,
    "lfu": LFU,
    "tiny": WTinyLFU,
    "tiny-half": lambda: WTinyLFU(window=0.5, sample=3.0, seed=7),
    "task": TaskAware,
}
keys = st.integers(0, 9).map(lambda n: f"o{n}")
traces = st.lists(keys, max_size=80)


@pytest.mark.parametrize("name", POLICIES)
@given(capacity=st.integers(1, 7), uses=st.lists(st.tuples(keys, st.booleans()), max_size=60))
def test_keeps_to_the_protocol(name: str, capacity: int, uses: list[tuple[str, bool]]) -> None:
    """Bounded, pinned ones stay, what is used comes in, equal histories give equal decisions, ``start`` restores."""
    check_policy(POLICIES[name], uses, capacity)


class Greedy(LRU):
    """A wrong policy: it heeds no pins."""

    def use(self, key: str, pinned: object = None) -> bool:
        return super().use(key)


class Loose(LRU):
    """A wrong policy: one place too many."""

    def start(self, capacity: int, keys: object = ()) -> None:
        super().start(capacity + 1, keys)  # type: ignore[arg-type]


class Closed(LRU):
    """A wrong policy: when full, nobody comes in."""

    def use(self, key: str, pinned: object = None) -> bool:
        full = len(self.residents()) == self._capacity and key not in self.residents()
        return False if full else super().use(key)


@pytest.mark.parametrize(
    ("wrong", "law"),
    [(Greedy, "pinned ones stay"), (Loose, "never more residents"), (Closed, "what is used is resident")],
)
def test_the_conformance_check_finds_wrong_policies(wrong: type[LRU], law: str) -> None:
    """The check names the law that is broken."""
    with pytest.raises(InputError, match=law):
        check_policy(wrong, [("a", True), ("b", False), ("c", False), ("d", False)], 2)


def test_the_conformance_check_wants_all_methods() -> None:
    """An object without ``use`` is no policy."""
    with pytest.raises(InputError, match="lacks"):
        check_policy(lambda: object(), [], 1)  # type: ignore[arg-type, return-value]


def reference(kind: str, trace: list[str], capacity: int) -> list[bool]:
    """The textbook's FIFO, LRU, LFU on a plain list of [key, came, last used, count]."""
    there: list[list] = []
    hits = []
    for now, key in enumerate(trace):
        entry = next((e for e in there if e[0] == key), None)
        hits.append(entry is not None)
        if entry is not None:
            entry[2], entry[3] = now, entry[3] + 1
            continue
        if len(there) == capacity:
            rank = {"fifo": lambda e: e[1], "lru": lambda e: e[2], "lfu": lambda e: (e[3], e[2])}[kind]
            there.remove(min(there, key=rank))
        there.append([key, now, now, 1])
    return hits


@pytest.mark.parametrize("name", ["fifo", "lru", "lfu"])
@given(trace=traces, capacity=st.integers(1, 6))
def test_hits_are_those_of_a_naive_reference(name: str, trace: list[str], capacity: int) -> None:
    """Hit for hit."""
    assert run(POLICIES[name](), trace, capacity) == reference(name, trace, capacity)


def run(policy: ReplacementPolicy, trace: list[str], capacity: int) -> list[bool]:
    """Hit or miss of every use."""
    policy.start(capacity)
    return run_on(policy, trace)


def run_on(policy: ReplacementPolicy, trace: list[str]) -> list[bool]:
    """Likewise, going on from where it is."""
    return [policy.use(key) for key in trace]


# --- the optimum ----------------------------------------------------------------------------------------------------------
@settings(deadline=None)
@given(trace=st.lists(st.tuples(st.sampled_from("abcde"), st.booleans()), max_size=9), capacity=st.integers(1, 3))
def test_optimum_is_that_of_exhaustive_search(trace: list[tuple[str, bool]], capacity: int) -> None:
    """No choice of who stays gives more hits on the counted uses, and one gives as many."""
    best: dict[frozenset[str], int] = {frozenset(): 0}
    for key, counts in trace:
        after: dict[frozenset[str], int] = {}
        for held, hits in best.items():
            hits += counts and key in held
            pool = held | {key}
            for size in range(min(capacity, len(pool)) + 1):
                for kept in combinations(sorted(pool), size):
                    after[frozenset(kept)] = max(after.get(frozenset(kept), 0), hits)
        best = after
    assert optimum([k for k, _ in trace], [c for _, c in trace], capacity) == max(best.values())


@pytest.mark.parametrize("name", POLICIES)
@given(trace=traces, capacity=st.integers(1, 6), data=st.data())
def test_nobody_beats_the_optimum(name: str, trace: list[str], capacity: int, data: st.DataObject) -> None:
    """Whether all uses count or only some."""
    counted = data.draw(st.lists(st.booleans(), min_size=len(trace), max_size=len(trace)))
    hits = run(POLICIES[name](), trace, capacity)
    assert sum(hits) <= optimum(trace, [True] * len(trace), capacity)
    assert sum(h and c for h, c in zip(hits, counted, strict=True)) <= optimum(trace, counted, capacity)


# --- the sketch -----------------------------------------------------------------------------------------------------------
words = st.text("abcdefgh", max_size=3)


@given(used=st.lists(words, max_size=300), width=st.integers(1, 64), seed=st.integers(0, 2**63 - 1))
def test_sketch_never_underestimates(used: list[str], width: int, seed: int) -> None:
    """Not before ageing, up to what four bits hold; and never more than all additions."""
    sketch = CountMinSketch(width, seed)
    for key in used:
        sketch.add(key)
    for key, count in Counter(used).items():
        assert min(count, 15) <= sketch.estimate(key) <= min(len(used), 15)


@given(used=st.lists(words, max_size=200), seed=st.integers(0, 2**63 - 1))
def test_halving_halves_every_estimate(used: list[str], seed: int) -> None:
    """Rounded down, for keys that were and that were not counted."""
    sketch = CountMinSketch(16, seed)
    for key in used:
        sketch.add(key)
    before = {key: sketch.estimate(key) for key in {*used, "x", "y", "z"}}
    sketch.halve()
    assert {key: sketch.estimate(key) for key in before} == {key: n // 2 for key, n in before.items()}


def test_sketch_keeps_its_error_bound() -> None:
    """Over seeds and keys, an estimate is too high by more than e/width of all additions at most as often as e^-depth."""
    rng = np.random.default_rng(3)
    beyond = asked = 0
    for seed in range(30):
        sketch = CountMinSketch(64, seed)
        used = [f"k{n}" for n in rng.zipf(1.5, 200) if n < 10_000]
        for key in used:
            sketch.add(key)
        true = Counter(used)
        bound = np.e / sketch.width * len(used)
        assert bound < 10  # or four bits could not show a breach
        rare = [k for k in [*true, *(f"new{n}" for n in range(200))] if true[k] < 5]
        beyond += sum(sketch.estimate(k) - true[k] > bound for k in rare)
        asked += len(rare)
    assert beyond <= np.exp(-DEPTH) * asked
    assert asked > 5000


@given(st.lists(words, min_size=1, max_size=60), st.integers(0, 2**63 - 1))
def test_doorkeeper_forgets_nobody_until_cleared(came: list[str], seed: int) -> None:
    """No false negatives; afterwards nobody is known."""
    door = Doorkeeper(8, seed)
    for key in came:
        door.add(key)
        assert door.add(key)
    assert all(key in door for key in came)
    door.clear()
    assert not any(key in door for key in came)


def test_doorkeeper_takes_few_for_others() -> None:
    """A full one takes about 3 % of strangers for known."""
    wrong = 0
    for seed in range(20):
        door = Doorkeeper(256, seed)
        for n in range(256):
            door.add(f"in{n}")
        wrong += sum(f"out{n}" in door for n in range(500))
    assert 0 < wrong / 10_000 < 0.05


@given(used=st.lists(words, max_size=150), seed=st.integers(0, 2**63 - 1))
def test_recent_frequency_never_underestimates_before_ageing(used: list[str], seed: int) -> None:
    """The doorkeeper's one is part of the estimate; what came once has left the sketch alone unless it was mistaken."""
    often = RecentFrequency(200, seed)
    for key in used:
        often.add(key)
    for key, count in Counter(used).items():
        assert often.estimate(key) >= min(count, 16)


def test_old_fame_fades() -> None:
    """After a few samples of other things, what was frequent is no more than what never came."""
    often = RecentFrequency(50)
    for _ in range(20):
        often.add("once famous")
    assert often.estimate("once famous") == 16
    for n in range(300):
        often.add(f"k{n % 40}")
    assert often.estimate("once famous") <= 2


# --- W-TinyLFU ------------------------------------------------------------------------------------------------------------
@given(
    past=traces, capacity=st.integers(1, 20), window=st.floats(0, 1), scan=st.integers(0, 400), seed=st.integers(0, 9)
)
def test_a_single_pass_does_not_drive_out_the_protected(
    past: list[str], capacity: int, window: float, scan: int, seed: int
) -> None:
    """However long it is, and whatever was before."""
    policy = WTinyLFU(window, seed=seed)
    run(policy, past, capacity)
    hot = policy.protected()
    hits = run_on(policy, [f"scan{n}" for n in range(scan)])
    assert not any(hits)
    assert policy.protected() == hot


def test_a_scan_flushes_lru_but_not_w_tinylfu() -> None:
    """A hot set of half the capacity, used five times, then 200 things once each."""
    hot = [f"hot{n}" for n in range(10)]
    scan = [f"scan{n}" for n in range(200)]
    kept = {}
    for name in ("lru", "fifo", "tiny"):
        policy = POLICIES[name]()
        # the first things fill the place; then the hot ones have to win their entry by use
        run(policy, [f"first{n}" for n in range(20)] + hot * 5 + scan, 20)
        kept[name] = len(set(hot) & set(policy.residents()))
    assert kept == {"lru": 0, "fifo": 0, "tiny": 10}


def test_the_frequent_candidate_enters_and_the_rare_one_does_not() -> None:
    """Admission by comparison: strictly more often used than who would have to go."""
    policy = WTinyLFU()
    run(policy, ["a", "b", "c", "a", "b", "c"], 3)  # window: c; main: a, b
    policy.use("d")  # c is pushed out of the window, used as often as the oldest in probation: it goes
    assert set(policy.residents()) == {"a", "b", "d"}
    for key in ("c", "d", "c", "e"):  # c again and again: it comes in by its count
        policy.use(key)
    assert "c" in policy.residents()


class NaiveTiny:
    """W-TinyLFU from its description: lists with the next to go in front, exact counts, a set for a doorkeeper."""

    def __init__(self, capacity: int, newest: int, sample: int) -> None:
        self.newest, self.main, self.sample = newest, capacity - newest, sample
        self.safe = int(0.8 * self.main)
        self.window: list[str] = []
        self.probation: list[str] = []
        self.protected: list[str] = []
        self.counts: Counter[str] = Counter()
        self.door: set[str] = set()
        self.uses = 0

    def often(self, key: str) -> int:
        return self.counts[key] + (key in self.door)

    def count(self, key: str) -> None:
        if key in self.door:
            self.counts[key] = min(15, self.counts[key] + 1)
        self.door.add(key)
        self.uses += 1
        if self.uses == self.sample:
            self.counts = Counter({k: n // 2 for k, n in self.counts.items()})
            self.door, self.uses = set(), self.sample // 2

    def use(self, key: str) -> bool:
        self.count(key)
        for part in (self.window, self.protected, self.probation):
            if key in part:
                part.remove(key)
                (self.window if part is self.window else self.protected).append(key)
                if len(self.protected) > self.safe:
                    self.probation.append(self.protected.pop(0))
                return True
        self.window.append(key)
        if len(self.window) > self.newest:
            candidate = self.window.pop(0)
            if len(self.probation) + len(self.protected) < self.main:
                self.probation.append(candidate)
            elif self.main and self.often(candidate) > self.often(self.probation[0]):
                self.probation[:] = [*self.probation[1:], candidate]
        return False


@settings(deadline=None)
@given(trace=st.lists(keys, min_size=50, max_size=250), capacity=st.sampled_from([1, 2, 4, 8]), window=st.floats(0, 1))
def test_w_tinylfu_is_that_of_a_naive_reference(trace: list[str], capacity: int, window: float) -> None:
    """Hit for hit and resident for resident, over several agings, for keys that do not collide in the sketch."""
    policy = WTinyLFU(window, sample=64 / capacity, seed=0)
    policy.start(capacity)
    naive = NaiveTiny(capacity, max(1, round(window * capacity)), 64)
    for key in trace:
        assert policy.use(key) == naive.use(key)
        assert policy.residents() == (*naive.probation, *naive.protected, *naive.window)


def test_the_reference_s_keys_do_not_collide() -> None:
    """Else the comparison above would be unfair: counted 0 to 9 times, all estimates are exact."""
    often = RecentFrequency(64, seed=0)
    for n in range(10):
        for _ in range(n):
            often.add(f"o{n}")
    assert [often.estimate(f"o{n}") for n in range(10)] == list(range(10))


def test_window_share() -> None:
    """1 % of a small capacity is one place; the main part has the rest, 80 % of it protected."""
    for capacity, window, places in ((1, 0.01, 1), (24, 0.01, 1), (300, 0.01, 3), (20, 0.2, 4), (5, 1.0, 5)):
        policy = WTinyLFU(window)
        policy.start(capacity, [f"k{n}" for n in range(capacity)])
        assert len(policy.protected()) == int(0.8 * (capacity - places))


def test_the_same_in_every_process() -> None:
    """Python's own hash of a string differs from process to process; ours does not."""
    script = (
        "from loci.memory.tinylfu import WTinyLFU\n"
        "p = WTinyLFU(0.1, 2.0, 5)\np.start(6)\n"
        "print([p.use(f'k{n * n % 23}') for n in range(200)], p.residents())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert "True" in runs[0]


# --- task-aware -----------------------------------------------------------------------------------------------------------
@given(trace=traces, capacity=st.integers(1, 6), focus=st.sets(keys, max_size=6))
def test_the_task_s_things_go_last(trace: list[str], capacity: int, focus: set[str]) -> None:
    """Nothing in focus is evicted while something else could go."""
    policy = TaskAware()
    policy.start(capacity)
    policy.focus(focus)
    for key in trace:
        before = set(policy.residents())
        policy.use(key)
        gone = before - set(policy.residents())
        assert not gone & focus or before <= focus


@given(trace=traces, capacity=st.integers(1, 6))
def test_without_a_task_it_lies_between_lru_and_lfu(trace: list[str], capacity: int) -> None:
    """A very short half life makes it LRU; with a very long one, who goes is one of the least used."""
    assert run(TaskAware(1e-3), trace, capacity) == run(LRU(), trace, capacity)
    policy = TaskAware(1e6)
    policy.start(capacity)
    counts: Counter[str] = Counter()
    for key in trace:
        before = dict(counts)
        policy.use(key)
        counts[key] += 1
        for gone in set(counts) - set(policy.residents()):
            assert counts.pop(gone) == min(before.values())


# --- what can't be ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: WTinyLFU(window=1.5), "window 1.5"),
        (lambda: WTinyLFU(sample=0), "sample 0"),
        (lambda: WTinyLFU(seed=-1), "seed -1"),
        (lambda: TaskAware(0), "half life of 0"),
        (lambda: CountMinSketch(0), "width 0"),
        (lambda: Doorkeeper(0), "for 0 keys"),
        (lambda: LRU().start(0), "capacity of 0"),
        (lambda: LFU().start(1, ["a", "b"]), "2 residents"),
        (lambda: WTinyLFU().start(4, ["a", "a"]), "1 different"),
    ],
)
def test_bad_settings_are_named(make: Callable[[], object], words: str) -> None:
    """The error names the value."""
    with pytest.raises(InputError, match=words):
        make()
