"""The traps of the sets of tagged words."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from madx_stilts.errors import DataError
from madx_stilts.tasks import TASKS

Row = Mapping[str, object]

ENTITIES = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"]


def wikiann(tags: Sequence[object]) -> Row:
    return {"tokens": ["Rio", "Tinto", ":"], "ner_tags": tags, "langs": ["en"] * 3, "spans": ["ORG: Rio Tinto"]}


def test_wikianns_other_columns_are_not_read(reading: Any) -> None:
    examples = reading("panx", [wikiann([3, 4, 0])], names={"ner_tags": ENTITIES}, language="qu")
    assert (examples.items[0].words, examples.items[0].tags) == (("Rio", "Tinto", ":"), ("B-ORG", "I-ORG", "O"))


def test_a_copy_with_another_order_of_tags_means_the_same(reading: Any) -> None:
    """In jiant the tags are in the order of the alphabet."""
    order = sorted(ENTITIES)
    tags = [order.index(tag) for tag in ("B-ORG", "I-ORG", "O")]
    assert reading("panx", [wikiann(tags)], names={"ner_tags": order}).items[0].tags == ("B-ORG", "I-ORG", "O")
    assert reading("panx", [wikiann([3, 4, 0])], language="de").items[0].tags == ("B-ORG", "I-ORG", "O")


def test_words_of_nothing_visible_are_kept_with_their_tags(reading: Any) -> None:
    """WikiAnn has words that are a single mark of direction or byte order; predictions need a tag for each word."""
    words = ["\u200f", "\ufeff", "Rio"]
    example = reading("panx", [{**wikiann([0, 0, 5]), "tokens": words}]).items[0]
    assert (example.words, example.tags) == (tuple(words), ("O", "O", "B-LOC"))


def test_parts_of_speech_are_numbered_by_the_alphabet_here_and_otherwise_elsewhere(reading: Any) -> None:
    words = {"tokens": ["We", "run"]}
    xtreme = reading("udpos", [{**words, "pos_tags": [10, 15]}], split="test")
    assert xtreme.items[0].tags == ("PRON", "VERB")
    order = ["NOUN", "PUNCT", "ADP", "NUM", "SYM", "SCONJ", "ADJ", "PART", "DET", "CCONJ", "PROPN", "PRON", "X", "VERB"]
    elsewhere = reading(
        "udpos", [{**words, "pos_tags": [11, 13]}], split="test", language="el", names={"pos_tags": order}
    )
    assert elsewhere.items[0].tags == ("PRON", "VERB")
    assert TASKS["udpos"].places("test", "el")[-1].config_for("el") == "udpos.Greek"


def test_universal_dependencies_has_a_tag_for_masked_words_that_is_no_part_of_speech(reading: Any) -> None:
    with pytest.raises(DataError, match="means '_'"):
        reading("udpos", [{"tokens": ["_"], "pos_tags": [0]}], split="test", names={"pos_tags": ["_", "NOUN"]})


def conllu(*words: str) -> str:
    """A sentence; each word is `form/TAG`."""
    lines = [
        f"{number}\t{word.split('/')[0]}\t_\t{word.split('/')[1]}\t_\t_\t0\t_\t_\t_"
        for number, word in enumerate(words, 1)
    ]
    return "\n".join(["# sent_id = s", *lines, "", ""])


TREEBANKS = {
    "ud/UD_Greek-GDT/el_gdt-ud-test.conllu": conllu("Ναι/INTJ"),
    "ud/UD_Ancient_Greek-PROIEL/grc_proiel-ud-test.conllu": conllu("μῆνιν/NOUN"),
    "ud/UD_Greek-GDT/el_gdt-ud-dev.conllu": conllu("Όχι/INTJ"),
}


def test_treebanks_of_languages_whose_name_contains_another_are_not_taken(reading: Any) -> None:
    """The hub's copy has Ancient Greek in Greek."""
    examples = reading.files("udpos", TREEBANKS, split="test", language="el")
    assert [(example.id, example.words, example.tags) for example in examples.items] == [("s", ("Ναι",), ("INTJ",))]


def test_all_treebanks_of_a_language_are_read_one_after_another(reading: Any) -> None:
    files = {
        "ud/ud-treebanks-v2.5/UD_Thai-PUD/th_pud-ud-test.conllu": conllu("a/NOUN"),
        "ud/ud-treebanks-v2.5/UD_Thai-ABC/th_abc-ud-test.conllu": conllu("b/X"),
        "ud/ud-treebanks-v2.7/UD_Thai-New/th_new-ud-test.conllu": conllu("c/X"),
    }
    examples = reading.files("udpos", files, split="test", language="th")
    assert [example.words for example in examples.items] == [("b",), ("a",)]


def test_treebanks_of_a_language_come_in_the_order_of_xtreme_which_sorts_by_file_name_not_by_folder(
    reading: Any,
) -> None:
    files = {
        "ud/UD_English-PUD/en_pud-ud-test.conllu": conllu("third/X"),
        "ud/UD_English-ParTUT/en_partut-ud-test.conllu": conllu("second/X"),
        "ud/UD_English-LinES/en_lines-ud-test.conllu": conllu("first/X"),
    }
    assert sorted(files) != sorted(files, key=lambda name: name.rpartition("/")[2])
    examples = reading.files("udpos", files, split="test", language="en")
    assert [example.words for example in examples.items] == [("first",), ("second",), ("third",)]


def test_a_treebank_whose_split_is_in_several_files_is_read_whole(reading: Any) -> None:
    """As German HDT, which has four files to train on, most of what German has."""
    parts = {f"ud/UD_German-HDT/de_hdt-ud-train-{part}.conllu": conllu(f"{part}/X") for part in ("b-1", "a-2", "a-1")}
    files = {**parts, "ud/UD_German-GSD/de_gsd-ud-train.conllu": conllu("gsd/X")}
    examples = reading.files("udpos", files, split="train", language="de")
    assert [example.words for example in examples.items] == [("gsd",), ("a-1",), ("a-2",), ("b-1",)]


def test_a_treebank_that_is_there_twice_is_refused(reading: Any) -> None:
    files = {f"ud/{folder}/yo_ytb-ud-test.conllu": conllu("a/X") for folder in ("UD_Yoruba-YTB", "UD_Yoruba-YTB-2.14")}
    with pytest.raises(
        DataError, match=r"yo_ytb-ud-test\.conllu is there twice: .*UD_Yoruba-YTB and .*UD_Yoruba-YTB-2"
    ):
        reading.files("udpos", files, split="test", language="yo")


def test_languages_that_xtreme_r_adds_are_of_a_later_release(reading: Any) -> None:
    files = {f"ud/ud-treebanks-v2.{n}/UD_Wolof-WTB/wo_wtb-ud-test.conllu": conllu(f"w{n}/X") for n in (5, 7)}
    assert reading.files("udpos", files, split="test", language="wo").items[0].words == ("w7",)


def test_treebanks_are_preferred_to_a_mirror_of_xtremes_copy(reading: Any) -> None:
    rows = [{"tokens": ["grc"], "pos_tags": [7]}]
    first = reading("udpos", rows, split="test", language="el")
    assert first.origin == "mirror google/xtreme"
    assert reading.files("udpos", TREEBANKS, split="test", language="el").origin == "files ud"


def test_without_treebanks_one_is_told_where_to_get_them_and_nothing_is_downloaded(reading: Any) -> None:
    with pytest.raises(DataError) as caught:
        reading.again("udpos", split="test")
    assert "ud-treebanks-v2.5" in caught.value.hint
    assert "hub" not in str(caught.value)


def test_pan_xs_own_files_begin_each_word_with_the_language(reading: Any) -> None:
    text = "qu:Rio\tB-ORG\nqu:a:b\tI-ORG\n\nqu:.\tO\n\n"
    for name in ("panx/qu/test", "panx/qu-test"):
        examples = reading.files("panx", {name: text}, split="test", language="qu")
        assert [example.words for example in examples.items] == [("Rio", "a:b"), (".",)]


def test_masakhaner_tags_dates_too(reading: Any) -> None:
    row = {"id": "0", "tokens": ["jana", "Kampala"], "ner_tags": [7, 5]}
    assert reading("masakhaner", [row], language="sw").items[0].tags == ("B-DATE", "B-LOC")
    assert (reading.mirror.root / "masakhane/masakhaner/swa").is_dir()
    text = "jana B-DATE\nKampala B-LOC\n\n"
    (example,) = reading.files("masakhaner", {"masakhane-ner/data/lug/dev.txt": text}, split="dev", language="lg").items
    assert example.tags == ("B-DATE", "B-LOC")


def test_the_tags_of_masakhaner_are_not_those_of_pan_x(reading: Any) -> None:
    assert set(TASKS["masakhaner"].labels) - set(TASKS["panx"].labels) == {"B-DATE", "I-DATE"}


CCG = {"ccg/ccg.train": "He runs\tNP S\\NP\n", "ccg/tags_to_id.json": '{"S\\\\NP": 1, "NP": 0}'}


def test_supertags_are_those_of_the_tag_file(reading: Any) -> None:
    examples = reading.files("ccg", CCG)
    assert examples.task.labels == ("NP", "S\\NP")
    assert examples.items[0].tags == ("NP", "S\\NP")
    assert TASKS["ccg"].labels == ()


def test_a_supertag_that_the_tag_file_lacks_is_an_error(reading: Any) -> None:
    with pytest.raises(DataError, match=r"row 0 .*its label is 'N'"):
        reading.files("ccg", {**CCG, "ccg/ccg.train": "He\tN\n"})


def test_not_all_of_a_thousand_supertags_are_listed_in_an_error(reading: Any) -> None:
    tags = json.dumps({f"t{number}": number for number in range(1_363)})
    with pytest.raises(DataError, match=r"expected one of t0, .*, t29 and 1,333 more"):
        reading.files("ccg", {**CCG, "ccg/tags_to_id.json": tags})


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        ("[]", "does not give a number for each label"),
        ('{"NP": "0"}', "does not give a number for each label"),
        ('{"NP": true}', "does not give a number for each label"),
        ('{"NP": 0, "N": 2}', "does not number its 2 labels from 0"),
        ('{"NP": 0, "N": 0}', "does not number its 2 labels from 0"),
        ("{}", "does not number its 0 labels"),
        ('{"NP": ', "is not valid JSON"),
    ],
)
def test_a_damaged_tag_file_is_an_error(reading: Any, tags: str, problem: str) -> None:
    with pytest.raises(DataError, match=rf"tags_to_id.json.* {problem}"):
        reading.files("ccg", {**CCG, "ccg/tags_to_id.json": tags})


def test_without_the_tag_file_one_is_told_where_it_belongs(reading: Any) -> None:
    with pytest.raises(DataError, match=r"no file .*ccg/tags_to_id\.json") as caught:
        reading.files("ccg", {"ccg/ccg.train": CCG["ccg/ccg.train"]})
    assert "beside the data" in caught.value.hint


def test_without_ccgbank_one_is_told_where_to_buy_it(reading: Any) -> None:
    with pytest.raises(DataError) as caught:
        reading.again("ccg")
    assert "LDC2005T13" in caught.value.hint
