"""Repeat tasks: the same chores day after day, while people undo them in between."""

from __future__ import annotations

from collections.abc import Sequence

from .goals import All, Goal, Inside, State, Which, check
from .household_state import DAY, HOUR
from .suite_draft import Draft, UnfitError
from .suite_moved import PEOPLE, lived
from .task_house import HouseStage
from .task_worlds import WorldLibrary

LEAST = 3  # days on which there is something to do
_HABIT = 0.8  # share of days on which a person leaves a thing where they usually do
_RULES = (
    "every evening, {c}. Please do so now",
    "from today on I want this done once a day: {c}",
    "{c}. Please do that every day from now on",
)
_AGAIN = (
    "please do the same as yesterday", "it is time for your daily chores", "the usual, please", "do your daily chores, please",
    "same chores as every day: {c}", "please {c}, as you do every day", "{c}",
)  # fmt: skip


class Chore:
    """One thing to see to every day: its clause and goal, and for a scene what a person does against it."""

    def __init__(self, text: str, goal: Goal, thing: str, refers: dict[str, str], mess: Sequence[str] = ()) -> None:
        self.text, self.goal, self.thing, self.refers, self.mess = text, goal, thing, refers, mess


def repeat(draft: Draft, library: WorldLibrary) -> None:
    """Two or three chores over four to seven days; a day on which nothing is to be done, or a thing is out, is left out."""
    rng = draft.rng
    chores = _house_chores(draft, library) if draft.world.kind == "house" else _scene_chores(draft)
    evening = draft.world.time // DAY * DAY + 18.0 * HOUR + round(float(rng.uniform(0.0, 3.5)) * 60) * 60.0
    begun = draft.time
    goal = All(tuple(c.goal for c in chores)) if len(chores) > 1 else chores[0].goal
    refers = {k: v for c in chores for k, v in c.refers.items()}
    for day in range(4 + int(rng.integers(4))):
        now = evening + day * DAY
        if draft.world.kind == "house":
            about = frozenset(c.thing for c in chores)
            for deed in lived(library, draft, begun, now, about):
                draft.people.append(deed)
                draft.stage.person(deed)
        else:
            _mess_up(draft, chores, begun, now)
        begun = draft.time = now
        if check(goal, draft.stage) or not all(draft.stage.available(c.thing) for c in chores):
            continue
        clause = _joined([chores[k].text for k in rng.permutation(len(chores))])
        text = draft.scene.pick(_AGAIN if draft.instructions else _RULES).format(c=clause)
        draft.say(text, goal, refers)
    if len(draft.instructions) < LEAST:
        raise UnfitError("too few days with something to do")


def _joined(clauses: Sequence[str]) -> str:
    return clauses[0] if len(clauses) == 1 else f"{', '.join(clauses[:-1])} and {clauses[-1]}"


# --- in a house -------------------------------------------------------------------------------------------------------------
def _house_chores(draft: Draft, library: WorldLibrary) -> list[Chore]:
    """Things that people often leave elsewhere, back to where they live; a door that they leave open, closed."""
    stage, scene, rng = draft.stage, draft.scene, draft.rng
    assert isinstance(stage, HouseStage)
    life = library.life(draft.world, int(draft.world.time // DAY) + 8)
    times = [draft.world.time // DAY * DAY + d * DAY + 19 * HOUR for d in range(7)]
    away: dict[str, int] = {}
    for _, state in life.moments(times):
        for id, item in stage.items.items():
            if state.parent.get(id) != item.home and state.settled(id):
                away[id] = away.get(id, 0) + 1
    chores: list[Chore] = []
    often = [i for i in scene.shuffled(sorted(away)) if away[i] >= LEAST and scene.movable(i)]
    for id in sorted(often, key=lambda i: -away[i] - 2 * float(rng.random())):
        phrase, home = scene.thing(id, by_place=False), stage.items[id].home
        if phrase is None or not stage.room_for(id, home) or len(chores) == 3:
            continue
        name, which = scene.place(home)
        word = scene.word(id, home)
        verb = scene.pick(("put", "bring")) if word == "on" else "put"
        text = f"{verb} {phrase} back {'to' if verb == 'bring' else word} {name}"
        chores.append(Chore(text, Inside(Which(id=id), which, word=word), id, {phrase: id}))
    if len(chores) < 2:
        raise UnfitError("people are too tidy")
    return chores[: 2 + int(rng.integers(2))]


# --- in a scene -------------------------------------------------------------------------------------------------------------
def _scene_chores(draft: Draft) -> list[Chore]:
    """Two or three things with a place each, and perhaps a lamp or a door; each has a place where somebody leaves it."""
    scene, stage, rng = draft.scene, draft.stage, draft.rng
    chores: list[Chore] = []
    number = 2 + int(rng.integers(2))
    if rng.random() < 0.5:
        chores += _switches(draft)[:1]
    for id in scene.shuffled(scene.loose()):
        phrase, places = scene.thing(id, by_place=False), scene.places(id)
        if len(chores) >= number or phrase is None or len(places) < 2:
            continue
        home, mess = places[0], [p for p in places[1:] if stage.kind(p) != stage.kind(places[0])]
        if not mess:
            continue
        name, which = scene.place(home)
        word = scene.word(id, home)
        chores.append(
            Chore(f"put {phrase} {word} {name}", Inside(Which(id=id), which, word=word), id, {phrase: id}, mess)
        )
    if len(chores) < 2:
        raise UnfitError("too little to see to")
    return chores


def _switches(draft: Draft) -> list[Chore]:
    scene = draft.scene
    found = []
    for id in scene.shuffled(scene.switches()):
        if draft.stage.kind(id) not in ("Faucet", "ShowerHead"):
            name = scene.switch_name(id)
            found.append(Chore(f"switch off {name}", State(Which(id=id), "on", False), id, {name: id}))
    for id in scene.shuffled(scene.openables()):
        name = str(scene.exactly(id))
        found.append(Chore(f"close {name}", State(Which(id=id), "open", False), id, {name: id}))
    return [found[k] for k in draft.rng.permutation(len(found))]


def _mess_up(draft: Draft, chores: Sequence[Chore], start: float, end: float) -> None:
    """What people do against the chores between two times: mostly what they always do."""
    rng = draft.rng
    awake = max(start + 60.0, end // DAY * DAY + 7.0 * HOUR)
    times = sorted(float(round(t)) for t in rng.uniform(awake, end - 60.0, len(chores)))
    for time, chore in zip(times, [chores[k] for k in rng.permutation(len(chores))], strict=True):
        draft.time = time
        actor = PEOPLE[sum(map(ord, chore.thing)) % len(PEOPLE)]  # the same person each day
        if rng.random() < 0.15:
            continue
        if isinstance(chore.goal, State):
            undo = "switch_on" if chore.goal.name == "on" else "open"
            if not draft.stage.state(chore.thing, chore.goal.name):
                draft.does(actor, undo, chore.thing)
        elif chore.mess:
            usual = rng.random() < _HABIT
            place = chore.mess[0] if usual else chore.mess[int(rng.integers(len(chore.mess)))]
            draft.does(actor, "put", chore.thing, place)
    draft.time = end
