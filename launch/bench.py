"""`loci bench NAME`: one interface for all figures: a table for people, JSON for programs."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import ConfigError
from . import options

FILES = ("tasks", "trajectories", "scenes", "stream", "truth")
"""Options that name other files than those of the data folder, for the benchmarks that can use them."""

Row = dict[str, Any]
"""{"metric", "value", "unit", "n", "mode"}."""


def main(command: options.Bench) -> int:
    """Run one benchmark; with --json also write its figures to a file, and its plot, if it has one, beside it as PNG."""
    module = import_module(f".bench_{command.name.replace('-', '_')}", __package__)
    run: Callable[..., list[Row]] = module.run
    files = {name: getattr(command, name) for name in FILES if getattr(command, name) is not None}
    known = signature(run).parameters
    unknown = [name for name in files if name not in known]
    if unknown:
        raise ConfigError(f"--{unknown[0]} {files[unknown[0]]} is nothing that `bench {command.name}` can use")
    started = time.perf_counter()
    rows = run(command.seed, command.quick, **files)
    rows.append(row("bench wall time", round(time.perf_counter() - started, 1), "s", 1))
    report = {
        "bench": command.name,
        "version": __version__,
        "seed": command.seed,
        "machine": machine(),
        "rows": rows,
    }
    if command.json is not None:
        command.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        plot: Callable[[list[Row], Path], None] | None = getattr(module, "plot", None)
        if plot is not None:
            plot(rows, command.json.with_suffix(".png"))
    print(table(rows))
    return 0


def row(metric: str, value: float | int | str, unit: str, n: int, mode: str = "") -> Row:
    """One figure."""
    return {"metric": metric, "value": value, "unit": unit, "n": n, "mode": mode}


def table(rows: list[Row]) -> str:
    """The figures for people."""
    cells = [["metric", "value", "unit", "n", "mode"]]
    cells += [[str(r["metric"]), _number(r["value"]), str(r["unit"]), str(r["n"]), str(r["mode"])] for r in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(5)]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in cells)


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    return {
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count() or 1,
        "python": platform.python_version(),
    }
