"""What recall costs and gains by tier: low (beliefs), mid (learned, words), high (meaning, association); docs/recall.md.

Three measures. *Alike*: the sentences of ``paraphrases.json`` (three tasks in other words, written by somebody who knew
neither project nor parser) as episodes; each in turn asks for its like (nothing was done in them, so that tier low has nothing
to go by). *Told*: a made-up month in a house holds preferences, lessons, procedures and remarks; sentences that call for one of
them ask for a recall of 600 tokens: is it in the text? *Cost*: processor time of a recall on that memory, first and later. And,
where the repository's tests are at hand, questions understood.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from ..contracts import Decision, ObjectReport, Outcome, Status, Verb
from ..errors import InstructionError
from ..geometry import Box
from ..memory import Memory
from ..memory.embedding import embedder
from ..memory.english import Query, parse
from ..memory.vocabulary import canonical
from .bench import Row, row

TIERS = ("low", "mid", "high")
BUDGET = 600  # tokens
DAY = 86400.0
START = 1_700_006_400.0  # 2023-11-15, 00:00 UTC
PLACES = {"table": (0.0, 0.0, 0.4), "counter": (3.0, 0.0, 0.45), "cupboard": (6.0, 0.0, 1.0), "fridge": (9.0, 0.0, 0.9),
          "drawer": (12.0, 0.0, 0.4), "shelf": (15.0, 0.0, 0.9), "desk": (18.0, 0.0, 0.4)}  # fmt: skip
THINGS = ("mug", "plate", "bowl", "apple", "milk", "bottle", "book", "sponge", "can", "banana", "laptop", "vase")
NEEDS: tuple[tuple[str, str], ...] = (
    ("make me a cup of tea", "tea in the blue mug"),
    ("could you tidy away the dishes", "plates belong in the cupboard"),
    ("bring me the milk", "when the fridge is closed"),
    ("get the milk out of the fridge", "when the fridge is closed"),
    ("put the plate in the cupboard", "Done before"),
    ("water the plants", "orchid"),
    ("I need something against the cold", "radiator"),
    ("serve breakfast", "tom always eats"),
    ("what is that noise at the window", "shutter"),
    ("set the table for dinner", "napkins"),
    ("clean up the desk", "anything wet"),
    ("give the cat its food", "feline"),
)
"""Sentence → what of the past its recall should tell."""
REMARKS = ("I like my tea in the blue mug", "the plates belong in the cupboard", "Tom always eats a banana in the morning",
           "the orchid needs little water, only on Sundays", "the radiator knob is stuck, turn it with force",
           "the shutter rattles when there is wind", "napkins lie under the vase",
           "never put anything wet beside the laptop", "the feline eats at seven")  # fmt: skip


def run(seed: int, quick: bool) -> list[Row]:
    """All measures; ``quick`` takes fewer days and sentences."""
    rows = [*alike(quick)]
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        events = live(memory, np.random.default_rng(seed), 6 if quick else 30)
        rows += told(memory, events)
        rows += cost(memory, events)
    return [*rows, *questions()]


# --- alike --------------------------------------------------------------------------------------------------------------
def alike(quick: bool) -> list[Row]:
    """Share of sentences whose nearest other episode is of the same task, and how many of the nearest three are."""
    triples = json.loads((Path(__file__).parent / "paraphrases.json").read_text("utf-8"))["triples"]
    sentences = [(t, s[t]) for s in (triples[:8] if quick else triples) for t in sorted(s)]
    first = dict.fromkeys(TIERS[1:], 0)
    three = dict.fromkeys(TIERS[1:], 0)
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        furnish(memory, START)
        for label in THINGS:
            put(memory, label, "table", START + 1.0)
        task_of = {}
        for k, (task, text) in enumerate(sentences):
            id = memory.begin_episode(text, START + 10.0 * k)
            memory.end_episode(id, "done", START + 10.0 * k + 5.0)
            task_of[id] = task
        for id, task in task_of.items():
            for tier in first:
                found = [task_of[f.moment.id] == task for f in memory.similar_episodes(id, 3, tier)]
                first[tier] += bool(found[:1] and found[0])
                three[tier] += sum(found)
    n = len(sentences)
    chance = (n / 3 - 1) / (n - 1)
    rows = [row("alike: nearest is the same task", first[t] / n, "share", n, t) for t in first]
    rows += [row("alike: same task among nearest 3", three[t] / (3 * n), "share", n, t) for t in three]
    return [*rows, row("alike: by chance", chance, "share", n, "baseline")]


# --- told ---------------------------------------------------------------------------------------------------------------
def told(memory: Memory, events: int) -> list[Row]:
    """Share of sentences in whose recall the needed piece of the past is."""
    rows = []
    for tier in TIERS:
        texts = [memory.recall(ask, BUDGET, tier=tier) for ask, _ in NEEDS]
        hits = sum(needed.lower() in found.text.lower() for found, (_, needed) in zip(texts, NEEDS, strict=True))
        rows.append(row("told: needed piece is in the recall", hits / len(NEEDS), "share", len(NEEDS), tier))
        rows.append(row("told: tokens", float(np.mean([t.tokens for t in texts])), "tokens", len(NEEDS), tier))
    return [*rows, row("told: events in the log", events, "events", 1)]


# --- cost ---------------------------------------------------------------------------------------------------------------
def cost(memory: Memory, _events: int) -> list[Row]:
    """Processor time of a recall: the first on a memory just opened, and the later ones."""
    rows = []
    for tier in TIERS:
        memory._assemble()  # as a file that was just opened: no index, no vectors
        first = timed(partial(memory.recall, NEEDS[0][0], BUDGET, tier=tier))
        later = sorted(timed(partial(memory.recall, ask, BUDGET, tier=tier)) for ask, _ in NEEDS * 3)
        rows.append(row("cost: first recall", 1e3 * first, "ms CPU", 1, tier))
        rows.append(row("cost: recall p50", 1e3 * later[len(later) // 2], "ms CPU", len(later), tier))
        rows.append(row("cost: recall p95", 1e3 * later[int(0.95 * len(later))], "ms CPU", len(later), tier))
    return rows


def timed(work: Callable[[], object]) -> float:
    """Seconds of processor time."""
    start = time.process_time()
    work()
    return time.process_time() - start


# --- questions ----------------------------------------------------------------------------------------------------------
def questions() -> list[Row]:
    """Questions understood, of each set of two hundred at hand (docs/recall.md has their authors); what one costs."""
    rows: list[Row] = []
    spent: dict[str, list[float]] = {"pattern": [], "example": [], "refused": []}
    space = embedder().name
    q: Query | None
    for path in sorted((Path(__file__).parent.parent / "tests" / "data").glob("questions_200*.json")):
        entries = json.loads(path.read_text("utf-8"))["questions"]
        kinds = both = 0
        for e in entries:
            start = time.process_time()
            try:
                q = parse(e["q"], START)
            except InstructionError:
                q = None
            spent["refused" if q is None else q.how].append(time.process_time() - start)
            kind, noun = right(e, q)
            kinds, both = kinds + kind, both + (kind and noun)
        rows += [row(f"{path.stem}: kind", kinds / len(entries), "share", len(entries), space),
                 row(f"{path.stem}: kind and noun", both / len(entries), "share", len(entries), space)]  # fmt: skip
    return rows + [
        row(f"questions: cost by {how}", 1e3 * float(np.median(t)), "ms CPU", len(t), space)
        for how, t in spent.items()
        if t
    ]


def right(entry: Mapping[str, str], query: Query | None) -> tuple[bool, bool]:
    """Is a question (``kind``, ``about``) taken for its kind, and for what it is about? ``query`` None: it was refused."""
    if query is None:
        return entry["kind"] == "unanswerable", entry["kind"] == "unanswerable"
    slots = [canonical(s) for s in (query.what, query.place, query.other) if s]
    about = canonical(entry["about"]) if entry["about"] else ""
    noun = not about or any(f" {s}".endswith(f" {about}") for s in slots)
    kind = {"check": "where", "check_then": "where_then", "done": "history"}.get(query.topic, query.topic)
    return kind == entry["kind"], noun


# --- a month in a house -------------------------------------------------------------------------------------------------
def live(memory: Memory, rng: np.random.Generator, days: int) -> int:
    """Things move, tasks are done and fail, people say things; returns the number of events."""
    furnish(memory, START)
    at = {label: list(PLACES)[int(rng.integers(3))] for label in THINGS}
    at["milk"] = "fridge"
    for label, place in at.items():
        put(memory, label, place, START + 1.0)
    for day in range(days):
        now = START + day * DAY + 6 * 3600.0
        for _ in range(10):
            now += float(rng.uniform(300, 3600))
            label = THINGS[int(rng.integers(len(THINGS)))]
            if label != "milk":
                carry(memory, label, list(PLACES)[int(rng.integers(len(PLACES)))], now)
        if day < len(REMARKS):
            memory.note("remark", REMARKS[day], now)
        attempt(memory, "fetch the milk", "milk", now + 60, day % 2 == 0)
        store_plate(memory, now + 200)
    for k in range(days, len(REMARKS)):
        memory.note("remark", REMARKS[k], START + days * DAY)
    memory.commit()
    return int(memory.stats()["events"])


def furnish(memory: Memory, now: float) -> None:
    """The places, as reports of something that knows them."""
    for label, center in PLACES.items():
        size = np.array([1.0, 1.0, 2 * center[2]])
        low = np.array([center[0], center[1], center[2]]) - size / 2
        memory.write(ObjectReport(now, "robot", "map", {label: 0.99}, Box.from_bounds(low, low + size)))


def put(memory: Memory, label: str, place: str, now: float) -> None:
    """A thing is seen on top of a place, each at a spot of its own."""
    x, y, z = PLACES[place]
    k = THINGS.index(label)
    low = np.array([x - 0.45 + 0.22 * (k % 4), y - 0.45 + 0.3 * (k // 4), 2 * z])
    size = np.full(3, 0.08)
    memory.write(ObjectReport(now, "robot", "map", {label: 0.95}, Box.from_bounds(low, low + size)))


def carry(memory: Memory, label: str, place: str, now: float) -> None:
    """The robot takes a thing somewhere."""
    thing, target = memory.find(label)[0].id, memory.find(place)[0].id
    for k, decision in enumerate((Decision(Verb.PICK, thing), Decision(Verb.PLACE, target, "on"))):
        id = memory.begin_action(decision, now + 3 * k)
        memory.end_action(id, Outcome(Status.SUCCEEDED, "", now + 3 * k, now + 3 * k + 2))


def attempt(memory: Memory, wish: str, label: str, now: float, closed: bool) -> None:
    """Picking fails when the fridge was left closed."""
    episode = memory.begin_episode(wish, now)
    fridge, thing = memory.find("fridge")[0].id, memory.find(label)[0].id
    door = memory.begin_action(Decision(Verb.CLOSE if closed else Verb.OPEN, fridge), now)
    memory.end_action(door, Outcome(Status.SUCCEEDED, "", now, now + 2))
    pick = memory.begin_action(Decision(Verb.PICK, thing), now + 3)
    status = Status.BLOCKED if closed else Status.SLIPPED if now % 7 < 1 else Status.SUCCEEDED
    memory.end_action(pick, Outcome(status, "the door is in the way" if closed else "", now + 3, now + 5))
    if status is Status.SUCCEEDED:
        place = memory.begin_action(Decision(Verb.PLACE, fridge, "in"), now + 6)
        memory.end_action(place, Outcome(Status.SUCCEEDED, "", now + 6, now + 8))
    memory.end_episode(episode, "done" if status is Status.SUCCEEDED else "failed", now + 9)


def store_plate(memory: Memory, now: float) -> None:
    """A task that goes well."""
    episode = memory.begin_episode("put the plate in the cupboard", now)
    plate, cupboard = memory.find("plate")[0].id, memory.find("cupboard")[0].id
    for k, (verb, target, relation) in enumerate(((Verb.PICK, plate, None), (Verb.PLACE, cupboard, "in"))):
        id = memory.begin_action(Decision(verb, target, relation), now + 3 * k)
        memory.end_action(id, Outcome(Status.SUCCEEDED, "", now + 3 * k, now + 3 * k + 2))
    memory.end_episode(episode, "done", now + 9)
