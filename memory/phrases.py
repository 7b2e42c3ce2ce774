"""Noun phrases in a question, found by what they are not: function words and the verbs that people use of things."""

from __future__ import annotations

import re

from .vocabulary import FURNITURE, GROUPS, SYNONYMS, canonical, noun, singular

DETERMINERS = frozenset(
    ["the", "a", "an", "my", "your", "our", "his", "her", "their", "its", "this", "that", "these", "those", "any", "some",
     "no", "each", "every", "all", "another", "other", "both", "many", "much", "more", "few"]
)  # fmt: skip
_FUNCTION = frozenset(
    ["i", "me", "you", "he", "she", "it", "we", "us", "they", "them", "myself", "yourself", "itself", "who", "whom", "whose", "what", "which", "where", "when", "why", "how", "there", "here", "and", "or", "but", "nor", "so", "if", "whether", "because", "than", "then", "as", "like", "unlike", "of", "in", "on", "at", "to", "into", "onto", "from", "off", "out", "up", "down", "over", "under", "by", "with", "without", "within", "inside", "outside", "near", "next", "beside", "besides", "behind", "between", "among", "around", "about", "along", "across", "through", "for", "during", "since", "until", "till", "before", "after", "above", "below", "against", "per", "via", "toward", "towards", "away", "back", "apart", "together", "is", "am", "are", "was", "were", "be", "been", "being", "isn't", "aren't", "wasn't", "weren't", "'s", "has", "have", "had", "having", "hasn't", "haven't", "hadn't", "do", "does", "did", "doing", "done", "don't", "doesn't", "didn't", "can", "could", "will", "would", "shall", "should", "may", "might", "must", "can't", "cannot", "couldn't", "won't", "wouldn't", "shouldn't", "not", "never", "ever", "always", "often", "usually", "normally", "typically", "generally", "mostly", "sometimes", "rarely", "regularly", "habitually", "commonly", "again", "already", "still", "yet", "just", "only", "even", "also", "too", "very", "really", "most", "least", "more", "less", "now", "today", "tonight", "tomorrow", "yesterday", "recently", "lately", "currently", "earlier", "later", "first", "last", "latest", "previous", "previously", "next", "finally", "soon", "ago", "once", "twice", "please", "ok", "okay", "yes", "well", "actually", "exactly", "probably", "possibly", "perhaps", "maybe", "likely", "else", "anywhere", "somewhere", "everywhere", "nowhere", "anything", "something", "everything", "nothing", "anyone", "someone", "everyone", "anybody", "somebody", "everybody", "nobody", "none", "one", "ones", "open", "opened", "closed", "shut", "ajar", "empty", "full", "gone", "missing", "lost", "different", "new", "same", "similar", "kept", "stored", "located", "placed", "supposed", "able", "sure", "certain", "long", "far", "soon", "late", "early", "clean", "dirty", "broken", "sliced", "running", "wrong", "careful", "favorite", "favourite", "usual", "normal", "typical", "common", "main", "best", "good", "bad", "better", "worse", "likely", "while", "thing's", "times", "time", "way", "ways", "moment", "moments", "oh", "hey", "hi", "hello", "thanks", "thank", "instead", "rather", "along", "best", "way", "many", "morning", "mornings", "afternoon", "afternoons", "evening", "evenings", "night", "nights", "midnight", "noon", "lunch", "dinner", "breakfast", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "mondays", "tuesdays", "wednesdays", "thursdays", "fridays", "saturdays", "sundays", "weekday", "weekdays", "weekend", "weekends", "day", "days", "daily", "week", "weeks", "weekly", "hour", "hours", "minute", "minutes", "second", "seconds"]
)
_VERBS = frozenset(
    ["move", "moves", "moved", "moving", "put", "puts", "putting", "place", "places", "placing", "pick", "picks", "picked", "picking", "take", "takes", "took", "taken", "taking", "bring", "brings", "brought", "bringing", "get", "gets", "got", "gotten", "getting", "grab", "grabs", "grabbed", "grabbing", "touch", "touches", "touched", "touching", "use", "uses", "used", "using", "handle", "handles", "handled", "handling", "manipulate", "manipulated", "interact", "interacts", "interacted", "interacting", "see", "sees", "saw", "seen", "seeing", "look", "looks", "looked", "looking", "notice", "noticed", "noticing", "observe", "observed", "observing", "spot", "spotted", "find", "finds", "found", "finding", "search", "searched", "searching", "locate", "check", "checked", "checking", "watch", "watched", "watching", "encounter", "encountered", "know", "knows", "knew", "known", "knowing", "remember", "remembers", "remembered", "remembering", "recall", "recalls", "recalled", "recalling", "think", "thinks", "thought", "tell", "tells", "told", "telling", "say", "says", "said", "show", "shows", "showing", "list", "name", "count", "give", "gives", "gave", "given", "giving", "go", "goes", "went", "going", "come", "comes", "came", "coming", "end", "ends", "ended", "ending", "start", "starts", "started", "starting", "begin", "began", "stay", "stays", "stayed", "leave", "leaves", "left", "leaving", "keep", "keeps", "keeping", "store", "stores", "storing", "belong", "belongs", "belonged", "belonging", "live", "lives", "lived", "living", "sit", "sits", "sat", "sitting", "stand", "stands", "stood", "standing", "lie", "lies", "lay", "lying", "rest", "rests", "resting", "hold", "holds", "held", "holding", "carry", "carries", "carried", "carrying", "contain", "contains", "contained", "containing", "opening", "close", "closes", "closing", "turn", "turns", "turned", "turning", "switch", "switched", "switching", "toggle", "toggled", "happen", "happens", "happened", "happening", "change", "changes", "changed", "changing", "cause", "caused", "causes", "causing", "make", "makes", "made", "making", "become", "became", "disappear", "disappears", "disappeared", "disappearing", "vanish", "vanished", "appear", "appears", "appeared", "appearing", "fall", "falls", "fell", "fallen", "falling", "drop", "drops", "dropped", "dropping", "slip", "slipped", "slipping", "break", "breaks", "broke", "want", "wants", "wanted", "wanting", "like", "likes", "liked", "love", "loves", "loved", "hate", "hates", "prefer", "prefers", "preferred", "preferring", "need", "needs", "needed", "needing", "try", "tries", "tried", "trying", "fail", "fails", "failed", "failing", "succeed", "succeeds", "succeeded", "learn", "learns", "learned", "learnt", "learning", "reach", "reaches", "reached", "reaching", "slice", "slices", "sliced", "cut", "cuts", "wash", "washes", "washed", "washing", "clean", "cleans", "cleaned", "cleaning", "set", "sets", "setting", "fetch", "fetches", "fetched", "fetching", "deliver", "delivered", "return", "returned", "returning", "visit", "visited", "visiting", "mention", "mentioned", "ask", "asked", "avoid", "happen", "expect", "expected", "guess", "think", "let", "watch", "work", "works", "worked", "working", "relocate", "relocated", "shift", "shifted", "displace", "displaced", "swap", "swapped", "remove", "removed", "removing", "add", "added", "adding", "tidy", "tidied", "tidying", "help", "helps", "helped", "deal", "dealt", "serve", "served", "drink", "drank", "eat", "ate", "appear", "hide", "hides", "hidden", "hiding", "do", "spend", "spent", "forget", "forgot", "forgotten", "report", "reported", "tend", "tends", "pull", "pulled", "push", "pushed", "lift", "lifted", "access", "accessed", "refill", "refilled", "regular", "common", "describe", "describes", "described", "suggest", "suggests", "recommend", "lead", "leads", "led", "resemble", "resembles", "involve", "involves", "right", "true", "free", "currently", "directly", "best", "closest", "nearest", "likeliest", "probable", "promising", "comparable", "alike", "i'd", "i'm", "i've", "i'll", "you've", "you'd", "you're", "we've", "he's", "she's", "there's", "that's", "it's", "let's", "involve", "compare", "compared", "explain", "explains", "summarize", "summarise", "trace", "retrace", "recount", "sum", "occur", "occurs", "occurred", "occurring", "brought", "due", "responsible", "according", "regarding", "concerning", "involving", "except", "besides", "both", "either", "neither", "upper"]
)
_BREAKS = _FUNCTION | _VERBS
_WORDS = frozenset(["bed", "ceiling", "clothing", "painting", "ring", "string", "seed", "weed", "shed", "sled", "jelly", "fly", "belly",
                    "wedding", "king", "thing", "wing", "reed"])  # fmt: skip
_AFTER_NOUN = frozenset(
    {"open", "close", "light", "lights", "watch", "drink", "set", "glass", "place", "rest", "work", "cut"}
)
_NOT_THINGS = frozenset(
    ["robot", "kitchen", "room", "house", "home", "world", "memory", "scene", "place", "spot", "location", "whereabouts",
     "position", "people", "person", "human", "state", "status", "condition", "history", "story", "number", "amount",
     "order", "sequence", "reason", "cause", "contents", "content", "thing", "object", "item", "stuff", "end", "beginning",
     "lesson", "routine", "habit", "pattern", "preference", "task", "situation", "episode", "event", "problem", "trouble",
     "experience", "case", "sort", "kind", "type", "chance", "idea", "question", "past", "hand", "gripper", "anna's",
     "move", "movement", "timeline", "journey", "trip", "log", "total", "purpose", "fault", "blame", "doing", "matter", "day",
     "life", "part", "deal", "lot", "time", "way", "quarter", "family", "household", "guest", "visitor", "member", "someone",
     "instruction", "command", "request", "wish", "attempt", "failure", "mistake", "danger", "trick", "explanation",
     "disappearance", "information", "knowledge", "evidence", "record", "memory file", "difference", "news", "past",
     "sighting", "sightings", "track", "floor plan", "rule", "advice", "tip", "job", "change", "update"]
)  # fmt: skip
_RELATIVE = re.compile(r"\b(?:that|which|who) (?:is|are|was|were|i|you|we|the|has|had|have)\b.*$")


def phrases(text: str) -> list[str]:
    """Noun phrases without their determiners, in order: "did the red mug move to a shelf" → ["red mug", "shelf"]."""
    return [phrase for phrase, _ in _chunks(text)]


def _chunks(text: str) -> list[tuple[str, bool]]:
    """Phrases, and whether a determiner (or a preposition) led to each."""
    found: list[tuple[str, bool]] = []
    run: list[str] = []
    led = False  # after a determiner a verb's form may well be a noun: "the watch"

    def end() -> None:
        nonlocal run, led
        while run and run[-1] == "of":
            run.pop()
        if run:
            found.append((" ".join(run), led))
        run, led = [], False

    tokens = re.findall(
        r"[\w'-]+|[,;:]", re.sub(r"(\w)'s?(?=\s|$)", r"\1 ,", re.sub(r"'([^']*)'", r"\1", text.lower()))
    )
    for i, token in enumerate(tokens):
        if token in DETERMINERS:
            end()
            led = True
        elif token == "of" and run and i + 1 < len(tokens) and tokens[i + 1] not in _BREAKS | DETERMINERS:
            run.append(token)
        elif re.fullmatch(r"[,;:]", token) or (token in _BREAKS and not (led and not run and token in _AFTER_NOUN)):
            end()
        elif led or not re.fullmatch(r"\w{3,}(?:ing|ed|ly)", token) or token in _WORDS:
            run.append(token)
        else:  # "grasping", "involved": a noun of that shape comes with its article
            end()
    end()
    return [(p, how) for p, how in found if not p.isdigit()]


def things(text: str) -> list[str]:
    """Phrases that may name things (not the robot, the kitchen, the reason), those with a determiner first."""
    found = []
    for phrase, led in _chunks(text):
        while phrase and " of " in phrase and _nothing(phrase.partition(" of ")[0]):
            phrase = phrase.partition(" of ")[2]  # "number of chairs"
        if not _nothing(phrase):
            found.append((not (led or known(phrase) or re.fullmatch(r"o\d+", phrase)), phrase))
    return [phrase for _, phrase in sorted(found, key=lambda f: f[0])]


def _nothing(phrase: str) -> bool:
    last = noun(phrase).rpartition(" ")[2]
    return noun(phrase) in _NOT_THINGS or phrase in _NOT_THINGS or last in _NOT_THINGS - {"hand", "floor plan", "place"}


def trim(phrase: str) -> str:
    """The first noun phrase of a longer one: "mug that was on the table" → "mug"; the whole if there is none."""
    cut = _RELATIVE.sub("", phrase).strip() or phrase
    whole = noun(cut)
    if not whole or re.fullmatch(r"[a-z]\d+", whole) or known(whole):
        return whole
    found = things(cut) or phrases(cut)
    return noun(found[0]) if found else whole


def known(phrase: str) -> bool:
    """Is it a word that the shipped vocabulary has?"""
    word = noun(phrase)
    return word in GROUPS or canonical(word) in SYNONYMS or singular(word) in FURNITURE
