"""iTHOR scenes by name, from a folder of AI2-THOR metadata files."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError
from .ithor_scene import Scene, load_scene


class SceneLibrary:
    """Scenes by name from a folder of metadata files, read once."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self._scenes: dict[str, Scene] = {}

    def names(self) -> list[str]:
        """The scenes that there are, by number."""
        found = {p.name.split(".")[0] for p in self.folder.glob("FloorPlan*.json*")}
        return sorted(found, key=lambda n: (len(n), n))

    def __getitem__(self, name: str) -> Scene:
        """A scene; ``InputError`` with the alternatives when there is none of that name."""
        if name not in self._scenes:
            paths = [self.folder / f"{name}.json.gz", self.folder / f"{name}.json"]
            path = next((p for p in paths if p.is_file()), None)
            if path is None:
                raise InputError(f"no scene {name} in {self.folder}; there are {', '.join(self.names()) or 'none'}")
            self._scenes[name] = load_scene(path)
        return self._scenes[name]
