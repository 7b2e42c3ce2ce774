"""Layouts of the viewer: the working layout (map, camera, words, numbers) and the poster (the map and nothing else)."""

from __future__ import annotations

import numpy as np
import rerun.blueprint as rrb

from . import palette
from .eye import Eye
from .sink import TIMELINE

_CLOUD = "- /world/cloud/{}/**"


def map_view(eye: Eye, *, poster: bool) -> rrb.Spatial3DView:
    """The 3D view from ``eye``; surfaces that turn their back on it (ceiling, near walls) are left out.

    A ``poster`` has no doors either, so that what is believed behind them can be seen.
    """
    contents = ["+ /world/**", *(_CLOUD.format(f) for f in eye.hidden)]
    contents += ["- /world/camera/image/detections", "- /world/things/parts/**"]
    contents += ["- /world/camera/**", "- /world/surfaces/parts/**"] if poster else ["- /world/evidence/**"]
    return rrb.Spatial3DView(
        origin="/world",
        name="Memory",
        contents=contents,
        background=rrb.Background(color=palette.BACKGROUND),
        line_grid=rrb.LineGrid3D(visible=False),
        eye_controls=rrb.EyeControls3D(
            kind=rrb.Eye3DKind.Orbital,
            position=np.asarray(eye.position),
            look_target=np.asarray(eye.target),
            eye_up=(0.0, 0.0, 1.0),
        ),
        titlebar=not poster,
    )


def working(eye: Eye) -> rrb.Blueprint:
    """Map on the left; on the right the camera's pictures, what the robot is doing and why, and numbers over time."""
    pictures = rrb.Tabs(
        rrb.Spatial2DView(origin="/world/camera", name="Camera", contents=["+ /world/camera/**"]),
        rrb.Spatial2DView(origin="/depth", name="Depth"),
        rrb.Spatial2DView(origin="/segments", name="Segments"),
        name="Pictures",
    )
    numbers = rrb.Tabs(
        rrb.TimeSeriesView(origin="/knowledge", name="What is known how", plot_legend=rrb.Corner2D.LeftTop),
        rrb.TimeSeriesView(origin="/memory", name="Memory"),
        rrb.TimeSeriesView(origin="/bytes", name="Bytes"),
        name="Numbers",
    )
    words = rrb.TextLogView(
        origin="/text",
        name="What happened",
        columns=rrb.TextLogColumns(timeline_columns=[TIMELINE], text_log_columns=["LogLevel", "Body"]),
    )
    right = rrb.Vertical(
        pictures,
        rrb.Tabs(
            rrb.TextDocumentView(origin="/now", name="Now"),
            rrb.TextDocumentView(origin="/recall", name="Recalled"),
            name="Now",
        ),
        words,
        numbers,
        row_shares=[3.2, 1.3, 2.6, 1.9],
    )
    return rrb.Blueprint(
        rrb.Horizontal(map_view(eye, poster=False), right, column_shares=[1.75, 1.0]),
        rrb.BlueprintPanel(state="collapsed"),
        rrb.SelectionPanel(state="collapsed"),
        rrb.TimePanel(state="collapsed", timeline=TIMELINE),
        auto_layout=False,
        auto_views=False,
    )


def poster(eye: Eye) -> rrb.Blueprint:
    """The map alone, without any of the viewer's panels."""
    return rrb.Blueprint(
        map_view(eye, poster=True),
        rrb.TopPanel(state="hidden"),
        rrb.BlueprintPanel(state="hidden"),
        rrb.SelectionPanel(state="hidden"),
        rrb.TimePanel(state="hidden", timeline=TIMELINE),
        auto_layout=False,
        auto_views=False,
    )
