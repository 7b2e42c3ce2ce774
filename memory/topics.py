"""Cues by which questions beyond "where is it" are told apart: order, cause, who, routine, usual place, preference, lessons.

Searched for (not matched in full) in the cleaned question, the most telling first. ``english`` finds the nouns.
"""

from __future__ import annotations

import re

_AUX = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|should|would|will|might|isn't|aren't|wasn't|don't|didn't|'s)"
_WHO = r"(?:anyone|anybody|someone|somebody|any person|a person|people|a human|another robot|any other robot|no one|nobody|everyone)"
_DEAL = (
    r"(?:touch|use|move|take|open|close|shut|handle|grab|pick|put|place|left|leave|carr|interact|manipulat|relocat|remov|"
    r"swap|displac|turn|switch|toggl|tak|took|us|moving|drop|drank|drink|eat|eaten|ate|hold|held|slice|slic|cut|wash|clean|bring|brought|"
    r"been (?:at|in|near)|deal|dealt|mess|play|borrow|steal|stole|stolen|reach|knock|push|pull|chang|rearrang|shift|set|empt|fill)"
)
_CHANGE = r"(?:mov|left|leav|put|break|broke|open|clos|shut|turn|switch|spill|knock|push|drop|chang|mess|hid|remov|threw|throw|rearrang|displac)"
_USUAL = r"(?:usually|normally|typically|generally|commonly|mostly|regularly|habitually|ordinarily|tends? to|most of the time|most often)"
_DAILY = (
    r"(?:every|each) (?:single )?(?:day|morning|evening|afternoon|night|week|weekday|weekend|monday|tuesday|wednesday|thursday|"
    r"friday|saturday|sunday)|\bon (?:weekdays|weekends|mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays)"
    r"|\bin the (?:mornings|evenings|afternoons)|\bdaily\b|\bat night(?:s)?$"
)
_LIKING = r"(?:likes?|prefers?|loves?|hates?|dislikes?|enjoys?|wants?|fond of|care for)"

CUES: tuple[tuple[str, str], ...] = (
    # --- which of two, what before what
    ("held", r"\b(?:your|the robot's|the) (?:hand|hands|gripper|grippers|grasp|claw|fingers)\b(?!.*\b(?:who|handle)\b)"),
    ("held", r"^(?:what|which \w+|is there anything|anything|something) (?:do|are|is|does|did)(?: that)? (?:you|the robot) (?:now |currently )?(?:hold|holding|carry|carrying|grip|gripping|grasping|got hold of)\b"),
    ("look_for", r"\bwhere\b.* (?:might|could|may|must) (?:be|have gone|hide)$|\bwhere(?: else)? (?:might|could|may|would|can|must) .+ (?:be|have gone|hide|have got to|have ended up)\b|^if you had to guess\b|\b(?:your|best|a|any|educated) guess\b.*\b(?:where|place)"),
    ("look_for", r"\b(?:where|places?|spots?)\b.*\b(?:look(?:ing)?|search(?:ing)?|check(?:ing)?|hunt(?:ing)?)\b(?!.*\b(?:you|we|i|the robot) (?:last|have) )"),
    ("look_for", r"\b(?:most |more )?(?:likely|likeliest|probable|promising|probably)\b.*\b(?:place|places|spot|spots|location|locations|where|be|is|are|find)\b|^where\b.*\b(?:probably|likely|possibly|presumably)\b"),
    ("state", r"^(?:did|has|have|had) .+? (?:leave|left|forget|forgotten|forgot)\b.*\b(?:open|opened|ajar|closed|shut|on|off|running|unlocked|locked|to close|to shut|to turn off|to switch off)$"),
    ("last_seen", r"^(?:when|how (?:long|many|much)|what time)\b.*\b(?:last|most recently|ago|since)\b.*\b(?:see|saw|seen|appear(?:ed)?|show(?:ed|n)? up|notice[d]?|spot(?:ted)?|observed?|look(?:ed)? at|in (?:view|sight)|sighted|glimpsed)\b"
                  r"|^(?:when|how (?:long|many|much)|what time)\b.*\b(?:see|saw|seen|appear(?:ed)?|notice[d]?|spot(?:ted)?|observed?)\b.*\b(?:last|most recently)$|^how (?:long|much time) .*\bsince\b"),
    ("last_seen", r"^where\b.*\blast\b.*\b(?:see|saw|seen|notice[d]?|spot(?:ted)?|observed?)\b|\bthe last (?:place|spot|location)\b.*\b(?:saw|seen|see|noticed|spotted)\b|^when and where\b"),
    ("last_seen", r"^(?:have|has|had|did) (?:you|anyone|anybody|someone|we|the robot) (?:ever |already )?(?:see|seen|notice[d]?|spotted|spot|come across)\b.*\b(?:lately|recently|today|anywhere|around|somewhere|this (?:morning|afternoon|evening|week))$"),
    ("interacted", r"^what (?:exactly )?(?:did|have|had) (?:you|we|i|the robot|they|he|she|anyone|someone|\w+) (?:do|done) (?:with|to) "),
    ("cause", rf"^(?:who|whose (?:fault|doing))\b(?!.*\b(?:last|ever|else|all|most)\b).*\b(?:{_CHANGE}\w*|fault|doing|blame|responsible)\b"),
    ("interacted", r"^(?:was|were) it (?:you|me|us|a person|a human|the robot|\w+) (?:who|that)\b(?!.*\bcaus)"),
    ("order", r"\b(?:what|which) order\b|\bthe (?:order|sequence) (?:of|in which)\b|\bchronolog|\bin (?:what|which) sequence\b"),
    ("order",
     r"^(?:which|what|who|did|was|were|is|are|has|have|do)\b.*\b(?:first|earlier|sooner|last|later|before|after|"
     r"most recently|more recently|longer)\b.*\bor\b.+"),
    ("order", r"^(?!what (?:all |else |things |items |objects )*(?:is|are|was|were|lay|stood) (?:in|inside|on|under|at|near)\b)"
              r"(?!.*\b(?:need|have|has|had|should|must|ought) (?:to )?(?:i |you |we )?(?:do|be|happen|know|check|to)\b)(?:which|what) (?:one|of (?:the|these|them)|came|happened|was|were|did|got|moved|thing|object|item|event)?\b.*"
              r"\b(?:before|after) (?:the |my |a |that|you|i |it|opening|closing|moving|picking|putting|placing|taking)"),
    ("order", r"^(?:after|before|when|once) .+,? what (?:happened|came|did|was|followed|changed)\b.*|\bwhat (?:happened|came|followed) (?:next|first|last|then|afterwards)\b"),
    ("order", r"^(?:did|was|were|has|have|is) .+ or .+ (?:first|last|earlier|later|sooner)$"),
    ("order", r"^(?:what|which)\b.*\b(?:first|last|next|afterwards|right after|directly after|just before)(?: thing| one)?$"),
    ("order", r"^(?:what|which)\b.*\b(?:was|were|is) the (?:very )?(?:first|last|next|previous|latest|second|final|"
              r"most recent) (?:thing|object|item|action|step|event|one|task|place|move)\b"),
    ("order", r"^what (?:was|were|is) (?:done|moved|opened|closed|placed|picked(?: up)?|put down|taken) (?:first|last|next|before|after)\b"),
    ("order", r"^(?:did|do|have|had|has)\b(?!.*\bbeen (?:open|closed|shut|on|off|in|at|here|there)\b)(?! \w+ (?:ever )?(?:see|seen|saw) [^,]* (?:before|earlier)$).+\b(?:before|after|earlier than|"
              r"later than|prior to)\b .+"),
    ("order", rf"^(?:was|were|is|are)\b(?!.*\b(?:in|inside|on|at|under|near|there)\b.*\b(?:before|after))"
              rf"(?!.*(?<!turned)(?<!switched) (?:open|off|full|empty|ajar|clean|dirty|wet|locked|there) (?:before|after|when)\b).+\b"
              rf"(?:{_DEAL}\w*|seen|there|here|gone|filled|delivered|started|finished|done|up|down)\b.*"
              r"\b(?:before|after|earlier than|later than|prior to)\b .+"),
    # --- similar episodes
    ("similar",
     r"\b(?:anything|something|situations?|tasks?|episodes?|experiences?|cases?|times?|jobs?|requests?|events?|things?|occasions?|moments?)"
     r" (?:\w+ )?(?:like (?!to\b)|similar|comparable|resembl|that (?:resembles?|looks? like|is like|was like|were like|are like))"),
    ("similar", r"\b(?:similar|comparable|analogous|alike|resembl\w+)\b.*"),
    ("similar", r"\b(?:like (?:this|that)|the same (?:thing|task|job|request|situation|problem))\b.*\b(?:before|earlier|already|previously|past|ever)\b"),
    ("similar", r"^when (?:did|have|had) (?:we|you|i|the robot|anyone|somebody|someone) last (?!see\b|saw\b|seen\b|notice|spot|observ|look|use|touch|move|open|close|pick|put|hold|find)\w+"
                r"|^when was the last time (?:that )?(?:we|you|i|the robot|anyone|someone) (?!see\b|saw\b|seen\b|notice|spot|observ|look|used|touch|moved|opened|closed|picked|put|held|found|had)\w+"),
    ("similar", r"^(?:did|have|had) (?:you|we|the robot|i) ever (?:had to )?(?!see\b|seen\b|saw\b|notice|spot|observ|touch|use\b|used\b|mov|pick|put|plac|tak|took|hold|held|handl|open|clos|drop|leave|left|been|have|own|hear)\w+"
                r"|\b(?:did|done|had|have) (?:this|that|the same) (?:\w+ )?(?:once|already|before|earlier)|\bhave you ever had to\b"),
    ("similar", r"\b(?:this|such an?|that|the same) (?:kind|sort|type) of\b.*\b(?:before|earlier|already|ever|previously)\b|\b(?:is|was) (?:this|it) the first time\b"
                r"|\bprecedents?\b|\b(?:a memory|memories|any memory|experience|practice|practise) (?:of|with|in)\b|\b(?:old|past|earlier|previous) (?:task|job|episode|request|instruction)s?\b"
                r"|\b(?:have|had|were) you (?:ever )?(?:previously|already|before|ever told|ever asked)\b|\bwhen else\b|\bwhat other times?\b|\bwhich (?:earlier|other|past) (?:day|time|occasion)\b"),
    ("similar", r"\b(?:closest|nearest|most alike)\b.*\b(?:to|thing|task|episode)\b|\b(?:this|that|it|such a thing)(?: ever)? (?:happen(?:ed)?|occur(?:red)?)(?: to (?:you|us))? before\b"),
    ("similar", r"^(?:have|had|did) (?:you|we|the robot) (?:ever |already )?(?:done|do|do|perform(?:ed)?|attempt(?:ed)?|try|tried|been (?:asked|told)|"
                r"had to|made|make|face|faced|experienced?|come across|encountered?) .*(?:before|already|previously|in the past|ever)?$"),
    ("similar", r"\bremind(?:s)? (?:you )?of\b|\bdo you remember (?:a time|doing|when you|having to)\b|\bdoes this ring a bell\b"
                r"|\bbeen in (?:this|such a|that) situation\b|\bseen this (?:situation|before)\b"),
    # --- lessons
    ("lessons",
     r"\b(?:lessons?|learn(?:ed|t|ing)?|watch out|careful|care should|go(?:es)? wrong|went wrong|mistakes?|advice|tips?|pitfalls?|warnings?"
     r"|keep in mind|pay attention|beware|be aware of|precaution|caution|gotchas?|preconditions?|prerequisites?)\b"),
    ("lessons", r"\b(?:fail(?:s|ed|ure|ures|ing)?|trouble|problems?|difficult(?:y|ies)?|tricky|hard|struggl\w+|troubles?)\b(?!.* in the (?:kitchen|house)$)"),
    ("lessons", r"\b(?:what|anything|something)\b.*\b(?:should|must|need to|have to|has to|ought to)\b.*\b(?:know|do|check|consider|remember|avoid|"
                r"happen|be (?:done|true|open|closed)|think)\b.*\b(?:before|when|while|about|first|to)\b"),
    ("lessons", r"\b(?:what|how)\b.*\b(?:work(?:s|ed)? (?:best|well)|best way|experience (?:with|of)|safest way|right way)\b"),
    ("lessons", r"^(?:when|why|in which case)s? (?:should|must|can|could|would|do|is it)(?: you| i| we| it| one| the robot)? (?:not|n't|never|avoid)\b|\b(?:shouldn't|mustn't|should not|must not)\b"),
    ("lessons", r"\b(?:does|do|did|has|have|is|are) .*\b(?:work|succeed|succeeded|possible|need to be|have to be|must be) (?:\w+ )?(?:when|while|before|if|in order|open|closed)"),
    # --- preferences
    ("preference", r"\bhow (?:i|we|he|she|they|\w+) (?:always |usually |really |do |does )?(?:likes?|wants?|prefers?|takes?|loves?)\b|\b(?:which|what)(?: \w+)?(?: \w+)? (?:do|does|would) (?!you\b)\w+ (?:like|prefer|love|hate|want)(?: best| most| more)?$"),
    ("preference", r"\b(?:favou?rites?|preferences?|prefer\w*|taste in)\b"),
    ("preference", rf"^(?!(?:do|would|what do|what would) you\b)(?!what (?:is|are|was|were|does|did|will)\b.* like\b(?: (?:in|at|on|here|there|tomorrow|today|around)\b.*)?$).*\b(?:do|does|did|would|which|what|how|where|who|when)\b.*\b(?!(?:like|wants?) (?:to know|this|that)\b){_LIKING}\b(?!$|\? ?$)"
                   r"(?!(?: this| that| it)? (?:before|happen))"),
    ("preference", r"\b(?:am|is|are) (?:i|he|she|they|we|\w+) (?:allergic|picky|particular)\b"
                   r"|\bdo(?:es)? (?:i|we|he|she|they|\w+) (?:take|drink|have) (?:my|his|her|their|our|the|milk|sugar)"),
    ("preference", r"\bwhat did i (?:say|tell you|ask)\b|\b(?:my|our|house) rules?\b|\bsupposed to do with\b|\bhow should i serve\b"
                   r"|\bhow (?:do|does) (?:i|he|she|\w+) (?:take|have|drink) (?:my|his|her|the|their)\b"),
    ("usual_place", rf"^(?:{_DAILY}|in the (?:morning|evening|afternoon)|at night|on \w+days?)?,? ?where\b.*\b(?:{_USUAL}|most often|often|always)\b"),
    # --- routines
    ("routine", r"\b(?:routines?|habits?|habitually|rituals?|schedule|patterns?|regularit(?:y|ies))\b"),
    ("routine", rf"^(?:when|(?:at )?what (?:time|times|hour)(?: of (?:the )?day)?|(?:on )?(?:what|which) days?|how early|how late)\b(?: (?:do|does)\b|.*\b{_USUAL}\b)"),
    ("routine", r"^on (?:what|which) (?:days?|weekdays?|occasions?)\b|^when(?:ever)? (?:do|does) (?!you (?:think|last|expect)).+"),
    ("routine", rf"^(?:what|who|does|do|is|are|which)\b.*(?:{_DAILY})"),
    ("routine", rf"^(?:what)\b.*\b{_USUAL}\b.*\b(?:do|does|done|happens?|happening|goes on|going on|used?|take|takes|moves?|moved|opens?|opened|"
                r"morning|evening|afternoon|night|breakfast|lunch|dinner|day|weekend)\b"),
    ("routine", r"^(?:how (?:often|frequently|regularly|many times (?:a|per) (?:day|week|hour)))\b.*\b(?:do|does|is|are|get|gets)\b"),
    ("routine", rf"^(?:does|do|is|are|who)\b.*\b(?:{_USUAL}|often|a lot|frequently|always)\b(?!.*\b(?:in|on|at|inside) the\b).*"),
    ("routine", r"\b(?:a typical|a normal|an ordinary|the usual) (?:day|morning|evening|afternoon|night|week|weekday|weekend)\b|\btypically happens?\b"),
    # --- usual places
    ("usual_place", rf"^(?:where|(?:in|on|at) (?:what|which)|(?:what|which) (?:place|spot|room|shelf|drawer|cupboard|cabinet|table|furniture|surface|rack|container|box|\w+ (?:is|are|do|does)))\b.*\b(?:{_USUAL}|often(?! has| have)|always)\b"),
    ("usual_place", r"^where (?:is|are) (?:its|their|the \w+(?: \w+)?'s) (?:place|spot|home)\b"),
    ("changed", r"^(?:is|are|does|do) .*\bstill (?:the way|as|like|how|look)\b.*\b(?:was|were|did|left|same)\b|\b(?:is|are) (?:something|anything|everything|things) (?:different|the same|changed|out of place)\b"),
    ("usual_place", r"\b(?:usual|normal|typical|regular|proper|right|standard|common|customary|default|correct|ordinary|habitual|favou?rite)"
                    r" (?:\w+ )?(?:places?|spots?|locations?|homes?|positions?|storage|shelf)\b"),
    ("usual_place", r"^(?:where|what|which|in what|in which|on what|on which)\b.*\b(?:belongs?|lives?|stays?|is at home|be kept|be put|be stored|should go|supposed to (?:be|go|live)|"
                    r"meant to (?:be|go)|ought to (?:be|go))\b"),
    ("usual_place", r"^where (?:do|does|should) (?:you|i|we|people|they|one|the family|everyone|folks) (?:keep|store|put|place|leave|hang)\b.+"),
    ("usual_place", r"^where (?:do|does|should|would) .+ (?:go|go back|get put|end up|sit|stand|lie|hang|reside|be kept|be stored|be put)$"),
    ("usual_place", r"^(?:where|in (?:what|which) \w+|on (?:what|which) \w+) (?:is|are) .+ (?:kept|stored)$"),
    ("usual_place", r"^(?:what|which|in which|in what|on which) \w+(?: \w+)? (?:do|does|should|would) .+ (?:go|go in|go on|live in|belong(?: in| on| to)?|stay in|sit on|stand on|be kept in|be in)$"),
    ("usual_place", r"\bhome (?:of|for)\b|\ba (?:regular|fixed|usual) place\b|^(?:is|are) .* (?:usually|normally|typically|always|mostly|generally)"
                    r" (?:in|on|at|kept|stored|found|inside|under|near)\b|^(?:does|do) .* (?:belong|usually (?:go|live|stay|stand|sit|lie))\b"),
    # --- who or what had to do with it
    ("interacted", rf"^(?:who|whom|whose)\b(?!.* (?:likes?|prefers?|favou?rite|wants?)\b).*\b(?:{_DEAL}\w*|had|has|have|responsible|behind|fault|doing|was (?:at|near|in))\b.*"),
    ("interacted", rf"^(?:has|have|had|did|was|were) (?:{_WHO}|\w+ (?:or|and) \w+)\b.*\b{_DEAL}"),
    ("interacted", rf"^(?:has|have|had) (?:you|we|the robot|i)\b(?! (?:left|seen))(?: ever| already| recently)*\b.*\b{_DEAL}\w*\b"),
    ("interacted", r"^did (?:you|we|the robot|i) (?:ever |already |just )?(?:touch|use|move|take|pick|grab|handle|interact|manipulate|carry|hold|drop|bring|do (?:anything|something))\b"),
    ("interacted", r"\b(?:by whom|by who|interacted? with|interactions? with|whose hands?|which (?:person|robot|agent|human)|what (?:moved|touched|used|took|pushed|knocked|interacted))\b"),
    ("interacted", rf"^(?:has|have|was|were) .+ (?:been )?{_DEAL}\w*(?: up)? by\b"),
    # --- causes
    ("cause", r"^(?:why|how come|for what reason|what for)\b(?! (?:do|does) (?!the |my |our |your |his |her |their |this |that |these |those |it |they |you |we |i |all |some )).+"),
    ("cause", r"\b(?:(?:the )?(?:reason|cause|explanation) (?:for|of|why|that|behind)|what (?:caused|made|led to|brought about|explains|triggered|is (?:the )?(?:reason|cause|responsible))"
              r"|was caused by|because of what|due to what|what is (?:responsible|to blame)|responsible for|to blame)\b"),
    ("cause", r"^how (?:did|could|come|has|have) (?!.* (?:moved|been moved)(?: about| around)?$).+(?: get| got| end| ended| come| came| gotten| make it| find its| become| land| landed| wind up| fall| vanish|"
              r" disappear| move| moved| break)\b.*"),
    ("cause", r"^(?:was|is) it .+ (?:that|who) .*caus.+|^how did .+ (?:open|close|become|turn|switch)\b.*"),
)  # fmt: skip

COMPILED = tuple((kind, re.compile(pattern)) for kind, pattern in CUES)


def topic(text: str) -> str | None:
    """The kind that a cleaned question is of by its cues, or None."""
    for kind, pattern in COMPILED:
        if pattern.search(text):
            return kind
    return None
