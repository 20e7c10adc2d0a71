"""A question laid over its context, window by window, each with its part of the answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from madx_stilts.errors import UsageError
from madx_stilts.formats.base import IGNORED, Limits
from madx_stilts.formats.context import NOWHERE, Context
from madx_stilts.formats.frame import SpecialTokens

LONGEST_QUESTION = 64
"""In tokens, as in BERT's code for SQuAD."""


@dataclass(frozen=True)
class SpanWindows:
    """Cuts questions and contexts.

    Args:
        frame: The special tokens of two texts.
        limits: The stride is what neighbouring windows of a context share.
    """

    frame: SpecialTokens
    limits: Limits

    @property
    def longest_question(self) -> int:
        """Tokens of a question that are kept: at most half of what the stride leaves, so that windows move on.

        Raises:
            UsageError: The stride leaves nothing.
        """
        room = self.frame.room(self.limits)
        fresh = room - self.limits.stride
        if fresh < 2:
            raise UsageError(
                f"With max_tokens {self.limits.max_tokens}, a stride of {self.limits.stride} leaves no room for a "
                "question and new context.",
                hint=f"Set the stride to {room // 2} or less, or raise max_tokens.",
            )
        return min(LONGEST_QUESTION, fresh // 2)

    def over(
        self, context: Context, question: Sequence[int], answer: tuple[int, int] | None
    ) -> Iterator[tuple[dict[str, list[int]], dict[str, int]]]:
        """Token values and row values of each window.

        Args:
            question: Its pieces.
            answer: First and last piece of the answer; None if there is no answer.
        """
        question = question[: self.longest_question]
        ahead, null = self.frame.ahead(question), self.frame.null
        for begin, stop in context.windows(self.frame.room(self.limits) - len(question), self.limits.stride):
            tokens = self.frame.wrap(question, context.ids[begin:stop])
            tokens["char_start"] = self.frame.align(context.starts[begin:stop], question, filler=NOWHERE)
            tokens["char_end"] = self.frame.align(context.ends[begin:stop], question, filler=NOWHERE)
            start = end = null
            if answer is not None and begin <= answer[0] and answer[1] < stop:
                start, end = (ahead + piece - begin for piece in answer)
            yield tokens, {"start": start, "end": end, "null": null}


def hide_answer(row: Mapping[str, int]) -> dict[str, int]:
    """The row values of a window of which it is not known what is right."""
    return {**row, "start": IGNORED, "end": IGNORED}
