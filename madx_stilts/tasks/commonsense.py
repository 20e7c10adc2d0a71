"""Multiple choice about what commonly happens. Inputs are put together as jiant does (arXiv 2003.02249)."""

from dataclasses import replace

from madx_stilts.languages import XCOPA as XCOPA_LANGUAGES
from madx_stilts.stack import Role
from madx_stilts.tasks import jglue
from madx_stilts.tasks.dialect import QUOTED_COMMAS
from madx_stilts.tasks.fields import Column, EachItem, Field, JoinedFields, Template
from madx_stilts.tasks.revisions import REVISIONS
from madx_stilts.tasks.splits import clone, in_files, in_splits, together, unpack
from madx_stilts.tasks.task import Labels, Source, Task

FOUR = ("0", "1", "2", "3")

_HELLASWAG = Source(
    path="Rowan/hellaswag",
    revision=REVISIONS["Rowan/hellaswag"],
    split="train",
    fields={"id": Column("ind"), "context": Column("ctx_a"), "choices": EachItem("endings", "{ctx_b} {item}")},
    labels=Labels(column="label", names=FOUR),
)

HELLASWAG = Task(
    name="hellaswag",
    format="choice",
    roles=(Role.INTERMEDIATE,),
    languages=("en",),
    sources=together(
        in_splits(_HELLASWAG, {"train": "train", "dev": "validation", "test": "test"}),
        in_files(
            replace(_HELLASWAG, path="hellaswag", obtain=clone("github.com/rowanz/hellaswag", "hellaswag")),
            {
                "train": ("data/hellaswag_train.jsonl", "hellaswag_train.jsonl"),
                "dev": ("data/hellaswag_val.jsonl", "hellaswag_val.jsonl"),
            },
        ),
    ),
    labels=FOUR,
    metrics=("accuracy",),
    licence="MIT",
    citation="Zellers et al. 2019, arXiv 1905.07830",
    note="The labels of test are hidden.",
)

_COSMOS_QA = Source(
    path="allenai/cosmos_qa",
    split="train",
    fields={
        "id": Column("id"),
        "context": Template("{context} {question}"),
        "choices": JoinedFields(tuple(Column(f"answer{number}") for number in FOUR)),
    },
    labels=Labels(column="label", names=FOUR),
)

COSMOS_QA = Task(
    name="cosmos_qa",
    format="choice",
    roles=(Role.INTERMEDIATE,),
    languages=("en",),
    sources=together(
        in_splits(_COSMOS_QA, {"train": "train", "dev": "validation", "test": "test"}),
        in_files(
            replace(
                _COSMOS_QA,
                path="cosmosqa",
                dialect=QUOTED_COMMAS,
                obtain=clone("github.com/wilburOne/cosmosqa", "cosmosqa"),
            ),
            {"train": ("data/train.csv", "train.csv"), "dev": ("data/valid.csv", "valid.csv")},
        ),
    ),
    labels=FOUR,
    metrics=("accuracy",),
    licence="CC-BY-4.0",
    citation="Huang et al. 2019, arXiv 1909.00277",
    note="The labels of test are hidden.",
)

COMMONSENSE_QA = Task(
    name="commonsense_qa",
    format="choice",
    roles=(Role.INTERMEDIATE,),
    languages=("en",),
    sources=in_splits(
        Source(
            path="tau/commonsense_qa",
            revision=REVISIONS["tau/commonsense_qa"],
            split="train",
            fields={"id": Column("id"), "context": Column("question"), "choices": Column("choices.text")},
            labels=Labels(column="answerKey", among="choices.label"),
        ),
        {"train": "train", "dev": "validation", "test": "test"},
    ),
    labels=("A", "B", "C", "D", "E"),
    metrics=("accuracy",),
    licence="MIT",
    citation="Talmor et al. 2019, arXiv 1811.00937",
    note="The labels of test are hidden.",
)

FIVE = ("0", "1", "2", "3", "4")

_JCOMMONSENSEQA = Source(
    path="shunk031/JGLUE",
    config="JCommonsenseQA",
    fields={
        "id": Column("q_id"),
        "context": Column("question"),
        "choices": JoinedFields(tuple(Column(f"choice{number}") for number in FIVE)),
    },
    labels=Labels(column="label", names=FIVE),
)

JCOMMONSENSEQA = Task(
    name="jcommonsenseqa",
    format="choice",
    roles=(Role.INTERMEDIATE, Role.TARGET),
    languages=("ja",),
    sources=together(
        in_files(replace(_JCOMMONSENSEQA, path="JGLUE", obtain=jglue.OBTAIN), jglue.files_of("jcommonsenseqa")),
        in_splits(_JCOMMONSENSEQA, {"train": "train", "dev": "validation"}),
    ),
    labels=FIVE,
    metrics=("accuracy",),
    source_language="ja",
    licence="CC-BY-SA-4.0",
    citation="Kurihara et al. 2022 (JGLUE)",
    note="Written in Japanese, after CommonsenseQA. The test set is on GitHub only.",
)

SIQA = Task(
    name="siqa",
    format="choice",
    roles=(Role.INTERMEDIATE,),
    languages=("en",),
    sources=in_splits(
        Source(
            path="lighteval/siqa",
            revision=REVISIONS["lighteval/siqa"],
            split="train",
            fields={
                "context": Template("{context} {question}"),
                "choices": JoinedFields((Column("answerA"), Column("answerB"), Column("answerC"))),
            },
            labels=Labels(column="label"),
        ),
        {"train": "train", "dev": "validation"},
    ),
    labels=("1", "2", "3"),
    metrics=("accuracy",),
    licence="not stated",
    citation="Sap et al. 2019, arXiv 1904.09728",
    note="allenai/social_i_qa has a loading script, which no longer works; this copy has the same rows. No test split.",
)

COPA_FIELDS: dict[str, Field] = {
    "id": Column("idx"),
    "context": Template(
        "{premise} {question}",
        {"question": {"cause": "What was the cause of this?", "effect": "What happened as a result?"}},
    ),
    "choices": JoinedFields((Column("choice1"), Column("choice2"))),
}
COPA_LABELS = ("choice1", "choice2")

_COPA = Source(
    path="aps/super_glue",
    revision=REVISIONS["aps/super_glue"],
    config="copa",
    split="train",
    fields=COPA_FIELDS,
    labels=Labels(column="label", names=COPA_LABELS),
)
_XCOPA = replace(_COPA, path="cambridgeltl/xcopa", revision=REVISIONS["cambridgeltl/xcopa"], config="{language}")

COPA = Task(
    name="copa",
    format="choice",
    roles=(Role.INTERMEDIATE,),
    languages=("en",),
    sources=together(
        in_splits(_COPA, {"train": "train", "dev": "validation", "test": "test"}),
        in_files(
            replace(
                _COPA, path="copa", obtain=unpack("dl.fbaipublicfiles.com/glue/superglue/data/v2/COPA.zip", "copa")
            ),
            {"train": "COPA/train.jsonl", "dev": "COPA/val.jsonl"},
        ),
    ),
    labels=COPA_LABELS,
    metrics=("accuracy",),
    licence="BSD-2-Clause",
    citation="Roemmele et al. 2011 (Choice of Plausible Alternatives)",
    note="The labels of test are hidden.",
)

BALANCED_COPA = Task(
    name="balanced_copa",
    format="choice",
    roles=(Role.INTERMEDIATE,),
    languages=("en",),
    sources=in_splits(
        Source(
            path="pkavumba/balanced-copa",
            fields={**COPA_FIELDS, "id": Column("id")},
            labels=Labels(column="label", names=COPA_LABELS),
        ),
        {"train": "train", "test": "test"},
    ),
    labels=COPA_LABELS,
    metrics=("accuracy",),
    licence="CC-BY-4.0",
    citation="Kavumba et al. 2019, arXiv 1911.00225",
    note=(
        "Its training rows are COPA's 500 dev rows, each with a mirrored twin; its test rows are those of COPA. "
        "There is no dev split: use --set train.keep=last."
    ),
)

XCOPA = Task(
    name="xcopa",
    format="choice",
    roles=(Role.TARGET,),
    languages=XCOPA_LANGUAGES,
    sources=together(
        in_splits(_XCOPA, {"dev": "validation", "test": "test"}),
        in_files(
            replace(_XCOPA, path="xcopa", obtain=clone("github.com/cambridgeltl/xcopa", "xcopa")),
            {"dev": "data/{language}/val.{language}.jsonl", "test": "data/{language}/test.{language}.jsonl"},
        ),
    ),
    labels=COPA_LABELS,
    metrics=("accuracy",),
    trains_on=("siqa", "copa"),
    licence="CC-BY-4.0",
    citation="Ponti et al. 2020, arXiv 2005.00333",
    note="There is no English. The question is asked in English in every language, as in XTREME-R.",
)
