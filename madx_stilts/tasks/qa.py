"""Extractive question answering: the answer is a span of the context."""

from dataclasses import replace

from madx_stilts.languages import LANGUAGES, TYDIQA, XQUAD_R
from madx_stilts.languages import MLQA as MLQA_LANGUAGES
from madx_stilts.stack import Role
from madx_stilts.tasks.fields import Column
from madx_stilts.tasks.revisions import REVISIONS
from madx_stilts.tasks.splits import clone, fetch, in_files, in_splits, together, unpack
from madx_stilts.tasks.task import Source, Task

FIELDS = {
    "id": Column("id"),
    "context": Column("context"),
    "question": Column("question"),
    "answers": Column("answers"),
}

_SQUAD = Source(
    path="rajpurkar/squad",
    revision=REVISIONS["rajpurkar/squad"],
    config="plain_text",
    split="train",
    fields=FIELDS,
    languages=("en",),
)
_ORIGINAL = replace(
    _SQUAD,
    path="squad",
    reader="squad_json",
    obtain=fetch(
        "{train,dev}-{v1.1,v2.0}.json of raw.githubusercontent.com/rajpurkar/SQuAD-explorer/master/dataset", "squad"
    ),
)
_TRANSLATED = Source(
    path="facebook/mlqa",
    config="mlqa-translate-train.{language}",
    split="train",
    fields=FIELDS,
    languages=tuple(code for code in MLQA_LANGUAGES if code != "en"),
    licence="CC-BY-SA-3.0",
    note="Translated by machine (MLQA's translate-train), dev too; questions whose answer was lost are left out.",
)

SQUAD_V1 = Task(
    name="squad_v1",
    format="span",
    roles=(Role.INTERMEDIATE,),
    languages=("en", *_TRANSLATED.languages),
    sources=together(
        in_splits(_SQUAD, {"train": "train", "dev": "validation"}),
        in_files(_ORIGINAL, {"train": "train-v1.1.json", "dev": "dev-v1.1.json"}),
        in_splits(_TRANSLATED, {"train": "train", "dev": "validation"}),
        in_files(
            replace(
                _TRANSLATED,
                path="mlqa",
                reader="squad_json",
                obtain=unpack("dl.fbaipublicfiles.com/MLQA/mlqa-translate-train.tar.gz", "mlqa"),
            ),
            {
                "train": "mlqa-translate-train/{language}_squad-translate-train-train-v1.1.json",
                "dev": "mlqa-translate-train/{language}_squad-translate-train-dev-v1.1.json",
            },
        ),
    ),
    metrics=("f1", "exact_match"),
    licence="CC-BY-SA-4.0",
    citation="Rajpurkar et al. 2016, arXiv 1606.05250",
    note=(
        "The test set is hidden. XQuAD-en is a part of dev. Other languages than English are MLQA's translations by "
        "machine."
    ),
)

SQUAD_V2 = Task(
    name="squad_v2",
    format="span",
    roles=(Role.INTERMEDIATE,),
    languages=("en",),
    sources=together(
        in_splits(
            replace(_SQUAD, path="rajpurkar/squad_v2", revision=REVISIONS["rajpurkar/squad_v2"], config="squad_v2"),
            {"train": "train", "dev": "validation"},
        ),
        in_files(_ORIGINAL, {"train": "train-v2.0.json", "dev": "dev-v2.0.json"}),
    ),
    metrics=("f1", "exact_match"),
    unanswerable=True,
    licence="CC-BY-SA-4.0",
    citation="Rajpurkar et al. 2018, arXiv 1806.03822",
    note="The test set is hidden.",
)

_XQUAD = Source(
    path="google/xquad",
    revision=REVISIONS["google/xquad"],
    config="xquad.{language}",
    split="validation",
    fields=FIELDS,
)

XQUAD = Task(
    name="xquad",
    format="span",
    roles=(Role.TARGET,),
    languages=XQUAD_R,
    sources=together(
        in_splits(_XQUAD, {"test": "validation"}),
        in_files(
            replace(
                _XQUAD, path="xquad", reader="squad_json", obtain=clone("github.com/google-deepmind/xquad", "xquad")
            ),
            {"test": "xquad.{language}.json"},
        ),
    ),
    metrics=("f1", "exact_match"),
    trains_on=("squad_v1",),
    licence="CC-BY-SA-4.0",
    citation="Artetxe et al. 2020, arXiv 1910.11856",
    note=(
        "The hub calls the test rows validation. English is a part of SQuAD 1.1 dev, on which training stops early, "
        "so English is not held out. Ids are the same in all languages. Romanian is in XTREME-R only."
    ),
)

_MLQA = Source(path="facebook/mlqa", config="mlqa.{language}.{language}", split="test", fields=FIELDS)

MLQA = Task(
    name="mlqa",
    format="span",
    roles=(Role.TARGET,),
    languages=MLQA_LANGUAGES,
    sources=together(
        in_splits(_MLQA, {"dev": "validation", "test": "test"}),
        in_files(
            replace(
                _MLQA,
                path="mlqa",
                reader="squad_json",
                obtain=unpack("dl.fbaipublicfiles.com/MLQA/MLQA_V1.zip", "mlqa"),
            ),
            {
                "dev": "MLQA_V1/dev/dev-context-{language}-question-{language}.json",
                "test": "MLQA_V1/test/test-context-{language}-question-{language}.json",
            },
        ),
        in_splits(
            replace(
                _MLQA,
                path="google/xtreme",
                revision=REVISIONS["google/xtreme"],
                config="MLQA.{language}.{language}",
            ),
            {"dev": "validation", "test": "test"},
        ),
    ),
    metrics=("f1", "exact_match"),
    trains_on=("squad_v1",),
    script="mlqa",
    licence="CC-BY-SA-3.0",
    citation="Lewis et al. 2020, arXiv 1910.07475",
    note=(
        "Context and question are of one language, as in XTREME. Scored by MLQA's own script, whose articles and "
        "punctuation depend on the language. Ids are the same in all languages."
    ),
)

_TYDIQA = Source(
    path="google-research-datasets/tydiqa",
    revision=REVISIONS["google-research-datasets/tydiqa"],
    config="secondary_task",
    split="train",
    fields=FIELDS,
    codes={code: LANGUAGES[code].name.lower() for code in TYDIQA},
    where={"id": "{language}-*"},
)
_DEV_FILES = (
    "tydiqa-goldp-v1.1-dev/tydiqa-goldp-dev-{language}.json",
    "tydiqa-goldp-dev-{language}.json",
    "tydiqa-goldp-v1.1-dev.json",
)

TYDIQA_GOLDP = Task(
    name="tydiqa_goldp",
    format="span",
    roles=(Role.TARGET,),
    languages=TYDIQA,
    sources=together(
        in_splits(_TYDIQA, {"train": "train", "dev": "validation", "test": "validation"}),
        in_files(
            replace(
                _TYDIQA,
                path="tydiqa",
                reader="squad_json",
                obtain=fetch("tydiqa-goldp-v1.1-{train,dev}.json of storage.googleapis.com/tydiqa/v1.1", "tydiqa"),
            ),
            {"train": "tydiqa-goldp-v1.1-train.json", "dev": _DEV_FILES, "test": _DEV_FILES},
        ),
    ),
    metrics=("f1", "exact_match"),
    licence="Apache-2.0",
    citation="Clark et al. 2020, arXiv 2003.05002",
    note=(
        "The gold passage task. The official dev set is what XTREME calls test; there is no other, so dev is the same "
        "rows, and English, on which training stops early, is not held out. The language of a row is the beginning of "
        "its id. XTREME means over all 9 languages, the TyDiQA paper over those other than English. jiant trains on "
        "all languages by mistake."
    ),
)
