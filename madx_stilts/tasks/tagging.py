"""A tag for each word: names of persons, places and organisations (PAN-X), and parts of speech (UDPOS)."""

from dataclasses import replace

from madx_stilts.languages import LANGUAGES, PANX_R, UDPOS_R
from madx_stilts.stack import Role
from madx_stilts.tasks.fields import Column
from madx_stilts.tasks.revisions import REVISIONS
from madx_stilts.tasks.splits import in_splits
from madx_stilts.tasks.task import Labels, Source, Task

ENTITIES = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")

PANX = Task(
    name="panx",
    format="tagging",
    roles=(Role.TARGET,),
    languages=PANX_R,
    sources=in_splits(
        Source(
            path="unimelb-nlp/wikiann",
            revision=REVISIONS["unimelb-nlp/wikiann"],
            config="{language}",
            split="train",
            fields={"words": Column("tokens")},
            labels=Labels(column="ner_tags", names=ENTITIES),
        ),
        {"train": "train", "dev": "validation", "test": "test"},
    ),
    labels=ENTITIES,
    metrics=("f1", "f1_strict", "accuracy"),
    licence="not stated (text of Wikipedia)",
    citation="Pan et al. 2017 (WikiAnn), split as in Rahimi et al. 2019, arXiv 1902.00193",
    note="Tags were made by rule from links, not by hand, and sentences repeat.",
)

PARTS_OF_SPEECH = (
    *("ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN", "PUNCT", "SCONJ"),
    *("SYM", "VERB", "X"),
)
# Small treebanks have no training part, and some no dev part either.
TEST_ONLY = ("th", "tl", "yo")
NO_DEV = (*TEST_ONLY, "kk")

_UDPOS = Source(
    path="google/xtreme",
    revision=REVISIONS["google/xtreme"],
    config="udpos.{language}",
    split="test",
    fields={"words": Column("tokens")},
    labels=Labels(column="pos_tags", names=PARTS_OF_SPEECH),
    codes={code: LANGUAGES[code].name for code in UDPOS_R},
)

UDPOS = Task(
    name="udpos",
    format="tagging",
    roles=(Role.TARGET,),
    languages=UDPOS_R,
    sources={
        "train": (replace(_UDPOS, split="train", languages=tuple(code for code in UDPOS_R if code not in TEST_ONLY)),),
        "dev": (replace(_UDPOS, split="validation", languages=tuple(code for code in UDPOS_R if code not in NO_DEV)),),
        "test": (_UDPOS,),
    },
    labels=PARTS_OF_SPEECH,
    metrics=("f1_xtreme", "accuracy"),
    licence="by treebank (Universal Dependencies 2.5)",
    citation="Nivre et al. 2020, arXiv 2004.10643, as chosen by XTREME, arXiv 2003.11080",
    note=(
        "The hub's copy is not XTREME's data: it took treebanks by substring, so Greek has Ancient Greek in it, "
        "Chinese Classical Chinese, German Swiss German, French Old French and masked words, Russian Old Russian; it "
        "splits fused words that XTREME keeps; and it lacks lt pl ro uk wo, which XTREME-R adds. English is equal in "
        "size. For scores to compare with the literature, build the same layout from the UD 2.5 files and give it as "
        "the local mirror."
    ),
)
