"""The two benchmarks: which tasks each has, in the order of its paper, and in which languages each task is scored."""

from collections.abc import Mapping
from types import MappingProxyType

from madx_stilts import languages

BENCHMARKS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "xtreme": MappingProxyType(
            {
                "xnli": languages.XNLI,
                "paws_x": languages.PAWS_X,
                "udpos": languages.UDPOS,
                "panx": languages.PANX,
                "xquad": languages.XQUAD,
                "mlqa": languages.MLQA,
                "tydiqa_goldp": languages.TYDIQA,
                "bucc2018": languages.BUCC,
                "tatoeba": languages.TATOEBA,
            }
        ),
        "xtreme_r": MappingProxyType(
            {
                "xnli": languages.XNLI,
                "xcopa": languages.XCOPA,
                "udpos": languages.UDPOS_R,
                "panx": languages.PANX_R,
                "xquad": languages.XQUAD_R,
                "mlqa": languages.MLQA,
                "tydiqa_goldp": languages.TYDIQA,
                "tatoeba": languages.TATOEBA_R,
                "mewsli_x": languages.MEWSLI_X,
                "lareqa": languages.LAREQA,
            }
        ),
    }
)
"""Languages of each task by name, by benchmark: XTREME (arXiv 2003.11080) and XTREME-R (arXiv 2104.07412)."""
