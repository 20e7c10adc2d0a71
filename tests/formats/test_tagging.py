"""Tagging: every word of every sentence gets exactly one tag, whatever its characters and however long the sentence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from madx_stilts.errors import BackboneError, DataError
from madx_stilts.formats.base import IGNORED, Limits
from madx_stilts.formats.frame import frame_of_text
from madx_stilts.formats.pieces import pieces_of_words
from madx_stilts.formats.tagging import NO_WORD, TagExample, TaggingFormat
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.fields import BadRow

PANX, UDPOS = TASKS["panx"], TASKS["udpos"]
TAGGING = TaggingFormat()
ODD_WORDS = ["", " ", "\u200b", "\x00", "\ufeff", "\u0301", "北京", "ก็", "1 000", "👩\u200d👧", "donaudampfschiff" * 4]

words = st.one_of(st.sampled_from(ODD_WORDS), st.text(max_size=12))
sentences = st.lists(st.tuples(words, st.sampled_from(PANX.labels)), min_size=1, max_size=25)


def sentence(tagged: list[tuple[str, str]], row: int = 0) -> TagExample:
    return TagExample(str(row), row, tuple(word for word, _ in tagged), tuple(tag for _, tag in tagged))


@given(tagged=st.lists(sentences, min_size=1, max_size=3), max_tokens=st.integers(3, 40), stride=st.integers(0, 40))
def test_every_word_is_scored_once_and_gets_its_tag_back(
    tokenizer: PreTrainedTokenizerFast, tagged: list[list[tuple[str, str]]], max_tokens: int, stride: int
) -> None:
    examples = [sentence(one, row) for row, one in enumerate(tagged)]
    encoded = TAGGING.encode(examples, tokenizer, Limits(max_tokens, stride), PANX)
    example_of_token = np.repeat(encoded.rows["example"], encoded.lengths)
    scored = encoded.tokens["word"] != NO_WORD
    places = list(zip(example_of_token[scored].tolist(), encoded.tokens["word"][scored].tolist(), strict=True))
    assert places == [(at, word) for at, one in enumerate(examples) for word in range(len(one.words))]
    assert encoded.lengths.max() <= max_tokens
    perfect = {"label": np.where(scored, encoded.tokens["label"], 0)}
    assert TAGGING.decode(perfect, encoded, examples, PANX) == [example.tags for example in examples]


@given(tagged=sentences, max_tokens=st.integers(6, 40), stride=st.integers(0, 40))
def test_windows_hold_the_pieces_of_the_sentence_with_a_part_of_the_window_before(
    tokenizers: dict[str, PreTrainedTokenizerFast], tagged: list[tuple[str, str]], max_tokens: int, stride: int
) -> None:
    tokenizer = tokenizers["bert_like"]
    frame, example, limits = frame_of_text(tokenizer), sentence(tagged), Limits(max_tokens, stride)
    room = frame.room(limits)
    pieces = [word[:room] for word in next(pieces_of_words(tokenizer, [example.words]))]
    flat = [piece for word in pieces for piece in word]
    encoded = TAGGING.encode([example], tokenizer, limits, PANX)
    done = 0
    for low, high in zip(encoded.bounds[:-1] + 1, encoded.bounds[1:] - 1, strict=True):
        window, heads = encoded.tokens["input_ids"][low:high].tolist(), encoded.tokens["word"][low:high]
        seen = int(np.argmax(heads != NO_WORD))
        assert seen <= min(stride, room // 2, done)
        assert window == flat[done - seen : done - seen + len(window)]
        done += len(window) - seen
    assert done == len(flat)


@given(tagged=st.lists(sentences, min_size=1, max_size=3))
def test_words_that_leave_something_are_cut_as_the_tokenizer_cuts_them(
    tokenizer: PreTrainedTokenizerFast, tagged: list[list[tuple[str, str]]]
) -> None:
    texts = [[word for word, _ in one if tokenizer(word, add_special_tokens=False)["input_ids"]] for one in tagged]
    texts = [one for one in texts if one]
    expected = tokenizer(texts, is_split_into_words=True, add_special_tokens=False)["input_ids"] if texts else []
    found = [[piece for word in one for piece in word] for one in pieces_of_words(tokenizer, texts)]
    assert found == expected


def test_a_word_of_which_nothing_is_left_becomes_the_unknown_token(
    tokenizers: dict[str, PreTrainedTokenizerFast],
) -> None:
    bert_like, byte_level = tokenizers["bert_like"], tokenizers["byte_level"]
    assert next(pieces_of_words(bert_like, [["a", "\u200b", "b"]]))[1] == [bert_like.unk_token_id]
    assert next(pieces_of_words(byte_level, [["a", "", "b"]]))[1] == [byte_level.pad_token_id]


def test_a_tokenizer_without_any_token_to_stand_in_is_refused() -> None:
    bare = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel({"a": 0}, unk_token="a")))
    with pytest.raises(BackboneError, match="no token that could stand for it"):
        next(pieces_of_words(bare, [["a", ""]]))


def test_only_the_first_piece_of_a_word_is_labelled(tokenizers: dict[str, PreTrainedTokenizerFast]) -> None:
    example = sentence([("Nairobi", "B-LOC"), ("xqzjwv", "O")])
    encoded = TAGGING.encode([example], tokenizers["xlmr_like"], Limits(64), PANX)
    labels, word = encoded.tokens["label"], encoded.tokens["word"]
    assert len(labels) > 4
    assert labels[labels != IGNORED].tolist() == [PANX.labels.index("B-LOC"), PANX.labels.index("O")]
    assert ((labels != IGNORED) == (word != NO_WORD)).all()


def test_hidden_tags_are_ignored_and_words_still_predicted(tokenizer: PreTrainedTokenizerFast) -> None:
    example = TAGGING.example(0, {"words": ["a", "b"]}, None, PANX)
    assert not TAGGING.labelled(example)
    encoded = TAGGING.encode([example], tokenizer, Limits(16), PANX)
    assert set(encoded.tokens["label"]) == {IGNORED}
    predicted = TAGGING.decode({"label": np.full(len(encoded.tokens["label"]), 1)}, encoded, [example], PANX)
    assert predicted == [("B-PER", "B-PER")]


def test_rows_that_cannot_be_tagged_are_bad_rows(tokenizer: PreTrainedTokenizerFast) -> None:
    with pytest.raises(BadRow, match="2 words and 1 tags"):
        TAGGING.example(0, {"words": ["a", "b"]}, ["O"], PANX)
    with pytest.raises(BadRow, match="'B-DATE', expected one of O, B-PER"):
        TAGGING.example(0, {"words": ["a"]}, ["B-DATE"], PANX)
    with pytest.raises(BadRow, match="no sentence has a word") as error:
        TAGGING.encode([TAGGING.example(6, {"words": []}, [], PANX)], tokenizer, Limits(16), PANX)
    assert error.value.row == 6


def test_a_sentence_of_no_words_has_no_window_and_no_tags(tokenizer: PreTrainedTokenizerFast) -> None:
    some = [sentence([]), sentence([("Ann", "B-PER"), ("ran", "O")]), sentence([]), sentence([("Lee", "B-PER")])]
    encoded = TAGGING.encode(some, tokenizer, Limits(16), PANX)
    assert encoded.rows["example"].tolist() == [1, 3]
    predictions = TAGGING.decode({"label": encoded.tokens["label"].clip(min=0)}, encoded, some, PANX)
    assert predictions == [(), ("B-PER", "O"), (), ("B-PER",)]
    assert list(TAGGING.prediction_rows(predictions[0], some[0])) == []
    assert TAGGING.score(predictions, some, PANX, "en")["f1"] == 100.0


def test_the_score_has_the_metrics_of_the_task() -> None:
    entities = [sentence([("Ann", "B-PER"), ("Lee", "I-PER"), ("ran", "O"), ("home", "O")])]
    assert TAGGING.score([("I-PER", "I-PER", "O", "O")], entities, PANX, "en") == {
        "f1": 100.0,
        "f1_strict": 0.0,
        "accuracy": 75.0,
    }
    parts = [sentence([("dogs", "NOUN"), ("bark", "VERB")])]
    assert TAGGING.score([("NOUN", "NOUN")], parts, UDPOS, "en") == {"f1_xtreme": 0.0, "accuracy": 50.0}
    with pytest.raises(DataError, match="Row 4 of panx"):
        TAGGING.score([("O",)], [TagExample("x", 4, ("a",), None)], PANX, "en")


def test_a_row_is_written_for_every_word() -> None:
    rows = list(TAGGING.prediction_rows(("O", "O"), sentence([("Ann", "B-PER"), ("ran", "O")], row=2)))
    assert rows == [
        {"id": "2", "position": 0, "word": "Ann", "prediction": "O", "gold": "B-PER"},
        {"id": "2", "position": 1, "word": "ran", "prediction": "O", "gold": "O"},
    ]
    assert [*TAGGING.prediction_rows(("O",), TagExample("x", 0, ("a",), None))] == [
        {"id": "x", "position": 0, "word": "a", "prediction": "O"}
    ]
