"""Where a handle's bar is, by the depth camera."""

from __future__ import annotations

import numpy as np

from ..geometry import F64, Box
from .articulation import Articulation

_FROM_END = 0.035  # metres from the end of an upright bar to grip it
_HIGH = 1.25  # metres above which a bar is gripped at its lower end
_BAR_DEPTH = 0.009  # metres from the front of a bar to its middle
_HALF = 0.014  # half of what is taken for a bar's thickness, metres
_BESIDE = 0.036  # metres from a bar's middle within which nothing else stands out as far as it does
_FEWEST = 8  # points that make a bar
_AJAR = 0.35  # radians from which an open panel stands clear of what is behind it
_PANEL = 60  # points that make a panel
_ASTRAY = 0.048  # metres that a bar may be off its guessed path


def seen_bar(cloud: F64, art: Articulation, length: float, about: float = 0.0, within: float = 9.0) -> F64 | None:
    """Middle (3,) of the bar of ``art`` in ``cloud`` (N, 3), not farther than ``within`` radians or metres along its motion
    from ``about``; None where none is seen.

    ``length`` is the bar's, in metres. A bar is what stands out farthest in the sense of opening and has nothing at its
    sides: a front seen without its bar is not taken for one. It may be ``_ASTRAY`` off the path.
    """
    half = max(length / 2 - 0.015, 0.04)
    if art.hinge is None:
        local = cloud - art.closed
        way, off, along = local @ art.normal, local @ np.cross(art.normal, art.bar), local @ art.bar
    else:
        a, b = art.plane @ art.closed - art.hinge, cloud @ art.plane.T - art.hinge
        way = art.turn * np.arctan2(a[0] * b[:, 1] - a[1] * b[:, 0], b @ a) * art.radius
        off, along = np.linalg.norm(b, axis=1) - art.radius, (cloud - art.closed) @ art.bar
    room = (np.abs(along) < half) & (way > -0.25) & (way < (art.full + 0.35) * art.radius)
    room &= np.abs(way - about * art.radius) < within * art.radius
    room &= np.abs(off) < _ASTRAY + _BESIDE
    way, off = way[room], off[room]
    found: list[tuple[float, int, float]] = []
    for shift in np.arange(-_ASTRAY, _ASTRAY + 1e-6, 0.006):
        bar = np.abs(off - shift) < _HALF
        if bar.sum() < _FEWEST:
            continue
        front = float(np.sort(way[bar])[-_FEWEST // 2])
        level = np.abs(way - front) < 0.02
        sides = [
            int((level & (s * (off - shift) > 1.5 * _HALF) & (s * (off - shift) < _BESIDE)).sum()) for s in (-1, 1)
        ]
        on_bar = level & bar
        if on_bar.sum() >= max(_FEWEST, 3 * max(sides)):
            found.append((front, int(on_bar.sum()), float(np.median(off[on_bar]))))
    if not found:
        return None
    outmost = max(front for front, _, _ in found)
    front, _, aside = max((f for f in found if f[0] > outmost - 0.02), key=lambda f: f[1])
    if art.hinge is None:
        return np.asarray(art.closed + (front - _BAR_DEPTH) * art.normal + aside * np.cross(art.normal, art.bar))
    spoke = art.handle((front - _BAR_DEPTH) / art.radius)
    return np.asarray(spoke + aside * (spoke - art.axis_point()) / art.radius)


def seen_panel(cloud: F64, art: Articulation) -> float | None:
    """Where along its motion an open door, flap or lid stands, by its panel in ``cloud`` (N, 3); None where none is seen.

    For what is open by ``_AJAR`` radians or more; some centimetres less exact than by the bar, which may be behind it.
    """
    if art.hinge is None:
        return None
    foot = art.closed if art.edge else art.closed - 0.06 * art.normal
    spokes = cloud @ art.plane.T - art.hinge
    radius, along = np.linalg.norm(spokes, axis=1), (cloud - art.closed) @ art.bar
    a = art.plane @ foot - art.hinge
    s = art.turn * np.arctan2(a[0] * spokes[:, 1] - a[1] * spokes[:, 0], spokes @ a)
    ok = (radius > 0.3 * art.radius) & (radius < art.radius + 0.04) & (s > _AJAR) & (s < art.full + 0.25)
    ok &= (np.abs(along) < (0.3 if art.upright else art.half - 0.02)) & (cloud[:, 2] > 0.05)
    radius, s = radius[ok], s[ok]
    if len(s) < _PANEL:
        return None
    counts, edges = np.histogram(s, bins=np.arange(_AJAR, art.full + 0.30, 0.04))
    near = np.abs(s - edges[int(counts.argmax())] - 0.02) < 0.05
    if near.sum() < _PANEL or np.ptp(radius[near]) < 0.35 * art.radius:
        return None
    return float(np.median(s[near]))


def seen_front(cloud: F64, handle: Box, camera: F64) -> tuple[F64, F64] | None:
    """The upright face behind a bar in ``handle``, by ``cloud`` (N, 3) seen from ``camera`` (3,); None if none is seen.

    Its normal (3,), towards the camera, and its two ends (2, 2) on the floor plan at the bar's height.
    """
    near = cloud[np.abs(cloud[:, 2] - handle.center[2]) < 0.20][:, :2] - handle.center[:2]
    close = near[np.linalg.norm(near, axis=1) < 0.22]
    if len(close) < 40:
        return None
    angles = np.arange(0.0, np.pi, np.pi / 180)
    best, face = 0, None
    for angle in angles:  # a Hough transform (Duda & Hart 1972) over the lines that a bar stands off from
        n = np.array([np.cos(angle), np.sin(angle)])
        n = n if n @ (camera[:2] - handle.center[:2]) > 0 else -n
        counts, edges = np.histogram(close @ n, bins=np.arange(-0.11, -0.01, 0.008))
        if counts.max() > best:
            best, face = int(counts.max()), (n, float(edges[int(counts.argmax())]) + 0.004)
    if face is None or best < 20:
        return None
    n, at = face
    lateral = np.array([-n[1], n[0]])
    along = np.sort(near[np.abs(near @ n - at) < 0.012] @ lateral)
    gaps = np.flatnonzero(np.diff(along) > 0.05)  # beyond a gap it is another face
    low = max((along[i + 1] for i in gaps if along[i + 1] <= 0), default=along[0])
    high = min((along[i] for i in gaps if along[i] >= 0), default=along[-1])
    ends = handle.center[:2] + at * n + np.array([[low], [high]]) * lateral
    return np.array([*n, 0.0]), ends


def grip_point(cloud: F64, handle: Box, center: F64, art: Articulation, s: float) -> F64:
    """Where (3,) to grip a bar with its middle at ``center`` (3,), refined on depth points; ``handle`` is its believed box."""
    out, bar = art.outward(s), art.bar
    across = np.cross(out, bar)
    local = cloud - center
    n, a, b = local @ out, local @ across, local @ bar
    half = max(float(np.abs(handle.T_ref_box[:3, :3].T @ bar) @ handle.size) / 2, 0.05)
    end = 1.0 if center[2] < _HIGH else -1.0  # where a hand that comes from above, or below, has room for its palm
    near = (np.abs(a) < 0.05) & (np.abs(b) < half) & (np.abs(n) < 0.06)
    front = float(np.percentile(n[near], 95)) if near.sum() >= 10 else np.inf
    if abs(front - _BAR_DEPTH) > 0.03:  # the panel behind the bar, seen past its edge, is not the bar
        return np.asarray(center + end * (half - _FROM_END) * bar) if abs(bar[2]) > 0.9 else center
    bar_points = near & (n > front - 0.02)
    middle = float(np.median(a[bar_points]))
    along = 0.0
    if abs(bar[2]) > 0.9:
        taller = (np.abs(a - middle) < 0.02) & (np.abs(b) < half + 0.03) & (np.abs(n - front) < 0.02)
        along = end * (float(np.clip(np.percentile(end * b[taller], 99), half - 0.03, half + 0.03)) - _FROM_END)
    return np.asarray(center + middle * across + along * bar + (front - 0.002 - _BAR_DEPTH) * out)
