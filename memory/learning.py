"""Everything that is learned, in one place: lessons, preferences, routines, habits, usual places at a time, procedures."""

from __future__ import annotations

from collections.abc import Callable

from .learned import Learned
from .lessons import Lessons
from .preferences import Preferences
from .procedures import Procedure, Procedures
from .routines import Routines
from .vocabulary import canonical


class Learning:
    """The learners of one memory; each works from the tables when it is asked."""

    def __init__(self, lessons: Lessons, preferences: Preferences, routines: Routines, procedures: Procedures) -> None:
        self.lessons, self.preferences, self.routines, self.procedures = lessons, preferences, routines, procedures

    def all(self, kind: str | None = None, about: str = "") -> list[Learned]:
        """What was learned, of one kind if given, about a class of things if given."""
        sources: tuple[Callable[[], list[Learned]], ...] = (
            self.preferences.all, self.lessons.all, self.routines.all, self.routines.habits, self.routines.learned,
            lambda: [_procedure(p) for p in self.procedures.all()],
        )  # fmt: skip
        found = [one for source in sources for one in source() if kind in (None, one.kind)]
        wanted = canonical(about) if about else ""
        return [
            f for f in found if not wanted or wanted in (canonical(f.subject), canonical(f.subject.rpartition(" ")[2]))
        ]


def _procedure(p: Procedure) -> Learned:
    return Learned("procedure", p.task, str(p), tuple(map(str, p.steps)), p.successes, p.trials - p.successes, p.first, p.last,
                   p.evidence)  # fmt: skip
