"""What is odd in data that are used all the same, as what is counted, in the plural."""

from collections.abc import Iterable

BLANK_TEXT = "blank texts"
BLANK_WORD = "sentences with a blank word"
NO_WORDS = "sentences of no words"
EMPTY_ANSWER = "questions with an empty reference answer"
ABSENT_ANSWER = "questions with a reference answer that does not occur in the context"


def any_blank(texts: Iterable[str]) -> bool:
    """Whether one of some texts has no character but white space."""
    return any(not text.strip() for text in texts)
