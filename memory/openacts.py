"""Episodes, sub-goals and actions that have not ended, read from their table once and then kept up with what is written."""

from __future__ import annotations

from dataclasses import dataclass

from .checked import Checked


@dataclass(frozen=True)
class OpenAct:
    """An act that has begun: ``seq`` is the event that began it, ``robot`` the one it is of (None: of nobody in particular),
    ``text`` what is kept of it (canonical JSON).
    """

    id: str
    seq: int
    robot: str | None
    text: str


class OpenActs:
    """Kind → the acts that have not ended. ``DamagedMemory`` if their table does not add up."""

    def __init__(self, db: Checked) -> None:
        self._db = db
        self._of: dict[str, dict[int, OpenAct]] = {}
        self.version = 0  # grows with whatever is written of acts

    def of(self, kind: str) -> dict[int, OpenAct]:
        """Number → act of one kind; not to be changed."""
        found = self._of.get(kind)
        if found is None:
            query = """SELECT num, id, seq, json_extract(data, '$.robot'), data FROM acts
                       WHERE kind = ? AND ended IS NULL ORDER BY num"""
            found = self._of[kind] = {num: OpenAct(*rest) for num, *rest in self._db.execute(query, (kind,))}
        return found

    def newest(self, kind: str) -> list[OpenAct]:
        """Those of one kind, newest first."""
        found = self.of(kind)
        return [found[num] for num in sorted(found, reverse=True)]

    def named(self, kind: str, id: str) -> OpenAct | None:
        """The act of a kind with an id, if it has not ended."""
        act = self.of(kind).get(int(id[1:])) if id[1:].isdecimal() else None
        return act if act is not None and act.id == id else None

    def put(self, kind: str, num: int, act: OpenAct, ended: bool) -> None:
        """What was just written of an act."""
        self.version += 1
        acts = self._of.get(kind)
        if acts is not None:
            acts.pop(num, None) if ended else acts.update({num: act})

    def forget(self) -> None:
        """Read everything anew."""
        self.version += 1
        self._of.clear()
