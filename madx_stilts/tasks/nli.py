"""Natural language inference in English and in translations of it: does the premise entail the hypothesis?"""

from dataclasses import replace

from madx_stilts.languages import XNLI as XNLI_LANGUAGES
from madx_stilts.stack import Role
from madx_stilts.tasks.dialect import PLAIN_TABS
from madx_stilts.tasks.fields import Column
from madx_stilts.tasks.revisions import REVISIONS
from madx_stilts.tasks.splits import fetch, in_files, in_splits, together, unpack
from madx_stilts.tasks.task import Labels, Source, Task

LABELS = ("entailment", "neutral", "contradiction")
"""The order of SNLI, MNLI, ANLI and XNLI. XTREME's own files, CLUE and SuperGLUE have others: labels go by name."""

LETTERS = {"e": "entailment", "n": "neutral", "c": "contradiction"}
FIELDS = {"first": Column("premise"), "second": Column("hypothesis")}
SENTENCES = {"first": Column("sentence1"), "second": Column("sentence2")}
GOLD = Labels(column="label", names=LABELS, aliases={"contradictory": "contradiction"})

TRANSLATED = tuple(code for code in XNLI_LANGUAGES if code != "en")
INDIC = ("as", "bn", "gu", "kn", "ml", "mr", "or", "pa", "ta", "te")

_XNLI = Source(
    path="facebook/xnli",
    revision=REVISIONS["facebook/xnli"],
    config="{language}",
    split="test",
    fields=FIELDS,
    labels=GOLD,
    licence="CC-BY-NC-4.0",
)
_TRANSLATED = replace(
    _XNLI, languages=TRANSLATED, note="Translated by machine and tokenised; dev is XNLI's, translated by people."
)
_KOREAN = Source(
    path="kakaobrain/kor_nli",
    revision=REVISIONS["kakaobrain/kor_nli"],
    split="train",
    fields=FIELDS,
    labels=GOLD,
    languages=("ko",),
    licence="CC-BY-SA-4.0",
    note="KorNLI: training pairs are translated by machine; dev is XNLI's, translated by people.",
)
_KOREAN_DEV = replace(_KOREAN, config="xnli", split="validation")
_INDIC = Source(
    path="Divyanshu/indicxnli",
    config="{language}",
    split="train",
    fields=FIELDS,
    labels=GOLD,
    languages=INDIC,
    licence="CC0-1.0",
    note="IndicXNLI: translated by machine, training and dev.",
)

MNLI = Task(
    name="mnli",
    format="pair",
    roles=(Role.INTERMEDIATE,),
    languages=("en", *sorted((*TRANSLATED, "ko", *INDIC))),
    sources=together(
        in_splits(
            Source(
                path="nyu-mll/glue",
                revision=REVISIONS["nyu-mll/glue"],
                config="mnli",
                split="train",
                fields=FIELDS,
                labels=GOLD,
                languages=("en",),
            ),
            {"train": "train", "dev": "validation_matched", "test": "test_matched"},
        ),
        in_splits(
            Source(path="nyu-mll/multi_nli", fields=FIELDS, labels=GOLD, languages=("en",)),
            {"train": "train", "dev": "validation_matched"},
        ),
        in_splits(_TRANSLATED, {"train": "train", "dev": "validation"}),
        {"train": (replace(_KOREAN, config="multi_nli"),), "dev": (_KOREAN_DEV,)},
        in_files(
            replace(_INDIC, obtain=fetch("forward/ of huggingface.co/datasets/Divyanshu/indicxnli", _INDIC.path)),
            {"train": "forward/train/xnli_{language}.json", "dev": "forward/dev/xnli_{language}.json"},
        ),
        in_splits(_INDIC, {"train": "train", "dev": "validation"}),
    ),
    labels=LABELS,
    metrics=("accuracy",),
    licence="OANC, CC-BY-3.0, CC-BY-SA-3.0 and MIT, by genre",
    citation="Williams et al. 2018, arXiv 1704.05426",
    note=(
        "Dev and test are the matched ones. The labels of test are hidden. Other languages than English are "
        "translations: those of XNLI, KorNLI for Korean, IndicXNLI for ten languages of India; their dev set is XNLI's."
    ),
)

SNLI = Task(
    name="snli",
    format="pair",
    roles=(Role.INTERMEDIATE,),
    languages=("en", "ko"),
    sources=together(
        in_splits(
            Source(
                path="stanfordnlp/snli",
                revision=REVISIONS["stanfordnlp/snli"],
                config="plain_text",
                split="train",
                fields=FIELDS,
                labels=GOLD,
                languages=("en",),
                drop_unlabelled=True,
            ),
            {"train": "train", "dev": "validation", "test": "test"},
        ),
        {"train": (replace(_KOREAN, config="snli", drop_unlabelled=True),), "dev": (_KOREAN_DEV,)},
    ),
    labels=LABELS,
    metrics=("accuracy",),
    licence="CC-BY-SA-4.0",
    citation="Bowman et al. 2015, arXiv 1508.05326",
    note=(
        "Pairs on which the annotators did not agree (-1) are left out; 549,367 of 550,152 remain for training. "
        "Korean is KorNLI's translation by machine, developed on XNLI as in that paper."
    ),
)

_ANLI = Source(
    path="facebook/anli",
    revision=REVISIONS["facebook/anli"],
    config="plain_text",
    split="train_r1",
    fields={"id": Column("uid"), **FIELDS},
    labels=GOLD,
)

ANLI = Task(
    name="anli",
    format="pair",
    roles=(Role.INTERMEDIATE,),
    languages=("en",),
    sources=together(
        in_splits(
            _ANLI,
            {
                "train": "train_r1+train_r2+train_r3",
                "dev": "dev_r1+dev_r2+dev_r3",
                "test": "test_r1+test_r2+test_r3",
            },
        ),
        in_files(
            Source(
                path="anli_v1.0",
                obtain=unpack("dl.fbaipublicfiles.com/anli/anli_v1.0.zip", "anli_v1.0"),
                fields={"id": Column("uid"), "first": Column("context"), "second": Column("hypothesis")},
                labels=Labels(column="label", aliases=LETTERS),
            ),
            {"train": "R[123]/train.jsonl", "dev": "R[123]/dev.jsonl", "test": "R[123]/test.jsonl"},
        ),
    ),
    labels=LABELS,
    metrics=("accuracy",),
    licence="CC-BY-NC-4.0",
    citation="Nie et al. 2020, arXiv 1910.14599",
    note=(
        "The three rounds together (162,865 pairs to train on), scored as one; the literature scores each round. "
        "With snli and mnli it is anli_plus."
    ),
)

ANLI_PLUS = Task(
    name="anli_plus",
    format="pair",
    roles=(Role.INTERMEDIATE,),
    languages=("en",),
    union_of=(SNLI, MNLI, ANLI),
    labels=LABELS,
    metrics=("accuracy",),
    licence="CC-BY-NC-4.0 (that of anli; snli and mnli have their own)",
    citation="Nie et al. 2020, arXiv 1910.14599; Phang et al. 2020, arXiv 2005.13013",
    note=(
        "What Phang et al. 2020 call ANLI+: all pairs of snli, mnli and anli, 1,104,934 to train on, mixed in "
        "proportion to their sizes under one head. Dev is the three dev sets together. Test has MNLI's hidden labels."
    ),
)

XNLI = Task(
    name="xnli",
    format="pair",
    roles=(Role.TARGET,),
    languages=XNLI_LANGUAGES,
    sources=together(
        in_splits(_XNLI, {"dev": "validation", "test": "test"}),
        in_files(
            Source(
                path="xnli",
                dialect=PLAIN_TABS,
                obtain=unpack("dl.fbaipublicfiles.com/XNLI/XNLI-1.0.zip", "xnli"),
                fields=SENTENCES,
                labels=Labels(column="gold_label"),
                where={"language": "{language}"},
            ),
            {"dev": ("XNLI-1.0/xnli.dev.tsv", "xnli.dev.tsv"), "test": ("XNLI-1.0/xnli.test.tsv", "xnli.test.tsv")},
        ),
        in_splits(
            Source(
                path="google/xtreme",
                revision=REVISIONS["google/xtreme"],
                config="XNLI",
                split="test",
                fields=SENTENCES,
                labels=Labels(column="gold_label"),
                where={"language": "{language}"},
            ),
            {"dev": "validation", "test": "test"},
        ),
    ),
    labels=LABELS,
    metrics=("accuracy",),
    trains_on=("mnli",),
    licence="CC-BY-NC-4.0",
    citation="Conneau et al. 2018, arXiv 1809.05053",
    note=(
        "Trained on MNLI as GLUE has it, as jiant does. The English train split of facebook/xnli is another text of "
        "the same pairs, tokenised for translation, and is not used."
    ),
)
