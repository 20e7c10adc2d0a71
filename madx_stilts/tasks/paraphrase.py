"""Paraphrases: do two sentences mean the same?"""

from dataclasses import replace

from madx_stilts.languages import PAWS_X as PAWS_X_LANGUAGES
from madx_stilts.stack import Role
from madx_stilts.tasks.dialect import PLAIN_TABS
from madx_stilts.tasks.fields import Column
from madx_stilts.tasks.revisions import REVISIONS
from madx_stilts.tasks.splits import in_files, in_splits, together, unpack
from madx_stilts.tasks.task import Labels, Source, Task

QQP = Task(
    name="qqp",
    format="pair",
    roles=(Role.INTERMEDIATE,),
    languages=("en",),
    sources=in_splits(
        Source(
            path="nyu-mll/glue",
            revision=REVISIONS["nyu-mll/glue"],
            config="qqp",
            split="train",
            fields={"first": Column("question1"), "second": Column("question2")},
            labels=Labels(column="label", names=("not_duplicate", "duplicate")),
        ),
        {"train": "train", "dev": "validation", "test": "test"},
    ),
    labels=("not_duplicate", "duplicate"),
    positive="duplicate",
    metrics=("accuracy", "f1"),
    licence="Quora's terms",
    citation="Iyer et al. 2017 (Quora Question Pairs), as in GLUE, arXiv 1804.07461",
    note="The labels of test are hidden.",
)

_PAWS_X = Source(
    path="google-research-datasets/paws-x",
    revision=REVISIONS["google-research-datasets/paws-x"],
    config="{language}",
    split="train",
    fields={"id": Column("id"), "first": Column("sentence1"), "second": Column("sentence2")},
    labels=Labels(column="label", names=("0", "1")),
)

PAWS_X = Task(
    name="paws_x",
    format="pair",
    roles=(Role.TARGET,),
    languages=PAWS_X_LANGUAGES,
    sources=together(
        in_splits(_PAWS_X, {"train": "train", "dev": "validation", "test": "test"}),
        in_files(
            replace(
                _PAWS_X,
                path="pawsx",
                dialect=PLAIN_TABS,
                obtain=unpack("storage.googleapis.com/paws/pawsx/x-final.tar.gz", "pawsx"),
            ),
            {
                "train": ("x-final/{language}/translated_train.tsv", "x-final/{language}/train.tsv"),
                "dev": "x-final/{language}/dev_2k.tsv",
                "test": "x-final/{language}/test_2k.tsv",
            },
        ),
    ),
    labels=("0", "1"),
    positive="1",
    metrics=("accuracy", "f1"),
    licence="free for any purpose, acknowledge Google LLC",
    citation="Yang et al. 2019, arXiv 1908.11828",
    note=(
        "1 is a paraphrase. Rows that were not translated hold the placeholder 'NS'; they are kept, as XTREME does. "
        "The copy in google/xtreme has lost rows, so it is not used. Train is English, and translations of it by "
        "machine. Dev and test share sentences."
    ),
)
