"""What holds in general: where a class of things usually is, how often it moves, and hence where to look for one."""

from __future__ import annotations

import json
from collections import Counter, defaultdict

from .belief_search import Search
from .records import Candidate
from .vocabulary import canonical, matches
from .world import World

_COMING = 3600.0  # seconds that coming to a place counts for beside the time that was spent there


class Semantic:
    """Counts over everything that was ever placed, from the tables."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._search = Search(world)

    def usual_places(self, label: str) -> list[tuple[str, int, float]]:
        """Where things of a class are: (place label, how often they came there, share of the time), most of the time first.

        Time counts from when a thing came to a place until it was seen elsewhere, or was last seen there; and an hour more, so
        that a place that is used often but shortly counts too, and one glance is enough.
        """
        spent, often = defaultdict[str, float](float), Counter[str]()
        for place, seconds in self._stays(self._classes(label)):
            spent[place] += seconds + _COMING
            often[place] += 1
        total = sum(spent.values())
        ranked = sorted(spent.items(), key=lambda item: (-item[1], item[0]))
        return [(place, often[place], seconds / total) for place, seconds in ranked]

    def placements(self, label: str) -> list[tuple[str, int]]:
        """Where things of a class were put and how often, most often first: from one small table."""
        rows = self.world.store.db.execute("SELECT label, place, count FROM usual").fetchall()
        fits = {own: matches(label, own) for own, _, _ in rows}
        best = max(fits.values(), default=0.0)
        counts = Counter[str]()
        for own, place, n in rows:
            if 0 < best <= fits[own]:
                counts[place] += n
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))

    def moves(self, label: str) -> tuple[int, int]:
        """How often things of a class were seen to have moved, and to have vanished."""
        row = self.world.store.db.execute(
            "SELECT sum(moved), sum(vanished) FROM habits WHERE label = ?", (canonical(label),)
        ).fetchone()
        return int(row[0] or 0), int(row[1] or 0)

    def places_to_look(self, label: str) -> list[Candidate]:
        """Places where a thing of this class (or with this id) may be, with probabilities that sum to 1; see ``Search``."""
        return self._search.places(label)

    # --- inside -------------------------------------------------------------------------------------------------------
    def _classes(self, label: str) -> list[str]:
        """The classes that a noun phrase fits best, of those that some thing is of."""
        finder = self.world.projection.finder
        fits = finder.fits(label)
        for best in sorted(set(fits.values()), reverse=True):
            classes = sorted(own for own, fit in fits.items() if fit == best)
            if finder.count(classes) > 0:
                return classes
        return []

    def _stays(self, classes: list[str]) -> list[tuple[str, float]]:
        """(place label, seconds) of every stay of the things that are of these classes now."""
        world, db = self.world, self.world.store.db
        query = "SELECT num, last_seen FROM traits WHERE role = 'object' AND label IN (SELECT value FROM json_each(?))"
        seen = {f"o{num}": last for num, last in db.execute(query, (json.dumps(classes),))}
        merged = [other for other in world.projection.merged if world.resolve(other) in seen]
        stays: dict[
            tuple[str, str, float], float
        ] = {}  # what a thing took over from one that was merged into it counts once
        query = """SELECT subject, object, start, stop FROM facts
                   WHERE predicate IN ('on', 'in') AND subject IN (SELECT value FROM json_each(?))"""
        for subject, place, start, stop in db.execute(query, (json.dumps([*seen, *merged]),)):
            id = world.resolve(subject)
            until = stop if stop is not None else max(start, seen[id])
            stays[id, place, start] = max(until - start, stays.get((id, place, start), 0.0))
        return [(world.label(place), seconds) for (_, place, _), seconds in stays.items()]
