"""A model's reply → a decision, or the reason why it is none. Nothing in a reply is trusted."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contracts import Decision, Role, Situation, Verb
from ..errors import PolicyError

if TYPE_CHECKING:
    from ..memory import Memory

_TARGETLESS = frozenset({Verb.LOOK, Verb.DONE, Verb.ASK})
_LONGEST = 400  # characters of a reason
_FARTHEST = 1.5  # metres of a place position from its target


@dataclass(frozen=True)
class Known:
    """What a reply may speak of: verbs, ids to act on, ids to cite, and where the former are."""

    verbs: frozenset[Verb]
    targets: frozenset[str]
    citable: frozenset[str]
    memory: Memory

    @classmethod
    def of(cls, memory: Memory, situation: Situation) -> Known:
        """The granted capabilities and the things in memory."""
        targets = frozenset(t.id for t in memory.things() if t.role in (Role.OBJECT, Role.FURNITURE))
        cites = {t.id for t in memory.things()} | {a.id for e in memory.episodes() for a in e.actions}
        return cls(situation.capabilities | {Verb.DONE}, targets, frozenset(cites), memory)

    def extended(self, ids: Iterable[str]) -> Known:
        """The same, with more ids that may be cited."""
        return Known(self.verbs, self.targets, self.citable | set(ids), self.memory)


@dataclass(frozen=True)
class Aside:
    """A reply that is no decision: a wish to ``recall`` something, or the statement that nothing was understood."""

    recall: str = ""
    not_understood: str = ""


def parse_reply(text: str, known: Known) -> Decision | Aside:
    """The decision in ``text``. Raises ``PolicyError`` that says, for the model to read, what is wrong with it."""
    data = _object(text)
    if isinstance(data.get("recall"), str) and "verb" not in data:
        return Aside(recall=data["recall"][:_LONGEST])
    if isinstance(data.get("not_understood"), str) and "verb" not in data:
        return Aside(not_understood=data["not_understood"][:_LONGEST])
    verb = _verb(data.get("verb"), known)
    target = _target(data.get("target"), verb, known)
    relation = data.get("relation")
    if relation not in (None, "on", "in"):
        raise PolicyError(f'"relation" is {relation!r:.60}; it has to be "on", "in" or null')
    if verb is not Verb.PLACE:
        relation = None
    position = _position(data.get("position"), target, known) if verb is Verb.PLACE else None
    cites = data.get("cites")
    named = tuple(c for c in cites if isinstance(c, str) and c in known.citable) if isinstance(cites, list) else ()
    return Decision(verb, target, relation, position, _text(data.get("why")), named, _text(data.get("subgoal"))[:80])


def _object(text: str) -> dict[str, Any]:
    """The one JSON object in ``text``; a fence of back-ticks or words around it are forgiven."""
    start = text.find("{")
    if start < 0:
        raise PolicyError(f"there is no JSON object in it: {text[:80]!r}")
    try:
        data, _ = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"the JSON object in it is broken ({error})"[:200]) from error
    assert isinstance(data, dict)
    return data


def _verb(value: object, known: Known) -> Verb:
    choices = ", ".join(sorted(v.value for v in known.verbs))
    if not isinstance(value, str) or value not in {v.value for v in Verb}:
        raise PolicyError(f'"verb" is {value!r:.60}; it has to be one of: {choices}')
    verb = Verb(value)
    if verb not in known.verbs:
        raise PolicyError(f'"{value}" is not among the capabilities: {choices}')
    return verb


def _target(value: object, verb: Verb, known: Known) -> str | None:
    if value is None and verb in _TARGETLESS:
        return None
    if not isinstance(value, str) or value not in known.targets:
        ids = ", ".join(sorted(known.targets, key=lambda i: (len(i), i))[:60])
        raise PolicyError(
            f'"target" is {value!r:.60}; for "{verb.value}" it has to be an id in memory: {ids or "none yet"}'
        )
    return None if verb is Verb.DONE else value


def _position(value: object, target: str | None, known: Known) -> tuple[float, float, float] | None:
    if value is None or target is None:
        return None
    numbers = value if isinstance(value, list) and len(value) == 3 else []
    if not numbers or not all(
        isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in numbers
    ):
        raise PolicyError('"position" has to be three finite numbers [x, y, z] in metres, or null')
    x, y, z = (float(v) for v in numbers)
    distance = float(known.memory.get(target).box_world.distance((x, y, z)))
    if distance > _FARTHEST:
        raise PolicyError(f'"position" lies {distance:.1f} m from the target; leave it null')
    return x, y, z


def _text(value: object) -> str:
    """Free text of a reply: one line, bounded."""
    return " ".join(value.split())[:_LONGEST] if isinstance(value, str) else ""
