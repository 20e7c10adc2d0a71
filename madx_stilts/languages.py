"""The languages this package has names for, and which of them each task of XTREME and XTREME-R has."""

import re
from dataclasses import dataclass

from madx_stilts.registry import Registry

CONSTRUCTED_CODE = r"^q[a-t][a-z]$"
"""Codes `qaa` to `qtz`, which ISO 639 keeps for private use and this package for constructed languages."""


def is_constructed(code: str) -> bool:
    """Whether a code is that of a constructed language."""
    return re.fullmatch(CONSTRUCTED_CODE, code) is not None


@dataclass(frozen=True)
class Language:
    """One language.

    The codes ``qaa`` to ``qtz``, which ISO 639 keeps for private use, are reserved for constructed languages.

    Args:
        code: ISO 639-1 where there is one, else ISO 639-3; groups without either (Nahuatl, Otomi): ISO 639-2.
        name: In English.
        script: ISO 15924; the one that most data sets are written in.
        family: Uppermost family, named as in the tables of the XTREME-R and MasakhaNER papers.
        branch: A branch of the family, where the family is large.
    """

    code: str
    name: str
    script: str
    family: str
    branch: str = ""


# All languages of XTREME, XTREME-R, XLM-R (CC-100), MAD-X, MasakhaNER 1 and 2, MAFAND, AfriQA, AfriXNLI, IndicXNLI
# and AmericasNLI. Chinese is Hani, not Hans or Hant, because its data sets mix the two.
_TABLE = """\
af    Afrikaans         Latn  Indo-European / Germanic
am    Amharic           Ethi  Afro-Asiatic / Semitic
ar    Arabic            Arab  Afro-Asiatic / Semitic
as    Assamese          Beng  Indo-European / Indo-Aryan
ay    Aymara            Latn  Aymaran
az    Azerbaijani       Latn  Turkic / Oghuz
bbj   Ghomala'          Latn  Niger-Congo / Grassfields
be    Belarusian        Cyrl  Indo-European / Slavic
bem   Bemba             Latn  Niger-Congo / Bantu
bg    Bulgarian         Cyrl  Indo-European / Slavic
bm    Bambara           Latn  Niger-Congo / Mande
bn    Bengali           Beng  Indo-European / Indo-Aryan
br    Breton            Latn  Indo-European / Celtic
bs    Bosnian           Latn  Indo-European / Slavic
bzd   Bribri            Latn  Chibchan
ca    Catalan           Latn  Indo-European / Romance
cdo   Min Dong          Latn  Sino-Tibetan / Sinitic
cni   Asháninka         Latn  Arawakan
cs    Czech             Latn  Indo-European / Slavic
cy    Welsh             Latn  Indo-European / Celtic
da    Danish            Latn  Indo-European / Germanic
de    German            Latn  Indo-European / Germanic
ee    Ewe               Latn  Niger-Congo / Gbe
el    Greek             Grek  Indo-European / Hellenic
en    English           Latn  Indo-European / Germanic
eo    Esperanto         Latn  Constructed
es    Spanish           Latn  Indo-European / Romance
et    Estonian          Latn  Uralic / Finnic
eu    Basque            Latn  Basque
fa    Persian           Arab  Indo-European / Iranian
fi    Finnish           Latn  Uralic / Finnic
fon   Fon               Latn  Niger-Congo / Gbe
fr    French            Latn  Indo-European / Romance
fy    Western Frisian   Latn  Indo-European / Germanic
ga    Irish             Latn  Indo-European / Celtic
gd    Scottish Gaelic   Latn  Indo-European / Celtic
gl    Galician          Latn  Indo-European / Romance
gn    Guarani           Latn  Tupian
gu    Gujarati          Gujr  Indo-European / Indo-Aryan
ha    Hausa             Latn  Afro-Asiatic / Chadic
hch   Wixarika          Latn  Uto-Aztecan
he    Hebrew            Hebr  Afro-Asiatic / Semitic
hi    Hindi             Deva  Indo-European / Indo-Aryan
hr    Croatian          Latn  Indo-European / Slavic
ht    Haitian Creole    Latn  Creole / French-based
hu    Hungarian         Latn  Uralic / Ugric
hy    Armenian          Armn  Indo-European / Armenian
id    Indonesian        Latn  Austronesian / Malayo-Polynesian
ig    Igbo              Latn  Niger-Congo / Igboid
ilo   Ilocano           Latn  Austronesian / Malayo-Polynesian
is    Icelandic         Latn  Indo-European / Germanic
it    Italian           Latn  Indo-European / Romance
ja    Japanese          Jpan  Japonic
jv    Javanese          Latn  Austronesian / Malayo-Polynesian
ka    Georgian          Geor  Kartvelian
kk    Kazakh            Cyrl  Turkic / Kipchak
km    Khmer             Khmr  Austroasiatic / Khmeric
kn    Kannada           Knda  Dravidian / South
ko    Korean            Hang  Koreanic
ku    Kurdish           Latn  Indo-European / Iranian
ky    Kyrgyz            Cyrl  Turkic / Kipchak
la    Latin             Latn  Indo-European / Italic
lg    Luganda           Latn  Niger-Congo / Bantu
ln    Lingala           Latn  Niger-Congo / Bantu
lo    Lao               Laoo  Kra-Dai / Tai
lt    Lithuanian        Latn  Indo-European / Baltic
luo   Luo               Latn  Nilo-Saharan / Nilotic
lv    Latvian           Latn  Indo-European / Baltic
mg    Malagasy          Latn  Austronesian / Malayo-Polynesian
mhr   Meadow Mari       Cyrl  Uralic / Mari
mi    Maori             Latn  Austronesian / Malayo-Polynesian
mk    Macedonian        Cyrl  Indo-European / Slavic
ml    Malayalam         Mlym  Dravidian / South
mn    Mongolian         Cyrl  Mongolic
mos   Mossi             Latn  Niger-Congo / Gur
mr    Marathi           Deva  Indo-European / Indo-Aryan
ms    Malay             Latn  Austronesian / Malayo-Polynesian
my    Burmese           Mymr  Sino-Tibetan / Lolo-Burmese
nah   Nahuatl           Latn  Uto-Aztecan
ne    Nepali            Deva  Indo-European / Indo-Aryan
nl    Dutch             Latn  Indo-European / Germanic
no    Norwegian         Latn  Indo-European / Germanic
ny    Chichewa          Latn  Niger-Congo / Bantu
om    Oromo             Latn  Afro-Asiatic / Cushitic
or    Odia              Orya  Indo-European / Indo-Aryan
oto   Otomi             Latn  Oto-Manguean
pa    Punjabi           Guru  Indo-European / Indo-Aryan
pcm   Nigerian Pidgin   Latn  Creole / English-based
pl    Polish            Latn  Indo-European / Slavic
ps    Pashto            Arab  Indo-European / Iranian
pt    Portuguese        Latn  Indo-European / Romance
qu    Quechua           Latn  Quechuan
quy   Ayacucho Quechua  Latn  Quechuan
ro    Romanian          Latn  Indo-European / Romance
ru    Russian           Cyrl  Indo-European / Slavic
rw    Kinyarwanda       Latn  Niger-Congo / Bantu
sa    Sanskrit          Deva  Indo-European / Indo-Aryan
sd    Sindhi            Arab  Indo-European / Indo-Aryan
shp   Shipibo-Konibo    Latn  Panoan
si    Sinhala           Sinh  Indo-European / Indo-Aryan
sk    Slovak            Latn  Indo-European / Slavic
sl    Slovenian         Latn  Indo-European / Slavic
sn    Shona             Latn  Niger-Congo / Bantu
so    Somali            Latn  Afro-Asiatic / Cushitic
sq    Albanian          Latn  Indo-European / Albanian
sr    Serbian           Cyrl  Indo-European / Slavic
st    Southern Sotho    Latn  Niger-Congo / Bantu
su    Sundanese         Latn  Austronesian / Malayo-Polynesian
sv    Swedish           Latn  Indo-European / Germanic
sw    Swahili           Latn  Niger-Congo / Bantu
ta    Tamil             Taml  Dravidian / South
tar   Raramuri          Latn  Uto-Aztecan
te    Telugu            Telu  Dravidian / South-Central
th    Thai              Thai  Kra-Dai / Tai
tk    Turkmen           Latn  Turkic / Oghuz
tl    Tagalog           Latn  Austronesian / Malayo-Polynesian
tn    Tswana            Latn  Niger-Congo / Bantu
tr    Turkish           Latn  Turkic / Oghuz
tw    Twi               Latn  Niger-Congo / Kwa
ug    Uyghur            Arab  Turkic / Karluk
uk    Ukrainian         Cyrl  Indo-European / Slavic
ur    Urdu              Arab  Indo-European / Indo-Aryan
uz    Uzbek             Latn  Turkic / Karluk
vi    Vietnamese        Latn  Austroasiatic / Vietic
wo    Wolof             Latn  Niger-Congo / Senegambian
xh    Xhosa             Latn  Niger-Congo / Bantu
xmf   Mingrelian        Geor  Kartvelian
yi    Yiddish           Hebr  Indo-European / Germanic
yo    Yoruba            Latn  Niger-Congo / Yoruboid
zh    Chinese           Hani  Sino-Tibetan / Sinitic
zu    Zulu              Latn  Niger-Congo / Bantu
"""


def _languages(table: str) -> Registry[Language]:
    languages: Registry[Language] = Registry("language")
    for line in table.strip().splitlines():
        code, name, script, lineage = re.split(" {2,}", line)
        family, _, branch = lineage.partition(" / ")
        languages.add(code, Language(code, name, script, family, branch), owner=__name__)
    return languages


LANGUAGES = _languages(_TABLE)
"""Every language, by code."""


def _codes(text: str, *more: str) -> tuple[str, ...]:
    return tuple(sorted((*text.split(), *more)))


# XTREME (arXiv 2003.11080), in alphabetical order.
XNLI = _codes("ar bg de el en es fr hi ru sw th tr ur vi zh")
PAWS_X = _codes("de en es fr ja ko zh")
PANX = _codes(
    "af ar bg bn de el en es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr ms my nl pt ru sw ta te th tl tr ur "
    "vi yo zh"
)
UDPOS = _codes("af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur vi yo zh")
XQUAD = _codes("ar de el en es hi ru th tr vi zh")
MLQA = _codes("ar de en es hi vi zh")
TYDIQA = _codes("ar bn en fi id ko ru sw te")
BUCC = _codes("de fr ru zh")
"""Languages paired with English."""
TATOEBA = _codes(
    "af ar bg bn de el es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr nl pt ru sw ta te th tl tr ur vi zh"
)
"""Languages paired with English."""

# XTREME-R (arXiv 2104.07412): new tasks, and longer lists for old ones; XNLI, MLQA and TyDiQA keep theirs.
XCOPA = _codes("et ht id it qu sw ta th tr vi zh")
MEWSLI_X = _codes("ar de en es fa ja pl ro ta tr uk")
LAREQA = XQUAD
UDPOS_R = _codes("lt pl ro uk wo", *UDPOS)
PANX_R = _codes("az gu lt pa pl qu ro uk", *PANX)
XQUAD_R = _codes("ro", *XQUAD)
TATOEBA_R = _codes("az lt pl ro uk", *TATOEBA)

XTREME_LANGUAGES = tuple(sorted({*XNLI, *PAWS_X, *PANX, *UDPOS, *XQUAD, *MLQA, *TYDIQA, *BUCC, *TATOEBA}))
"""The 40 languages that some task of XTREME has."""
XTREME_R_LANGUAGES = tuple(
    sorted({*XNLI, *XCOPA, *UDPOS_R, *PANX_R, *XQUAD_R, *MLQA, *TYDIQA, *TATOEBA_R, *MEWSLI_X, *LAREQA})
)
"""The 50 languages that some task of XTREME-R has."""
