"""Natural language inference that was written, or scored, in other languages than English."""

from dataclasses import replace

from madx_stilts.stack import Role
from madx_stilts.tasks import jglue
from madx_stilts.tasks.dialect import QUOTED_TABS
from madx_stilts.tasks.fields import Column
from madx_stilts.tasks.nli import FIELDS, GOLD, LABELS, LETTERS, SENTENCES
from madx_stilts.tasks.revisions import REVISIONS
from madx_stilts.tasks.splits import clone, in_files, in_splits, together
from madx_stilts.tasks.task import Labels, Source, Task

BOTH = (Role.INTERMEDIATE, Role.TARGET)

_OCNLI = Source(
    path="clue/clue",
    config="ocnli",
    split="test",
    fields=SENTENCES,
    labels=Labels(column="label", names=("neutral", "entailment", "contradiction"), absent=(-1, "-", "", None)),
)

OCNLI = Task(
    name="ocnli",
    format="pair",
    roles=BOTH,
    languages=("zh",),
    sources=together(
        in_splits(replace(_OCNLI, drop_unlabelled=True), {"train": "train", "dev": "validation"}),
        in_splits(_OCNLI, {"test": "test"}),
        in_files(
            replace(
                _OCNLI, path="OCNLI", drop_unlabelled=True, obtain=clone("github.com/CLUEbenchmark/OCNLI", "OCNLI")
            ),
            {"train": "data/ocnli/train.50k.json", "dev": "data/ocnli/dev.json"},
        ),
    ),
    labels=LABELS,
    metrics=("accuracy",),
    source_language="zh",
    licence="not stated",
    citation="Hu et al. 2020, arXiv 2010.05444",
    note=(
        "Written in Chinese. CLUE numbers the labels neutral, entailment, contradiction. Pairs without agreement are "
        "left out of train and dev. The labels of test are hidden."
    ),
)

CMNLI = Task(
    name="cmnli",
    format="pair",
    roles=BOTH,
    languages=("zh",),
    sources=together(
        in_splits(replace(_OCNLI, config="cmnli", drop_unlabelled=True), {"train": "train", "dev": "validation"}),
        in_splits(replace(_OCNLI, config="cmnli"), {"test": "test"}),
    ),
    labels=LABELS,
    metrics=("accuracy",),
    source_language="zh",
    licence="not stated",
    citation="Xu et al. 2020 (CLUE), arXiv 2004.05986",
    note="MNLI and XNLI in Chinese, translated by machine and people. The labels of test are hidden.",
)

KLUE_NLI = Task(
    name="klue_nli",
    format="pair",
    roles=BOTH,
    languages=("ko",),
    sources=together(
        in_splits(
            Source(
                path="klue/klue",
                revision=REVISIONS["klue/klue"],
                config="nli",
                split="train",
                fields={"id": Column("guid"), **FIELDS},
                labels=GOLD,
            ),
            {"train": "train", "dev": "validation"},
        ),
        in_files(
            Source(
                path="KLUE",
                obtain=clone("github.com/KLUE-benchmark/KLUE", "KLUE"),
                fields={"id": Column("guid"), **FIELDS},
                labels=Labels(column="gold_label"),
            ),
            {
                "train": "klue_benchmark/klue-nli-v1.1/klue-nli-v1.1_train.json",
                "dev": "klue_benchmark/klue-nli-v1.1/klue-nli-v1.1_dev.json",
            },
        ),
    ),
    labels=LABELS,
    metrics=("accuracy",),
    source_language="ko",
    licence="CC-BY-SA-4.0",
    citation="Park et al. 2021 (KLUE), arXiv 2105.09680",
    note="Written in Korean. The test set is hidden.",
)

FARSTAIL = Task(
    name="farstail",
    format="pair",
    roles=BOTH,
    languages=("fa",),
    sources=together(
        in_splits(
            Source(
                path="azarijafari/FarsTail",
                split="train",
                fields=FIELDS,
                labels=Labels(column="label", aliases=LETTERS),
            ),
            {"train": "train", "dev": "validation", "test": "test"},
        ),
        in_files(
            Source(
                path="FarsTail",
                dialect=QUOTED_TABS,
                fields=FIELDS,
                labels=Labels(column="label", aliases=LETTERS),
                obtain=clone("github.com/dml-qom/FarsTail", "FarsTail"),
            ),
            {"train": "data/Train-word.csv", "dev": "data/Val-word.csv", "test": "data/Test-word.csv"},
        ),
    ),
    labels=LABELS,
    metrics=("accuracy",),
    source_language="fa",
    licence="Apache-2.0",
    citation="Amirkhani et al. 2020, arXiv 2009.08820",
    note="Written in Persian, from university exams. The original files are called .csv, but have tabs, and quotes.",
)

JNLI = Task(
    name="jnli",
    format="pair",
    roles=BOTH,
    languages=("ja",),
    sources=together(
        in_files(
            Source(
                path="JGLUE",
                fields={"id": Column("sentence_pair_id"), **SENTENCES},
                labels=Labels(column="label"),
                obtain=jglue.OBTAIN,
            ),
            jglue.files_of("jnli"),
        ),
        in_splits(
            Source(
                path="shunk031/JGLUE",
                config="JNLI",
                split="train",
                fields={"id": Column("sentence_pair_id"), **SENTENCES},
                labels=Labels(column="label"),
            ),
            {"train": "train", "dev": "validation"},
        ),
    ),
    labels=LABELS,
    metrics=("accuracy",),
    source_language="ja",
    licence="CC-BY-SA-4.0",
    citation="Kurihara et al. 2022 (JGLUE)",
    note="Written in Japanese, about captions. Skewed: more than half of dev is neutral. Test is on GitHub only.",
)

INDONLI = Task(
    name="indonli",
    format="pair",
    roles=BOTH,
    languages=("id",),
    sources=together(
        in_splits(
            Source(path="afaji/indonli", config="indonli", split="train", fields=FIELDS, labels=GOLD),
            {"train": "train", "dev": "validation", "test": "test_lay"},
        ),
        in_files(
            Source(
                path="indonli",
                fields=FIELDS,
                labels=Labels(column="label", aliases=LETTERS),
                obtain=clone("github.com/ir-nlp-csui/indonli", "indonli"),
            ),
            {
                "train": "data/indonli/train.jsonl",
                "dev": "data/indonli/val.jsonl",
                "test": "data/indonli/test_lay.jsonl",
            },
        ),
    ),
    labels=LABELS,
    metrics=("accuracy",),
    source_language="id",
    licence="CC-BY-SA-4.0",
    citation="Mahendra et al. 2021, arXiv 2110.14566",
    note="Written in Indonesian. Test is the one written by laymen (2,201 pairs), not that of experts (2,984).",
)

AMERICAS_NLI = Task(
    name="americas_nli",
    format="pair",
    roles=(Role.TARGET,),
    languages=("ay", "bzd", "cni", "gn", "hch", "nah", "oto", "quy", "shp", "tar"),
    sources=together(
        in_splits(
            Source(
                path="nala-cub/americas_nli",
                config="{language}",
                split="test",
                fields=FIELDS,
                labels=GOLD,
                codes={"ay": "aym"},
            ),
            {"dev": "validation", "test": "test"},
        ),
        in_files(
            Source(
                path="AmericasNLI",
                reader="americas_nli",
                where={"language": "{language}"},
                fields=FIELDS,
                labels=Labels(column="label"),
                codes={"ay": "aym"},
                obtain=clone("github.com/nala-cub/AmericasNLI", "AmericasNLI"),
            ),
            {split: (f"{split}/{{language}}.tsv", f"{split}.tsv") for split in ("dev", "test")},
        ),
    ),
    labels=LABELS,
    metrics=("accuracy",),
    trains_on=("mnli",),
    licence="CC-BY-SA-4.0",
    citation="Ebrahimi et al. 2022, arXiv 2104.08726",
    note="XNLI translated into ten languages of the Americas, none of which XLM-R has seen. No training data.",
)
