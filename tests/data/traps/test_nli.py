"""The traps of the sets of two texts: inference and paraphrase."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from madx_stilts.data.read import read
from madx_stilts.errors import DataError
from madx_stilts.tasks import TASKS

Row = Mapping[str, object]

NLI = ["entailment", "neutral", "contradiction"]


def nli(*labels: object) -> list[Row]:
    return [{"premise": f"p{n}", "hypothesis": f"h{n}", "label": label} for n, label in enumerate(labels)]


@pytest.mark.parametrize("task", ["mnli", "snli", "anli"])
@pytest.mark.parametrize("order", [NLI, ["neutral", "entailment", "contradiction"], ["contradiction", *NLI[:2]]])
def test_sources_number_the_labels_of_inference_differently(reading: Any, task: str, order: list[str]) -> None:
    rows = [{**row, "uid": str(n)} for n, row in enumerate(nli(0, 1, 2))]
    assert [example.label for example in reading(task, rows, names={"label": order}).items[:3]] == order


def test_xtremes_files_say_contradictory(reading: Any) -> None:
    rows = nli("contradictory", "neutral")
    assert reading("xnli", rows, split="test", kind="tsv").items[0].label == "contradiction"


def test_snli_leaves_out_pairs_without_agreement(reading: Any) -> None:
    examples = reading("snli", nli(0, -1, 2), names={"label": NLI})
    assert [(example.row, example.label) for example in examples.items] == [(0, "entailment"), (2, "contradiction")]
    assert examples.left_out == 1


def test_snli_of_nothing_but_disagreement_is_an_error(reading: Any) -> None:
    with pytest.raises(DataError, match="no labelled rows"):
        reading("snli", nli(-1, -1))


def test_anli_reads_its_rounds_one_after_another(reading: Any) -> None:
    examples = reading("anli", [{**row, "uid": "u", "reason": ""} for row in nli(1)])
    assert [(example.row, example.id) for example in examples.items] == [(0, "u"), (1, "u"), (2, "u")]


@pytest.mark.parametrize("task", ["mnli", "qqp", "copa"])
def test_glues_hidden_test_labels_are_none(reading: Any, task: str) -> None:
    texts = {"premise": "p", "hypothesis": "h", "question1": "q", "question2": "q", "choice1": "a", "choice2": "b"}
    names = {"label": TASKS[task].labels}
    rows = [{**texts, "question": "cause", "idx": 0, "label": -1}]
    example = reading(task, rows, split="test", names=names).items[0]
    assert example.label is None


def test_mnli_is_developed_on_matched_genres(reading: Any) -> None:
    reading.mirror.add("nyu-mll/glue", nli(1), config="mnli", split="validation_mismatched")
    assert reading("mnli", nli(0), split="dev").items[0].label == "entailment"


def test_xnli_in_one_config_for_all_languages_is_not_taken_for_a_language(reading: Any) -> None:
    row = {"premise": {"en": "p", "sw": "q"}, "hypothesis": {"language": ["en"], "translation": ["h"]}, "label": 0}
    reading.mirror.add("facebook/xnli", [row], config="all_languages", split="test")
    with pytest.raises(DataError, match="no config 'sw', it has all_languages"):
        read(TASKS["xnli"], "sw", "test", place=reading.place)
    with pytest.raises(DataError, match=r"row 0 .*not a text"):
        reading("xnli", [row], split="test")


def test_xnlis_own_english_training_text_is_not_read(reading: Any) -> None:
    reading.mirror.add("facebook/xnli", nli(0), config="en", split="train")
    with pytest.raises(DataError, match="xnli has no train split"):
        read(TASKS["xnli"], "en", "train", place=reading.place)


def test_qqp_names_its_texts_otherwise(reading: Any) -> None:
    rows = [{"question1": "Who?", "question2": "Why?", "label": 1, "idx": 0}]
    example = reading("qqp", rows, names={"label": ["not_duplicate", "duplicate"]}).items[0]
    assert (example.first, example.second, example.label) == ("Who?", "Why?", "duplicate")


PAWS = [
    {"id": 1, "sentence1": '"He came', "sentence2": "He came", "label": 0},
    {"id": 2, "sentence1": "NS", "sentence2": "NS", "label": 1},
    {"id": 3, "sentence1": 'He said "no', "sentence2": "He, said", "label": 1},
]


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "csv", "tsv"])
def test_paws_x_keeps_lone_quotation_marks_and_untranslated_rows(reading: Any, kind: str) -> None:
    names = {"label": ["0", "1"]} if kind == "parquet" else None
    examples = reading("paws_x", PAWS, split="test", language="de", kind=kind, names=names)
    assert [(example.id, example.first, example.label) for example in examples.items] == [
        ("1", '"He came', "0"),
        ("2", "NS", "1"),
        ("3", 'He said "no', "1"),
    ]


def jsonl(*rows: Row) -> str:
    """Rows as a file of JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def test_anlis_own_files_say_letters_and_call_the_premise_context(reading: Any) -> None:
    row = {"uid": "u", "context": "p", "hypothesis": "h", "label": "c", "reason": ""}
    rounds = {f"anli_v1.0/R{n}/train.jsonl": jsonl({**row, "uid": f"r{n}"}) for n in (3, 1, 2)}
    examples = reading.files("anli", rounds).items
    assert [(example.id, example.first, example.label) for example in examples] == [
        (f"r{n}", "p", "contradiction") for n in (1, 2, 3)
    ]


def test_anli_plus_is_all_labelled_pairs_of_its_three_members(reading: Any) -> None:
    reading("snli", nli(0, -1), names={"label": NLI})
    reading("mnli", nli(1), names={"label": NLI})
    reading(
        "anli", [{**row, "uid": "u"} for row in nli(2)], names={"label": ["neutral", "entailment", "contradiction"]}
    )
    examples = reading.again("anli_plus")
    assert [example.label for example in examples.items] == ["entailment", "neutral", *["contradiction"] * 3]
    assert [example.row for example in examples.items] == [0, 2, 3, 4, 5]
    assert examples.left_out == 1


def test_a_union_of_which_a_member_is_missing_is_an_error(reading: Any) -> None:
    reading("snli", nli(0))
    with pytest.raises(DataError, match="no files of nyu-mll/glue, config mnli"):
        reading.again("anli_plus")


def test_mnli_in_german_is_read_from_the_translations(reading: Any) -> None:
    examples = reading("mnli", nli(2), language="de", names={"label": NLI})
    assert (examples.language, examples.origin) == ("de", "mirror facebook/xnli")
    assert examples.items[0].label == "contradiction"
    with pytest.raises(DataError, match="no files of nyu-mll/glue"):
        reading.again("mnli")


def test_korean_is_developed_on_xnli_since_kornli_has_no_other_dev_set(reading: Any) -> None:
    assert reading("mnli", nli(0), language="ko", split="dev").origin == "mirror kakaobrain/kor_nli"
    assert reading.again("snli", language="ko", split="dev").items[0].label == "entailment"


def test_indicxnli_has_files_beside_its_script(reading: Any) -> None:
    files = {
        "Divyanshu/indicxnli/indicxnli.py": "",
        "Divyanshu/indicxnli/forward/train/xnli_ta.json": json.dumps([{"premise": "p", "hypothesis": "h", "label": 1}]),
    }
    examples = reading.files("mnli", files, language="ta")
    assert (examples.items[0].label, examples.origin) == ("neutral", "files Divyanshu/indicxnli")


def test_xtremes_copy_of_xnli_mixes_the_languages(reading: Any) -> None:
    rows = [
        {"language": code, "sentence1": f"{code} p", "sentence2": "h", "gold_label": "neutral"}
        for code in ("ar", "sw", "ar")
    ]
    examples = reading("xnli", rows, split="test", language="ar", path="google/xtreme")
    assert [(example.row, example.first) for example in examples.items] == [(0, "ar p"), (2, "ar p")]
    with pytest.raises(DataError, match="no rows with language = 'th'"):
        reading.again("xnli", split="test", language="th")


def test_the_original_xnli_has_other_columns_and_all_languages_in_one_file(reading: Any) -> None:
    lines = [
        "language\tgold_label\tsentence1_binary_parse\tsentence1\tsentence2",
        'sw\tcontradiction\t\tHe said "no\tHe spoke',
        "ur\tneutral\t\tp\th",
    ]
    examples = reading.files("xnli", {"xnli/XNLI-1.0/xnli.test.tsv": "\n".join(lines)}, split="test", language="sw")
    assert [(example.first, example.label) for example in examples.items] == [('He said "no', "contradiction")]


@pytest.mark.parametrize("task", ["ocnli", "cmnli"])
def test_clue_numbers_neutral_first_and_hides_test(reading: Any, task: str) -> None:
    rows = [{"sentence1": "p", "sentence2": "h", "label": label, "idx": 0} for label in (0, 1, 2)]
    order = ["neutral", "entailment", "contradiction"]
    for names in (None, {"label": order}):
        examples = reading(task, rows, language="zh", names=names)
        assert [example.label for example in examples.items[-3:]] == order
    hidden = [{**rows[0], "label": -1}]
    assert reading(task, hidden, language="zh", split="test").items[0].label is None


def test_ocnlis_own_files_mark_disagreement_with_a_dash(reading: Any) -> None:
    rows = [{"sentence1": "p", "sentence2": "h", "label": label, "label0": label} for label in ("-", "entailment")]
    examples = reading.files("ocnli", {"OCNLI/data/ocnli/train.50k.json": jsonl(*rows)}, language="zh")
    assert ([example.label for example in examples.items], examples.left_out) == (["entailment"], 1)


def test_farstails_labels_are_letters_and_its_csv_files_have_tabs_and_quotes(reading: Any) -> None:
    rows = [{"premise": "p", "hypothesis": "h", "label": letter} for letter in "enc"]
    assert [example.label for example in reading("farstail", rows, language="fa").items] == NLI
    table = (
        "premise\thypothesis\tlabel\thard(hypothesis)\thard(overlap)\n"
        'p, q\t"He said ""come"" today."\tc\t0\t1\n'
        '"a\ttab"\tan "odd" mark\te\t1\t0\n'
    )
    first, second = reading.files("farstail", {"FarsTail/data/Test-word.csv": table}, language="fa", split="test").items
    assert (first.first, first.second, first.label) == ("p, q", 'He said "come" today.', "contradiction")
    assert (second.first, second.second, second.label) == ("a\ttab", 'an "odd" mark', "entailment")


def test_klues_own_files_call_the_label_gold(reading: Any) -> None:
    row = {"guid": "klue-nli-v1_dev_00000", "premise": "p", "hypothesis": "h", "gold_label": "neutral", "author": "x"}
    name = "KLUE/klue_benchmark/klue-nli-v1.1/klue-nli-v1.1_dev.json"
    (example,) = reading.files("klue_nli", {name: json.dumps([row])}, language="ko", split="dev").items
    assert (example.id, example.label) == ("klue-nli-v1_dev_00000", "neutral")


def test_jglues_json_files_are_json_lines(reading: Any) -> None:
    row = {"sentence_pair_id": "7", "sentence1": "p", "sentence2": "h", "label": "entailment"}
    name = "JGLUE/datasets/jnli-v1.3/test-v1.3.json"
    (example,) = reading.files("jnli", {name: jsonl(row)}, language="ja", split="test").items
    assert (example.id, example.label) == ("7", "entailment")


def test_nobody_guesses_what_integers_mean_in_the_hubs_copy_of_jnli(reading: Any) -> None:
    row = {"sentence_pair_id": "7", "sentence1": "p", "sentence2": "h", "label": 1}
    with pytest.raises(DataError, match="neither the file nor the task says what integers mean"):
        reading("jnli", [row], language="ja")


def test_indonli_has_two_test_sets_of_which_the_laymens_is_read(reading: Any) -> None:
    reading.mirror.add("afaji/indonli", nli(0), config="indonli", split="test_expert")
    assert reading("indonli", nli(2), language="id", split="test").items[0].label == "contradiction"


def test_americas_nli_names_aymara_by_three_letters(reading: Any) -> None:
    examples = reading("americas_nli", nli(1), language="ay", split="test")
    assert (reading.mirror.root / "nala-cub/americas_nli/aym").is_dir()
    assert examples.items[0].label == "neutral"


AYMARA = ['aym\tJupax "sanwa".\tUtar purinxtwa.\tneutral', "aym\tSaram.\tJaniw.\tcontradiction"]
HEADER = "language\tpremise\thypothesis\tlabel"


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("dev/aym.tsv", AYMARA),
        ("dev/aym.tsv", [HEADER, *AYMARA]),
        ("dev.tsv", [HEADER, *AYMARA, "gn\tHe'i.\tNdaikuaái.\tentailment"]),
    ],
)
def test_the_original_americas_nli_is_read_with_a_header_and_without(name: str, lines: list[str], reading: Any) -> None:
    text = "".join(f"{line}\n" for line in lines)
    examples = reading.files("americas_nli", {f"AmericasNLI/{name}": text}, language="ay", split="dev")
    assert [(one.first, one.second, one.label) for one in examples.items] == [
        ('Jupax "sanwa".', "Utar purinxtwa.", "neutral"),
        ("Saram.", "Janiw.", "contradiction"),
    ]
    assert examples.whole == 2


def test_an_americas_nli_of_other_columns_is_refused_with_those_that_are_expected(reading: Any) -> None:
    files = {"AmericasNLI/test/gn.tsv": "premise\thypothesis\tlabel\nHe'i.\tNdaikuaái.\tentailment\n"}
    with pytest.raises(DataError, match=r"row 0 .* 3 values .* expected 4: language, premise, hypothesis, label"):
        reading.files("americas_nli", files, language="gn", split="test")


def test_the_original_paws_x_has_a_folder_for_each_language(reading: Any) -> None:
    table = 'id\tsentence1\tsentence2\tlabel\n1\tHe said "no\tNS\t1\n'
    (example,) = reading.files("paws_x", {"pawsx/x-final/de/test_2k.tsv": table}, language="de", split="test").items
    assert (example.id, example.first, example.label) == ("1", 'He said "no', "1")
    (example,) = reading.files("paws_x", {"pawsx/x-final/en/train.tsv": table}).items
    assert example.second == "NS"
