"""The command line as validated dataclasses: field = option, docstring = help text (rendered by tyro)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from ..errors import ConfigError
from .compact import Compact as Compact
from .forget import Forget as Forget
from .markdown import ExportMd as ExportMd
from .tasks import Tasks as Tasks
from .world_options import World as World

File = tyro.conf.Positional[Path]


@dataclass(frozen=True)
class Run:
    """Carry out household tasks, given in plain English, in a simulated world.

    Exit status: 0 every task done, 1 tried and not done, 2 not understood or bad input (memory is then untouched).
    """

    task: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """An instruction; repeat the option for several, they are carried out in order."""
    memory: Path = Path("memory.db")
    """The memory file; created if it does not exist, continued if it does."""
    world: str = "kitchen"
    """The world to run in: kitchen, kitchen-twins, house:SEED or a house file (.json); house:SEED:floors=2 for two floors,
    :start=1 to be upstairs."""
    seed: int = 0
    """Start arrangement and every random number in the run."""
    steps: int = 40
    """Actions that one task may take at most."""
    viz: str = "off"
    """off, live (opens the rerun viewer), or a FILE.rrd to record to."""
    llm_base_url: str | None = None
    """An OpenAI-compatible endpoint (Ollama, vLLM, llama.cpp, a vendor); without it the offline planner decides.
    The key is read from LOCI_LLM_API_KEY or OPENAI_API_KEY."""
    llm_model: str = ""
    """The model's name at that endpoint."""
    llm_timeout: float = 30.0
    """Seconds to wait for a reply before the offline planner takes the step."""
    json: bool = False
    """One JSON object a line on standard output: every step, and {"ack": n} after each commit of the memory."""

    def validate(self) -> None:
        """Raises ``ConfigError`` for values that cannot be."""
        if not self.task:
            raise ConfigError('no task given: say what to do, e.g. --task "put the apple into the fridge"')
        if self.steps < 1:
            raise ConfigError(f"--steps {self.steps} is not usable: at least 1")
        if self.llm_timeout <= 0:
            raise ConfigError(f"--llm-timeout {self.llm_timeout} is not usable: seconds above 0")
        if self.llm_base_url and not self.llm_model:
            raise ConfigError(f"--llm-base-url {self.llm_base_url} needs --llm-model as well")
        if self.viz not in ("off", "live") and not self.viz.endswith(".rrd"):
            raise ConfigError(f"--viz {self.viz!r} is not one of: off, live, a file that ends in .rrd")
        if self.viz.endswith(".rrd") and not Path(self.viz).absolute().parent.is_dir():
            raise ConfigError(f"--viz {self.viz!r}: the folder {Path(self.viz).absolute().parent} does not exist")

    @property
    def api_key(self) -> str | None:
        """The key from the environment, if there is one."""
        return os.environ.get("LOCI_LLM_API_KEY") or os.environ.get("OPENAI_API_KEY")


@dataclass(frozen=True)
class Demo:
    """The guided tour: survey a kitchen, do three tasks, answer from memory, leave a recording and a picture."""

    out: Path = Path("out/demo")
    """Folder for memory.db, demo.rrd and demo.png; what an earlier demo left there is replaced."""
    seed: int = 7
    """Start arrangement."""


@dataclass(frozen=True)
class Map:
    """Map a folder of posed RGB-D frames (layout: docs/recordings.md) into a memory file."""

    rgbd: Path
    """The folder."""
    memory: Path
    """The memory file; created if it does not exist."""
    json: bool = False
    """One JSON object instead of the table."""


@dataclass(frozen=True)
class Ask:
    """Answer an English question from a memory file: where, state, contents, when, why, who, order, habits, wishes, lessons."""

    file: File
    """The memory file."""
    question: tyro.conf.Positional[str]
    """For example: "where is the mug?"."""
    json: bool = False
    """One JSON object with ids, probability, knowledge and evidence instead of a sentence."""


@dataclass(frozen=True)
class View:
    """Show a memory file in 3D with its evidence pictures and a time slider.

    With no display, or with --out, it writes the recording and a picture instead of opening a window.
    """

    file: File
    """The memory file."""
    out: Path | None = None
    """Folder for NAME.rrd and NAME.png."""


@dataclass(frozen=True)
class Verify:
    """Check that nothing in a memory file was changed, removed, reordered or cut off. Exit status 1 if something was."""

    file: File
    """The memory file."""
    head: str | None = None
    """A head printed earlier: catches a tail that was cut off, too."""
    deep: bool = False
    """Also compare every belief with what the log leads to; takes as long as a replay."""
    repair: bool = False
    """If something is damaged and the log is not, build all beliefs anew from the log; nobody else may have the file open."""
    json: bool = False
    """One JSON object instead of text."""


@dataclass(frozen=True)
class Dump:
    """Print the canonical dump of a memory file: equal for equal runs, whatever the machine or the clock."""

    file: File
    """The memory file."""


@dataclass(frozen=True)
class Stats:
    """Print what a memory file holds, in numbers."""

    file: File
    """The memory file."""
    json: bool = False
    """One JSON object instead of a table."""


@dataclass(frozen=True)
class Bench:
    """Measure: a table for people, and with --json the figures for programs."""

    name: tyro.conf.Positional[
        Literal[
            "tidy", "map", "world", "eviction", "memory-truth", "tasks", "recall", "memory-speed", "faults", "house"
        ]
    ]
    """tidy: the demo's three tasks in paraphrases and random starts. map: a recording of a real kitchen.
    world: ALFRED's expert plans, right and made wrong, in iTHOR scenes. eviction: short-term replacement policies.
    memory-truth: days of house life against an ideal observer with the same observations. tasks: our own task suites.
    recall: what a recall costs and gains by tier, and questions understood.
    memory-speed: 100,000 things, a million events, and other libraries. faults: kills, power cuts, damage.
    house: the mobile manipulator in generated houses, share done by verb."""
    json: Path | None = None
    """File to write {"bench", "version", "seed", "machine", "rows"} to."""
    seed: int = 0
    """Seed of the first start."""
    quick: bool = False
    """A small form that is over in about a minute."""
    tasks: Path | None = None
    """For world: another EB-ALFRED task list (subset → [{"task", "instruction"}]) than the data folder's."""
    trajectories: Path | None = None
    """For world: another file of ALFRED trajectories (key → trajectory; JSON, or gzip)."""
    scenes: Path | None = None
    """For world and tasks: another folder of AI2-THOR metadata files (FloorPlanN.json, or gzip)."""
    stream: Path | None = None
    """For memory-truth: your own observation stream (docs/stream.md), with --truth."""
    truth: Path | None = None
    """For memory-truth: what is true of that stream, questions and places (docs/belief.md)."""


@dataclass(frozen=True)
class Replay:
    """Take an observation stream (JSON Lines, docs/stream.md) into a memory file.

    Bad lines are told and counted; an interrupted replay goes on where it was. With --strict the first bad line ends it (2).
    """

    stream: File
    """The stream; "-" is standard input, a name that ends in .gz is unpacked."""
    memory: Path = Path("memory.db")
    """The memory file; created if it does not exist."""
    strict: bool = False
    """Stop at the first bad line."""
    again: bool = False
    """Take in the whole stream even if the memory has taken it in before."""
    budget: float | None = None
    """Megabytes (10^6 bytes) that the file is kept to, as far as the answers allow."""
    json: bool = False
    """One JSON object instead of text."""


@dataclass(frozen=True)
class Export:
    """Write a memory file as an observation stream; replaying it gives the same dump, bit for bit."""

    file: File
    """The memory file."""
    out: Path = Path("-")
    """Where to write; "-" is standard output, a name that ends in .gz is packed."""
    pictures: bool = True
    """With the bytes of keyframes."""


@dataclass(frozen=True)
class ThorServer:
    """Stand in for AI2-THOR's Unity process, so that scripts over its Python client run without Unity (docs/ithor.md)."""

    write_launcher: Path | None = None
    """Write an executable for Controller(local_executable_path=...) to this file and end."""
    scenes: Path | None = None
    """Folder of AI2-THOR metadata files; default: ithor/ in the folder that LOCI_DATA names."""


Command = (
    Annotated[Run, tyro.conf.subcommand("run")]
    | Annotated[Demo, tyro.conf.subcommand("demo")]
    | Annotated[Map, tyro.conf.subcommand("map")]
    | Annotated[Ask, tyro.conf.subcommand("ask")]
    | Annotated[View, tyro.conf.subcommand("view")]
    | Annotated[Verify, tyro.conf.subcommand("verify")]
    | Annotated[Dump, tyro.conf.subcommand("dump")]
    | Annotated[Stats, tyro.conf.subcommand("stats")]
    | Annotated[Bench, tyro.conf.subcommand("bench")]
    | Annotated[Replay, tyro.conf.subcommand("replay")]
    | Annotated[Export, tyro.conf.subcommand("export")]
    | Annotated[ExportMd, tyro.conf.subcommand("export-md")]
    | Annotated[Forget, tyro.conf.subcommand("forget")]
    | Annotated[Compact, tyro.conf.subcommand("compact")]
    | Annotated[World, tyro.conf.subcommand("world")]
    | Annotated[Tasks, tyro.conf.subcommand("tasks")]
    | Annotated[ThorServer, tyro.conf.subcommand("thor-server")]
)
