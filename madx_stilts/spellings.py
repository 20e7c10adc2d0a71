"""Which codes of languages meet: other spellings of one language, and a macrolanguage with its members.

Data sets write one language differently: Swahili is `sw` in XNLI, `swa` in MasakhaNER, `swh` in Tatoeba; Quechua is
`qu` in XCOPA and `quy` in AmericasNLI. Two codes meet in one of two ways.

- They are spellings of one language, as BCP 47 has it: the two-letter code of ISO 639-1 and the three-letter ones of
  639-2 and 639-3 (`de`, `deu`, `ger`), a code that was withdrawn (`iw` for `he`), with or without a script or a region
  (`zh-Hans`, `quy_Latn`). So is the member of a macrolanguage that Unicode's CLDR takes for the whole of it (`cmn` for
  `zh`, `swh` for `sw`), since data sets use the two for the same texts.
- One is a macrolanguage of ISO 639-3 and the other a member that has data of its own under its own code (`qu`, `quy`).
  Those are related, not the same: two members of one macrolanguage do not meet, nor do near languages that have codes
  of their own (`id` and `ms`, `nb` and `nn`, `hr` and `sr`).

`als` is left out: in ISO 639-3 it is Tosk Albanian, in the address of a Wikipedia it is Alemannic.
"""

import re
from collections.abc import Collection, Iterable
from types import MappingProxyType

# Our code, then the others.
_SPELLINGS = """
af afr | ak aka | am amh | ar ara arb | as asm | ay aym ayr | az aze azj | be bel | bg bul | bm bam | bn ben | br bre
bs bos | ca cat | cs ces cze | cy cym wel | da dan | de deu ger | ee ewe | el ell gre | en eng | eo epo | es spa
et est ekk | eu eus baq | fa fas per pes | fi fin | fr fra fre | fy fry | ga gle | gd gla | gl glg | gn grn gug | gu guj
ha hau | he heb iw | hi hin | hr hrv | ht hat | hu hun | hy hye arm | id ind in | ig ibo | is isl ice | it ita | ja jpn
jv jav jw | ka kat geo | kk kaz | km khm | kn kan | ko kor | ku kur kmr | ky kir | la lat | lg lug | ln lin | lo lao
lt lit | lv lav lvs | mg mlg plt | mi mri mao | mk mkd mac | ml mal | mn mon khk | mr mar | ms msa may zsm
my mya bur | ne nep npi | nl nld dut | no nor nb nob | ny nya | om orm gaz | or ori ory | pa pan | pl pol | ps pus pbu
pt por | qu que | ro ron rum mo mol | ru rus | rw kin | sa san | sd snd | si sin | sk slk slo | sl slv | sn sna | so som
sq sqi alb | sr srp | st sot | su sun | sv swe | sw swa swh | ta tam | te tel | th tha | tk tuk | tl tgl fil | tn tsn
tr tur | tw twi | ug uig | uk ukr | ur urd | uz uzb uzn | vi vie | wo wol | xh xho | yi yid ydd ji | yo yor
zh zho chi cmn | zu zul
"""
_OURS = MappingProxyType(
    {
        other: words[0]
        for words in (group.split() for group in re.split(r"[|\n]", _SPELLINGS.strip()))
        for other in words[1:]
    }
)
_MACROLANGUAGE = MappingProxyType({"quy": "qu", "quz": "qu", "tw": "ak", "mhr": "chm"})
"""Of members that have data of their own under their own code."""
_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z]{4})?(?:[-_](?:[a-z]{2}|[0-9]{3}))?")
"""Language, script, region."""


def canonical(code: str) -> str:
    """The code under which this package has the language; a code that is not known stays as it is."""
    tag = _TAG.fullmatch(code.lower())
    return _OURS.get(tag[1], tag[1]) if tag else code


def same(code: str, known: Iterable[str]) -> str | None:
    """The one of some codes that is a code itself, or another spelling of it, ours first; None: none, or several."""
    codes, ours = dict.fromkeys(known), canonical(code)
    for first in (code, ours):
        if first in codes:
            return first
    return _only(one for one in codes if canonical(one) == ours)


def meeting(code: str, known: Collection[str]) -> str | None:
    """The one of some codes that meets a code best: it itself, else another spelling, else a related one.

    Returns:
        None: none meets it, or several do equally well.
    """
    found = same(code, known)
    if found is not None:
        return found
    return _only(one for one in dict.fromkeys(known) if _related(canonical(one), canonical(code)))


def _related(one: str, other: str) -> bool:
    """Whether one of two is the macrolanguage of the other."""
    return _MACROLANGUAGE.get(one) == other or _MACROLANGUAGE.get(other) == one


def _only(codes: Iterable[str]) -> str | None:
    found = [*codes]
    return found[0] if len(found) == 1 else None
