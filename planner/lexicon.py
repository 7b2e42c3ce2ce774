"""The words of instructions other than nouns: verbs by what they ask for, prepositions, words without a meaning here."""

from __future__ import annotations

from collections.abc import Mapping


def _table(**rows: str) -> dict[str, str]:
    return {word.strip(): kind for kind, words in rows.items() for word in words.split(",")}


def words(text: str) -> frozenset[str]:
    """The set of the words in ``text``, which are separated by white space."""
    return frozenset(text.split())


VERBS: Mapping[str, str] = _table(
    fetch="fetch, fetching, get, getting, grab, grabbing, retrieve, retrieving, collect, collecting, pick up, picking up,"
    "pick, picking, take out, taking out, take, taking, hand, handing, give, giving, pass, passing, pull out, pulling out,"
    "fish out, fishing out, dig out, remove, removing, extract, extracting, get out, getting out, lift, lifting,"
    "obtain, hold, grasp, grasping, lift out, bring out, bringing out, pick out, seize, bring me",
    bring="bring, bringing, deliver, delivering, carry, carrying, bring over, hand over, bring along, serve",
    put="put, putting, place, placing, placed, set, setting, lay, laying, move, moving, transfer, transferring, stow,"
    "stowing, store, storing, stored, shift, shifting, relocate, relocating, drop, dropping, deposit, depositing, insert,"
    "inserting, stash, stashing, rest, stand, pop, popping, stick, sticking, tuck, transport, transporting, put down,"
    "chuck, toss, dump, plop, bung, shove,"
    "set down, place down, lay down, load, position, positioning, slip, tip, park",
    restore="return, returning, restore, restoring, replace, replacing, put away, putting away, returned, tidy away,"
    "put back, putting back, bring back, bringing back, take back, taking back, give back, move back, set back,"
    "place back, stow away, carry back, undo",
    open="open, opening, opened, unclose",
    close="close, closing, shut, shutting, seal, sealing, slam",
    shift_door="push, pushing, pull, pulling, slide, sliding, swing, swinging",
    leave="leave, leaving, keep, keeping",
    clear="clear, clearing, empty, emptying, clear off, clear out, empty out, tidy up, clean up, tidy, unload, unloading",
    find="find, finding, locate, locating, look for, looking for, search for, searching for, search, track down",
    look="look at, looking at, inspect, inspecting, look in, look inside, look into, check, examine, look around, look",
    go="go to, go over to, drive to, navigate to, walk to, move to, come to, head to, head over to, head for, approach,"
    "go, walk, drive, navigate, head, come",
    slice="slice, slicing, cut, cutting, chop, chopping, cut up, chop up, slice up",
    toggle="turn on, turn off, switch on, switch off, toggle, toggling",
    process="wash, rinse, heat, heat up, warm, warm up, chill, cool, cool down, freeze, cook, boil, bake, fry, wipe, dry, iron,"
    "fill, pour, run, clean",
    want="want, need, like, require, make, wish",
)
"""Verb (of one or more words) → what it asks for."""

PARTICIPLES: Mapping[str, str] = _table(
    put="put, placed, moved, set, stored, stowed, left, transferred, laid, deposited, kept, delivered, brought, carried",
    restore="returned, replaced, restored",
    fetch="fetched, retrieved, taken, taken out, picked up, removed",
)
"""Participles after "be", "should be", "want … ": what has to become of the subject."""

FINITE: Mapping[str, str] = _table(put="goes, go, belongs, belong, land, lands, end up, ends up, sit, move")
"""Verbs whose subject is the thing itself ("the milk goes in the fridge")."""

STATES: Mapping[str, str] = _table(closed="closed, shut, close", open="open, opened, ajar")

PREPOSITIONS: Mapping[str, str] = {
    **_table(
        source="from, out of, off, off of, from inside, from within, from out of, from in, from on, outside, out from,"
        "down from",
        into="into, inside of, in to, to the inside of, down into",
        onto="onto, on to, on top of, upon, atop, to the top of, over onto, down onto, down on",
        static_in="in, inside, within",
        static_on="on",
        to="to, over to, toward, towards, across to, at",
        bad="near, next to, beside, under, underneath, beneath, below, behind, in front of, above, between, around,"
        "close to, against, left of, right of, to the left of, to the right of, by, alongside, over",
        of="of",
        with_="with",
        for_="for",
    )
}

FILLER = words(
    """please kindly now just then quickly carefully gently slowly simply immediately again first finally lastly next
    afterwards afterward later straight directly right away soon thanks thank cheers ok okay hey hi hello well oh
    robot loci would could can will shall may might you your do does did a an the some that this these those which
    who my our its his her their is are was were be been being am has had also too still already standing lying
    sitting hidden kept located placed currently time task job quick safely properly neatly nicely softly tightly
    firmly completely fully over down up along here around sure go get want need i we us me so nice favour favor
    kind mind love ahead and help try let lets dear friend mate buddy sir actually really maybe perhaps possible
    possibly when done finished once after before there back out together same exactly all if while of it only
    inside must should anymore any more longer yet chance moment minute second bit little free"""
)
"""Words that carry nothing for the task where they are not taken up by a rule."""

ADJECTIVES = words(
    """little small big large tall short old new clean dirty cold warm hot fresh ripe full empty nice lovely good
    best favourite favorite ceramic wooden metal plastic glass kitchen single spare used remaining leftover heavy
    light round shiny coffee tea whole juicy tasty lone stray only upper lower top bottom left right middle first
    nearest closest open closed shut own usual"""
)
"""Adjectives that may stand before a noun and do not change what is meant."""

DETERMINERS = words("the a an my your our his her their its this that these those some any one")

REASONS = words("because since as while otherwise until unless though although whenever cause")

POLITE = (
    r"\b(?:(?:could|can|would|will|might|may) (?:you|i|we) (?:please |kindly |just |maybe |perhaps |possibly )*"
    r"(?:be (?:so kind|so good|good enough|kind enough)(?: as)?(?: and| to)?|do me (?:a|the) favou?r(?: and| of)?|mind|"
    r"go ahead and|help me(?: out)?(?: and| by| to)?|try to|manage to|like you to|ask you to)?)"
    r"|\b(?:i(?: would|'d)? (?:want|like|love|need|ask|prefer) (?:you )?to|i was wondering if you (?:could|would|can)|"
    r"i wonder if you (?:could|would|can)|do me (?:a|the) favou?r(?: and| of)?|be so (?:kind|good)(?: as)?(?: to| and)?|"
    r"would it be possible(?: for you)? to|is it possible(?: for you)? to|if you (?:please|can|could|would|do not mind|"
    r"have (?:a|the) (?:minute|moment|second|chance|time)|would not mind|get (?:a|the) chance|are free)|if possible|"
    r"when(?:ever)? you (?:have|get|find|can|are)(?: a| the| some)? ?(?:minute|moment|second|chance|time|ready|free)?|"
    r"(?:it|that) (?:would|will) be (?:really |very |so |most |just )?(?:great|nice|good|lovely|wonderful|helpful|kind|"
    r"appreciated|awesome|perfect|fantastic|super)(?: of you)?(?: if you (?:could|would|can)| if| to)?|"
    r"i(?: would|'d) (?:really )?"
    r"(?:appreciate it|be (?:so |very |really )?(?:grateful|thankful|glad|happy)) if you (?:could|would|can)|"
    r"do you think you (?:could|can|might)|are you able to|why do not you|how about|what about|i(?: am|'m) asking you to|"
    r"your (?:task|job|mission|goal) is to|go ahead and|feel free to|i need you to|you (?:should|must|need to|have to|may|can)|"
    r"let us|do not hesitate to|let me have|may i have|can i have|could i have|what i (?:want|need) is(?: for you to)?|"
    r"thank you(?: very much| so much)?|thanks(?: a lot| in advance)?|many thanks|once more|one more time)"
)
"""Phrases of politeness, as one regular expression over normalised text (contractions already expanded)."""
