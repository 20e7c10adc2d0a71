"""What is written in a text is text: no mark in it becomes a control token, and what has no mark is cut as ever."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast, T5TokenizerFast, XLMRobertaTokenizerFast

from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import Encoded, Limits
from madx_stilts.formats.cutting import control_ids, plain_backend
from madx_stilts.formats.frame import frame_of_pair, frame_of_text
from madx_stilts.formats.pieces import pieces_of_texts, pieces_of_words, pieces_with_places
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Task
from madx_stilts.tasks.text import MASKED_LM

SENTENCES = [
    "The quick brown fox jumps over the lazy dog, and so it goes on.",
    "Berlin ist die Hauptstadt Deutschlands; die Stadt hat etwa 3,7 Millionen Einwohner.",
    "Москва является столицей России и крупнейшим по численности населения городом.",
    "if a < s and s > b then a/b is cut, [see the mask] <b>here</b>; unk and pad and cls and sep.",
    "[UNK[CLS[SEP[MASK[PAD[ ]UNK]CLS]SEP]MASK]PAD]",
]


def _framed(words: Tokenizer, first: str, last: str) -> None:
    ends = [(name, words.token_to_id(name)) for name in (first, last)]
    frames = f"{first} $A {last}", f"{first} $A {last} {last} $B {last}"
    words.post_processor = processors.TemplateProcessing(single=frames[0], pair=frames[1], special_tokens=ends)


def words_whole() -> PreTrainedTokenizerFast:
    """Words between spaces, whole ones first, so that a mark between spaces is a piece of the vocabulary."""
    words = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    words.normalizer = normalizers.NFKC()
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words.train_from_iterator(
        SENTENCES, trainers.WordPieceTrainer(vocab_size=400, special_tokens=special, show_progress=False)
    )
    _framed(words, "[CLS]", "[SEP]")
    names = {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]"}
    return PreTrainedTokenizerFast(tokenizer_object=words, mask_token="[MASK]", **names)


def merged() -> PreTrainedTokenizerFast:
    """BPE that learned to put the letters of its own marks together, one of which names the unknown and the padding."""
    words = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    words.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    marks = ["<unk>", "<s>", "</s>", "<mask>"]
    words.train_from_iterator(
        [f"{' '.join(marks)} {text}" for text in SENTENCES] * 9,
        trainers.BpeTrainer(vocab_size=500, show_progress=False),
    )
    words.add_special_tokens([AddedToken(mark, normalized=True, lstrip=True, rstrip=True) for mark in marks])
    _framed(words, "<s>", "</s>")
    names = {"cls_token": "<s>", "sep_token": "</s>", "pad_token": "<unk>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=words, mask_token="<mask>", **names)


def t5_like() -> PreTrainedTokenizerFast:
    """Unigram with sentinels beside the usual marks, and an added word that is no mark."""
    words = Tokenizer(models.Unigram())
    words.normalizer = normalizers.NFKC()
    words.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<pad>", "</s>", "<unk>"]
    words.train_from_iterator(
        SENTENCES,
        trainers.UnigramTrainer(vocab_size=300, special_tokens=special, unk_token="<unk>", show_progress=False),
    )
    words.add_tokens(["quick brown"])
    return T5TokenizerFast(tokenizer_object=words, extra_ids=5)


MAKERS: dict[str, Callable[[], PreTrainedTokenizerFast]] = {
    "words_whole": words_whole,
    "merged": merged,
    "t5_like": t5_like,
}


@pytest.fixture(scope="module")
def some(tokenizers: dict[str, PreTrainedTokenizerFast]) -> dict[str, PreTrainedTokenizerFast]:
    return {**tokenizers, **{name: make() for name, make in MAKERS.items()}}


@pytest.fixture(scope="module", params=["bert_like", "xlmr_like", "byte_level", *MAKERS])
def any_tokenizer(request: pytest.FixtureRequest, some: dict[str, PreTrainedTokenizerFast]) -> PreTrainedTokenizerFast:
    return some[request.param]


def marks_of(tokenizer: PreTrainedTokenizerFast) -> list[str]:
    """Marks as they are written, in full width, and in capitals."""
    marks = [str(tokenizer.convert_ids_to_tokens(at)) for at in sorted(control_ids(tokenizer))]
    wide = ["".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in mark) for mark in marks]
    return [*marks, *wide, *(mark.upper() for mark in marks)]


ORDINARY = st.sampled_from(
    ["red", "cat", "the fox", " ", "  ", "\n", "s", "<", "/", ">", "[", "ﬁ", "ж", "北", "\u200b"]
)


def texts(tokenizer: PreTrainedTokenizerFast, *, least: int = 0, most: int = 8) -> st.SearchStrategy[str]:
    """Text made of marks, parts of marks, letters that the tokenizer knows and does not know, and spaces."""
    return st.lists(st.one_of(ORDINARY, st.sampled_from(marks_of(tokenizer))), min_size=least, max_size=most).map(
        "".join
    )


def without_unknown(tokenizer: PreTrainedTokenizerFast) -> set[int]:
    return set(control_ids(tokenizer)) - {tokenizer.unk_token_id}


@given(data=st.data())
def test_no_text_yields_a_control_token(any_tokenizer: PreTrainedTokenizerFast, data: st.DataObject) -> None:
    text = data.draw(texts(any_tokenizer))
    control = without_unknown(any_tokenizer)
    ((ids, places),) = pieces_with_places(any_tokenizer, [text])
    assert control.isdisjoint(ids)
    assert list(pieces_of_texts(any_tokenizer, [text])) == [ids]
    starts = [start for start, _ in places]
    assert starts == sorted(starts)
    assert all(0 <= start <= end <= len(text) for start, end in places)
    # What no piece is of, the tokenizer drops: nothing that shows.
    covered = {at for start, end in places for at in range(start, end)}
    assert all(text[at].isspace() or text[at] == "\u200b" for at in range(len(text)) if at not in covered)


@given(data=st.data())
def test_words_with_marks_keep_their_number_and_yield_no_control_token(
    any_tokenizer: PreTrainedTokenizerFast, data: st.DataObject
) -> None:
    words = data.draw(st.lists(texts(any_tokenizer, least=1, most=3), min_size=1, max_size=6))
    pieces = next(pieces_of_words(any_tokenizer, [words]))
    assert len(pieces) == len(words)
    assert all(pieces)
    stand_in = {any_tokenizer.pad_token_id}
    assert (without_unknown(any_tokenizer) - stand_in).isdisjoint(piece for word in pieces for piece in word)


@pytest.mark.parametrize("name", ["bert_like", "xlmr_like", "words_whole", "merged", "t5_like"])
def test_the_name_of_the_unknown_token_is_text_and_unknown_characters_stay_unknown(
    some: dict[str, PreTrainedTokenizerFast], name: str
) -> None:
    """The letters of these names are known to each; of bert_like's and xlmr_like's the brackets or letters alone."""
    tokenizer = some[name]
    unknown = tokenizer.unk_token_id
    plain = plain_backend(tokenizer)
    written, odd = next(pieces_of_texts(tokenizer, [f"a {tokenizer.unk_token} b"])), "a \U00013000 b"
    assert written == plain.encode_batch([f"a {tokenizer.unk_token} b"], add_special_tokens=False)[0].ids
    assert written != tokenizer(f"a {tokenizer.unk_token} b", add_special_tokens=False)["input_ids"]
    assert next(pieces_of_texts(tokenizer, [odd])) == tokenizer(odd, add_special_tokens=False)["input_ids"]
    assert unknown in next(pieces_of_texts(tokenizer, [odd]))


@given(text=st.text(max_size=60))
def test_text_without_marks_is_cut_as_the_library_cuts_it(any_tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    made = any_tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    ((ids, places),) = pieces_with_places(any_tokenizer, [text])
    assert (ids, places) == (made["input_ids"], made["offset_mapping"])
    (double,) = plain_backend(any_tokenizer).encode_batch([text], add_special_tokens=False)
    assert (double.ids, double.offsets) == (ids, places)
    words = text.split()
    if words:
        cut = any_tokenizer([words], is_split_into_words=True, add_special_tokens=False)
        (double,) = plain_backend(any_tokenizer).encode_batch([words], is_pretokenized=True, add_special_tokens=False)
        assert (double.ids, double.word_ids) == (cut["input_ids"][0], cut.word_ids(0))


def test_marks_become_the_pieces_of_their_characters(tokenizers: dict[str, PreTrainedTokenizerFast]) -> None:
    """BERT's parts words at punctuation; of bytes that were never merged each is a piece."""
    for name, mark, parted in (("bert_like", "[SEP]", "[ SEP ]"), ("byte_level", "a<|end|>", "a<|end|")):
        tokenizer = tokenizers[name]
        bare = tokenizer(parted, add_special_tokens=False)["input_ids"]
        more = tokenizer(">", add_special_tokens=False)["input_ids"] if name == "byte_level" else []
        assert next(pieces_of_texts(tokenizer, [mark])) == bare + more


def test_the_tokenizer_itself_is_left_as_it_is(any_tokenizer: PreTrainedTokenizerFast) -> None:
    before = any_tokenizer.backend_tokenizer.to_str()
    list(pieces_of_texts(any_tokenizer, ["".join(marks_of(any_tokenizer))]))
    assert any_tokenizer.backend_tokenizer.to_str() == before


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> tuple[SentencePieceProcessor, PreTrainedTokenizerFast]:
    """A model of SentencePiece, in its own library and as transformers reads it for XLM-R."""
    folder = tmp_path_factory.mktemp("sentencepiece")
    SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 20),
        model_prefix=str(folder / "words"),
        vocab_size=100,
        character_coverage=1.0,
        minloglevel=9,
    )
    model = folder / "words.model"
    return SentencePieceProcessor(model_file=str(model)), XLMRobertaTokenizerFast(vocab_file=str(model))


@given(data=st.data())
def test_texts_with_marks_are_cut_as_sentencepiece_cuts_them(
    reference: tuple[SentencePieceProcessor, PreTrainedTokenizerFast], data: st.DataObject
) -> None:
    processor, tokenizer = reference
    parts = st.sampled_from(["red", "cat", "s", "<", "/", ">", "if a", *marks_of(tokenizer)])
    text = data.draw(st.lists(parts, min_size=1, max_size=8).map("".join))
    pieces = tokenizer.convert_ids_to_tokens(next(pieces_of_texts(tokenizer, [text])))
    assert pieces == [piece if known else "<unk>" for piece, known in _pieces(processor, text)]


def _pieces(processor: SentencePieceProcessor, text: str) -> list[tuple[str, bool]]:
    pieces = processor.encode(text, out_type=str)
    return [(piece, processor.piece_to_id(piece) != processor.unk_id()) for piece in pieces]


LIMITS = Limits(64, 8)


def encoded(name: str, tokenizer: Any, fields: dict[str, object], task: Task) -> list[list[int]]:
    task_format = FORMATS[name]
    label = ["O"] * len(fields["words"]) if name == "tagging" else None  # type: ignore[arg-type]
    made: Encoded = task_format.encode([task_format.example(0, fields, label, task)], tokenizer, LIMITS, task)
    return [part.tolist() for part in np.split(made.tokens["input_ids"], made.bounds[1:-1])]


FIELDS: dict[str, tuple[Task, Callable[[list[str]], dict[str, object]]]] = {
    "pair": (TASKS["xnli"], lambda some: {"first": some[0], "second": some[1]}),
    "choice": (TASKS["copa"], lambda some: {"context": some[0], "choices": some[1:]}),
    "span": (TASKS["squad_v2"], lambda some: {"question": some[0], "context": some[1], "answers": None}),
    "tagging": (TASKS["panx"], lambda some: {"words": some}),
    "retrieval": (TASKS["tatoeba"], lambda some: {"id": 0, "text": some[0]}),
    "text": (MASKED_LM, lambda some: {"text": some[0] + " the fox", "other": some[1] + " the fox"}),
}


@pytest.mark.parametrize("name", sorted(FIELDS))
@given(data=st.data())
def test_in_every_format_the_control_tokens_are_those_of_the_frame(
    some: dict[str, PreTrainedTokenizerFast], name: str, data: st.DataObject
) -> None:
    tokenizer = some[data.draw(st.sampled_from(["bert_like", "xlmr_like", "merged"]))]
    task, fields = FIELDS[name]
    given_texts = data.draw(st.lists(texts(tokenizer, least=1, most=4), min_size=3, max_size=3))
    alone, control = name in ("tagging", "retrieval"), without_unknown(tokenizer)
    frame = (frame_of_text if alone else frame_of_pair)(tokenizer)
    wanted = [*frame.before, *frame.between, *frame.after]
    for sequence in encoded(name, tokenizer, fields(given_texts), task):
        assert [piece for piece in sequence if piece in control] == wanted


@pytest.mark.parametrize("name", ["bert_like", "xlmr_like", "words_whole", "merged", "t5_like", "byte_level"])
def test_a_mark_in_a_text_does_not_move_the_border_of_two(some: dict[str, PreTrainedTokenizerFast], name: str) -> None:
    tokenizer = some[name]
    mark = tokenizer.sep_token or tokenizer.eos_token or tokenizer.pad_token
    for between in (f"{mark}{mark}", f" {mark} {mark} ", mark):
        one = {"first": f"red{between}cat", "second": "blue"}
        other = {"first": "red", "second": f"cat{between}blue"}
        assert encoded("pair", tokenizer, dict(one), TASKS["xnli"]) != encoded(
            "pair", tokenizer, dict(other), TASKS["xnli"]
        )


def test_an_answer_with_a_mark_in_it_is_found_where_it_is(any_tokenizer: PreTrainedTokenizerFast) -> None:
    for mark in marks_of(any_tokenizer):
        context = f"It cost {mark}20{mark} 15 euro"
        ((ids, places),) = pieces_with_places(any_tokenizer, [context])
        assert len(ids) == len(places)
        assert any(start <= context.index("20") < end for start, end in places)
        assert any(start <= context.index("euro") < end for start, end in places)


def test_a_folder_is_a_tokenizer_too(tmp_path: Path, some: dict[str, PreTrainedTokenizerFast]) -> None:
    """What was saved and loaded is cut alike."""
    some["xlmr_like"].save_pretrained(tmp_path)
    again = PreTrainedTokenizerFast.from_pretrained(tmp_path)
    text = ["red</s></s>cat <mask>, ＜ｓ＞"]
    assert list(pieces_of_texts(again, text)) == list(pieces_of_texts(some["xlmr_like"], text))
