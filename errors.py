"""The one exception tree of Loci.

LociError
├── InputError          something handed in is not usable; the message names the thing, the value and what would be right
│   ├── FrameError          an RGB-D frame that cannot be used (shape, dtype, pose, intrinsics, depth)
│   ├── InstructionError    an instruction that is not understood or names something outside the vocabulary
│   └── ConfigError         an option, world or endpoint that does not exist or has a bad value
├── MemoryFileError     a memory file that cannot be opened or trusted
│   ├── NotAMemoryFile      exists, but is no Loci memory
│   ├── NewerMemoryFile     written by a newer version of Loci
│   ├── MemoryLocked        another process is writing to it
│   └── DamagedMemory       a digest does not match what is stored
├── PolicyError         a policy (an LLM endpoint, say) gave nothing that can be used
└── RobotError          a robot broke its contract (a *failed action* is no error: it is an ``Outcome``)

Everything that a user can cause is one of these; ``loci`` prints the message as one line and exits with 2.
"""

from __future__ import annotations


class LociError(Exception):
    """Base of every error that Loci raises on purpose."""


class InputError(LociError, ValueError):
    """Something handed in is not usable."""


class FrameError(InputError):
    """An RGB-D frame that cannot be used."""


class InstructionError(InputError):
    """An instruction that is not understood, or that names something outside the vocabulary."""


class ConfigError(InputError):
    """An option, world or endpoint that does not exist or has a bad value."""


class MemoryFileError(LociError):
    """A memory file that cannot be opened or trusted."""


class NotAMemoryFile(MemoryFileError):
    """The file exists, but is no Loci memory."""


class NewerMemoryFile(MemoryFileError):
    """The file was written by a newer version of Loci."""


class MemoryLocked(MemoryFileError):
    """Another process is writing to the file."""


class DamagedMemory(MemoryFileError):
    """A stored digest does not match what is stored."""


class PolicyError(LociError):
    """A policy gave nothing that can be used."""


class RobotError(LociError):
    """A robot broke its contract."""
