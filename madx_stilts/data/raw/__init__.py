"""Readers of original files: as they were handed out by those who made them, not as the hub has them."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from madx_stilts.data.raw.conllu import ConlluTable
from madx_stilts.data.raw.lareqa import LareqaQuestions, LareqaSentences
from madx_stilts.data.raw.mewsli import MewsliEntities, MewsliQueries
from madx_stilts.data.raw.parallel import BuccTable, TatoebaTable
from madx_stilts.data.raw.squad import JsquadTable, SquadTable
from madx_stilts.data.raw.tagged import ConllTable, PanxTable, TwoColumnsTable
from madx_stilts.data.raw.tsv import KnownColumnsTable, NoHeaderTsvTable
from madx_stilts.data.table import Table

RAW_READERS: Mapping[str, Callable[[Path], Table]] = MappingProxyType(
    {
        "americas_nli": partial(KnownColumnsTable, columns=("language", "premise", "hypothesis", "label")),
        "bucc": BuccTable,
        "conll": ConllTable,
        "conllu": ConlluTable,
        "jsquad": JsquadTable,
        "lareqa_questions": LareqaQuestions,
        "lareqa_sentences": LareqaSentences,
        "mewsli_entities": MewsliEntities,
        "mewsli_queries": MewsliQueries,
        "no_header_tsv": NoHeaderTsvTable,
        "panx": PanxTable,
        "squad_json": SquadTable,
        "tatoeba": TatoebaTable,
        "two_columns": TwoColumnsTable,
    }
)
"""Readers by the name by which a source asks for them."""
