"""`loci view`: a memory file in 3D, in a window where there is a display, as a recording and a picture where not."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError
from .picture import picture
from .replay import replay
from .viewer import Viewer, has_display


def view(path: Path | str, *, out: Path | str | None = None) -> str:
    """Show the memory file (or recording) ``path``; returns lines for a person that say what came of it.

    With a display and no ``out`` a viewer window is opened, which stays when the program ends. Otherwise ``NAME.rrd``
    and ``NAME.png`` are written into the folder ``out``, made if missing (without ``out``: beside the file). Raises
    ``InputError`` or ``MemoryFileError`` for a file that cannot be read, ``ConfigError`` for a folder that cannot be
    written.
    """
    from ..memory import Memory

    file = Path(path)
    if not file.is_file():
        raise InputError(
            f"{file} does not exist or is no file: a memory file, or a recording that ends in .rrd, is needed"
        )
    folder = file.parent if out is None else Path(out)
    if file.suffix == ".rrd":
        recording = file
    else:
        with Memory.open(file, read_only=True) as memory:
            folder.mkdir(parents=True, exist_ok=True)
            recording = replay(memory, folder / f"{file.stem}.rrd")
    if out is None and has_display():
        Viewer([recording], headless=False, detached=True)
        return f"{recording}   shown in a window of the rerun viewer"
    folder.mkdir(parents=True, exist_ok=True)
    shown = picture(recording, folder / f"{file.stem}.png")
    lines = [f"{recording}   open it:  rerun {recording}"]
    lines.append(str(shown) if isinstance(shown, Path) else f"no picture: {shown}")
    return "\n".join(lines)
