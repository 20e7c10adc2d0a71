"""What there is to speak of, under English glosses, so that a reader can follow. A world decides how it hangs together.

A gloss is the name of one meaning. It stands for a word in each language, and in no table twice.
"""

DOMAINS = ("farm", "harbour", "court")

# A category, whether its kinds act of themselves, and two kinds for each domain.
KINDS = """\
beast      acts  goat ox            seal otter       hound stallion
bird       acts  hen goose          gull pelican     falcon peacock
worker     acts  shepherd miller    sailor diver     cook guard
traveller  acts  pedlar pilgrim     pirate smuggler  envoy minstrel
tool       lies  plough sickle      anchor net       quill mirror
food       lies  turnip apple       oyster crab      cake grape
vessel     lies  bucket barrel      crate bottle     goblet vase
cloth      lies  apron blanket      sailcloth rag    cloak carpet
"""

PLACES = {
    "farm": "barn field orchard mill",
    "harbour": "pier beach dock lighthouse",
    "court": "hall garden tower kitchen",
}

FOODSTUFFS = "grass grain honey milk bread meat"
MATERIALS = "wood iron clay wool glass leather"

# A wide verb, then narrower ones, each with a synonym.
VERBS = """\
move    carry/bear  drag/haul  lift/raise  throw/fling
notice  watch/observe  hear/perceive  smell/sniff  touch/feel
harm    hit/strike  bite/nip  scratch/claw  break/smash
help    feed/nourish  wash/rinse  protect/defend  warm/heat
get     buy/purchase  find/discover  steal/swipe  borrow/rent
"""

OPPOSITES = "big/small old/new wet/dry hot/cold clean/dirty fast/slow quiet/loud happy/sad"

# What follows upon what: each line is a course of events as it usually goes.
CHAINS = """\
peel boil taste serve
yawn undress dream wake
stumble fall bleed limp
pack depart arrive unpack
cough shiver faint recover
boast argue fight apologise
sneak trespass flee hide
flirt propose marry celebrate
dig sow weed harvest
row anchor-up wait angle
sweat swim dry-off rest
tune sing bow smile
bet lose beg repay
measure saw hammer paint
knock enter sit chat
practise compete win cheer
"""

RELATIONS = "live eat consist serve-under found meet own visit"
"""Verbs with a part of their own: where a kind lives, what it eats or consists of, and what people do."""

TIMES = "today yesterday tonight recently early late"

# Words that only hold others together, by part of speech.
FUNCTION_WORDS = {
    "DET": "the a every no",
    "ADP": "in",
    "AUX": "be",
    "VERB": "do",
    "CCONJ": "and",
    "SCONJ": "because",
    "PART": "not whether",
    "PRON": "who what",
    "ADV": "where when why next so then maybe false same",
}

HOMONYMS = {
    "guard": "protect",
    "cook": "boil",
    "net": "angle",
    "anchor": "anchor-up",
    "sailcloth": "depart",
    "rag": "wash",
}
"""A kind and a verb that sound alike in every language, so that only the context tells the part of speech."""

NAMES = {"given": 36, "family": 24, "cities": 24, "organisations": 12, "ambiguous": 6}
"""How many names there are; the ambiguous ones are given names and cities at once."""
BODIES = "guild bank league"
"""The second word of an organisation's name."""
