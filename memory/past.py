"""Observations that come late: what a frame shows of things about which something newer is known is filed into the past.

A thing is *ahead* of a frame if it was seen, looked for, put or taken anywhere after the frame's stamp. Of such a thing the
frame changes nothing that is believed now; where it then was becomes a fact of that time. Who it was is decided against the
boxes as they were then (from the log); what fits none of them may be a thing that was first noticed later, was missed then,
or has moved since, if it looks like one. Everything else in a late frame is news and is taken in like any other: nobody
knows anything newer.
Verdicts on things that are ahead are not counted: that a spot was empty for a moment in between tells nothing that lasts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..contracts import ObservationBatch, Role
from ..geometry import Box
from .existence import Presence
from .frame import Frame
from .identity import LINK_NAMELESS, LOOK_AWAY, Scene, match
from .likeness import likeness
from .links import LIKE
from .look import Look
from .node import GENERIC, Node, decode_box
from .scope import things_about
from .spatial import support_of
from .working import node_from
from .world import EXOGENOUS, World

_MOVES = "('appeared', 'moved', 'placed', 'held', 'slipped', 'vanished', 'reappeared')"
_GOES = "('moved', 'placed', 'held', 'slipped')"
_MOST = 256  # things that changed since and may be what a look shows
_WALK = 12  # changes back through which a box is looked for
_SURE_STATE = 0.7  # probability from which a state that was seen is filed
_TRACKED = 30.0  # seconds for which a track's number is that thing's
_STEP = 1e-6  # seconds


@dataclass
class Filed:
    """What a late frame shows of things that are ahead: ``pairs`` (look, thing); ``ahead`` ids that it must not touch."""

    pairs: list[tuple[Look, Node]] = field(default_factory=list)
    ahead: set[str] = field(default_factory=set)

    def others(self, looks: Sequence[Look]) -> list[Look]:
        """The looks that show something else."""
        late = {look.index for look, _ in self.pairs}
        return [look for look in looks if look.index not in late]

    def rest(self, batch: ObservationBatch, world: World) -> ObservationBatch:
        """The batch without what it says of things that are ahead; they may still be what others are on."""
        late = {look.index: node.id for look, node in self.pairs}
        relations = [
            replace(r, object=late.get(r.object, r.object)) if isinstance(r.object, int) else r
            for r in batch.relations if r.subject not in late
        ]  # fmt: skip
        judged = [v for v in batch.visibility if world.resolve(v.id) not in self.ahead]
        return replace(batch, relations=relations, visibility=judged)


class Past:
    """Sorts a late frame's looks, and files those that belong to the past."""

    def __init__(self, world: World) -> None:
        self.world = world

    def sort(self, looks: Sequence[Look], stamp: float, named: Sequence[str] = ()) -> Filed:
        """Which looks show things that are ahead of ``stamp``; ``named``: ids that the frame says something of."""
        world, filed = self.world, Filed()
        about = {n.id: n for n in things_about(world, looks)}
        about |= {n.id: n for n in self._changed(looks, stamp) if n.id not in about}
        about |= {n.id: n for id in named if (n := world.node(id)) is not None}
        ahead = [n for n in about.values() if self.known_until(n) > stamp + _STEP]
        filed.ahead = {n.id for n in ahead}
        then = {n.id: self._then(n, stamp) for n in ahead}
        known = [n for n in about.values() if n.id not in filed.ahead]
        ghosts = [g for g in then.values() if g is not None]
        filed.pairs = self._tracked(looks, stamp, filed.ahead)
        told = {look.index for look, _ in filed.pairs}
        for part in (False, True):
            mine = [k for k in looks if (k.role is Role.PART) is part and k.index not in told]
            taken = {node.id for _, node in filed.pairs}
            nodes = [n for n in [*known, *ghosts] if (n.role is Role.PART) is part and n.id not in taken]
            pairs = match(mine, nodes, Scene(stamp))
            filed.pairs += [
                (mine[i], world.nodes[nodes[j].id]) for i, j in sorted(pairs.items()) if nodes[j].id in filed.ahead
            ]
            taken = {node.id for _, node in filed.pairs}
            free = [
                n
                for n in ahead
                if n.id not in taken and (n.role is Role.PART) is part and self._astray(n, then[n.id], stamp)
            ]
            filed.pairs += self._alike([k for i, k in enumerate(mine) if i not in pairs], free)
        return filed

    def _tracked(self, looks: Sequence[Look], stamp: float, ahead: set[str]) -> list[tuple[Look, Node]]:
        """Looks at what a tracker has followed on since then, to wherever it is by now."""
        found: dict[str, tuple[Look, Node]] = {}
        for look in looks:
            id, when, _ = self.world.tracks.get(look.track, ("", -math.inf, 0.0))
            if id in ahead and when - stamp <= _TRACKED and look.role is self.world.nodes[id].role:
                found.setdefault(id, (look, self.world.nodes[id]))
        return list(found.values())

    def known_until(self, node: Node) -> float:
        """World time of the newest that is known of a thing's place."""
        fact = self.world.fact(node.id)
        return max(
            node.last_seen, node.last_looked, node.believed or -math.inf, -math.inf if fact is None else fact.start
        )

    def _changed(self, looks: Sequence[Look], stamp: float) -> list[Node]:
        """Things that a look may show by its class and that were somewhere else since, wherever they are now."""
        query = (
            f"SELECT DISTINCT thing FROM changes WHERE stamp > ? AND kind IN {_MOVES} ORDER BY seq DESC LIMIT {_MOST}"
        )
        ids = {self.world.resolve(id) for (id,) in self.world.store.db.execute(query, (stamp,))}
        labels = {label for k in looks for label in k.labels} | (GENERIC if any(k.generic for k in looks) else set())
        found = self.world.nodes.some(sorted(ids, key=lambda i: int(i[1:])))
        return [n for n in found if not labels.isdisjoint(n.labels)]

    def _then(self, node: Node, stamp: float) -> Node | None:
        """The thing as it stood at ``stamp``; None if it was not known, gone or in a hand then."""
        if node.first_seen > stamp:
            return None
        box = self._box_then(node, stamp)
        if box is None:
            return None
        motion = box.center - node.center
        seen = min(node.last_seen, stamp - LOOK_AWAY)
        return replace(
            node, box=box, points=(node.points + motion).astype(np.float32), presence=Presence(), held=None, last_seen=seen,
            strays=None, settled=None,
        )  # fmt: skip

    def _box_then(self, node: Node, stamp: float) -> Box | None:
        world = self.world
        ids = self._ids(node)
        marks = ", ".join("?" * len(ids))
        db = world.store.db
        query = f"""SELECT seq, kind FROM changes WHERE thing IN ({marks}) AND stamp <= ? AND kind IN {_MOVES}
                    ORDER BY stamp DESC, seq DESC LIMIT {_WALK}"""
        rows = db.execute(query, (*ids, stamp)).fetchall()
        if rows and rows[0][1] in ("vanished", "held"):
            return None
        if not self._went_after(ids, stamp):
            return None if node.held is not None else node.box
        for seq, _ in rows:
            payload: Any = world.store.event(seq).payload
            for id, box in payload.get("late", ()):
                if id in ids:
                    return decode_box(box)
            for id, patch in payload.get("things", {}).items():
                if id in ids and "box" in patch:
                    return decode_box(patch["box"])
        return None

    def _ids(self, node: Node) -> list[str]:
        return [node.id, *(old for old, into in self.world.projection.merged.items() if into == node.id)]

    def _went_after(self, ids: Sequence[str], stamp: float) -> bool:
        marks = ", ".join("?" * len(ids))
        query = f"SELECT 1 FROM changes WHERE thing IN ({marks}) AND stamp > ? AND kind IN {_GOES} LIMIT 1"
        return self.world.store.db.execute(query, (*ids, stamp)).fetchone() is not None

    def _astray(self, node: Node, then: Node | None, stamp: float) -> bool:
        """May the thing have been anywhere at that time? It was missed, or moved on at some moment after that."""
        fact = self.world.fact(node.id)
        if node.held is not None and (fact is None or fact.start <= stamp):
            return False  # it was in the hand
        return then is None or self._went_after(self._ids(node), stamp)

    def _alike(self, looks: Sequence[Look], nodes: Sequence[Node]) -> list[tuple[Look, Node]]:
        """Looks that fit no place of that time, and the things that were somewhere unknown then and look like them."""
        found: list[tuple[float, float, int, int]] = []
        for i, look in enumerate(looks):
            if look.role is not Role.OBJECT or not look.sure:
                continue
            seen = node_from(look, "o0", 0.0)
            seen.map = self.world.scope or "map"
            for j, node in enumerate(nodes):
                like = likeness(seen, node)
                if like >= (LINK_NAMELESS if node.generic else LIKE):
                    found.append((-like, float(np.linalg.norm(look.center - node.center)), i, j))
        pairs: dict[int, int] = {}
        for _, _, i, j in sorted(found):
            if i not in pairs and j not in pairs.values():
                pairs[i] = j
        return [(looks[i], nodes[j]) for i, j in sorted(pairs.items())]

    # --- filing -------------------------------------------------------------------------------------------------------------
    def file(self, frame: Frame, batch: ObservationBatch | None, filed: Filed) -> None:
        """Note where the things were, and in what states. To be called when it is known what else the frame shows."""
        ids = list(frame.ids)
        for look, node in filed.pairs:
            ids[look.index] = node.id
        for look, node in filed.pairs:
            self._file(look, node, self._place(look, node, batch, ids), frame.stamp)
        frame.ids[:] = ids

    def _place(
        self, look: Look, node: Node, batch: ObservationBatch | None, ids: Sequence[str | None]
    ) -> tuple[str, str] | None:
        best: tuple[float, str, str] | None = None
        for r in batch.relations if batch is not None else ():
            target = ids[r.object] if isinstance(r.object, int) else self.world.resolve(r.object)
            if r.subject != look.index or r.predicate not in ("on", "in") or target in (None, node.id):
                continue
            if best is None or r.score > best[0]:
                best = (r.score, r.predicate, str(target))
        if best is not None:
            return best[1], best[2]
        return support_of(self.world, look.box, skip=node.id) if look.role is Role.OBJECT else None

    def _file(self, look: Look, node: Node, place: tuple[str, str] | None, stamp: float) -> None:
        world = self.world
        until = self.known_until(node)
        past: list[list[Any]] = []
        if (
            place is not None
            and node.small
            and (stop := self._stop(node.id, "place", *place, stamp, until)) is not None
        ):
            past.append([node.id, *place, stamp, stop, EXOGENOUS])
        for attribute, seen in sorted(look.states.items()):
            value = min(seen, key=lambda k: (-seen[k], k), default="")
            now = node.states.get(attribute)
            newest = until if now is None else now.stamp
            stop = (
                self._stop(node.id, attribute, attribute, value, stamp, newest)
                if seen.get(value, 0.0) >= _SURE_STATE
                else None
            )
            if stop is not None:
                past.append([node.id, attribute, value, stamp, stop, EXOGENOUS])
        known = node.first_seen <= stamp
        node.first_seen, node.last_seen = min(node.first_seen, stamp), max(node.last_seen, stamp)
        node.sightings += 1
        if not past and known:
            return
        changes = []
        if any(row[1] in ("on", "in", "at") for row in past):
            assert place is not None
            there = f"{'near' if place[0] == 'at' else place[0]} the {world.label(place[1])}"
            changes.append(
                ("placed", node.id, f"the {node.label} ({node.id}) was {there}, as was told later", EXOGENOUS)
            )
        c = look.box
        box = [*np.round(c.center, 4).tolist(), round(c.yaw, 4), *np.round(c.size, 4).tolist()]
        world.emit("late", stamp, things=[node], changes=changes, extra={"past": past, "late": [[node.id, box]]})

    def _stop(self, id: str, family: str, predicate: str, object: str, stamp: float, until: float) -> float | None:
        """Until when a fact that was seen at ``stamp`` held, as far as is known; None if it is known already or cannot be."""
        query = """SELECT predicate, object, start, stop FROM facts WHERE subject = ? AND family = ? AND
                   (stop IS NULL OR stop > start) AND (stop IS NULL OR stop > ?) ORDER BY start, num"""
        rows = self.world.store.db.execute(query, (id, family, stamp)).fetchall()
        if not rows:
            return until if until > stamp else None
        other, what, start, stop = rows[0]
        if start > stamp:
            return float(start)
        if (other, what) == (predicate, object) or other == "held_by":
            return None
        return float(stop) if stop is not None else until if until > stamp else None
