"""Masked language modelling, the task of language adapters (MAD-X, arXiv 2005.00052), and where its text is from."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from madx_stilts.languages import LANGUAGES
from madx_stilts.stack import Role
from madx_stilts.tasks.fields import Column
from madx_stilts.tasks.task import Source, Task

MASKED_LM = Task(
    name="masked_lm",
    format="text",
    roles=(Role.LANGUAGE,),
    languages=tuple(LANGUAGES),
    metrics=("accuracy", "loss"),
    licence="that of the text",
    citation="Devlin et al. 2019, arXiv 1810.04805; Pfeiffer et al. 2020, arXiv 2005.00052",
    note="Its text is named when a language adapter is trained.",
    version=2,
)

WIKIPEDIA = "wikimedia/wikipedia"
OPUS_100 = "Helsinki-NLP/opus-100"
CONSTRUCTED_PAIRS = "local/parallel-text"
"""Texts of the miniature, each with a translation."""

# Wikipedia's own codes, older than the languages' in ISO 639-3; there is one Quechua Wikipedia.
_WIKIS = {
    "gsw": "als",
    "lzh": "zh-classical",
    "nan": "zh-min-nan",
    "quy": "qu",
    "quz": "qu",
    "rup": "roa-rup",
    "sgs": "bat-smg",
    "vro": "fiu-vro",
    "yue": "zh-yue",
}


def published_text(path: str, language: str) -> Source:
    """Text in a language from a data set in hub layout.

    Args:
        path: `owner/name`. Where it is not a known one, it has a configuration named like the language, with a split
            "train" and a column `text`.
    """
    return _KNOWN.get(path, _named_like_the_language)(path, language)


def text_file(path: str) -> Source:
    """Text from a file, each line that is not blank a text."""
    return Source(path=path, split="train", fields={"text": Column("text")})


def parallel_file(path: str) -> Source:
    """Text with its translation from a file: two columns with a tab between them, no header."""
    fields = {"text": Column("c0"), "other": Column("c1")}
    return Source(path=path, split="train", reader="no_header_tsv", fields=fields)


def _named_like_the_language(path: str, language: str) -> Source:
    return Source(path=path, config="{language}", split="train", fields={"text": Column("text")})


def _wikipedia(path: str, language: str) -> Source:
    """Wikipedia as it was on 1 November 2023, an article a row, the oldest articles first; English is 41 files."""
    return Source(
        path=path,
        config="20231101.{language}",
        split="train",
        fields={"text": Column("text")},
        codes=_WIKIS,
        revision="b04c8d1ceb2f5cd4588862100d08de323dccfbaa",
        licence="CC-BY-SA-3.0 and GFDL",
    )


def _opus_100(path: str, language: str) -> Source:
    """Sentences of a language with their English translations (Zhang et al. 2020, arXiv 2004.11867)."""
    return Source(
        path=path,
        config="-".join(sorted(("en", language))),
        split="train",
        fields={"text": Column(f"translation.{language}"), "other": Column("translation.en")},
        licence="those of OPUS",
    )


def _with_translation(path: str, language: str) -> Source:
    return replace(
        _named_like_the_language(path, language), fields={"text": Column("text"), "other": Column("translation")}
    )


_KNOWN: Mapping[str, Callable[[str, str], Source]] = MappingProxyType(
    {WIKIPEDIA: _wikipedia, OPUS_100: _opus_100, CONSTRUCTED_PAIRS: _with_translation}
)
