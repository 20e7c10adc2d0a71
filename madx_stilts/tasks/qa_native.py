"""Extractive question answering that was written in other languages than English."""

from dataclasses import replace

from madx_stilts.stack import Role
from madx_stilts.tasks import jglue
from madx_stilts.tasks.qa import FIELDS
from madx_stilts.tasks.splits import clone, fetch, in_files, in_splits, together
from madx_stilts.tasks.task import Source, Task

BOTH = (Role.INTERMEDIATE, Role.TARGET)
METRICS = ("f1", "exact_match")
BY_WORDS = (
    "F1 is that of SQuAD's script, whose words are separated by spaces, so it is hardly more than exact match here. "
    "The F1 of the literature is that of CMRC 2018's script, of the longest common run of characters: it is higher, "
    "and the two cannot be compared."
)

JSQUAD = Task(
    name="jsquad",
    format="span",
    roles=BOTH,
    languages=("ja",),
    sources=in_files(
        Source(path="JGLUE", reader="jsquad", fields=FIELDS, obtain=jglue.OBTAIN), jglue.files_of("jsquad")
    ),
    metrics=METRICS,
    source_language="ja",
    script="jsquad",
    licence="CC-BY-SA-4.0",
    citation="Kurihara et al. 2022 (JGLUE)",
    note=(
        "Contexts begin with the page's title and a marker '[SEP]', which is replaced by a new line. F1 counts "
        "characters, as JGLUE's own evaluation does; in version 1 it counted words."
    ),
    version=2,
)

_KORQUAD = Source(path="KorQuAD/squad_kor_v1", config="squad_kor_v1", split="train", fields=FIELDS)

KORQUAD = Task(
    name="korquad",
    format="span",
    roles=BOTH,
    languages=("ko",),
    sources=together(
        in_splits(_KORQUAD, {"train": "train", "dev": "validation"}),
        in_files(
            replace(
                _KORQUAD,
                path="korquad",
                reader="squad_json",
                obtain=fetch("KorQuAD_v1.0_{train,dev}.json of korquad.github.io/dataset", "korquad"),
            ),
            {"train": "KorQuAD_v1.0_train.json", "dev": "KorQuAD_v1.0_dev.json"},
        ),
    ),
    metrics=METRICS,
    source_language="ko",
    script="korquad",
    licence="CC-BY-ND-2.0-KR",
    citation="Lim et al. 2019 (KorQuAD 1.0), arXiv 1909.07005",
    note=(
        "The licence forbids derived data. The test set is hidden. F1 counts characters, as KorQuAD's own script "
        "does; in version 1 it counted words."
    ),
    version=2,
)

CMRC2018 = Task(
    name="cmrc2018",
    format="span",
    roles=BOTH,
    languages=("zh",),
    sources=together(
        in_splits(
            Source(path="hfl/cmrc2018", split="train", fields=FIELDS),
            {"train": "train", "dev": "validation", "test": "test"},
        ),
        in_files(
            Source(
                path="cmrc2018",
                reader="squad_json",
                fields=FIELDS,
                obtain=clone("github.com/ymcui/cmrc2018", "cmrc2018"),
            ),
            {
                "train": "squad-style-data/cmrc2018_train.json",
                "dev": "squad-style-data/cmrc2018_dev.json",
                "test": "squad-style-data/cmrc2018_trial.json",
            },
        ),
    ),
    metrics=METRICS,
    source_language="zh",
    licence="CC-BY-SA-4.0",
    citation="Cui et al. 2019, arXiv 1810.07366",
    note=f"Test is what the authors call trial; their test set is hidden. {BY_WORDS}",
)

_DRCD = Source(path="clue/clue", config="drcd", split="train", fields=FIELDS)

DRCD = Task(
    name="drcd",
    format="span",
    roles=BOTH,
    languages=("zh",),
    sources=together(
        in_splits(_DRCD, {"train": "train", "dev": "validation", "test": "test"}),
        in_files(
            replace(_DRCD, path="DRCD", reader="squad_json", obtain=clone("github.com/DRCKnowledgeTeam/DRCD", "DRCD")),
            {"train": "DRCD_training.json", "dev": "DRCD_dev.json", "test": "DRCD_test.json"},
        ),
    ),
    metrics=METRICS,
    source_language="zh",
    licence="CC-BY-SA-3.0",
    citation="Shao et al. 2018, arXiv 1806.00920",
    note=f"Traditional Chinese. {BY_WORDS}",
)

SBERQUAD = Task(
    name="sberquad",
    format="span",
    roles=BOTH,
    languages=("ru",),
    sources=in_splits(
        Source(path="kuznetsoffandrey/sberquad", config="sberquad", split="train", fields=FIELDS),
        {"train": "train", "dev": "validation"},
    ),
    metrics=METRICS,
    source_language="ru",
    licence="not stated",
    citation="Efimov et al. 2020, arXiv 1912.09723",
    note="The answers of test are empty, so it is not read.",
)

GERMANQUAD = Task(
    name="germanquad",
    format="span",
    roles=BOTH,
    languages=("de",),
    sources=together(
        in_splits(
            Source(path="deepset/germanquad", config="plain_text", split="train", fields=FIELDS),
            {"train": "train", "dev": "test"},
        ),
        in_files(
            Source(
                path="GermanQuAD",
                reader="squad_json",
                fields=FIELDS,
                obtain=fetch("GermanQuAD_{train,test}.json of deepset.ai/germanquad", "GermanQuAD"),
            ),
            {"train": "GermanQuAD_train.json", "dev": "GermanQuAD_test.json"},
        ),
    ),
    metrics=METRICS,
    source_language="de",
    licence="CC-BY-4.0",
    citation="Möller et al. 2021, arXiv 2104.12741",
    note="There are two parts only; the published test set is dev here.",
)

SQUAD_ES = Task(
    name="squad_es",
    format="span",
    roles=(Role.INTERMEDIATE,),
    languages=("es",),
    sources=in_splits(
        Source(path="ccasimiro/squad_es", config="v1.1.0", split="train", fields=FIELDS),
        {"train": "train", "dev": "validation"},
    ),
    metrics=METRICS,
    source_language="es",
    licence="CC-BY-4.0",
    citation="Carrino et al. 2020, arXiv 1912.05200",
    note="SQuAD 1.1 translated by machine and aligned again; another translation than squad_v1 in Spanish.",
)
