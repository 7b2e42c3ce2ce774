"""One frame into beliefs: who is who, what is still there, what moved, what stands on what."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..contracts import ObjectReport, ObservationBatch, Role, Verdict
from .candidates import Candidates
from .duplicates import absorbing, doubled, find_duplicate, touching
from .existence import Presence
from .frame import Frame
from .hands import Hands
from .identity import Scene, match
from .keyframes import Keyframes
from .look import Look, look_of_report, looks_of
from .lookalikes import Lookalikes
from .node import Node
from .past import Filed, Past
from .places import Places
from .poses import anchor, anchor_report
from .scope import of_this_map, things_about
from .spatial import carry, displace, slide_of, slides
from .tracks import follow
from .vanishing import Vanishing
from .working import displaced, node_from, observe_states, recognise, replace_shape, reshape
from .world import FLUSH_SECONDS, World

_BESIDE = 0.4  # metres between two things of which it matters that they were seen apart
_RIDE = 2.0  # seconds in which what is seen to move with its container is carried by it
_SLIDES_AT_LEAST = 0.03  # metres
_SURER = 0.1  # of the class distribution by which another class has to lead before a thing is called by it
_YOUNG = 16  # sightings during which a thing is compared with its neighbours whenever it grows; later now and then


class Observer:
    """Turns observations into decisions, through ``World.emit``."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.hands = Hands(world)
        self.candidates = Candidates()
        self.lookalikes = Lookalikes(world)
        self.keyframes = Keyframes(world)
        self.places = Places(world)
        self.vanishing = Vanishing(world, self.places)
        self.past = Past(world)

    def observe(self, batch: ObservationBatch) -> list[str | None]:
        """Take in one frame; returns the thing of each detection (None: not taken for a thing, or not yet)."""
        self.world.seen_map = batch.map_id
        with self.world.within(batch.map_id):
            return self._observe(of_this_map(self.world, batch))

    def report(self, report: ObjectReport) -> list[str | None]:
        """Take in a report without pixels, as a look that is sure of itself."""
        self.world.seen_map = report.map_id
        with self.world.within(report.map_id):
            return self._report(report)

    def _observe(self, batch: ObservationBatch) -> list[str | None]:
        world = self.world
        frame = Frame(batch.stamp, np.asarray(batch.T_world_cam)[:3, 3], [None] * len(batch.detections))
        self.hands.sense(batch)
        looks, filed, whole = self._own_looks(batch), Filed(), batch
        if batch.stamp < world.now:
            filed = self.past.sort(looks, batch.stamp, [v.id for v in batch.visibility])
            batch = filed.rest(batch, world)
            looks = filed.others(looks)
        world.now = max(world.now, batch.stamp)
        hints: dict[str, int] = {}
        for visibility in batch.visibility:
            id = world.resolve(visibility.id)
            frame.verdicts[id] = visibility.verdict
            if visibility.verdict is Verdict.SEEN and visibility.detection is not None:
                hints[id] = visibility.detection
        about = [n for n in self._about(frame, looks) if n.id not in filed.ahead]
        scene = Scene(batch.stamp, world.tracks, frame.verdicts, hints)
        self._identify(frame, [k for k in looks if k.role is not Role.PART], about, scene)
        parts = [k for k in looks if k.role is Role.PART]
        if parts:  # they are told apart by what they belong to, which is known by now
            wholes = self.places.wholes(frame, batch, about)
            self._identify(frame, parts, about, replace(scene, wholes=wholes))
        self._carry(frame)
        anchor(world, frame, batch, looks)
        self.places.relate(frame, batch)
        self.vanishing.judge(frame, batch)
        self._finish(frame, looks)
        self.past.file(frame, whole, filed)
        self.places.cover(batch)
        world.saw_base(batch.stamp, batch.T_world_base, batch.robot_id, batch.map_id)
        self.keyframes.consider(batch, frame.seen)
        self._end(batch.stamp)
        return frame.ids

    def _report(self, report: ObjectReport) -> list[str | None]:
        world = self.world
        frame = Frame(report.stamp, np.zeros(3), [None])
        looks, filed = [look_of_report(report)], Filed()
        looks[0].track = world.own_track(report.robot_id, report.map_id, looks[0].track)
        if report.stamp < world.now:
            filed = self.past.sort(looks, report.stamp)
            looks = filed.others(looks)
        world.now = max(world.now, report.stamp)
        about = [n for n in self._about(frame, looks) if n.id not in filed.ahead]
        self._identify(frame, looks, about, Scene(report.stamp, world.tracks))
        self._carry(frame)
        anchor_report(world, frame, report, looks)
        self.places.guess(frame)
        self._finish(frame, looks)
        self.past.file(frame, None, filed)
        self._end(report.stamp)
        return frame.ids

    def _own_looks(self, batch: ObservationBatch) -> list[Look]:
        looks = looks_of(batch)
        for look in looks:
            look.track = self.world.own_track(batch.robot_id, batch.map_id, look.track)
        return looks

    # --- identity -----------------------------------------------------------------------------------------------------
    def _about(self, frame: Frame, looks: list[Look]) -> list[Node]:
        """What the frame may show; notes where it was before the frame is taken in."""
        about = things_about(self.world, looks)
        frame.before = {n.id: n.center for n in about}
        return about

    def _identify(self, frame: Frame, looks: list[Look], about: list[Node], scene: Scene) -> None:
        part = bool(looks) and looks[0].role is Role.PART
        nodes = [n for n in about if (n.role is Role.PART) is part]
        pairs = match(looks, nodes, scene)
        order = sorted(range(len(looks)), key=lambda i: looks[i].role is Role.OBJECT)  # what carries, before what rides
        for i in order:
            if i in pairs:
                look, node = looks[i], nodes[pairs[i]]
                tracked = self.world.tracks.get(look.track, ("",))[0] == node.id and look.track >= 0
                if not self._seen(frame, look, node, tracked):
                    del pairs[i]
        for i, look in enumerate(looks):
            if i not in pairs:
                self._unmatched(frame, look, nodes, scene)
        follow(self.world, frame, looks)

    def _seen(self, frame: Frame, look: Look, node: Node, tracked: bool) -> bool:
        """Update ``node`` from its look; False if on closer inspection this cannot be it."""
        elsewhere = node.held is None and displaced(node, look, tracked)
        if elsewhere and look.generic and frame.verdicts.get(node.id) is not Verdict.SEEN_THROUGH:
            return False  # nothing says that it left its spot, and nothing but the place says that this is it
        if elsewhere and node.presence.absent and node.small and node.held is None:
            self.vanishing.links.found(look, node, frame.stamp)
        frame.ids[look.index] = node.id
        frame.seen.add(node.id)
        away = frame.stamp - node.last_seen
        node.last_seen = node.last_looked = frame.stamp
        node.sightings += 1
        name = node.told or node.label
        recognise(node, look)
        node.told = name
        if node.small and node.labels[node.label] > node.labels.get(name, 0.0) + _SURER:
            node.told = node.label
            frame.fresh[node.id] = ("recognised", name)
        if node.held is not None and not node.released:
            node.presence.seen(same_spot=False)
            node.believed = None
            return True
        was_absent = node.presence.absent
        if elsewhere:
            if self._confirmed(frame, look, node, tracked):
                self._moved(frame, look, node, was_absent, tracked)
            return True
        node.presence.seen()
        node.shift = None
        node.rest = 0.0
        settled = node.believed is None
        node.believed = None
        if not settled and node.small:  # the first look after it was put down or carried unseen: geometry starts anew
            replace_shape(node, look)
            frame.fresh[node.id] = ("", "confirmed")
        else:
            self.world.grown[node.id] = self.world.grown.get(node.id, 0) + reshape(node, look, frame.camera)
        if was_absent:
            frame.fresh[node.id] = ("reappeared", f"after {away:.0f} s")
        self._states(frame, look, node)
        return True

    def _confirmed(self, frame: Frame, look: Look, node: Node, tracked: bool) -> bool:
        """Count a look at a new spot; True once there are enough that agree."""
        if node.released or node.believed is not None or node.presence.absent:
            return True
        if node.role is Role.PART or slides(node):  # doors and drawers do move, and never far
            return True
        target, since, count = node.shift if node.shift is not None else (look.center, frame.stamp, 0)
        agrees = (
            float(np.linalg.norm(look.center - target)) < max(0.08, 3 * look.sigma) + (1.5 if tracked else 0.0) * 0.5
        )
        count = count + 1 if agrees else 1
        node.shift = (look.center, since, count)
        gone = frame.verdicts.get(node.id) is Verdict.SEEN_THROUGH
        need = (2 if tracked else 3) - (1 if gone else 0)
        if look.generic:
            need += 1
        if not node.small:
            need += 2
        return count >= need

    def _moved(self, frame: Frame, look: Look, node: Node, was_absent: bool, tracked: bool) -> None:
        before = node.center
        frame.shifted[node.id] = node.box
        self.world.slid[node.id] = frame.stamp
        replace_shape(node, look)
        node.presence = Presence(odds=node.presence.odds, hits=node.presence.hits, flickers=node.presence.flickers)
        node.presence.seen(same_spot=False)
        node.whole = not look.cut or node.whole
        inferred = node.believed is not None
        node.believed = None
        self._states(frame, look, node)
        if node.role is Role.PART or slides(node):
            frame.fresh[node.id] = ("", "shifted")  # a door that swings is no thing that moved
            return
        node.votes.clear()
        distance = float(np.linalg.norm(node.center - before))
        host = self.world.fact(node.id)
        carried = host is not None and frame.stamp - self.world.slid.get(host.object, -np.inf) <= _RIDE
        if carried or (inferred and not was_absent and distance < 0.35):
            frame.fresh[node.id] = ("", "carried" if carried else "confirmed")
            return
        node.moves += 1
        frame.fresh[node.id] = ("moved", f"{distance:.2f} m" + (", watched" if tracked else ""))
        self.lookalikes.linked(node, was_absent)

    def _carry(self, frame: Frame) -> None:
        """What has moved takes along what is on or in it and was not seen itself."""
        for id, old in frame.shifted.items():
            node = self.world.nodes[id]
            if node.role is Role.PART:
                continue
            motion = np.eye(4)
            motion[:3, 3] = slide_of(self.world, id, frame.before, old) if slides(node) else node.center - old.center
            if slides(node) and float(np.linalg.norm(motion[:3, 3])) < _SLIDES_AT_LEAST:
                continue  # its outline changed, not its position
            for part in self.world.parts_of(id):
                if part not in frame.seen and self.world.nodes[part].label == "handle":
                    displace(self.world.nodes[part], motion)
            found = node.link is not None and node.link.stamp == frame.stamp
            lost = node.link.left if found and node.link is not None else None
            for inner in carry(self.world, id, motion, frame.seen, loosen=0.03, lost=lost):
                frame.fresh.setdefault(inner.id, ("", "carried"))

    def _unmatched(self, frame: Frame, look: Look, nodes: list[Node], scene: Scene) -> None:
        world = self.world
        # what is supposed to have moved still has its old shape: what shows there is another, not a fragment of it
        owner = absorbing(look, [n for n in nodes if n.id in frame.seen and n.shift is None])
        if owner is not None:
            frame.ids[look.index] = owner.id
            if owner.held is None:
                fragment = reshape(owner, look, frame.camera)
                world.grown[owner.id] = world.grown.get(owner.id, 0) + fragment
            return
        twice = doubled(look, [world.nodes[i] for i in frame.ids if i is not None])
        if twice is not None:
            look.sure, frame.doubles[look.index] = False, twice.id
        map = world.scope or "map"
        ripe = self.candidates.add(look, frame.stamp, map)
        if ripe is None:
            return
        stayed = self.vanishing.links.doubted(look) if look.role is Role.OBJECT else None
        if stayed is not None and self.vanishing.links.refuted(frame, stayed):
            self.vanishing.links.undo(frame, look, stayed)
            return
        node = node_from(look, world.new_id(), ripe.first) if ripe.node is None else ripe.node
        node.id, node.map = world.new_id(), map
        node.last_seen = node.last_looked = frame.stamp
        world.nodes[node.id] = node
        frame.ids[look.index] = node.id
        frame.seen.add(node.id)
        frame.fresh[node.id] = ("appeared", "")
        self._states(frame, look, node)
        if stayed is not None:
            frame.doubted[node.id] = stayed.id

    def _states(self, frame: Frame, look: Look, node: Node) -> None:
        for owner in (node, self._parent(node)):
            if owner is not None:
                new = [a for a in look.states if a not in owner.states]
                changed = observe_states(owner, look, frame.stamp) + [(a, owner.states[a].value) for a in new]
                frame.states.setdefault(owner.id, []).extend(changed)

    def _parent(self, node: Node) -> Node | None:
        fact = self.world.fact(node.id, "whole") if node.role is Role.PART else None
        return self.world.node(fact.object) if fact is not None else None

    # --- the rest of the frame ----------------------------------------------------------------------------------------
    def _finish(self, frame: Frame, looks: list[Look]) -> None:
        """Log what is new of each thing, with its place; then merge what turned out to be the same."""
        self.places.settle(frame)
        for new, old in frame.doubted.items():
            node, stayed = self.world.node(new), self.world.node(old)
            if node is not None and stayed is not None and stayed.link is not None and node is not stayed:
                self.lookalikes.presume(node, [(stayed, stayed.link.stamp)], frame.stamp)
        self._note_together(looks, frame)
        near = touching(self.world, self._suspects(frame))
        for id, others in near.items():
            node = self.world.nodes.get(id)
            same = find_duplicate(self.world, node, others) if node is not None else None
            if node is not None and same is not None:
                older, newer = sorted((node, same), key=lambda n: n.number)
                self.vanishing.merge(frame, newer, older)
        self.lookalikes.watch(frame.stamp)

    def _suspects(self, frame: Frame) -> list[Node]:
        """Things that are new, or that have grown: they may turn out to be a part of another."""
        new = [
            self.world.nodes[i] for i, (kind, _) in frame.fresh.items() if kind == "appeared" and i in self.world.nodes
        ]
        grown = [n for i in sorted(frame.seen) if i not in frame.fresh and self.world.grown.get(i, 0) > 0
                 and (n := self.world.nodes[i]) and (n.sightings <= _YOUNG or n.sightings % _YOUNG == 0)]  # fmt: skip
        return new + grown

    def _note_together(self, looks: list[Look], frame: Frame) -> None:
        """Two things detected apart in one frame are two things."""
        ids = sorted({i for k in looks if (i := frame.ids[k.index]) is not None and self._apart(self.world.nodes[i])})
        if len(ids) < 2:
            return
        centers = np.array([self.world.nodes[i].center for i in ids])
        close = np.triu(np.abs(centers[:, None] - centers).max(axis=2) < _BESIDE, 1)
        for a, b in zip(*(axis.tolist() for axis in np.nonzero(close)), strict=True):
            pair = (ids[a], ids[b])
            self.world.together[pair] = self.world.together.get(pair, 0) + 1

    def _apart(self, node: Node) -> bool:
        return node.small or node.role is Role.PART

    def _end(self, stamp: float) -> None:
        if stamp - self.world.flushed >= FLUSH_SECONDS:
            self.world.flush(stamp)
