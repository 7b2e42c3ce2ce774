"""Complex tasks: several instructions over a day, of which later ones refer back to what was said and done."""

from __future__ import annotations

from collections.abc import Callable

from .goals import All, Inside, State, Which, check
from .suite_draft import Draft, UnfitError
from .suite_parts import DONE, PAST, change_at, draw_wish, open_or_shut, put_at, switch

_PEOPLE = ("Ada", "Ben", "Cleo", "Dan")


def complex_(draft: Draft) -> None:
    """A form by chance, with an errand between at times."""
    forms = (_washed, _back, _other, _morning, _same_place, _undo, _both)
    forms[int(draft.rng.integers(len(forms)))](draft)


def _errand(draft: Draft, *about: str, chance: float = 0.5) -> bool:
    """Something else between, that has nothing to do with what is referred to."""
    if draft.rng.random() >= chance:
        return False
    used = frozenset(about)
    wish = draw_wish(draft.scene, used, ("put", "open", "switch"))
    draft.wait(5, 60)
    draft.ask(wish)
    return True


def _chosen(draft: Draft, wanted: Callable[[str], bool]) -> tuple[str, str]:
    """(thing, phrase) of one that is wanted."""
    for thing in draft.scene.shuffled(draft.scene.loose()):
        phrase = draft.scene.thing(thing) if wanted(thing) else None
        if phrase is not None:
            return thing, phrase
    raise UnfitError("no such thing")


def _place(draft: Draft, thing: str, but: tuple[str, ...] = ()) -> str:
    """A place for it; of another class than those of ``but``."""
    kinds = {draft.stage.kind(p) for p in but}
    found = [p for p in draft.scene.places(thing) if draft.stage.kind(p) not in kinds]
    if not found:
        raise UnfitError(f"no place for {thing}")
    return found[0]


def _then(draft: Draft, text: str, thing: str, place: str, said: str, verbs: tuple[str, ...] = ()) -> None:
    """Put what ``said`` means to a place."""
    scene = draft.scene
    name, which = scene.place(place)
    word = scene.word(thing, place)
    text = text.format(s=said, w=word, p=name, it=scene.it(thing), verb=scene.pick(verbs or ("put", "place")))
    draft.say(text, Inside(Which(id=thing), which, word=word), {said: thing})


# --- forms ------------------------------------------------------------------------------------------------------------------
def _washed(draft: Draft) -> None:
    """Of several, the one to which something was done: "the mug you washed"."""
    scene, stage = draft.scene, draft.stage
    able = [t for t in scene.loose() if set(scene.changes(t)) - {"slice"}]
    twins = [t for t in able if len(scene.twins(t)) > 1 and scene.thing(t) is not None] or able
    thing, phrase = _chosen(draft, lambda t: t in twins)
    change = scene.pick([c for c in scene.changes(thing) if c != "slice"])
    tools = stage.tools(change, thing)
    first = _place(draft, thing, tuple(tools))
    draft.ask(change_at(scene, change, thing, phrase, first))
    _errand(draft, *scene.twins(thing), *tools)
    draft.wait(10, 120)
    noun, past = scene.noun(stage.kind(thing)), PAST[change]
    if len(scene.twins(thing)) > 1:
        options = [f"the {noun} you {past}", f"the {noun} that you {past} before", f"the {past} {noun}"]
    else:
        options = [f"what you {past}", f"the thing you {past} earlier"]
    texts = ("{verb} {s} {w} {p}", "now {verb} {s} {w} {p}", "please take {s} and {verb} {it} {w} {p}")
    _then(draft, scene.pick(texts), thing, _place(draft, thing, (first,)), scene.pick(options))


def _back(draft: Draft) -> None:
    """Back to where it was at first: "put it back where it was"."""
    scene, stage = draft.scene, draft.stage
    thing, phrase = _chosen(draft, lambda t: "pick" not in stage.affords(stage.holder(t)[0]))
    home = stage.holder(thing)[0]
    place = _place(draft, thing)
    if stage.kind(home) in ("Floor", "GarbageCan", "Toilet"):
        raise UnfitError("not a place to put it back to")
    draft.ask(put_at(scene, thing, phrase, place))
    errand = _errand(draft, *scene.twins(thing), home)
    draft.wait(10, 240)
    noun, it = scene.noun(stage.kind(thing)), scene.it(thing)
    said = f"the {noun}" if errand or draft.rng.random() < 0.4 else it
    if said.startswith("the") and len(scene.twins(thing)) > 1:
        said = phrase if "'s " in phrase or errand is False else f"the {noun} you moved"
    was = "were" if it == "them" else "was"
    pronoun = "they" if it == "them" else "it"
    text = scene.pick((
        "put {s} back where {they} {was}", "I no longer need {s} there: put {it} back where you found {it}",
        "return {s} to where {they} {was} before", "now put {s} back where you got {it} from",
    )).format(s=said, it=it, they=pronoun, was=was)  # fmt: skip
    draft.say(
        text, Inside(Which(id=thing), Which(id=home), word=scene.word(thing, home)), {said: thing, "where it was": home}
    )


def _other(draft: Draft) -> None:
    """Of two of a class, the one that was not meant before: "the other one"."""
    scene, stage = draft.scene, draft.stage
    thing, phrase = _chosen(
        draft, lambda t: len(scene.twins(t)) == 2 and all(i in scene.loose() for i in scene.twins(t))
    )
    other = next(i for i in scene.twins(thing) if i != thing)
    noun = scene.noun(stage.kind(thing))
    changes = [c for c in scene.changes(thing) if c != "slice" and c in scene.changes(other)]
    if changes and draft.rng.random() < 0.5:
        change = scene.pick(changes)
        place = _place(draft, thing, tuple(stage.tools(change, thing)))
        draft.ask(change_at(scene, change, thing, phrase, place))
        draft.wait(5, 60)
        name, which = scene.place(place)
        word = scene.word(other, place)
        verb = {"wash": "wash", "heat": "heat", "cool": "chill"}[change]
        said = scene.pick(("the other one", f"the other {noun}"))
        text = scene.pick(("now {v} {s}, too, and put it {w} {p}", "{v} {s} as well and place it {w} {p}"))
        goal = Inside(Which(id=other, state={DONE[change]: True}), which, word=word)
        draft.say(text.format(v=verb, s=said, w=word, p=name), goal, {said: other})
        return
    draft.ask(put_at(scene, thing, phrase, _place(draft, thing)))
    errand = _errand(draft, thing, other, chance=0.3)
    draft.wait(5, 60)
    said = f"the other {noun}" if errand else scene.pick(("the other one", f"the other {noun}"))
    texts = ("now {verb} {s} {w} {p}", "{verb} {s} {w} {p}, please", "and {s} goes {w} {p}")
    _then(draft, scene.pick(texts), other, _place(draft, other), said)


def _morning(draft: Draft) -> None:
    """Asked for early, moved by somebody perhaps, wanted again in the evening: "what I asked for this morning"."""
    scene = draft.scene
    thing, phrase = _chosen(draft, lambda t: True)
    first = _place(draft, thing)
    name, which = scene.place(first)
    word = scene.word(thing, first)
    text = scene.pick(
        ("please fetch {x} and put {it} {w} {p}", "I need {x}: put {it} {w} {p}", "get me {x}; {p} is a good place")
    )
    text = text if word == "on" or "good place" not in text else "please fetch {x} and put {it} {w} {p}"
    draft.say(
        text.format(x=phrase, it=scene.it(thing), w=word, p=name),
        Inside(Which(id=thing), which, word=word),
        {phrase: thing},
    )
    draft.time = max(draft.time, draft.world.time // 86400 * 86400 + 12 * 3600.0)
    _errand(draft, *scene.twins(thing), chance=0.7)
    draft.wait(30, 120)
    moved = scene.places(thing)
    if moved and draft.rng.random() < 0.5:
        draft.does(scene.pick(_PEOPLE), "put", thing, moved[0])
    draft.time = max(draft.time, draft.world.time // 86400 * 86400 + 18.5 * 3600.0)
    draft.wait(0, 120)
    said = scene.pick(
        ("what I asked for this morning", "the thing I asked you for this morning", "what I wanted this morning")
    )
    texts = ("{verb} {s} {w} {p}", "take {s} and {verb} {it} {w} {p}", "{s} can go {w} {p} now")
    _then(draft, scene.pick(texts), thing, _place(draft, thing, (first,)), said)


def _same_place(draft: Draft) -> None:
    """A place named by what is there: "where you put the book"."""
    scene, stage = draft.scene, draft.stage
    thing, phrase = _chosen(draft, lambda t: any(scene.exactly(p) for p in scene.places(t)))
    place = (
        next(p for p in scene.places(thing) if scene.exactly(p))
        if any(scene.exactly(p) for p in scene.places(thing))
        else ""
    )
    if not place:
        raise UnfitError("no place with a name")
    draft.ask(put_at(scene, thing, phrase, place))
    if place not in stage.holder(thing):
        raise UnfitError("it went to another place of that name")
    _errand(draft, *scene.twins(thing), place)
    draft.wait(5, 90)
    also = [t for t in scene.shuffled(scene.loose()) if t not in scene.twins(thing) and place in scene.places(t)]
    also = [t for t in also if scene.thing(t) is not None]
    if not also:
        raise UnfitError("nothing else goes there")
    other, noun = str(scene.thing(also[0])), scene.noun(stage.kind(thing))
    text = scene.pick(
        (
            "put {o} where you put the {n}",
            "put {o} in the same place as the {n}",
            "{o} {goes} with the {n}: put {it} there, too",
        )
    )
    it = scene.it(also[0])
    where = Inside(Which(id=also[0]), Which(id=place), word=scene.word(also[0], place))
    refers = {other: also[0], f"where you put the {noun}": place}
    draft.say(text.format(o=other, n=noun, it=it, goes="go" if it == "them" else "goes"), where, refers)


def _undo(draft: Draft) -> None:
    """What was done is taken back: "close what you opened"."""
    scene = draft.scene
    lamps, doors = scene.shuffled(scene.switches()), scene.shuffled(scene.openables())
    if lamps and (not doors or draft.rng.random() < 0.5):
        target, wish = lamps[0], switch(scene, lamps[0])
        assert isinstance(wish.goal, State)
        on = wish.goal.value
        said = f"what you switched {'on' if on else 'off'}"
        text = scene.pick(("turn {o} again {s}", "please switch {o} again {s}")).format(s=said, o="off" if on else "on")
        goal = State(Which(id=target), "on", not on)
    elif doors:
        target, wish = doors[0], open_or_shut(scene, doors[0])
        assert isinstance(wish.goal, State)
        opened = wish.goal.value
        said = f"what you {'opened' if opened else 'closed'}"
        text = ("close {s}", "shut {s} again")[int(draft.rng.integers(2))] if opened else "open {s} again"
        text, goal = text.format(s=said), State(Which(id=target), "open", not opened)
    else:
        raise UnfitError("nothing to switch or open")
    draft.ask(wish)
    draft.wait(5, 60)
    second = draw_wish(scene, frozenset((target,)), ("put", "change"))
    draft.ask(second)
    if check(goal, draft.stage):
        raise UnfitError("undone on the way")
    draft.wait(5, 60)
    draft.say(text, goal, {said: target})


def _both(draft: Draft) -> None:
    """Two things named together, then again by a word: "both of them"."""
    scene = draft.scene
    things = [t for t in scene.shuffled(scene.loose()) if scene.thing(t) is not None]
    for a in things[:8]:
        for place in scene.places(a):
            partner = next((b for b in things if b not in scene.twins(a) and place in scene.places(b)), None)
            if partner is not None:
                _both_of(draft, a, partner, place)
                return
    raise UnfitError("no two things for one place")


def _both_of(draft: Draft, a: str, b: str, place: str) -> None:
    scene = draft.scene
    names = [str(scene.thing(a)), str(scene.thing(b))]
    name, which = scene.place(place)
    word = scene.word(a, place)
    goal = All((Inside(Which(id=a), which, word=word), Inside(Which(id=b), which, word=word)))
    draft.say(f"put {names[0]} and {names[1]} {word} {name}", goal, {names[0]: a, names[1]: b})
    places = [i for i in scene.stage.ids() if scene.stage.kind(i) == scene.stage.kind(place)]
    errand = _errand(
        draft, *scene.twins(a), *scene.twins(b), *places, chance=0.3
    )  # so that it is two things, not three
    draft.wait(10, 180)
    there = {scene.stage.kind(h) for t in (a, b) for h in scene.stage.holder(t)}
    common = [p for p in scene.places(a) if p in scene.places(b) and scene.stage.kind(p) not in there]
    if not common:
        raise UnfitError("no other place for both")
    name, which = scene.place(common[0])
    word = scene.word(a, common[0])
    said = (
        "both of them"
        if not errand
        else f"the two things you put {scene.word(a, place)} the {scene.noun(scene.stage.kind(place))}"
    )
    text = scene.pick(("now put {s} {w} {p}", "move {s}, this time to {p}", "{s} should be {w} {p} instead"))
    goal = All((Inside(Which(id=a), which, word=word), Inside(Which(id=b), which, word=word)))
    draft.say(text.format(s=said, w=word, p=name), goal, {f"{said} (1)": a, f"{said} (2)": b})
