"""`loci view`: a memory file in 3D."""

from __future__ import annotations

from ..viz.view import view
from . import options


def main(command: options.View) -> int:
    """Open the viewer, or write the recording and a picture where there is no display."""
    print(view(command.file, out=command.out))
    return 0
