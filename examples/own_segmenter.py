"""A segmenter of your own: here by colour. Anything with ``segment(frame) -> list[Segment]`` will do.

Run it with Loci installed:  python examples/own_segmenter.py
"""

import numpy as np
from tabletop import camera_pose, look

from loci.conformance import check_segmenter
from loci.contracts import RGBDFrame, Role, Segment
from loci.memory import Memory
from loci.perception import FramePerceiver


class ColourSegmenter:
    """Takes each strong colour for one block, and everything grey-brown for the table."""

    def segment(self, frame: RGBDFrame) -> list[Segment]:
        """One segment a colour."""
        rgb, near = frame.rgb.astype(int), frame.depth > 0
        found = []
        for channel, name in enumerate(("red block", "green block", "blue block")):
            others = np.delete(rgb, channel, axis=2).max(axis=2)
            mask = near & (rgb[..., channel] > others + 60)
            if mask.sum() > 20:
                found.append(Segment(mask, {name: 0.9}))
        table = near & (np.ptp(rgb, axis=2) > 30)
        for segment in found:
            table &= ~segment.mask
        return [*found, Segment(table, {"table": 0.95}, Role.FURNITURE)]


def main() -> None:
    """Look at the table four times; before the last look somebody takes the red block away."""
    poses = [camera_pose(0.0, y, 1.3, -y / 2, 0.55) for y in (-0.2, 0.0, 0.2, 0.1)]
    check_segmenter(ColourSegmenter(), [look(poses[0], 0.0)])

    perceiver = FramePerceiver(ColourSegmenter())
    with Memory.open(":memory:") as memory:

        def watch(stamp: float, pose: np.ndarray, without: str = "") -> None:
            frame = look(pose, stamp, without)
            memory.write(perceiver.observe(frame, memory.expected(frame.camera, frame.T_world_cam, frame.stamp)))

        for i in range(8):
            watch(i / 2, poses[i % 4])
        print(memory.ask("what is on the table?"))
        print(memory.ask("where is the red block?"))
        for i in range(8):
            watch(60 + i / 2, poses[i % 4], without="red")
        print(memory.ask("where is the red block?"))


if __name__ == "__main__":
    main()
