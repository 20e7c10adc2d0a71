"""Parts of speech (UDPOS) and supertags (CCG): a tag for each word."""

from dataclasses import replace

from madx_stilts.languages import LANGUAGES, UDPOS_R
from madx_stilts.languages import UDPOS as UDPOS_LANGUAGES
from madx_stilts.stack import Role
from madx_stilts.tasks.fields import Column
from madx_stilts.tasks.revisions import REVISIONS
from madx_stilts.tasks.splits import in_files
from madx_stilts.tasks.task import Labels, Source, Split, Task

PARTS_OF_SPEECH = (
    *("ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN", "PUNCT", "SCONJ"),
    *("SYM", "VERB", "X"),
)
ADDED = tuple(code for code in UDPOS_R if code not in UDPOS_LANGUAGES)
"""By XTREME-R, from a later release."""

# Small treebanks have no training part, and some no dev part either.
TEST_ONLY = ("th", "tl", "yo")
NO_DEV = (*TEST_ONLY, "kk")
WITHOUT: dict[Split, tuple[str, ...]] = {"train": TEST_ONLY, "dev": NO_DEV, "test": ()}
HUB_NAMES: dict[Split, str] = {"train": "train", "dev": "validation", "test": "test"}

_CONLLU = Source(
    path="ud",
    reader="conllu",
    fields={"id": Column("id"), "words": Column("tokens")},
    labels=Labels(column="pos_tags"),
    obtain=(
        "Unpack ud-treebanks-v2.5.tgz (hdl.handle.net/11234/1-3105) into the folder `ud` of the local mirror "
        "(--data DIR); for lt, pl, ro, uk and wo ud-treebanks-v2.7.tgz (hdl.handle.net/11234/1-3424)."
    ),
)
_XTREME_LAYOUT = Source(
    path="google/xtreme",
    revision=REVISIONS["google/xtreme"],
    config="udpos.{language}",
    split="test",
    fields={"words": Column("tokens")},
    labels=Labels(column="pos_tags", names=PARTS_OF_SPEECH),
    codes={code: LANGUAGES[code].name for code in UDPOS_R},
    obtain=_CONLLU.obtain,
    note="Only from a local mirror: what the hub has under this name is other data.",
    other_order=True,
)


def _treebanks(split: Split, release: str, languages: tuple[str, ...]) -> Source:
    """The treebanks of some languages.

    A file's name begins with the code of its language, by which XTREME chooses: `el_` leaves out `grc_`, Ancient Greek.
    Large treebanks have several files for a split: `de_hdt-ud-train-a-1.conllu` and three more.
    """
    treebank = f"UD_*/{{language}}_*-ud-{split}*.conllu"
    having = tuple(code for code in languages if code not in WITHOUT[split])
    return replace(_CONLLU, files=(f"{release}/{treebank}", treebank), languages=having)


def _udpos(split: Split) -> tuple[Source, ...]:
    having = tuple(code for code in UDPOS_R if code not in WITHOUT[split])
    return (
        _treebanks(split, "ud-treebanks-v2.5", UDPOS_LANGUAGES),
        _treebanks(split, "ud-treebanks-v2.7", ADDED),
        replace(_XTREME_LAYOUT, split=HUB_NAMES[split], languages=having),
    )


UDPOS = Task(
    name="udpos",
    format="tagging",
    roles=(Role.TARGET,),
    languages=UDPOS_R,
    sources={split: _udpos(split) for split in WITHOUT},
    labels=PARTS_OF_SPEECH,
    metrics=("f1_xtreme", "accuracy"),
    licence="by treebank (Universal Dependencies 2.5; 2.7 for lt pl ro uk wo)",
    citation="Nivre et al. 2020, arXiv 2004.10643, as chosen by XTREME, arXiv 2003.11080",
    note=(
        "Made from the treebanks as XTREME makes it: chosen by the language's code in the file's name, fused words "
        "kept whole, masked text left out. The copy in google/xtreme on the hub is other data: it took treebanks by "
        "substring, so Greek has Ancient Greek in it, Chinese Classical Chinese, German Swiss German, French Old "
        "French and masked words; it splits fused words; and it lacks lt pl ro uk wo. Such a copy is read from a local "
        "mirror only."
    ),
)

CCG = Task(
    name="ccg",
    format="tagging",
    roles=(Role.INTERMEDIATE,),
    languages=("en",),
    sources=in_files(
        Source(
            path="ccg",
            reader="two_columns",
            fields={"words": Column("tokens")},
            labels=Labels(column="tags"),
            obtain=(
                "CCGbank is sold by the LDC (LDC2005T13). Put ccg.train, ccg.dev, ccg.test and tags_to_id.json, as "
                "jiant has them, into the folder `ccg` of the local mirror (--data DIR): a line for each sentence, its "
                "words, a tab, their supertags, words and tags separated by spaces; and {tag: number}."
            ),
        ),
        {"train": "ccg.train", "dev": "ccg.dev", "test": "ccg.test"},
    ),
    label_file="tags_to_id.json",
    metrics=("accuracy",),
    licence="LDC User Agreement",
    citation="Hockenmaier and Steedman 2007 (CCGbank)",
    note="The supertags are those of the tag file: 1,363 in jiant. A split is whatever its file holds.",
)
