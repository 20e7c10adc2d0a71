"""Text cut by a tokenizer, and nothing that is written in it taken for a control token.

A `</s>` in a text would become the separator twice over: tokenizers look for their added tokens before they normalise
a text, and unigram models, and others, have the same names among the pieces that they choose from, so that a
full-width `＜／ｓ＞` does too once it is normalised (`split_special_tokens` of transformers stops the first alone).

So where the pieces of a text hold a control token, the text is cut again by a double of the tokenizer that differs in
one thing: its control tokens have names that are drawn at random, so that no text holds them. The text becomes the
pieces of its characters, as in SentencePiece, whose control symbols match no text (doc/special_symbols.md there).
Every other text is cut by the tokenizer itself.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from secrets import token_hex
from typing import Any, NamedTuple, Protocol, cast

from madx_stilts.formats.tokenizer import Backend, TokenizedText, Tokenizer

_DOUBLES = 4
"""Doubles that are kept: each takes as much memory as its tokenizer, and seconds to make for a large vocabulary."""
_BARE = {
    "add_special_tokens": False,
    "return_attention_mask": False,
    "return_token_type_ids": False,
    # Or it warns of texts longer than the model's limit, which are cut later.
    "verbose": False,
}


class CutText(NamedTuple):
    """The pieces of a text.

    Args:
        ids: Their token ids. None is a control token, but for the unknown token where characters are unknown.
        cut: What else the tokenizer says of them.
    """

    ids: list[int]
    cut: TokenizedText


class _Made(Protocol):
    """What a fast tokenizer answers."""

    encodings: Sequence[TokenizedText]

    def __getitem__(self, name: str) -> list[list[int]]: ...


class TextCutter:
    """Cuts texts into pieces, without special tokens around them.

    Args:
        tokenizer: It is not changed, and must not be while texts are cut.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        # Unknown characters become this, so it is a fault only where its name is written.
        self._unknown = tokenizer.unk_token_id
        self._certain = control_ids(tokenizer) - {self._unknown}
        normalizer = tokenizer.backend_tokenizer.normalizer
        self._normal = normalizer.normalize_str if normalizer is not None else str
        name = str(tokenizer.unk_token)
        self._names = {name, self._normal(name)}

    def texts(self, texts: Sequence[str]) -> list[CutText]:
        """Cut texts."""
        made = cast(_Made, self._tokenizer(list(texts), **_BARE))
        return self._without_control(made, texts, [(text,) for text in texts], split=False)

    def words(self, sentences: Sequence[Sequence[str]]) -> list[CutText]:
        """Cut sentences whose words are given."""
        words = [list(sentence) for sentence in sentences]
        made = cast(_Made, self._tokenizer(words, is_split_into_words=True, **_BARE))
        return self._without_control(made, words, words, split=True)

    def _without_control(
        self, made: "_Made", texts: Sequence[object], parts: Sequence[Sequence[str]], *, split: bool
    ) -> list[CutText]:
        """What the tokenizer answered, with texts cut again in which it saw control tokens.

        Args:
            parts: What the tokenizer normalised by itself of each text.
            split: Whether these are given words.
        """
        ids, cuts = made["input_ids"], list(made.encodings)
        again = [at for at, found in enumerate(ids) if self._sees_control(found, parts[at])]
        if again:
            double, some = self._double, [texts[at] for at in again]
            answers = double.encode_batch(some, is_pretokenized=split, add_special_tokens=False)
            for at, cut in zip(again, answers, strict=True):
                ids[at], cuts[at] = cut.ids, cut
        return [CutText(*one) for one in zip(ids, cuts, strict=True)]

    def _sees_control(self, ids: list[int], parts: Iterable[str]) -> bool:
        if not self._certain.isdisjoint(ids):
            return True
        return self._unknown in ids and any(map(self._names_unknown, parts))

    def _names_unknown(self, text: str) -> bool:
        """Whether the unknown token's name is written there, as it is or once the text is normalised."""
        normal = self._normal(text)
        return any(name in text or name in normal for name in self._names)

    @cached_property
    def _double(self) -> Backend:
        return plain_backend(self._tokenizer)


def control_ids(tokenizer: Tokenizer) -> frozenset[int]:
    """Ids of special tokens: those that have a role, those that were added as special, those put round texts."""
    backend = tokenizer.backend_tokenizer
    added = (at for at, token in backend.get_added_tokens_decoder().items() if token.special)
    frames = (backend.encode(""), backend.encode("", ""))
    around = (at for one in frames for at, special in zip(one.ids, one.special_tokens_mask, strict=True) if special)
    return frozenset((*tokenizer.all_special_ids, *added, *around))


def plain_backend(tokenizer: Tokenizer) -> Backend:
    """The double of a tokenizer: it cuts as the tokenizer does, and no text names its control tokens."""
    backend = tokenizer.backend_tokenizer
    return _double(type(backend), backend.to_str(), control_ids(tokenizer))


@lru_cache(_DOUBLES)
def _double(kind: type[Backend], state: str, control: frozenset[int]) -> Backend:
    """A tokenizer with other names for its control tokens.

    Args:
        state: The tokenizer, as JSON.
    """
    content = json.loads(state)
    content |= {"truncation": None, "padding": None}
    model = content["model"]
    names = _names(content, control)
    for token in content["added_tokens"]:
        token["content"] = names.get(token["content"], token["content"])
    if isinstance(model["vocab"], list):
        # A unigram model: pieces with their scores, in the order of their ids.
        model["vocab"] = [[names.get(piece, piece), score] for piece, score in model["vocab"]]
    else:
        model["vocab"] = {names.get(piece, piece): at for piece, at in model["vocab"].items()}
    if model.get("unk_token") is not None:
        model["unk_token"] = names.get(model["unk_token"], model["unk_token"])
    if "merges" in model:
        model["merges"] = list(_mergeable(model, names))
    return kind.from_str(json.dumps(content))


def _names(content: Mapping[str, Any], control: frozenset[int]) -> dict[str, str]:
    """A name for each control token, by its name so far; no text holds it, since it is drawn here."""
    model = content["model"]
    vocabulary = model["vocab"]
    if isinstance(vocabulary, list):
        unknown = {model["unk_id"]} - {None}
        known = {vocabulary[at][0] for at in control | unknown if at < len(vocabulary)}
    else:
        known = {piece for piece, at in vocabulary.items() if at in control}
        known |= {model.get("unk_token")} - {None}
    known |= {token["content"] for token in content["added_tokens"] if token["id"] in control}
    return {name: token_hex(16) for name in known}


def _mergeable(model: Mapping[str, Any], names: Mapping[str, str]) -> Iterable[list[str]]:
    """The merges of a byte-pair encoding, but for those of control tokens."""
    prefix = model.get("continuing_subword_prefix") or ""
    for left, right in model["merges"]:
        if names.keys().isdisjoint((left, right, left + right.removeprefix(prefix))):
            yield [left, right]
