"""`loci ask`: one English question, answered from a memory file."""

from __future__ import annotations

import json
from typing import Any

from ..memory import Memory
from ..memory.records import Answer
from . import options


def main(command: options.Ask) -> int:
    """Print the answer; InstructionError (exit 2) when the question is not understood."""
    with Memory.open(command.file, read_only=True) as memory:
        answer = memory.ask(command.question)
    print(json.dumps(as_json(answer)) if command.json else answer)
    return 0


def as_json(answer: Answer) -> dict[str, Any]:
    """An answer as plain data."""
    return {
        "question": answer.question,
        "text": answer.text,
        "value": list(answer.value),
        "knowledge": answer.knowledge.value,
        "probability": round(answer.probability, 4),
        "places": [[place, round(p, 4)] for place, p in answer.places],
        "stamp": answer.stamp,
        "age": answer.age,
        "evidence": list(answer.evidence),
        "keyframes": list(answer.keyframes),
        "caveat": answer.caveat,
    }
