"""What is read: a tokenizer for all languages, texts in the architecture's frame, translations side by side."""

from collections import Counter
from collections.abc import Callable
from itertools import groupby

import numpy as np
import pytest

from madx_stilts.miniature import corpus
from madx_stilts.miniature.languages import CONSTRUCTED
from madx_stilts.miniature.lexicon import lexicon
from madx_stilts.miniature.world import MiniatureWorld
from madx_stilts.pretrain.plan import ArchitectureName, PretrainConfig
from madx_stilts.pretrain.text import SEEN, TokenizedCorpus, prepare
from madx_stilts.pretrain.tokenizer import tokenizer_of

Readings = dict[ArchitectureName, TokenizedCorpus]
Tiny = Callable[[ArchitectureName], PretrainConfig]

FRAMES: dict[ArchitectureName, tuple[str, str]] = {
    "encoder": ("<s> A </s>", "<s> A </s> </s> B </s>"),
    "encoder_decoder": ("A </s>", "A </s> B </s>"),
    "decoder": ("<s> A </s>", "<s> A </s> B </s>"),
}


@pytest.mark.parametrize("architecture", FRAMES)
def test_texts_stand_in_the_frame_of_the_architecture(architecture: ArchitectureName, readings: Readings) -> None:
    tokenizer = readings[architecture].tokenizer
    one, two = (tokenizer.encode(text, add_special_tokens=False) for text in ("padra", "fam"))
    for ids, frame in zip((tokenizer("padra"), tokenizer("padra", "fam")), FRAMES[architecture], strict=True):
        wanted = [one if part == "A" else two if part == "B" else [part] for part in frame.split()]
        names = [part if isinstance(part, str) else tokenizer.convert_ids_to_tokens(part) for w in wanted for part in w]
        assert tokenizer.convert_ids_to_tokens(ids["input_ids"]) == names


def test_special_pieces_have_the_ids_of_xlmr(readings: Readings) -> None:
    tokenizer = readings["encoder"].tokenizer
    assert tokenizer.convert_ids_to_tokens([0, 1, 2, 3]) == ["<s>", "<pad>", "</s>", "<unk>"]
    assert tokenizer.mask_token == "<mask>"


@pytest.mark.parametrize("code", CONSTRUCTED)
def test_every_language_can_be_written_in_pieces_and_read_back(code: str, readings: Readings) -> None:
    tokenizer = readings["encoder"].tokenizer
    for document in corpus.documents(MiniatureWorld(1), code, 50, 7):
        ids = tokenizer.encode(document, add_special_tokens=False)
        assert tokenizer.unk_token_id not in ids
        assert tokenizer.decode(ids, clean_up_tokenization_spaces=False) == document


def test_frequent_words_are_one_piece(readings: Readings) -> None:
    for code, documents in readings["encoder"].alone.items():
        encoder = readings["encoder"].tokenizer
        pieces = [piece for document in documents[:100] for piece in encoder.tokenize(document)]
        words = sum(piece.startswith("▁") or not piece.isalnum() for piece in pieces)
        assert words / len(pieces) > 0.65, code


def test_the_same_text_gives_the_same_tokenizer(readings: Readings) -> None:
    text = [document for documents in readings["encoder"].alone.values() for document in documents]
    one, two = (tokenizer_of(text, "encoder", 1500).backend_tokenizer.to_str() for _ in range(2))
    assert one == two


def test_the_same_config_gives_the_same_text(tiny: Tiny, readings: Readings) -> None:
    again = prepare(tiny("encoder")).text
    assert np.array_equal(again.tokens["input_ids"], readings["encoder"].text.tokens["input_ids"])


def test_a_third_of_the_texts_is_followed_by_its_translation(readings: Readings) -> None:
    reading = readings["encoder"]
    texts = texts_of(reading)
    end = reading.tokenizer.eos_token_id
    # Of 120 in each language the first 24 stand together, in ten groups of two or three.
    assert sum(text.count(end) == 3 for text in texts) == 3 * (120 - 24 + 10)
    assert reading.text.rows["translated"].tolist() == [text.count(end) == 3 for text in texts]
    # The others end once. Some of them stand together, so there are fewer of them than documents.
    assert {text.count(end) for text in texts} == {1, 3}
    assert 1200 - 96 - 42 < len(texts) < 1200 - 42


def test_all_that_is_read_is_written_in_known_letters(readings: Readings) -> None:
    reading = readings["encoder"]
    assert reading.tokenizer.unk_token_id not in reading.text.tokens["input_ids"]


def test_words_are_numbered_as_their_translations_are(readings: Readings) -> None:
    """Numbers lead from a word to its translation, and both are read back whole."""
    reading, lexicons = readings["encoder"], {code: lexicon(1, code) for code in SEEN}
    glosses = {spelled.spelled(gloss): (code, gloss) for code, spelled in lexicons.items() for gloss in spelled.sounds}
    word, met = np.split(reading.text.tokens["word"], reading.text.bounds[1:-1]), Counter[bool]()
    for ids, numbers in zip(texts_of(reading), word, strict=True):
        halves = ids.index(reading.tokenizer.eos_token_id)
        for number in range(1, numbers.max(initial=0) + 1):
            at = np.flatnonzero(numbers == number)
            one, other = (
                reading.tokenizer.decode([ids[place] for place in side]).lower()
                for side in (at[at < halves], at[at > halves])
            )
            assert one
            assert other
            if one in glosses and other in glosses:  # neither a number nor a word with an ending
                met[glosses[one][1] == glosses[other][1]] += 1
    assert met[True] > 1000
    # A homonym, and what two languages write alike, may go by another gloss.
    assert met[False] < 0.05 * met[True]


def test_only_translations_have_numbered_words(readings: Readings) -> None:
    text = readings["encoder"].text
    numbered = np.add.reduceat(text.tokens["word"], text.bounds[:-1]) > 0
    assert numbered.tolist() == (text.rows["translated"] == 1).tolist()


def test_documents_may_be_cut_in_two_segments_and_lose_nothing(tiny: Tiny, readings: Readings) -> None:
    whole, config = readings["encoder"], tiny("encoder")
    cut = prepare(config.model_copy(update={"text": config.text.model_copy(update={"parted": 0.5})}))
    end, begin = cut.tokenizer.eos_token_id, cut.tokenizer.bos_token_id
    count = 0
    for before, after, translated in zip(texts_of(whole), texts_of(cut), cut.text.rows["translated"], strict=True):
        count += after != before
        assert after == before or not translated
        first, *second = (list(part) for is_end, part in groupby(after[1:], end.__eq__) if not is_end)
        if not translated and second:
            [other] = second
            assert before in ([begin, *first, *other, end], [begin, *other, *first, end])
    assert 0.4 < count / (cut.text.rows["translated"] == 0).sum() < 0.55
    turned = [before[1] != after[1] for before, after in zip(texts_of(whole), texts_of(cut), strict=True)]
    assert 0.1 < np.mean(turned) < 0.2  # half of the half of two thirds; some begin with the same word either way


def texts_of(reading: TokenizedCorpus) -> list[list[int]]:
    return [ids.tolist() for ids in np.split(reading.text.tokens["input_ids"], reading.text.bounds[1:-1])]
