"""The patterns that questions in English are recognised by, most specific kind first; see ``english``.

Named groups: ``what`` and ``place`` noun phrases, ``state`` a state's word, ``value`` a relation,
``rest`` what follows a count.
"""

from __future__ import annotations

STATES = {"open": "openness", "opened": "openness", "closed": "openness", "shut": "openness", "ajar": "openness",
          "drawn": "openness", "on": "power", "off": "power", "running": "power", "lit": "power", "plugged in": "power",
          "finished": "power", "full": "fill", "filled": "fill", "empty": "fill", "clean": "cleanness", "dirty": "cleanness",
          "sliced": "sliced", "cut": "sliced", "broken": "broken", "locked": "lock", "unlocked": "lock", "wet": "wetness",
          "dry": "wetness", "watered": "wetness", "cooked": "cooked", "charged": "charge", "hot": "temperature",
          "cold": "temperature", "warm": "temperature", "made": "order", "folded": "order"}  # fmt: skip
VALUES = {"opened": "open", "ajar": "open", "shut": "closed", "running": "on"}
BE = r"(?:is|are|was|were|'s|’s)"
IN = r"(?:in|inside|inside of|within|on|on top of|upon|under|near|next to|beside|by|at|into|onto)"
SEE = r"(?:see|saw|seen|notice|noticed|observe|observed|spot|spotted|look at|looked at|encounter|find|found)"
THERE = (
    r"(?:\s+(?:there|here|around|(?:that )?you (?:know|know of|know about|have seen|saw|see|remember)|in total|altogether"
    r"|in (?:the|this|that|your) (?:kitchen|room|house|memory|world|scene)"
    r"|do you know(?: of| about)?|(?:have|did) you (?:seen|see)|can you see|do you see|are there|exist))*"
)

PATTERNS: tuple[tuple[str, str], ...] = (
    # what the robot holds or did
    ("state", r"(?:in )?(?:what|which) (?:state|condition|status|shape) (?:is|was|are|were) (?P<what>.+?)(?: in)?"),
    ("held",
     rf"(?:what|which \w+) (?:{BE}|are) (?:you|the robot|it|in your|in the robot's)(?: currently|"
     r" now)? ?(?:holding|carrying|gripping|hand|gripper|hands)"),
    ("held", rf"what(?: {BE})? (?:do you have )?in (?:your|the|the robot's) (?:hand|gripper|hands)"),
    ("held", r"(?:are you|is the robot) (?:holding|carrying) (?:anything|something)"),
    ("done",
     r"what (?:did you do|have you done|were you doing|are you doing|tasks? (?:did you|have you) "
     r"(?:do|done|finish|finished))\b.*"),
    # changes
    ("changed",
     r"(?:what|which things|anything|has anything|did anything|did something|has something|what "
     rf"has|what have|what else)\s?(?:{BE}|has|have|did)?\s?(?:has )?(?:changed?|moved?|happened|"
     r"happen|(?:is|was) (?:new|different|moved)|new|different|appeared|disappeared|vanished|gone "
     r"missing)(?: here| there| around here)?(?: (?:in|on|at|inside) (?P<place>.+?))?(?: compared "
     r"(?:to|with))?"),
    ("changed",
     rf"(?:what|which) (?:things|objects|items) (?:{BE}|were|have been|have|did) ?(?:been )?(?:move|"
     r"moved|changed?|new|appear|appeared|disappear|disappeared|vanished?|gone)"),
    ("changed", r"(?:what|which \w+|anything|something|has anything|has something|did anything|did something)(?: (?:has|have|had|did|is|are|was|were))?(?: (?:newly|recently))? (?:appeared|disappeared|vanished|shown up|turned up|been (?:added|removed|moved|changed|altered))(?: (?:or|and) (?:appeared|disappeared|vanished|removed|added|moved|changed))?(?: (?:in|on|at|from) (?P<place>.+?))?"),
    ("changed", r"(?:what|did) (?:did )?(?:i|we) miss(?:ed)?(?: anything| something)?|what (?:is|are) the (?:news|changes|updates?|differences?)(?: (?:in|on|at) (?P<place>.+?))?|(?:bring|get) me up to (?:date|speed)|(?:any|are there any|were there any) (?:changes|news|updates?|differences?)(?: (?:in|on|at|to) (?P<host>.+?))?"),
    ("changed",
     r"(?:list|show|tell me)(?: me)?(?: all)?(?: the| about)? ?(?:changes|what changed|what has "
     r"changed|what moved)"),
    # counts
    ("history", r"how many times (?:was|were|has|have|had|did) (?P<what>.+?) (?:been |get |got )?(?:moved?|used|picked up|opened|closed|touched|taken|change[sd]?|put)\b.*"),
    ("history", r"when (?:was|were|has|have|did|had) (?P<what>.+?) (?:been |get |first )*(?:moved?|taken|brought|put|placed|opened|closed|disappear(?:ed)?|vanish(?:ed)?|arrive[ds]?|appear(?:ed)?|picked|dropped|leave|left|removed|switched|turned|change[ds]?|seen for the first time|seen)\b.*"),
    ("history", r"(?:list|show|name|tell|give|describe|recount|trace|retrace|summari[sz]e|recap|explain)(?: me| us)?(?: all| every| everything)?(?: of)?(?: the| about)* ?(?:movements?|moves?|journeys?|travels?|events?|timeline|path|story|past|log|record|places|locations|changes|trajectory|happenings|history)(?: of| for| with| involving| to| about| concerning| around| that)+ (?P<what>.+)"),
    ("count", rf"how many (?P<what>.+?)(?: (?:{BE}|are|do|did|have|can|could)\b(?P<rest>.*))?"),
    ("count", rf"(?:(?:what is|what's|give me|tell me) )?the number of (?P<what>.+?){THERE}"),
    ("count", rf"count (?:the |all |all the )?(?P<what>.+?){THERE}"),
    # last seen
    ("last_seen",
     rf"when (?:did|do|have|had) (?:you|the robot|we|i)(?: last| most recently)? {SEE}(?: the last "
     r"time)? (?P<what>.+?)(?: last| the last time| most recently)?"),
    ("last_seen", rf"when (?:was|were|is) (?:the last time (?:that )?(?:you|the robot) {SEE} )(?P<what>.+)"),
    ("last_seen",
     r"when (?:was|were) (?P<what>.+?) (?:last |most recently )?(?:seen|observed|noticed|spotted|"
     r"looked at)(?: last)?"),
    ("last_seen", rf"how (?:long|much time)(?: ago)? (?:is it|has it been|was it|has passed|did it pass|was)?.*\b(?:since|that) .*?{SEE} (?P<what>.+)"),
    ("last_seen", rf"(?:the )?last (?:time|sighting|look|glimpse)(?: (?:that|when))?(?: (?:you|we|i|the robot|anyone|anybody|someone))?(?: had| was| you)?(?: of| {SEE})? (?P<what>.+)"),
    ("last_seen", rf"(?:at )?(?:what|which) (?:time|moment|hour|day) (?:did|do|have|had|was|were) (?:you|we|i|the robot|anyone|anybody|someone)?(?: last| most recently)? ?{SEE} (?P<what>.+)"),
    ("last_seen", rf"when (?:did|has|have|had) (?:anyone|anybody|someone|somebody|people)(?: last| most recently)? {SEE} (?P<what>.+?)(?: last)?"),
    ("last_seen",
     r"how (?:long|old|recently|long ago) .*?(?:since )?(?:you(?:'ve| have)?|the robot|has)? ?(?:last "
     rf")?{SEE} (?P<what>.+)"),
    # where to look
    ("look_for",
     r"where (?:should|could|can|would|might|must) (?:i|we|you|one|the robot) (?:look|search|"
     r"find|go looking|check|get)(?: for| to find)?(?: for)? (?P<what>.+)"),
    ("look_for",
     r"where (?:might|could|may|would|should|can) (?P<what>.+?)(?: possibly| probably| likely)? "
     r"be(?: now| right now| hiding| kept)?"),
    ("look_for", r"where (?:else )?(?:is|are) (?P<what>.+?) (?:likely|probably)(?: to be)?"),
    # usual place, history
    ("history",
     r"(?:what|tell me what) (?:has |had |did )?(?:happened|happen|become|became|been done) (?:to|"
     r"with|of) (?P<what>.+)"),
    ("history", r"(?:what|which) (?:is|was) the (?:history|story) of (?P<what>.+)"),
    ("history", r"(?:(?:show|tell|give)(?: me)? )?(?:the )?(?:history|story) (?:of|about|for) (?P<what>.+)"),
    ("history",
     r"(?:has|have|did) (?!anything|something|things)(?P<what>.+?) (?:ever )?(?:change[sd]? (?:its |their )?(?:places?|position|location|spot)s?|go(?:ne)? anywhere|wander(?:ed)?|travel(?:led|ed)?)\b.*"),
    ("history",
     r"(?:has|have|did|was|were) (?!anything|something|things?\b|stuff)(?P<what>.+?) (?:ever )?(?:been |get )?(?:moved?|change[sd]? place|"
     r"relocated|touched|displaced|shifted)(?: about| around| at any time| at all| anywhere| recently)*"),
    ("changed", r"(?:did|have|has|were|are) (?:any |some |the )?(?:things?|stuff|objects|items|anything|something) (?:get |been |being |be )?(?:moved?|changed?|shift(?:ed)?|disappear(?:ed)?|altered)(?: about| around)*"),
    ("history", r"(?:who|what) (?:moved|took|touched|displaced|put away|picked up|has moved|has taken) (?P<what>.+)"),
    ("history",
     r"(?:has|have|did) (?:anyone|anybody|someone|somebody|you|we|the robot) (?:move|moved|touch|"
     r"touched|take|taken|took|displace|displaced|use|used) (?P<what>.+)"),
    ("history", r"where (?:has|have|had) (?P<what>.+?) been(?: before| so far)?"),
    ("where", r"where (?:do|did|does) (?:i|we|you|one|people) (?:find|see|get|spot) (?P<what>.+?)(?: last)?"),
    ("history",
     r"where (?:was|were|did) (?P<what>.+?) (?:stand |lie |go )?(?:before|earlier|previously|originally|"
     r"at first)(?: that| this)?"),
    ("history", r"how often (?:was|were|did|has|have|is|are) (?P<what>.+?) (?:been )?(?:moved?|used|picked up)"),
    ("history", r"(?:what did you do|what have you done|what was done) (?:to|with) (?P<what>.+)"),
    # where
    ("where",
     rf"where(?: exactly)? ?(?:{BE}|are|has|have|did|do) (?:you |i |we |the robot )?(?:last |leave "
     r"|put |left |keep |see |find |place )*(?P<what>.+?)(?: located| kept| stored| placed| gone|"
     r" go| at| now| right now| currently| last seen| last| put| to)*"),
    ("where",
     r"where (?:did|do|have|had) (?:you|i|we|the robot|someone|anyone|somebody) (?:last )?(?:leave|"
     r"put|place|placed|left|store|keep|kept|drop|dropped|see|saw|seen|find|found|set down|set) "
     r"(?P<what>.+?)(?: last| down)?"),
    ("where",
     r"(?:do you know|can you tell me|could you tell me|tell me|i wonder|any idea|show me) where "
     r"(?:(?:is|are|to find|i can find|i left|you put|you left) )?(?P<what>.+?)(?: is| are| was|"
     r" were| went| has gone| might be| could be)?"),
    ("where",
     r"(?:find|locate|look up|show me(?! what| everything| all| the (?:contents|things|items|objects))|what is the location of|what's the location of|what is the "
     r"position of|location of|position of|whereabouts of|what are the whereabouts of) (?P<what>.+)"),
    ("where",
     r"(?:on|in|at|inside) (?:what|which) (?:\w+ )?(?:is|are|was|were) (?P<what>.+?)(?: now| kept|"
     r" stored)?"),
    ("state", r"(?:in )?(?:what|which) (?:state|condition|status|shape|position)(?: (?:is|was|are|were))? (?P<what>.+?)(?: in)?"),
    ("where",
     r"(?:what|which) (?:\w+ )?(?:\w+ )?\w+ (?:is|are|was|were) (?P<what>.+?) (?:\w+ing )?(?:in|on|at|inside|under)"),
    ("where", rf"(?:{BE}) (?P<what>.+?) (?:{IN}) (?:.+?) or (?:{IN} )?(?!(?:{'|'.join(STATES)})\b)(?:.+)"),
    ("state", rf"(?:{BE}) (?P<what>.+?) (?P<state>{'|'.join(STATES)}) or (?:not|{'|'.join(STATES)})"),
    ("state", r"how (?P<state>full|clean|dirty|hot|cold|warm|wet|dry) (?:is|are|was|were) (?P<what>.+)"),
    ("where", r"what (?:is|are|was|were) (?P<what>.+?) (?:standing |lying |sitting |resting |placed |kept |hanging |leaning |laid |put )?(?:on|in|at|under|against)"),
    ("where", r"where (?:i|you|we|the robot|they|he|she) (?:have |had |could have |might have )?(?:put|left|placed|laid|lay|stored|dropped|see|saw|find|found)(?: down)? (?P<what>.+)"),
    ("where", r"where (?:i|you|we|one) (?:would|could|can|might|will) (?:find|get|see) (?P<what>.+)"),
    ("where", r"(?:in |on |at )?(?:what|which) (?:\w+ )?\w+ (?:did|do|have|had|has) (?:i|you|we|they|he|she|someone|anyone|the robot) (?:last )?(?:leave|left|put|place|placed|store|stored|lay|laid|set|drop|dropped|keep|kept|see|seen) (?P<what>.+?)(?: (?:in|on|at|down))?"),
    ("where", r"where all (?:is|are|was|were) (?P<what>.+)"),
    ("history", r"where all (?:has|have|had) (?P<what>.+?) been.*"),
    ("history", r"(?P<what>.+?),? what (?:has|have|had) (?:it|they) (?:been through|gone through|experienced).*"),
    ("history", r"what (?:has|have|had) (?P<what>.+?) (?:been|gone) through.*"),
    ("history", r"something (?:has )?happened (?:with|to) (?P<what>.+)"),
    ("where",
     r"(?:(?:what|tell me|give me) )?(?:(?:is|was|are|were) )?(?:the )?(?:current |exact |last known |present |last |latest )*"
     r"(?:location|position|whereabouts)s? of (?P<what>.+)"),
    ("where",
     r"(?:what|which) (?:place|furniture|container|surface|spot|room) (?:is|are|was|were|holds|"
     r"contains|has) (?P<what>.+?)(?: in| on| at)?"),
    # state of one thing
    ("state",
     rf"(?:{BE}) (?P<what>.+?) (?:still |currently |now |already |left |standing )*(?P<state>{'|'.join(STATES)})(?: "
     rf"or (?:not|{'|'.join(STATES)}))?(?: now| right now| currently)?"),
    ("state",
     r"(?:what|in what|in which|what is the|what's the) (?:state|condition|status)(?: (?:is|of|"
     r"was|are))?(?: (?:is|of))? (?P<what>.+?)(?: in)?"),
    ("state",
     r"(?:did|have|has) (?:you|i|we|the robot|someone|anyone|anybody|somebody) (?:left |leave |"
     r"forget to |forgotten to )?(?P<state>open|close|opened|closed|shut)(?:ed)? (?P<what>.+)"),
    ("state",
     r"did (?:you|i|we|the robot|someone|anyone) leave (?P<what>.+?) (?P<state>open|closed|shut|"
     r"ajar|on|off)"),
    ("state", r"how is (?P<what>.+)"),
    # is X in/on Y? is there an X?
    ("check", rf"(?:{BE}) there (?:still |now )?(?P<what>.+?) (?P<value>{IN}) (?P<place>.+)"),
    ("check", rf"(?:{BE}) (?P<what>.+?) (?:still |currently |now |already )*(?P<value>{IN}) (?P<place>.+)"),
    ("check", r"does (?P<place>.+?) (?P<value>contain|hold|have) (?P<what>.+?)(?: in it| on it| inside)?"),
    ("check",
     rf"(?:{BE}) there (?:still |now )?(?P<what>.+?)(?: left| anywhere| around| here| at all| in "
     r"the kitchen| somewhere)*"),
    ("check", rf"(?:{BE}) (?P<what>.+?) (?:still )?(?P<value>there|here|gone|missing|around)"),
    ("check",
     rf"(?:have|did|do|has) (?:you|the robot|we) (?:ever )?(?:{SEE}|know|know about|know of|have|"
     r"remember)(?: of)? (?P<what>.+?)(?: anywhere| recently| before| around)?"),
    # contents
    ("contents",
     r"(?:what|what all|which things|which objects|which items|what things|what objects|what else|"
     rf"anything|what stuff)\s?(?:{BE}|are|do you (?:see|know to be|have)|can be found|do we have|"
     r"lies|lie|stands|sits|did you (?:see|put|place|find)|will i find|would i find|can i find|"
     r"could i find|is there|are there|is kept|is stored)?(?: (?:there|all|lying|kept|stored|standing|"
     rf"sitting|left|currently|now|placed|still))*\s?(?P<value>{IN}) (?P<place>.+)"),
    ("contents", rf"(?:{BE}) there (?:anything|something|nothing) (?P<value>{IN}) (?P<place>.+)"),
    ("contents", rf"(?:{BE}) (?P<place>.+?) empty"),
    ("contents",
     r"(?:what|which things|what all|which objects) (?:does|do|did) (?P<place>.+?) (?:contain|hold|"
     r"have(?: in it| on it| inside)?)"),
    ("contents",
     r"(?:list|show me|tell me|give me|name|enumerate)(?: me)?(?: all)?(?: the)? ?(?:things|objects|"
     r"items|contents|stuff|everything|what is|what's|what)?(?: that is| that's| that are| there "
     rf"is)? (?P<value>{IN}|of) (?P<place>.+)"),
    ("contents", r"(?:what are )?(?:the )?contents of (?P<place>.+)"),
    ("history", r"(?:what do you (?:know|remember)|tell me(?: everything)?|what can you tell me) about (?P<what>.+)"),
)  # fmt: skip
