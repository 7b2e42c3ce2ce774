"""The perceiver: one frame in, one batch of observations out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..contracts import Detection, Expected, ObservationBatch, RGBDFrame, Role, Segmenter
from ..geometry import inverse
from .appearance import appearances
from .keyframes import KeyframePolicy
from .lifting import Lifted, lift
from .noise import DepthNoise
from .relations import relate
from .tracklets import InView, Sighting, Tracker
from .view import View, contacts
from .visibility import judge


@dataclass
class FramePerceiver:
    """Implements ``contracts.Perceiver`` on top of any ``Segmenter``.

    It lifts the segments to things in space, follows them from frame to frame, and says of every expected thing whether
    it is seen, seen through, occluded or out of view, and how things stand to each other. It keeps tracks and the last
    keyframe between calls and nothing else; all identity is memory's. A segmenter that has a true attribute ``exhaustive``
    is taken to give a segment to whatever can be seen.
    """

    segmenter: Segmenter
    noise: DepthNoise = field(default_factory=DepthNoise)
    tracker: Tracker = field(default_factory=Tracker)
    keyframes: KeyframePolicy = field(default_factory=KeyframePolicy)

    def observe(self, frame: RGBDFrame, expected: Sequence[Expected] = ()) -> ObservationBatch:
        """What ``frame`` shows, and what it says of each expected thing. Raises what the segmenter raises."""
        view = View.of(frame, self.segmenter.segment(frame), self.noise)
        touching = contacts(view)
        things = lift(view, touching)
        detections = self._detections(view, things)
        exhaustive = bool(getattr(self.segmenter, "exhaustive", False))
        visibility, coverage = judge(view, things, expected, exhaustive)
        labels = [d.labels for d in detections]
        known = {v.detection for v in visibility}
        fresh = [d.track for i, d in enumerate(detections) if d.role is Role.OBJECT and i not in known]
        return ObservationBatch(
            stamp=frame.stamp,
            robot_id=frame.robot_id,
            map_id=frame.map_id,
            pose_id=frame.pose_id,
            camera=frame.camera,
            T_world_cam=frame.T_world_cam,
            pose_cov=frame.pose_cov,
            detections=detections,
            relations=relate(things, labels, expected, visibility, touching.touching),
            visibility=visibility,
            coverage=coverage,
            gripper=frame.gripper,
            T_world_base=frame.T_world_base,
            keyframe=self.keyframes.choose(frame, visibility, fresh),
        )

    def _detections(self, view: View, things: Sequence[Lifted]) -> list[Detection]:
        """Give the things their looks and their tracks, and move their boxes into the camera frame."""
        if things:
            owners = np.repeat(np.arange(len(things)), [len(t.colors) for t in things])
            looks = appearances(np.concatenate([t.colors for t in things]), owners, len(things))
        sightings = [
            Sighting(t.role, view.segments[t.segment].labels, *t.box_world.bounds(), looks[i], t.sigma)
            for i, t in enumerate(things)
        ]
        frame = view.frame
        numbers = self.tracker.update(sightings, frame.stamp, InView(frame.camera, frame.T_world_cam))
        T_cam_world = inverse(frame.T_world_cam)
        return [
            Detection(
                track=numbers[i],
                role=t.role,
                labels=view.segments[t.segment].labels,
                states=view.segments[t.segment].states,
                points_cam=t.points_cam,
                colors=t.colors,
                box_cam=t.box_world.moved(T_cam_world),
                appearance=looks[i],
                bbox=t.bbox,
                pixels=t.pixels,
                sigma=t.sigma,
                cut=t.cut,
            )
            for i, t in enumerate(things)
        ]
