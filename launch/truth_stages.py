"""Where does an answer fail? Written, updated, retrieved, answered: each asked of the same questions, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..memory.records import Knowledge
from .truth_terms import Question, Reply

if TYPE_CHECKING:
    from .truth_loci import Loci

STAGED = frozenset({"where now", "absent", "state now"})


@dataclass(frozen=True)
class Stages:
    """``written``: memory has a record of what the question is about; ``updated``: the record says what the ideal observer
    knows; ``retrieved``: the record is among those that the question's noun finds; ``answered``: the reply says it.
    """

    written: bool
    updated: bool
    retrieved: bool
    answered: bool


def stages(loci: Loci, question: Question, reply: Reply) -> Stages | None:
    """How far the answer to a question got; None for abilities that are not told apart like this."""
    if question.ability not in STAGED:
        return None
    key = question.keys.get(loci.name)
    id = loci.id_of(key)
    if id is None:
        return Stages(False, False, False, False)
    memory = loci.memory
    found = memory.find(question.noun)
    retrieved = any(t.id == id for t in found)
    if question.ability == "state now":
        belief = memory.get(id).states.get(question.attribute)
        updated = belief is not None and belief.value == question.want[0]
        return Stages(True, updated, retrieved, retrieved and reply.value[:1] == question.want)
    thing = memory.get(id)
    gone = question.ability == "absent" or not question.want
    place = loci.true_name(thing.place.id) if thing.place is not None else ""
    updated = thing.knowledge is Knowledge.ABSENT if gone else place == question.want[0]
    if gone:
        return Stages(True, updated, retrieved, retrieved and reply.knowledge is Knowledge.ABSENT)
    return Stages(True, updated, retrieved, retrieved and reply.value[:1] == question.want[:1])
