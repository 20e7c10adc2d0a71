"""Which pieces translate each other is learned from texts and translations, whatever their order."""

import signal
from string import ascii_lowercase

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from madx_stilts.train.interrupts import sigterm_as_interrupt
from madx_stilts.train.links import Cutter, Ids, TranslationTable

KINDS = 25
Words = list[str]
LETTERS = [*ascii_lowercase, ".", ","]
SHIFT = str.maketrans(ascii_lowercase, ascii_lowercase[1:] + "a")


def word_piece() -> Tokenizer:
    """Makes pieces like d ##o ##g."""
    names = ["?", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    made = Tokenizer(models.WordPiece({name: at for at, name in enumerate(names)}, unk_token="?"))
    made.pre_tokenizer, made.decoder = pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    return made


def metaspace() -> Tokenizer:
    """Makes pieces like ▁ d o g, as XLM-R does of a word of which it knows no more."""
    made = Tokenizer(models.BPE({name: at for at, name in enumerate(["▁", *LETTERS])}, []))
    made.pre_tokenizer, made.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    return made


def byte_level() -> Tokenizer:
    """Makes pieces like Ġd o g."""
    names = ["Ġ", *LETTERS, *(f"Ġ{letter}" for letter in ascii_lowercase)]
    merges = [("Ġ", letter) for letter in ascii_lowercase]
    made = Tokenizer(models.BPE({name: at for at, name in enumerate(names)}, merges))
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
    return made


CUT = {make.__name__: PreTrainedTokenizerFast(tokenizer_object=make()) for make in (word_piece, metaspace, byte_level)}
TOKENIZER = CUT["word_piece"]


def cut(text: str, tokenizer: PreTrainedTokenizerFast = TOKENIZER) -> Ids:
    return np.array(tokenizer(text, add_special_tokens=False)["input_ids"])


def lexicon_of(pairs: list[tuple[str, str]]) -> TranslationTable:
    return TranslationTable([(cut(text), cut(other)) for text, other in pairs], Cutter(TOKENIZER))


def linked(lexicon: TranslationTable, text: str, other: str) -> list[tuple[str, str]]:
    """Each letter of a text with that of its translation."""
    links = lexicon.links(cut(text), cut(other))
    letters, others = text.replace(" ", ""), other.replace(" ", "")
    return [(letter, others[at] if at >= 0 else "") for letter, at in zip(letters, links, strict=True)]


def texts(rng: np.random.Generator, count: int) -> list[Words]:
    """Words of two letters, none twice in a text."""
    drawn = (rng.choice(KINDS, size=rng.integers(3, 9), replace=False) for _ in range(count))
    return [[ascii_lowercase[kind // 13] + ascii_lowercase[kind] for kind in text] for text in drawn]


@pytest.mark.parametrize("name", CUT)
@given(st.lists(st.text("abcxyz", min_size=1, max_size=7), min_size=1, max_size=6))
def test_words_are_those_between_spaces_and_marks(name: str, words: Words) -> None:
    text = ", ".join([" ".join(words), words[0]]) + "."
    pieces = cut(text, CUT[name])
    found = [CUT[name].decode(pieces[word]).strip() for word in Cutter(CUT[name]).words(pieces)]
    assert found == [*words, ",", words[0], "."]


def test_pieces_of_a_text_without_spaces_are_words() -> None:
    pieces = cut("abcdefghijk ab")
    assert [len(word) for word in Cutter(TOKENIZER).words(pieces)] == [1] * 11 + [2]


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1))
def test_a_dictionary_is_found_again_whatever_the_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = [(text, rng.permutation(text)) for text in texts(rng, 150)]
    pairs = [(" ".join(text), " ".join(turned).translate(SHIFT)) for text, turned in made]
    lexicon = lexicon_of(pairs)
    right = [b == a.translate(SHIFT) for text, other in pairs for a, b in linked(lexicon, text, other)]
    assert np.mean(right) > 0.98


def test_a_word_is_linked_from_its_first_piece_to_its_last() -> None:
    rng = np.random.default_rng(0)
    spelled = {"ab": "pqrs", "cd": "u"}
    words = [[word for word in text if word not in spelled] for text in texts(rng, 150)]
    pairs = [(" ".join([*text, long]), " ".join([*text, spelled[long]])) for text in words for long in spelled]
    lexicon = lexicon_of(pairs)
    assert linked(lexicon, "ab cd", "u pqrs") == [("a", "p"), ("b", "s"), ("c", "u"), ("d", "u")]
    turned = lexicon_of([(other, text) for text, other in pairs])
    assert linked(turned, "pqrs u", "cd ab") == [("p", "a"), ("q", "a"), ("r", "b"), ("s", "b"), ("u", "c")]


def test_what_is_nowhere_in_the_translation_is_not_linked() -> None:
    rng = np.random.default_rng(0)
    made = [" ".join(text) for text in texts(rng, 600) if len(text) > 6]
    lexicon = lexicon_of([(f"{text} z", text) for text in made])
    found = [linked(lexicon, f"{text} z", text) for text in made]
    assert all(a == b for links in found for a, b in links[:-1])
    assert np.mean([links[-1] == ("z", "") for links in found]) > 0.8


def test_of_two_equal_words_the_nearer_is_meant() -> None:
    rng = np.random.default_rng(1)
    made = [" ".join(text) for text in texts(rng, 200)]
    twice = cut(f"ab {made[1]} ab")
    links = lexicon_of([(text, text) for text in made]).links(twice, twice)
    assert links[[0, 1, -2, -1]].tolist() == [0, 1, len(twice) - 2, len(twice) - 1]


def test_words_that_were_never_met_are_linked_with_nothing() -> None:
    lexicon = lexicon_of([("a b", "c d")])
    assert linked(lexicon, "x y", "c w") == [("x", ""), ("y", "")]
    assert linked(lexicon, "a", "z") == [("a", "")]


def test_each_round_of_the_counting_is_reported_and_a_stop_is_met_between() -> None:
    pieces = [(cut(text), cut(text.translate(SHIFT))) for text in ("a b c", "b d", "c a d")]
    rounds: list[tuple[int, int]] = []
    TranslationTable(pieces, Cutter(TOKENIZER), lambda *step: rounds.append(step))
    count = len(rounds)
    assert rounds == [(done, count) for done in range(1, count + 1)]

    def stopping(done: int, batches: int) -> None:
        rounds.append((done, batches))
        if done == 3:
            signal.raise_signal(signal.SIGTERM)

    with sigterm_as_interrupt(), pytest.raises(KeyboardInterrupt):
        TranslationTable(pieces, Cutter(TOKENIZER), stopping)
    assert rounds[-1] == (3, count)
