"""Where in a memory something has left traces: its ids, the nouns it goes by, actions on it, pictures that show it."""

from __future__ import annotations

import re
import sqlite3
import zlib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..geometry import Box, PinholeCamera, apply, inverse, transform
from . import codec
from .maps import Area, areas
from .node import GENERIC, best_label, decode_box
from .things import find
from .vocabulary import WORDS, canonical, plural
from .world import World

Rows = list[tuple[int, dict[str, Any]]]
_LETTER = r"[^\W\d_]"  # what may not be beside a noun: "mug_7" and "mug2" name a mug, "mugger" does not
_NEAR = 0.15  # metres that a reading may lie in front of a thing's centre, beyond its half diagonal


@dataclass(frozen=True)
class Traces:
    """What is to go. ``own`` matches nouns that nothing else in the memory goes by, ``shared`` the others.

    ``acts`` are actions that touch it, with their sub-goals and episodes; ``frames`` keyframes by number; ``blobs`` the
    digests (hex) of their bytes; ``notes`` events; ``said`` episodes whose words go; ``area`` places whose floor space goes
    from the robot's path.
    """

    ids: frozenset[str] = frozenset()
    own: re.Pattern[str] | None = None
    shared: re.Pattern[str] | None = None
    acts: frozenset[str] = frozenset()
    frames: frozenset[int] = frozenset()
    blobs: frozenset[str] = frozenset()
    notes: frozenset[int] = frozenset()
    said: frozenset[str] = frozenset()
    area: tuple[Box, ...] = ()

    def named(self, text: str, linked: bool = False) -> bool:
        """Does a text name it? A noun that others go by too counts only if what the text is about is ``linked`` to it."""
        if any(word in self.ids for word in re.findall(r"\bo\d+\b", text)):
            return True
        patterns = (self.own, self.shared) if linked else (self.own,)
        return any(p is not None and p.search(text) for p in patterns)


def of_thing(world: World, id: str, contents: bool = False) -> Traces:
    """Traces of a thing with its parts; with ``contents`` of all that is on or in it, too, or of a room, a floor or a building
    with all that is there. ``InputError`` if unknown.
    """
    gone = _within_area(areas(world), id) if contents else []
    if gone:
        there = [n.id for n in world.nodes.values() if any(a.has(n.map, n.center) for a in gone)]
        floor = tuple(Box.from_bounds(*a.box) for a in gone if a.box is not None)
        return _of(world, there, contents, floor, gone)
    if world.node(id) is None:
        raise InputError(_unknown(world, id, contents))
    root = world.resolve(id)
    return _of(world, [root], contents, (world.nodes[root].box,) if contents else ())


def _unknown(world: World, id: str, contents: bool) -> str:
    """Why there is nothing to erase; a noun, which may mean several things, is answered with the ids that it may mean."""
    meant = [f"{n.id} ({n.label})" for n in find(world, id)]
    if contents:
        meant = [f"{a.id} ({a.kind} {a.label})" for a in areas(world) if canonical(a.label) == canonical(id)] + meant
    if meant:
        return f"{id!r} is no id, and only what is named by its id is forgotten; it may mean {', '.join(meant[:8])}"
    return f"there is no thing {id!r} to forget; {len(world.nodes)} things are known, `loci export-md` lists them"


def _within_area(known: Sequence[Area], id: str) -> list[Area]:
    """The area by this id, and all that are part of it."""
    found = [a for a in known if a.id == id]
    for area in found:  # grows while it is walked through
        found += [a for a in known if a.parent == area.id]
    return found


def _of(world: World, roots: list[str], contents: bool, area: tuple[Box, ...], gone: Sequence[Area] = ()) -> Traces:
    for root in roots:  # grows while it is walked through
        inner = world.inside_of(root) if contents else []
        roots += [i for i in (*world.parts_of(root), *inner) if i not in roots]
    ids = frozenset(roots) | {old for old in world.projection.merged if world.resolve(old) in roots}
    labels, boxes = _looked_like(world, ids)
    labels |= {a.label for a in gone}
    others = {canonical(n.label) for n in world.nodes.values() if n.id not in ids}
    rows = keyframe_rows(world.store.db)
    frames = same_pictures(rows, {seq for seq, data in rows if _shows(world, seq, data, ids, boxes)})
    own = _nouns(label for label in labels if canonical(label) not in others)
    shared = _nouns(label for label in labels if canonical(label) in others)
    acts = _acts(world, ids)
    ids |= {a.id for a in gone}
    return Traces(ids, own, shared, acts, frames, blobs_of(rows, frames), area=area)


def keyframe_rows(db: sqlite3.Connection) -> Rows:
    """(event, description) of every keyframe, in order."""
    return [
        (seq, codec.decode(data.encode())) for seq, data in db.execute("SELECT seq, data FROM keyframes ORDER BY seq")
    ]


def same_pictures(rows: Rows, frames: Set[int]) -> frozenset[int]:
    """These keyframes and all others with the very same picture."""
    pictures = {data["blobs"]["keyframe.jpeg"] for seq, data in rows if seq in frames}
    return frozenset(seq for seq, data in rows if data["blobs"]["keyframe.jpeg"] in pictures)


def blobs_of(rows: Rows, frames: Set[int]) -> frozenset[str]:
    """Digests of these keyframes' pictures and depths, as far as no other keyframe has the same."""
    gone = {digest for seq, data in rows if seq in frames for digest in data["blobs"].values()}
    return frozenset(gone - {digest for seq, data in rows if seq not in frames for digest in data["blobs"].values()})


def _looked_like(world: World, ids: frozenset[str]) -> tuple[set[str], dict[str, list[tuple[int, Box, bool]]]]:
    """Every label that these things went by, and for each its boxes: (event, box, was it known to be gone?)."""
    labels = {world.nodes[i].label for i in ids if i in world.nodes}
    boxes: dict[str, list[tuple[int, Box, bool]]] = {i: [] for i in ids}
    marks = [f'"{i}":{{'.encode() for i in ids]
    for seq, body in world.store.db.execute("SELECT seq, body FROM payloads ORDER BY seq"):
        plain = codec.unsqueeze(body)
        if not any(mark in plain for mark in marks):
            continue
        patches: Mapping[str, Any] = codec.decode(plain).get("things", {})
        for id in ids & patches.keys():
            patch = patches[id]
            if "labels" in patch:
                labels.add(best_label(patch["labels"]))
            if "box" in patch or "absent" in patch:
                box = decode_box(patch["box"]) if "box" in patch else boxes[id][-1][1] if boxes[id] else None
                if box is not None:
                    boxes[id].append((seq, box, bool(patch.get("absent", boxes[id][-1][2] if boxes[id] else False))))
    return labels - GENERIC, boxes


def _shows(
    world: World,
    seq: int,
    data: Mapping[str, Any],
    ids: frozenset[str],
    boxes: Mapping[str, list[tuple[int, Box, bool]]],
) -> bool:
    """Is one of the things in the picture, recognised in it or not?"""
    if not ids.isdisjoint(data["ids"]):
        return True
    depth = world.store.get_blob(data["blobs"]["keyframe.depth"])
    if depth is None:
        return False  # the picture was dropped long ago
    thumb = codec.bytes_to_array(zlib.decompress(depth)).astype(np.float64)
    M = np.asarray(data["T"], dtype=np.float64).reshape(3, 4)
    T_cam_world = inverse(transform(M[:, :3], M[:, 3]))
    fx, fy, cx, cy, width, height = data["camera"]
    camera = PinholeCamera(fx, fy, cx, cy, int(width), int(height))
    for rows in boxes.values():
        if not rows:
            continue
        before = [row for row in rows if row[0] <= seq]
        _, box, absent = (
            before[-1] if before else rows[0]
        )  # before it was first noticed it may have stood there already
        if not absent and _in_sight(camera, thumb, apply(T_cam_world, box.center[None])[0], box):
            return True
    return False


def _in_sight(camera: PinholeCamera, thumb: np.ndarray[Any, Any], center: np.ndarray[Any, Any], box: Box) -> bool:
    """Would the thing's centre (3,) (camera frame) be seen, given the depth thumbnail (h, w)? No reading hides nothing."""
    x, y, z = (float(v) for v in center)
    if z <= 0.05:
        return False
    u, v = camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy
    if not (-0.5 <= u < camera.width - 0.5 and -0.5 <= v < camera.height - 0.5):
        return False
    row = int((v + 0.5) * thumb.shape[0] / camera.height)
    column = int((u + 0.5) * thumb.shape[1] / camera.width)
    reading = float(thumb[row, column])
    return not reading > 0 or reading >= z - float(np.linalg.norm(box.size)) / 2 - _NEAR


def _nouns(labels: Iterable[str]) -> re.Pattern[str] | None:
    words = {w for label in labels for w in (label, *WORDS.get(canonical(label), ()))}
    words |= {plural(w) for w in words}
    if not words:
        return None
    found = "|".join(map(_spelt, sorted(words, key=lambda w: (-len(w), w))))
    return re.compile(rf"(?:{found})", re.IGNORECASE)


def _spelt(word: str) -> str:
    """A pattern for a noun as people and programs write it. Scripts from U+2E80 on (Chinese, Japanese, …) have no gaps."""
    inside = re.sub(r"(?:\\ |_|\\-)+", r"[\\s_-]+", re.escape(word))
    before = "" if word[0] >= "\u2e80" else rf"(?<!{_LETTER})"
    return before + inside + ("" if word[-1] >= "\u2e80" else rf"(?!{_LETTER})")


def _acts(world: World, ids: frozenset[str]) -> frozenset[str]:
    """Actions on the things, and the sub-goals and episodes that they belong to."""
    found: set[str] = set()
    for (data,) in world.store.db.execute("SELECT data FROM acts WHERE kind = 'action'"):
        act = codec.decode(data.encode())
        if not ids.isdisjoint({act["target"], *act["touched"], *act["cites"]}):
            found |= {i for i in (act["id"], act["parent"], act["episode"]) if i}
    return frozenset(found)
