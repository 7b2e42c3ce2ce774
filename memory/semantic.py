"""What holds in general: where a class of things usually is, how often it moves, and hence where to look for one."""

from __future__ import annotations

from .belief_search import Search
from .records import Candidate
from .vocabulary import canonical, meanings
from .world import World


class Semantic:
    """Counts over everything that was ever placed, from the tables."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._search = Search(world)

    def usual_places(self, label: str) -> list[tuple[str, int, float]]:
        """Where things of a class were found: (place label, how often, share), most often first."""
        wanted = meanings(label)
        rows = self.world.store.db.execute("SELECT label, place, count FROM usual").fetchall()
        very = [row for row in rows if row[0] == label.strip().lower()]  # of glasses and a glass the very word
        counts: dict[str, int] = {}
        for own, place, count in very or rows:
            if very or own in wanted or canonical(own) in wanted:
                counts[place] = counts.get(place, 0) + count
        total = sum(counts.values())
        return [(p, c, c / total) for p, c in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]

    def moves(self, label: str) -> tuple[int, int]:
        """How often things of a class were seen to have moved, and to have vanished."""
        row = self.world.store.db.execute(
            "SELECT sum(moved), sum(vanished) FROM habits WHERE label = ?", (canonical(label),)
        ).fetchone()
        return int(row[0] or 0), int(row[1] or 0)

    def places_to_look(self, label: str) -> list[Candidate]:
        """Places where a thing of this class (or with this id) may be, with probabilities that sum to 1; see ``Search``."""
        return self._search.places(label)
