"""A robot of your own: here a camera on a pan-tilt mast that can only look. What it cannot do, it says.

Run it with Loci installed:  python examples/own_robot.py
"""

from collections import deque
from dataclasses import replace

import numpy as np
from own_segmenter import ColourSegmenter
from tabletop import camera_pose, look

from loci.conformance import check_robot
from loci.contracts import Action, Outcome, RGBDFrame, Status, Verb
from loci.errors import RobotError
from loci.memory import Memory
from loci.perception import FramePerceiver
from loci.planner import Loop, OfflinePolicy


class Mast:
    """A ``Robot`` whose only capability is LOOK; each ``poll`` turns the head a little and takes a frame."""

    robot_id = "mast"
    map_id = "table"
    capabilities = frozenset({Verb.LOOK})

    def __init__(self) -> None:
        self.clock = 0.0
        self.running: Look | None = None
        self._frames: deque[RGBDFrame] = deque()

    def frames(self) -> list[RGBDFrame]:
        """Everything seen since the last call."""
        taken, self._frames = list(self._frames), deque()
        return taken

    def start(self, action: Action) -> "Look":
        """Begin to look; anything else ends at once as UNSUPPORTED."""
        if self.running is not None and not self.running.ended:
            raise RobotError(f"{action.verb} was started while the mast is still looking")
        self.running = Look(self, supported=action.verb in self.capabilities)
        return self.running

    def take_frame(self, pan: float) -> None:
        """Advance the clock and take one frame."""
        self.clock += 0.5
        frame = look(camera_pose(0.0, 0.1 * pan, 1.3, pan, 0.55), self.clock)
        self._frames.append(replace(frame, robot_id=self.robot_id, map_id=self.map_id))

    def close(self) -> None:
        """Nothing to release."""


class Look:
    """A running look: five directions, then done."""

    def __init__(self, mast: Mast, supported: bool) -> None:
        self.mast, self.started = mast, mast.clock
        self.todo = deque(np.linspace(-0.3, 0.3, 5)) if supported else deque()
        self.status = Status.SUCCEEDED if supported else Status.UNSUPPORTED

    @property
    def ended(self) -> bool:
        """True when every direction was looked at."""
        return not self.todo

    def poll(self) -> bool:
        """One direction more."""
        if self.todo:
            self.mast.take_frame(float(self.todo.popleft()))
        return self.ended

    def cancel(self) -> None:
        """Stop looking."""
        if self.todo:
            self.todo.clear()
            self.status = Status.CANCELLED

    def result(self) -> Outcome:
        """How it went."""
        if not self.ended:
            raise RobotError("the mast is still looking")
        return Outcome(self.status, started=self.started, ended=self.mast.clock)


def main() -> None:
    """Check the robot against the contract, look around, then ask for something that it cannot do."""
    check_robot(Mast)
    mast = Mast()
    with Memory.open(":memory:") as memory:
        loop = Loop(mast, FramePerceiver(ColourSegmenter()), memory, OfflinePolicy(memory))
        loop.survey()
        print(memory.ask("what is on the table?"))
        print("open the fridge:", loop.run("open the fridge").reason)


if __name__ == "__main__":
    main()
