"""The special tokens round texts: learned from the tokenizer once, so that formats can cut texts where they must."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from madx_stilts.errors import UsageError
from madx_stilts.formats.base import Limits, Tokenizer

Pieces = Sequence[int]


class TokenTypes(NamedTuple):
    """`token_type_ids` of the special tokens and of the two texts."""

    before: Pieces
    first: int
    between: Pieces
    second: int
    after: Pieces


@dataclass(frozen=True)
class SpecialTokens:
    """What a tokenizer puts round one text, or round and between two: `<s> first </s></s> second </s>`.

    Args:
        texts: How many texts it is for, 1 or 2.
        before: Ids of the special tokens before the first text.
        between: Those between the texts; none with one text.
        after: Those after the last text.
        types: None where the tokenizer makes none.
        null: Position of the CLS token if it comes first, else 0: where a span head points for "no answer".
    """

    texts: int
    before: Pieces
    between: Pieces
    after: Pieces
    types: TokenTypes | None
    null: int

    def room(self, limits: Limits) -> int:
        """Tokens that are left for texts.

        Raises:
            UsageError: Not even one for each text.
        """
        special = len(self.before) + len(self.between) + len(self.after)
        room = limits.max_tokens - special
        if room < self.texts:
            raise UsageError(
                f"max_tokens is {limits.max_tokens}, of which the tokenizer's special tokens take {special}.",
                hint=f"Set max_tokens to {special + self.texts} or more.",
            )
        return room

    def wrap(self, first: Pieces, second: Pieces = ()) -> dict[str, list[int]]:
        """`input_ids` and, where the tokenizer makes them, `token_type_ids` of one sequence."""
        tokens = {"input_ids": [*self.before, *first, *self.between, *second, *self.after]}
        if self.types is not None:
            kind = self.types
            texts = [kind.first] * len(first), [kind.second] * len(second)
            tokens["token_type_ids"] = [*kind.before, *texts[0], *kind.between, *texts[1], *kind.after]
        return tokens

    def ahead(self, first: Pieces = ()) -> int:
        """Tokens before the last text.

        Args:
            first: The text before it, if there are two.
        """
        return len(self.before) + len(first) + len(self.between)

    def align(self, values: Pieces, first: Pieces = (), *, filler: int) -> list[int]:
        """Values of the last text's pieces, filled up to the whole sequence.

        Args:
            values: One for each piece of the last text.
            first: The text before it, if there are two.
            filler: The value of all other tokens.
        """
        return [filler] * self.ahead(first) + [*values] + [filler] * len(self.after)


def frame_of_text(tokenizer: Tokenizer) -> SpecialTokens:
    """What the tokenizer puts round one text."""
    return _learn(tokenizer, texts=1)


def frame_of_pair(tokenizer: Tokenizer) -> SpecialTokens:
    """What the tokenizer puts round and between two texts."""
    return _learn(tokenizer, texts=2)


def cut_longest(first: Pieces, second: Pieces, room: int) -> tuple[Pieces, Pieces]:
    """Shorten the longer text, and both once they are equally long: `truncation="longest_first"` of transformers."""
    if len(first) + len(second) <= room:
        return first, second
    shorter = min(len(first), len(second), room // 2)
    kept = shorter if len(first) <= len(second) else room - shorter
    return first[:kept], second[: room - kept]


def _learn(tokenizer: Tokenizer, *, texts: int) -> SpecialTokens:
    """Let the tokenizer frame a text that is known and see which tokens it added.

    `build_inputs_with_special_tokens` would tell less, and for tokenizers without a class of their own it adds nothing.
    """
    probe = tokenizer(*[["a"]] * texts, return_special_tokens_mask=True)
    ids, added = probe["input_ids"][0], probe["special_tokens_mask"][0]
    own = [at for at, special in enumerate(added) if not special]
    # The probe is the same text once or twice, so the first text has an equal share of the pieces.
    begin, end, share = own[0], own[-1] + 1, len(own) // texts
    gap = slice(own[share - 1] + 1, own[share]) if texts == 2 else slice(0, 0)
    types = None
    if "token_type_ids" in tokenizer.model_input_names:
        kinds = probe["token_type_ids"][0]
        types = TokenTypes(kinds[:begin], kinds[begin], kinds[gap], kinds[end - 1], kinds[end:])
    before = ids[:begin]
    null = before.index(tokenizer.cls_token_id) if tokenizer.cls_token_id in before else 0
    return SpecialTokens(texts, before, ids[gap], ids[end:], types, null)
