"""The rerun viewer as a process of its own: found, started bound to 127.0.0.1, watched, and ended with all it started.

Nothing is sent anywhere and nothing is written into the home folder: analytics are switched off in a private
configuration folder that goes away with the viewer.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from ..errors import ConfigError, LociError

DEFAULT_PORT = 9876
APT = "apt-get install -y --no-install-recommends libvulkan1 mesa-vulkan-drivers"


class ViewerError(LociError):
    """The rerun viewer did not start or did not answer."""


def binary() -> Path:
    """The viewer's own program (not the Python wrapper in ``bin``, whose end would leave the viewer behind)."""
    import importlib.util

    spec = importlib.util.find_spec("rerun_cli")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError("the rerun viewer is not installed: pip install rerun-sdk")
    folder = Path(next(iter(spec.submodule_search_locations)))
    for name in ("rerun", "rerun.exe", "Rerun.app/Contents/MacOS/Rerun"):
        if (folder / name).exists():
            return folder / name
    raise ConfigError(
        f"the rerun viewer is not installed: no program in {folder}; pip install --force-reinstall rerun-sdk"
    )


def has_display() -> bool:
    """True where a window can be opened."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def has_vulkan() -> bool:
    """True where pictures can be drawn: the Vulkan loader and at least one driver are there (Linux; elsewhere True)."""
    if not sys.platform.startswith("linux"):
        return True
    try:
        ctypes.CDLL("libvulkan.so.1")
    except OSError:
        return False
    named = os.environ.get("VK_DRIVER_FILES") or os.environ.get("VK_ICD_FILENAMES")
    if named:
        return any(Path(p).exists() for p in named.split(os.pathsep))
    folders = ("/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d")
    return any(any(Path(f).glob("*.json")) for f in folders)


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody uses just now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def listening(port: int) -> bool:
    """True if something accepts connections on 127.0.0.1:``port``."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.3):
            return True
    except OSError:
        return False


def grpc_url(port: int) -> str:
    """Where a viewer on this machine takes recordings."""
    return f"rerun+http://127.0.0.1:{port}/proxy"


class Viewer:
    """A running viewer process. As a context manager it is ended at the exit; ``detached`` ones stay until closed by hand.

    ``headless`` draws without a window at ``size`` pixels. Raises ``ViewerError`` when it does not come up.
    """

    def __init__(
        self, files: Sequence[Path] = (), *, headless: bool, size: tuple[int, int] | None = None,
        port: int | None = None, detached: bool = False,
    ) -> None:  # fmt: skip
        self.port = free_port() if port is None else port
        self._config = Path(tempfile.mkdtemp(prefix="loci-viewer-"))
        (self._config / "rerun").mkdir()
        (self._config / "rerun" / "analytics.json").write_text(json.dumps({"analytics_enabled": False}))
        command = [str(binary()), "--bind", "127.0.0.1", "--port", str(self.port), "--hide-welcome-screen"]
        command += ["--headless"] if headless else []
        command += ["--window-size", f"{size[0]}x{size[1]}"] if size else []
        command += [str(Path(f).resolve()) for f in files]
        guard = shutil.which("setpriv")  # a viewer that nobody sees must not outlive a killed parent
        if guard is not None and not detached and sys.platform.startswith("linux"):
            command = [guard, "--pdeathsig", "KILL", *command]
        environment = {**os.environ, "RUST_LOG": "error", "RERUN_APP_ONLY": "true", "CI": "1"}
        environment["XDG_CONFIG_HOME"] = str(self._config)
        if headless:
            environment |= {"XDG_DATA_HOME": str(self._config), "XDG_CACHE_HOME": str(self._config)}
        self._log = self._config / "log.txt"
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment, start_new_session=True
            )
        self._detached = detached
        try:
            self._wait(20.0)
        except BaseException:
            self.close()
            raise

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not listening(self.port):
            if self._process.poll() is not None:
                raise ViewerError(f"the rerun viewer ended at once (exit {self._process.returncode}): {self.log()}")
            if time.monotonic() > end:
                raise ViewerError(
                    f"the rerun viewer did not listen on port {self.port} within {seconds:.0f} s: {self.log()}"
                )
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        """Process number, which is also its process group."""
        return self._process.pid

    @property
    def url(self) -> str:
        """Where it takes recordings."""
        return grpc_url(self.port)

    def log(self) -> str:
        """The last line that the viewer itself wrote, for error messages."""
        try:
            lines = [x for x in self._log.read_text(errors="replace").splitlines() if x.strip()]
        except OSError:
            return "no output"
        telling = [x for x in lines if "panic" in x or "adapter" in x or "ERROR" in x] or lines
        return telling[-1][:300] if telling else "no output"

    def close(self) -> None:
        """End the viewer with its whole process group, and remove its folder. May be called twice."""
        for sign, seconds in ((signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0)):
            if self._process.poll() is not None:
                break
            try:
                os.killpg(self._process.pid, sign)
                self._process.wait(seconds)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
        shutil.rmtree(self._config, ignore_errors=True)

    def __enter__(self) -> Viewer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._detached:
            self.close()
