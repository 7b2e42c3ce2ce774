"""Moved tasks: the robot has looked around; then people moved things; now it is asked for some of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .goals import All, Inside, Which
from .household_state import HOUR, Deed
from .suite_draft import Draft, UnfitError
from .suite_parts import put_at
from .task import CHANGES, PLACES, PersonDeed
from .task_house import HouseStage
from .task_worlds import WorldLibrary

PEOPLE = ("Ada", "Ben", "Cleo", "Dan")
_INTROS = (
    "", "", "somebody has tidied up while you were away. ", "people were at home while you were gone. ",
    "things are not all where you saw them last. ",
)  # fmt: skip
_BACK = (
    "put {x} back where {they} {was} when you looked around",
    "somebody has moved {x}: put {it} back where you saw {it}",
    "return {x} to where {they} {was} before",
)


def moved(draft: Draft, library: WorldLibrary) -> None:
    """One or two things that are no longer where they were seen, and at least one more that was moved as well."""
    scene, stage = draft.scene, draft.stage
    seen = {i: stage.holder(i) for i in scene.loose()}
    if draft.world.kind == "house":
        draft.time += round(float(draft.rng.uniform(1.0, 9.0)) * HOUR)
        for deed in lived(library, draft, draft.world.time, draft.time):
            draft.people.append(deed)
            stage.person(deed)
    else:
        _scripted(draft)
    draft.wait(1, 10)
    gone = [
        i for i in scene.loose() if i in seen and stage.holder(i)[0] != seen[i][0] and _elsewhere(draft, i, seen[i])
    ]
    named = [(i, phrase) for i in scene.shuffled(gone) if (phrase := scene.thing(i, by_place=False)) is not None]
    if not named or len(gone) < 2:
        raise UnfitError("too little was moved")
    thing, phrase = named[0]
    home, intro = seen[thing][0], scene.pick(_INTROS)
    if (
        draft.rng.random() < 0.3
        and "pick" not in stage.affords(home)
        and stage.kind(home) not in ("Floor", "GarbageCan")
    ):
        it = scene.it(thing)
        words = {"they": "they", "was": "were"} if it == "them" else {"they": "it", "was": "was"}
        goal = Inside(Which(id=thing), Which(id=home), word=scene.word(thing, home))
        draft.say(scene.pick(_BACK).format(x=phrase, it=it, **words), goal, {phrase: thing, "where it was": home})
        return
    wishes = [
        put_at(scene, i, p, place)
        for i, p in named[: 1 + int(draft.rng.integers(2))]
        for place in _new(draft, i, seen[i])[:1]
    ]
    if not wishes:
        raise UnfitError("no place for it")
    text = " and ".join(w.text for w in wishes)
    goal2 = wishes[0].goal if len(wishes) == 1 else All(tuple(w.goal for w in wishes))
    draft.say(_said(intro, text), goal2, dict(r for w in wishes for r in w.refers))


def _said(intro: str, text: str) -> str:
    return f"{intro}{text[0].upper()}{text[1:]}" if intro else text


def _new(draft: Draft, thing: str, seen: Sequence[str]) -> list[str]:
    """Places of a class where the thing neither is nor was: what was seen must not do."""
    kinds = {draft.stage.kind(h) for h in seen}
    return [p for p in draft.scene.places(thing) if draft.stage.kind(p) not in kinds]


def _elsewhere(draft: Draft, thing: str, seen: Sequence[str]) -> bool:
    """Is it so far from where it was seen that who goes there does not find it?"""
    return not set(draft.stage.holder(thing)) & set(seen) and not draft.stage.within_reach(thing, seen[0])


# --- who moves things -------------------------------------------------------------------------------------------------------
def _scripted(draft: Draft) -> None:
    """In a scene: two to five things put elsewhere within some hours, by one or two people, and perhaps a door left open."""
    scene, rng = draft.scene, draft.rng
    who = scene.shuffled(PEOPLE)[: 1 + int(rng.integers(2))]
    for thing in scene.shuffled(scene.loose())[: 2 + int(rng.integers(4))]:
        draft.wait(10, 90)
        places = scene.places(thing)
        if places:
            draft.does(scene.pick(who), "put", thing, places[0])
    doors = scene.shuffled(scene.openables())
    if doors and rng.random() < 0.4:
        verb = "close" if draft.stage.state(doors[0], "open") else "open"
        draft.does(scene.pick(who), verb, doors[0])


def lived(
    library: WorldLibrary, draft: Draft, start: float, end: float, about: frozenset[str] | None = None
) -> Iterator[PersonDeed]:
    """What the people of the house do after ``start`` up to ``end``, in order of time; of each thing's moves only the last.

    ``about``: only what happens to these things, and to what carries them. A thing that is bought meanwhile is left out.
    """
    assert isinstance(draft.stage, HouseStage)
    known = {*draft.stage.items, *draft.stage.pieces}
    last: dict[tuple[str, str], Deed] = {}
    log = [d for d in library.life(draft.world, int(end // (24 * HOUR)) + 1).log if start < d.time <= end]
    involved = None if about is None else about | {d.place for d in log if d.verb == "put" and d.thing in about}
    for deed in log:
        if (
            deed.verb not in PLACES + CHANGES
            or deed.thing not in known
            or (deed.verb == "put" and deed.place not in known)
        ):
            continue
        if involved is None or deed.thing in involved:
            last[(deed.thing, _aspect(deed.verb))] = deed
    for deed in sorted(last.values(), key=lambda d: d.time):
        place = deed.place if deed.verb == "put" else ""
        yield PersonDeed(round(deed.time, 1), deed.actor, deed.verb, deed.thing, place)


def _aspect(verb: str) -> str:
    """What of a thing a deed changes; the last one decides."""
    return {
        "open": "door",
        "close": "door",
        "switch_on": "switch",
        "switch_off": "switch",
        "use": "dirt",
        "wash": "dirt",
    }.get(verb, "place")
