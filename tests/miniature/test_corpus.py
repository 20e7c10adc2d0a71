"""Text about the whole world, in every language, that no task's text is a part of."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from madx_stilts.errors import UnknownName
from madx_stilts.miniature.corpus import dictionary, documents, parallel, switched
from madx_stilts.miniature.languages import CONSTRUCTED
from madx_stilts.miniature.lexicon import FUNCTION, lexicon
from madx_stilts.miniature.world import MiniatureWorld


@pytest.mark.parametrize("code", CONSTRUCTED)
def test_documents_follow_from_their_seed(world: MiniatureWorld, code: str) -> None:
    assert list(documents(world, code, 50, seed=3)) == list(documents(world, code, 50, seed=3))
    assert list(documents(world, code, 50, seed=3)) != list(documents(world, code, 50, seed=4))
    assert list(documents(world, code, 20, seed=3)) == list(documents(world, code, 50, seed=3))[:20]


def test_text_speaks_of_every_kind_and_event_whatever_its_split(world: MiniatureWorld) -> None:
    spelled = lexicon(world.seed, "qaa").spelled
    text = " ".join(documents(world, "qaa", 4000, seed=1)).lower()
    seen = {*text.replace(".", " ").replace("?", " ").split()}
    glosses = [kind.gloss for kind in world.kinds] + [event for chain in world.chains for event in chain.events]
    assert [gloss for gloss in glosses if spelled(gloss) not in seen] == []


def test_translations_have_as_many_sentences_and_the_source_first(world: MiniatureWorld) -> None:
    for source, translation, _ in parallel(world, "qac", 50, seed=1):
        assert source.count(".") + source.count("?") == translation.count(".") + translation.count("?")
        assert source.isascii()
        assert not translation.isascii()


@pytest.mark.parametrize("code", [code for code in CONSTRUCTED if code != "qaa"])
def test_translations_tell_which_words_mean_the_same(world: MiniatureWorld, code: str) -> None:
    source, other = (lexicon(world.seed, each) for each in ("qaa", code))
    count = 0
    for text, translation, words in parallel(world, code, 50, seed=1):
        for here, there in words:
            one, two = text[slice(*here)].lower(), translation[slice(*there)].lower()
            glosses = [gloss for gloss in source.sounds if source.spelled(gloss) == one]
            # An ending may follow. Numbers and marks are the same in all languages.
            assert (
                one == two
                if one.isdigit() or one in ".?"
                else any(two.startswith(other.spelled(gloss)) for gloss in glosses)
            )
            count += 1
        for spans, whole in zip(zip(*words, strict=True), (text, translation), strict=True):
            taken = [at for span in spans for at in range(*span)]
            assert len(taken) == len(set(taken))
            assert len(taken) > 0.5 * len(whole)
    assert count > 400


def test_switching_replaces_the_share_of_words_that_is_asked_for(world: MiniatureWorld) -> None:
    none, all_ = (list(switched(world, "qad", 100, seed=1, share=share)) for share in (0.0, 1.0))
    assert all(text.isascii() for text in none)
    assert not any(text.isascii() for text in all_)
    assert [len(text.split()) for text in none] == [len(text.split()) for text in all_]


def test_a_dictionary_covers_the_share_that_the_language_declares_and_all_function_words(world: MiniatureWorld) -> None:
    source = lexicon(world.seed, "qaa")
    for code, language in CONSTRUCTED.items():
        known = {translation for _, translation in dictionary(world, code)}
        content, function = set[str](), set[str]()
        for gloss in source.sounds:
            (function if gloss in FUNCTION else content).add(lexicon(world.seed, code).spelled(gloss))
        assert len(known & content) / len(content) == pytest.approx(language.dictionary, abs=0.05)
        assert known >= function if language.dictionary else not known
    first, translation = dictionary(world, "qab")[0]
    assert (first, translation) in dictionary(world, "qab")


def test_no_text_to_train_language_models_on_is_a_premise_with_its_hypothesis(
    world: MiniatureWorld, miniature: Path
) -> None:
    rows = pq.read_table(miniature / "nyu-mll/glue/mnli/train-00000-of-00001.parquet").to_pylist()
    pairs = {f"{row['premise']} {row['hypothesis']}" for row in rows}
    assert pairs.isdisjoint(documents(world, "qaa", 3000, seed=1))


def test_an_unknown_language_is_told(world: MiniatureWorld) -> None:
    with pytest.raises(UnknownName, match="qaz"):
        documents(world, "qaz", 1, seed=1)
