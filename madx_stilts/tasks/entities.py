"""Names of persons, places and organisations: a tag for each word."""

from dataclasses import replace

from madx_stilts.languages import PANX_R
from madx_stilts.stack import Role
from madx_stilts.tasks.fields import Column
from madx_stilts.tasks.revisions import REVISIONS
from madx_stilts.tasks.splits import clone, in_files, in_splits, together, unpack
from madx_stilts.tasks.task import Labels, Source, Task

ENTITIES = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
METRICS = ("f1", "f1_strict", "accuracy")

_PANX = Source(
    path="unimelb-nlp/wikiann",
    revision=REVISIONS["unimelb-nlp/wikiann"],
    config="{language}",
    split="train",
    fields={"words": Column("tokens")},
    labels=Labels(column="ner_tags", names=ENTITIES),
)

PANX = Task(
    name="panx",
    format="tagging",
    roles=(Role.TARGET,),
    languages=PANX_R,
    sources=together(
        in_splits(_PANX, {"train": "train", "dev": "validation", "test": "test"}),
        in_files(
            replace(
                _PANX,
                path="panx",
                reader="panx",
                obtain=unpack("the archive of each language (see github.com/afshinrahimi/mmner)", "panx/CODE"),
            ),
            {
                "train": ("{language}/train", "{language}-train"),
                "dev": ("{language}/dev", "{language}-dev"),
                "test": ("{language}/test", "{language}-test"),
            },
        ),
    ),
    labels=ENTITIES,
    metrics=METRICS,
    licence="not stated (text of Wikipedia)",
    citation="Pan et al. 2017 (WikiAnn), split as in Rahimi et al. 2019, arXiv 1902.00193",
    note="Tags were made by rule from links, not by hand, and sentences repeat.",
)

_MASAKHANER = Source(
    path="masakhane/masakhaner",
    config="{language}",
    split="train",
    fields={"words": Column("tokens")},
    labels=Labels(column="ner_tags", names=(*ENTITIES, "B-DATE", "I-DATE")),
    codes={
        **{"am": "amh", "ha": "hau", "ig": "ibo", "rw": "kin", "lg": "lug"},
        **{"sw": "swa", "wo": "wol", "yo": "yor"},
    },
)

MASAKHANER = Task(
    name="masakhaner",
    format="tagging",
    roles=(Role.TARGET, Role.INTERMEDIATE),
    languages=("am", "ha", "ig", "lg", "luo", "pcm", "rw", "sw", "wo", "yo"),
    sources=together(
        in_splits(_MASAKHANER, {"train": "train", "dev": "validation", "test": "test"}),
        in_files(
            replace(
                _MASAKHANER,
                path="masakhane-ner",
                reader="conll",
                obtain=clone("github.com/masakhane-io/masakhane-ner", "masakhane-ner"),
            ),
            {
                "train": "data/{language}/train.txt",
                "dev": "data/{language}/dev.txt",
                "test": "data/{language}/test.txt",
            },
        ),
    ),
    labels=(*ENTITIES, "B-DATE", "I-DATE"),
    metrics=METRICS,
    source_language="sw",
    licence="CC-BY-NC-4.0",
    citation="Adelani et al. 2021, arXiv 2103.11811",
    note=(
        "MasakhaNER 1, tagged by hand. It has dates (DATE), which PAN-X has not, so heads of the two do not fit each "
        "other. There is no English."
    ),
)
