"""Texts that are looked for among others: translations, answers, entities."""

from dataclasses import replace

from madx_stilts.languages import BUCC, LAREQA, MEWSLI_X, TATOEBA, TATOEBA_R
from madx_stilts.stack import Role
from madx_stilts.tasks.fields import Column, Field, RowNumber, StrippedColumn
from madx_stilts.tasks.revisions import REVISIONS
from madx_stilts.tasks.splits import in_files
from madx_stilts.tasks.task import Source, Split, Task

ROLES = (Role.TARGET,)

_BUCC = Source(
    path="bucc",
    reader="bucc",
    fields={"id": Column("id"), "text": Column("text"), "gold": Column("gold")},
    obtain=(
        "Fetch bucc2018-{de,fr,ru,zh}-en.{sample,training}-gold.tar.bz2 from comparable.limsi.fr/bucc2018 and unpack "
        "them into the folder `bucc` of the local mirror (--data DIR)."
    ),
)


def _corpora(side: str) -> dict[Split, tuple[str, ...]]:
    """The files of one side: XTREME calls LIMSI's sample dev and its training corpora test."""
    names: dict[Split, tuple[str, str]] = {"dev": ("dev", "sample"), "test": ("test", "training")}
    folders = ("", "{language}-en/", "bucc2018/{language}-en/")
    return {
        split: tuple(f"{folder}{{language}}-en.{part}.{side}" for part in parts for folder in folders)
        for split, parts in names.items()
    }


BUCC2018 = Task(
    name="bucc2018",
    format="retrieval",
    search="mining",
    candidate_language="en",
    roles=ROLES,
    languages=BUCC,
    sources=in_files(_BUCC, _corpora("{language}")),
    candidates=in_files(replace(_BUCC, fields={"id": Column("id"), "text": Column("text")}), _corpora("en")),
    metrics=("f1", "precision", "recall"),
    licence="not stated (text of Wikipedia and News Commentary)",
    citation="Zweigenbaum et al. 2018 (BUCC 2018 shared task)",
    note=(
        "Dev is the task's sample, test its training corpora, as in XTREME; the threshold is tuned on dev and applied "
        "to test. A few sentences stand there twice under two ids. The copy in google/xtreme has the gold pairs only, "
        "among which nothing is to be mined."
    ),
)

ISO3 = {
    **{"af": "afr", "ar": "ara", "az": "aze", "bg": "bul", "bn": "ben", "de": "deu", "el": "ell", "es": "spa"},
    **{"et": "est", "eu": "eus", "fa": "pes", "fi": "fin", "fr": "fra", "he": "heb", "hi": "hin", "hu": "hun"},
    **{"id": "ind", "it": "ita", "ja": "jpn", "jv": "jav", "ka": "kat", "kk": "kaz", "ko": "kor", "lt": "lit"},
    **{"ml": "mal", "mr": "mar", "nl": "nld", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus", "sw": "swh"},
    **{"ta": "tam", "te": "tel", "th": "tha", "tl": "tgl", "tr": "tur", "uk": "ukr", "ur": "urd", "vi": "vie"},
    "zh": "cmn",
}

_LASER = Source(
    path="tatoeba",
    files=("tatoeba.{language}-eng.{language}", "data/tatoeba/v1/tatoeba.{language}-eng.{language}"),
    reader="tatoeba",
    fields={"id": Column("id"), "text": Column("target"), "gold": Column("id")},
    codes=ISO3,
    obtain=(
        "Copy data/tatoeba/v1 of github.com/facebookresearch/LASER as `tatoeba` into the folder of the local mirror "
        "(--data DIR)."
    ),
)
_LASER_ON_HUB = Source(
    path="google/xtreme",
    revision=REVISIONS["google/xtreme"],
    config="tatoeba.{language}",
    split="validation",
    fields={"id": RowNumber(), "text": StrippedColumn("target_sentence"), "gold": RowNumber()},
    codes=ISO3,
    languages=TATOEBA,
)
# The languages that XTREME-R adds are not on the hub, but a mirror may have them in the same layout.
_ADDED = replace(
    _LASER_ON_HUB,
    languages=tuple(code for code in TATOEBA_R if code not in TATOEBA),
    obtain=_LASER.obtain,
)
_FOUND_AMONG: dict[str, Field] = {"id": Column("id"), "text": Column("source")}
_FOUND_ON_HUB: dict[str, Field] = {"id": RowNumber(), "text": StrippedColumn("source_sentence")}

TATOEBA_TASK = Task(
    name="tatoeba",
    format="retrieval",
    search="nearest",
    query_language="en",
    roles=ROLES,
    languages=TATOEBA_R,
    sources={"test": (_LASER, _LASER_ON_HUB, _ADDED)},
    candidates={
        "test": (
            replace(_LASER, fields=_FOUND_AMONG),
            replace(_LASER_ON_HUB, fields=_FOUND_ON_HUB),
            replace(_ADDED, fields=_FOUND_ON_HUB),
        )
    },
    metrics=("accuracy",),
    licence="CC-BY-2.0",
    citation="Artetxe and Schwenk 2019, arXiv 1812.10464",
    note=(
        "The English sentence is the query, as in XTREME, and only the sentence of its own line is right. In "
        "google/xtreme sentences end with a new line, which is taken off."
    ),
)

_LAREQA = Source(
    path="lareqa",
    files=("{language}.json", "xquad-r/{language}.json"),
    reader="lareqa_questions",
    fields={"id": Column("id"), "text": Column("text")},
    obtain=(
        "Copy xquad-r of github.com/google-research-datasets/lareqa as `lareqa` into the folder of the local mirror "
        "(--data DIR)."
    ),
)

LAREQA_TASK = Task(
    name="lareqa",
    format="retrieval",
    search="ranking",
    candidate_language="all",
    roles=ROLES,
    languages=LAREQA,
    sources={"test": (_LAREQA,)},
    candidates={
        "test": (
            replace(
                _LAREQA,
                reader="lareqa_sentences",
                fields={"id": Column("id"), "text": Column("text"), "answers": Column("answers")},
            ),
        )
    },
    metrics=("map_at_20",),
    licence="CC-BY-SA-4.0",
    citation="Roy et al. 2020, arXiv 2004.05484",
    note=(
        "XQuAD-R: the sentences of all 11 languages are one pool, 13,014 in all, and the answer in each language is "
        "right. The copy on the hub lacks the ends of the sentences."
    ),
)

_MEWSLI = Source(
    path="mewsli_x",
    reader="mewsli_queries",
    fields={"id": Column("id"), "text": Column("text"), "gold": Column("gold")},
    where={"language": "{language}"},
    obtain=(
        "Run get-mewsli-x.sh of github.com/google-research/google-research "
        "(dense_representations_for_entity_retrieval/mel) and put candidate_set_entities.jsonl and "
        "wikinews_mentions-{dev,test}.jsonl into the folder `mewsli_x` of the local mirror (--data DIR)."
    ),
)
_ENTITIES = replace(
    _MEWSLI,
    reader="mewsli_entities",
    files=("candidate_set_entities.jsonl",),
    fields={"id": Column("id"), "text": Column("text")},
    where={},
    note="One pool for the queries of all languages.",
)

MEWSLI_X_TASK = Task(
    name="mewsli_x",
    format="retrieval",
    search="ranking",
    candidate_language="mixed",
    roles=ROLES,
    languages=MEWSLI_X,
    sources=in_files(_MEWSLI, {"dev": "wikinews_mentions-dev.jsonl", "test": "wikinews_mentions-test.jsonl"}),
    candidates={"dev": (_ENTITIES,), "test": (_ENTITIES,)},
    metrics=("mrr_at_20",),
    licence="Apache-2.0 (data of Wikipedia and Wikinews)",
    citation="Ruder et al. 2021 (XTREME-R), arXiv 2104.07412",
    note=(
        "Each mention has one right entity among about a million, described in some 50 languages. What XTREME-R prints "
        "as mAP@20 is this mean reciprocal rank."
    ),
)
