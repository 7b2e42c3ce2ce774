"""The closed loop from an English instruction to a verified result: goals, policies, gate, critic, loop."""

from __future__ import annotations

from .goals import AtOriginalPlace, Did, Goal, Held, In, Located, On, Ref, State, Task
from .instruction import parse
from .llm import LLMPolicy
from .loop import Loop, Noting
from .offline import OfflinePolicy
from .report import TaskReport
from .watcher import Watcher

__all__ = [
    "AtOriginalPlace",
    "Did",
    "Goal",
    "Held",
    "In",
    "LLMPolicy",
    "Located",
    "Loop",
    "Noting",
    "OfflinePolicy",
    "On",
    "Ref",
    "State",
    "Task",
    "TaskReport",
    "Watcher",
    "parse",
]
