"""Somebody else's data: an observation stream and what is true of it, told to Loci and the baselines; see docs/belief.md.

The truth is a file of JSON lines; ``after`` is the world time, s, after which a line is taken up:

- a question: ``{"after", "ability", "thing" or "noun", "want": […]}``, with ``attribute``, ``at``, ``others`` (a second thing),
  ``any_of`` as the ability needs them. ``thing`` is one of the stream's own names. ``want`` holds names or classes of places,
  values of states, classes of contents, a number, or how it is not known ("absent", "unobserved since", "believed",
  "unknown").
- a fact: ``{"after", "thing", "place"}``: where a thing really is then (null: nowhere that is known), to score probabilities.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..contracts import ObjectReport, ObservationBatch, Role
from ..errors import InputError
from ..memory import Memory
from ..memory.records import Written
from ..memory.stream_apply import Applier
from ..memory.stream_decode import decode_line
from ..memory.stream_file import StreamReader
from ..memory.stream_lines import Line, Sighting
from ..memory.stream_lines import Sight as SightLine
from ..memory.vocabulary import FURNITURE, canonical
from .bench import Row, row
from .truth_baselines import Karma, LastSeen, TextLog
from .truth_loci import NAME, Loci
from .truth_run import Asked, Bet
from .truth_score import ability_rows, brier, places_rows, reliability, stage_rows
from .truth_stages import stages
from .truth_terms import ABILITIES, Baseline, Question, Sight
from .truth_text import Emem, MeaningLog

MODE = "foreign"


class Foreign(Loci):
    """A memory that knows things by the stream's names; places are called by such a name where truth does, else by class."""

    def __init__(self, memory: Memory, applier: Applier) -> None:
        super().__init__(memory)
        self.applier = applier
        self.wanted: frozenset[str] = frozenset()

    def id_of(self, key: object) -> str | None:
        """Memory's id of a stream's name."""
        names = self.applier.names
        id = names.things.get(key, key if names.trusted else None) if isinstance(key, str) else None
        node = self.memory._world.node(id)
        return node.id if node is not None else None

    def true_name(self, id: str) -> str:
        """What truth calls a place."""
        for name in sorted(self.wanted):
            if self.id_of(name) == id:
                return name
        return self.memory._world.label(id)


class Trial:
    """One stream, told line by line; questions are asked on the way."""

    def __init__(self, stream: Path, truth: Path) -> None:
        self.reader = StreamReader.open(stream)
        self.truth = list(read_truth(truth))
        self.memory = Memory.open(":memory:", clock=lambda: 0.0)
        self.applier = Applier(self.memory)
        self.loci = Foreign(self.memory, self.applier)
        self.baselines: list[Baseline] = [LastSeen(), TextLog(), Karma((-10.0, -10.0), (10.0, 10.0))]
        self.baselines += [kind() for kind in (MeaningLog, Emem) if kind.here()]
        self.asked: list[Asked] = []
        self.bets: list[Bet] = []
        self.keys: dict[str, dict[str, object]] = {}
        self.bad = self.lines = 0
        self._names: Sequence[str | None] = ()

    def run(self) -> list[Row]:
        """All figures."""
        self._listen()
        todo = list(self.truth)
        for raw in self.reader.lines():
            if raw.data is None or not raw.data.strip():
                continue
            self.lines += 1
            try:
                line = decode_line(raw.data)
                stamp = _stamp(line)
                while todo and stamp is not None and todo[0]["after"] < stamp:
                    self._take(todo.pop(0))
                self._names = line.names if isinstance(line, SightLine) else (getattr(line, "name", None),)
                self.applier.apply(line)
            except InputError:
                self.bad += 1
        self.applier.settle()
        for entry in todo:
            self._take(entry)
        self.reader.close()
        self.memory.close()
        for baseline in self.baselines:
            if isinstance(baseline, Emem):
                baseline.close()
        return self._rows()

    # --- feeding the baselines ----------------------------------------------------------------------------------------
    def _listen(self) -> None:
        """The baselines hear of whatever is written to memory, as it is written."""
        write = self.memory.write

        def heard(batch: ObservationBatch | ObjectReport) -> Written:
            written = write(batch)
            sights = _sights(batch, self.memory) if isinstance(batch, ObservationBatch) else [_sight(batch)]
            keys = {b.name: b.observe(batch.stamp, sights) for b in self.baselines}
            for i, name in enumerate(self._names):
                if name is not None:
                    self.keys[name] = {system: rows[i] for system, rows in keys.items()}
            return written

        self.memory.write = heard  # type: ignore[method-assign]

    # --- asking -------------------------------------------------------------------------------------------------------
    def _take(self, entry: dict[str, Any]) -> None:
        if "ability" in entry:
            self._ask(entry)
        else:
            self._bet(entry)

    def _ask(self, entry: dict[str, Any]) -> None:
        thing, others = entry.get("thing"), entry.get("others")
        noun = entry.get("noun") or self._class_of(thing)
        keys = {NAME: thing, **self.keys.get(str(thing), {})} if thing is not None else {}
        second = {NAME: others, **self.keys.get(str(others), {})} if others is not None else {}
        question = Question(
            entry["ability"], noun, tuple(map(str, entry["want"])), keys, second, entry.get("attribute", ""),
            entry.get("other", ""), entry.get("at"), bool(entry.get("any_of", False)), name=noun, stamp=self.memory.now,
        )  # fmt: skip
        self.loci.wanted = frozenset(question.want)
        own = self.loci.answer(question)
        replies = {b.name: b.answer(question) for b in self.baselines if question.ability in b.supports}
        self.asked.append(Asked(question, {NAME: own, **replies}, stages(self.loci, question, own)))

    def _class_of(self, thing: object) -> str:
        id = self.loci.id_of(thing)
        return self.memory.get(id).label if id is not None else str(thing)

    def _bet(self, entry: dict[str, Any]) -> None:
        id = self.loci.id_of(entry["thing"])
        if id is None:
            return
        thing, place = self.memory.get(id), entry["place"]
        self.loci.wanted = frozenset([str(place)] if place is not None else [])
        here, spread = self.loci.spread(id)
        places = tuple((p, self.loci.true_name(at) == place) for at, p in spread if at)
        there = thing.place is not None and self.loci.true_name(thing.place.id) == place
        gone = thing.knowledge.value == "absent"
        self.bets.append(Bet(here, there, self.memory.now - thing.last_seen, gone, places))

    def _rows(self) -> list[Row]:
        rows = [*ability_rows(self.asked, MODE), *stage_rows(self.asked, MODE)] if self.asked else []
        if self.bets:
            rows += [row("Brier score of 'still there'", brier(self.bets), "", len(self.bets), MODE)]
            rows += [*places_rows(self.bets, MODE), *reliability(self.bets, MODE)]
        told = row("stream lines that could not be taken", self.bad, "lines", self.lines, MODE)
        return [*rows, told]


def read_truth(path: Path) -> Iterator[dict[str, Any]]:
    """The entries, in order of ``after``; ``InputError`` names the line that is not usable and why."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); give a truth file (JSON lines)") from None
    found = []
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            entry = json.loads(text)
        except ValueError as error:
            raise InputError(f"{path}, line {number}: is not JSON ({error})") from None
        reason = _wrong(entry)
        if reason:
            raise InputError(f"{path}, line {number}: {reason}")
        found.append(entry)
    yield from sorted(found, key=lambda e: float(e["after"]))


def _wrong(entry: Any) -> str:
    if not isinstance(entry, dict) or not isinstance(entry.get("after"), int | float):
        return 'needs "after", a time in seconds'
    if "ability" not in entry:
        return "" if "thing" in entry and "place" in entry else 'needs "ability", or "thing" and "place"'
    if entry["ability"] not in ABILITIES:
        return f"ability {entry['ability']!r} is none of {', '.join(ABILITIES)}"
    if not isinstance(entry.get("want"), list):
        return 'a question needs "want", a list'
    return "" if "thing" in entry or "noun" in entry else 'a question needs "thing" or "noun"'


def _sights(batch: ObservationBatch, memory: Memory) -> list[Sight]:
    """What the baselines are told: places by the class of what a relation names."""
    places: dict[int, str] = {}
    for relation in batch.relations:
        if relation.predicate in ("on", "in"):
            to = relation.object
            place = _likeliest(batch.detections[to].labels) if isinstance(to, int) else memory._world.label(to)
            places.setdefault(relation.subject, place)
    found = []
    for i, d in enumerate(batch.detections):
        x, y, z = np.asarray(d.box_cam.moved(batch.T_world_cam).center).tolist()
        states = {k: _likeliest(v) for k, v in d.states.items()}
        loose = d.role is Role.OBJECT
        found.append(Sight(_likeliest(d.labels), d.track, loose, places.get(i, ""), (x, y, z), states))
    return found


def _sight(report: ObjectReport) -> Sight:
    x, y, z = report.box_world.center.tolist()
    label = _likeliest(report.labels)
    loose = canonical(label) not in FURNITURE
    return Sight(label, report.track, loose, "", (x, y, z), {k: _likeliest(v) for k, v in report.states.items()})


def _stamp(line: Line) -> float | None:
    """When a line was, as far as it says."""
    if isinstance(line, SightLine):
        return line.batch.stamp
    if isinstance(line, Sighting):
        return line.report.stamp
    return getattr(line, "stamp", None)


def _likeliest(distribution: Any) -> str:
    return max(sorted(distribution), key=lambda k: distribution[k]) if distribution else "object"
