"""Extractive question answering: the answer is a span of the context."""

from madx_stilts.languages import XQUAD_R
from madx_stilts.stack import Role
from madx_stilts.tasks.fields import Column
from madx_stilts.tasks.revisions import REVISIONS
from madx_stilts.tasks.splits import in_splits
from madx_stilts.tasks.task import Source, Task

FIELDS = {
    "id": Column("id"),
    "context": Column("context"),
    "question": Column("question"),
    "answers": Column("answers"),
}

SQUAD_V1 = Task(
    name="squad_v1",
    format="span",
    roles=(Role.INTERMEDIATE,),
    languages=("en",),
    sources=in_splits(
        Source(
            path="rajpurkar/squad",
            revision=REVISIONS["rajpurkar/squad"],
            config="plain_text",
            split="train",
            fields=FIELDS,
        ),
        {"train": "train", "dev": "validation"},
    ),
    metrics=("f1", "exact_match"),
    licence="CC-BY-SA-4.0",
    citation="Rajpurkar et al. 2016, arXiv 1606.05250",
    note="The test set is hidden. XQuAD-en is a part of dev.",
)

SQUAD_V2 = Task(
    name="squad_v2",
    format="span",
    roles=(Role.INTERMEDIATE,),
    languages=("en",),
    sources=in_splits(
        Source(
            path="rajpurkar/squad_v2",
            revision=REVISIONS["rajpurkar/squad_v2"],
            config="squad_v2",
            split="train",
            fields=FIELDS,
        ),
        {"train": "train", "dev": "validation"},
    ),
    metrics=("f1", "exact_match"),
    unanswerable=True,
    licence="CC-BY-SA-4.0",
    citation="Rajpurkar et al. 2018, arXiv 1806.03822",
    note="The test set is hidden.",
)

XQUAD = Task(
    name="xquad",
    format="span",
    roles=(Role.TARGET,),
    languages=XQUAD_R,
    sources={
        "test": (
            Source(
                path="google/xquad",
                revision=REVISIONS["google/xquad"],
                config="xquad.{language}",
                split="validation",
                fields=FIELDS,
            ),
        )
    },
    metrics=("f1", "exact_match"),
    trains_on=("squad_v1",),
    licence="CC-BY-SA-4.0",
    citation="Artetxe et al. 2020, arXiv 1910.11856",
    note=(
        "The hub calls the test rows validation. English is a part of SQuAD 1.1 dev, on which training stops early, "
        "so English is not held out. Ids are the same in all languages. Romanian is in XTREME-R only."
    ),
)
