"""How many rows a whole copy of each data set has, so that a part or another version is noticed.

Counted from the files, or as the data sets' own metadata say; where neither was at hand, nothing is listed. Rows that
are left out on purpose, pairs without an agreed label and masked treebank text, are not counted.

Where the numbers are not from the data set's own page:

- udpos: test as in XTREME's own files. Train and dev as in the metadata of google/xtreme (`dataset_infos.json`), which
  takes the same treebanks of UD 2.5 where its test agrees with XTREME's. Chinese: less Classical Chinese Kyoto
  (11,004 and 2,038). German is as it is there, since Swiss German has a test part only. Greek and Wolof: `stats.xml` of
  the treebank. French and Russian, whose shares of Old French and Old Russian are not known, and lt, pl, ro and uk are
  not listed.
- tydiqa_goldp: Clark et al. 2020; the sums are those of the metadata, 49,881 and 5,077.
- bucc2018: Zweigenbaum et al. 2018, table of the corpora; that of Chinese dev is counted.
- mewsli_x: the page of mewsli-x_20220518_6, mentions overall.
- germanquad: 11,518 and 2,204 as on the pages of deepset's models, together the 13,722 questions of Möller et al. 2021.
- klue_nli: Park et al. 2021, table of the tasks.
"""

from collections.abc import Mapping
from types import MappingProxyType

from madx_stilts.tasks.nli import TRANSLATED
from madx_stilts.tasks.task import Split

Sizes = int | Mapping[str, int]


def _by_language(text: str) -> Mapping[str, int]:
    """`en 10 de,fr 20` as a mapping."""
    words = text.split()
    pairs = zip(words[::2], words[1::2], strict=True)
    return MappingProxyType({code: int(size) for codes, size in pairs for code in codes.split(",")})


_TRANSLATIONS = ",".join((*TRANSLATED, "ko"))
_LARGE_PANX = "ar,bg,de,el,en,es,fa,fi,fr,he,hu,id,it,ja,ko,nl,pl,pt,ro,ru,th,tr,uk,vi,zh"
_SMALL_PANX = "gu,jv,my,pa,qu,yo"
_PANX_HELD_OUT = _by_language(
    f"{_LARGE_PANX},et,eu,ka,lt 10000 af,az,bn,hi,kk,ml,mr,ms,sw,ta,te,tl,ur 1000 {_SMALL_PANX} 100"
)
_TYDIQA_HELD_OUT = _by_language("ar 921 bn 113 en 440 fi 782 id 565 ko 276 ru 812 sw 499 te 669")

SIZES: Mapping[tuple[str, Split], Sizes] = MappingProxyType(
    {
        ("mnli", "train"): _by_language(f"en,{_TRANSLATIONS} 392702"),
        ("mnli", "dev"): _by_language(f"en 9815 {_TRANSLATIONS} 2490"),
        ("mnli", "test"): _by_language("en 9796"),
        ("snli", "train"): _by_language("en 549367 ko 550152"),
        ("snli", "dev"): _by_language("en 9842 ko 2490"),
        ("snli", "test"): _by_language("en 9824"),
        ("anli", "train"): 162_865,
        ("anli", "dev"): 3_200,
        ("anli", "test"): 3_200,
        ("anli_plus", "train"): 1_104_934,
        ("anli_plus", "dev"): 22_857,
        ("anli_plus", "test"): 22_820,
        ("xnli", "dev"): 2_490,
        ("xnli", "test"): 5_010,
        ("ocnli", "train"): 50_437,
        ("ocnli", "dev"): 2_950,
        ("ocnli", "test"): 3_000,
        ("cmnli", "train"): 391_783,
        ("cmnli", "dev"): 12_241,
        ("cmnli", "test"): 13_880,
        ("klue_nli", "train"): 24_998,
        ("klue_nli", "dev"): 3_000,
        ("farstail", "train"): 7_266,
        ("farstail", "dev"): 1_537,
        ("farstail", "test"): 1_564,
        ("jnli", "train"): 20_073,
        ("jnli", "dev"): 2_434,
        ("jnli", "test"): 2_508,
        ("indonli", "train"): 10_330,
        ("indonli", "dev"): 2_197,
        ("indonli", "test"): 2_201,
        ("americas_nli", "dev"): _by_language("ay,bzd,gn,hch,quy,shp,tar 743 cni 658 nah 376 oto 222"),
        ("americas_nli", "test"): _by_language("ay,bzd,cni,gn,hch,quy,shp,tar 750 nah 738 oto 748"),
        ("qqp", "train"): 363_846,
        ("qqp", "dev"): 40_430,
        ("qqp", "test"): 390_965,
        ("paws_x", "train"): 49_401,
        ("paws_x", "dev"): 2_000,
        ("paws_x", "test"): 2_000,
        ("hellaswag", "train"): 39_905,
        ("hellaswag", "dev"): 10_042,
        ("hellaswag", "test"): 10_003,
        ("cosmos_qa", "train"): 25_262,
        ("cosmos_qa", "dev"): 2_985,
        ("cosmos_qa", "test"): 6_963,
        ("commonsense_qa", "train"): 9_741,
        ("commonsense_qa", "dev"): 1_221,
        ("commonsense_qa", "test"): 1_140,
        ("jcommonsenseqa", "train"): 8_939,
        ("jcommonsenseqa", "dev"): 1_119,
        ("jcommonsenseqa", "test"): 1_118,
        ("siqa", "train"): 33_410,
        ("siqa", "dev"): 1_954,
        ("copa", "train"): 400,
        ("copa", "dev"): 100,
        ("copa", "test"): 500,
        ("balanced_copa", "train"): 1_000,
        ("balanced_copa", "test"): 500,
        ("xcopa", "dev"): 100,
        ("xcopa", "test"): 500,
        ("squad_v1", "train"): _by_language("en 87599 ar 78058 de 80069 es 81810 hi 82451 vi 84816 zh 76285"),
        ("squad_v1", "dev"): _by_language("en 10570 ar 9512 de 9927 es 10123 hi 10253 vi 10356 zh 9568"),
        ("squad_v2", "train"): 130_319,
        ("squad_v2", "dev"): 11_873,
        ("xquad", "test"): 1_190,
        ("mlqa", "dev"): _by_language("en 1148 ar 517 de 512 es 500 hi 507 vi 511 zh 504"),
        ("mlqa", "test"): _by_language("en 11590 ar 5335 de 4517 es 5253 hi 4918 vi 5495 zh 5137"),
        ("tydiqa_goldp", "train"): _by_language(
            "ar 14805 bn 2390 en 3696 fi 6855 id 5702 ko 1625 ru 6490 sw 2755 te 5563"
        ),
        ("tydiqa_goldp", "dev"): _TYDIQA_HELD_OUT,
        ("tydiqa_goldp", "test"): _TYDIQA_HELD_OUT,
        ("squad_es", "train"): 87_595,
        ("squad_es", "dev"): 10_570,
        ("jsquad", "train"): 62_697,
        ("jsquad", "dev"): 4_442,
        ("jsquad", "test"): 4_420,
        ("korquad", "train"): 60_407,
        ("korquad", "dev"): 5_774,
        ("cmrc2018", "train"): 10_142,
        ("cmrc2018", "dev"): 3_219,
        ("cmrc2018", "test"): 1_002,
        ("drcd", "train"): 26_936,
        ("drcd", "dev"): 3_524,
        ("drcd", "test"): 3_493,
        ("sberquad", "train"): 45_328,
        ("sberquad", "dev"): 5_036,
        ("germanquad", "train"): 11_518,
        ("germanquad", "dev"): 2_204,
        ("panx", "train"): _by_language(
            f"{_LARGE_PANX},ms,ur 20000 et,ta 15000 az,bn,eu,ka,lt,ml,tl 10000 af,hi,mr 5000 kk,sw,te 1000 "
            f"{_SMALL_PANX} 100"
        ),
        ("panx", "dev"): _PANX_HELD_OUT,
        ("panx", "test"): _PANX_HELD_OUT,
        ("masakhaner", "train"): _by_language(
            "am 1750 ha 1912 ig 2235 rw 2116 lg 1428 luo 644 pcm 2124 sw 2109 wo 1871 yo 2171"
        ),
        ("masakhaner", "dev"): _by_language("am 250 ha 276 ig 320 rw 302 lg 200 luo 92 pcm 306 sw 300 wo 267 yo 305"),
        ("masakhaner", "test"): _by_language("am 500 ha 552 ig 638 rw 605 lg 407 luo 186 pcm 600 sw 604 wo 539 yo 645"),
        ("udpos", "train"): _by_language(
            "af 1315 ar 6075 bg 8907 de 166849 el 1662 en 21253 es 28492 et 25749 eu 5396 fa 4798 fi 27198 he 5241 "
            "hi 13304 hu 910 id 4477 it 29685 ja 7125 kk 31 ko 27410 mr 373 nl 18051 pt 17992 ta 400 te 1051 "
            "tr 3664 ur 4043 vi 1400 wo 1188 zh 7994"
        ),
        ("udpos", "dev"): _by_language(
            "af 194 ar 909 bg 1115 de 19233 el 403 en 3974 es 3054 et 3125 eu 1798 fa 599 fi 3239 he 484 hi 1659 "
            "hu 441 id 559 it 2278 ja 511 ko 3016 mr 46 nl 1394 pt 1770 ta 80 te 131 tr 988 ur 552 "
            "vi 800 wo 449 zh 1000"
        ),
        ("udpos", "test"): _by_language(
            "af 425 ar 1680 bg 1116 de 22358 el 456 en 5440 es 3147 et 3760 eu 1799 fa 600 fi 4422 fr 5009 he 491 hi "
            "2684 hu 449 id 1557 it 3518 ja 2372 kk 1047 ko 4276 lt 739 mr 47 nl 1471 pl 4942 pt 2681 ro 2272 ru 8976 "
            "ta 120 te 146 th 1000 tl 55 tr 4785 uk 892 ur 535 vi 800 wo 470 yo 100 zh 3455"
        ),
        ("bucc2018", "dev"): _by_language("de 32593 fr 21497 ru 45459 zh 8624"),
        ("bucc2018", "test"): _by_language("de 413869 fr 271874 ru 460853 zh 94637"),
        ("tatoeba", "test"): _by_language(
            "af,ar,az,bg,bn,de,el,es,et,eu,fa,fi,fr,he,hi,hu,id,it,ja,ko,lt,mr,nl,pl,pt,ro,ru,tl,tr,uk,ur,vi,zh 1000 "
            "jv 205 ka 746 kk 575 ml 687 sw 390 ta 307 te 234 th 548"
        ),
        ("lareqa", "test"): 1_190,
        ("mewsli_x", "dev"): _by_language(
            "ar 318 de 326 en 316 es 311 fa 72 ja 310 pl 304 ro 145 ta 312 tr 262 uk 315"
        ),
        ("mewsli_x", "test"): _by_language(
            "ar 1501 de 1551 en 1490 es 1552 fa 458 ja 1519 pl 1562 ro 672 ta 1567 tr 1215 uk 1537"
        ),
    }
)
"""Rows by task and split: for every language, or by language."""


def published_rows(task_name: str, split: Split, language: str) -> int | None:
    """How many rows a whole copy has; None where that is not known."""
    sizes = SIZES.get((task_name, split))
    return sizes.get(language) if isinstance(sizes, Mapping) else sizes


def unlike_published(task_name: str, split: Split, rows: Mapping[str, int | None]) -> tuple[str, ...]:
    """A sentence, if data are not what was published under their name.

    Args:
        rows: How many the whole split has in each language, those left out on purpose aside; None: that is not known.
    """
    others = []
    for language, count in rows.items():
        published = published_rows(task_name, split, language)
        if None not in (count, published) and count != published:
            others.append(f"{language} {count:,} (published {published:,})")
    if not others:
        return ()
    return (f"{task_name} {split} is another version or a part of what was published; rows: {', '.join(others)}.",)
