"""Base class of formats, and the types between a row and a score.

    row ─read─► Example ─encode─► Encoded ─(backbone)─► Outputs ─decode─► predictions ─score─► metrics

Formats know tokenizers only by protocol and tensors only as NumPy arrays, so this floor needs no torch.
"""

from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from madx_stilts.formats.tokenizer import Tokenizer as Tokenizer
from madx_stilts.tasks.task import Task

HeadKind = Literal["classification", "multiple_choice", "question_answering", "tagging", "masked_lm", "none"]
"""What answers; None: nothing does, texts are compared by their hidden states."""
Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
IGNORED = -100
"""Label of a token that is neither trained on nor scored (the `ignore_index` of torch's cross entropy)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest lengths of encoded texts, in tokens.

    Args:
        max_tokens: Longest sequence, special tokens included.
        stride: Tokens that neighbouring windows of one long text share.
    """

    max_tokens: int
    stride: int = 0


@dataclass(frozen=True)
class Encoded:
    """Sequences of token ids, ragged, in flat arrays, ready to be cached and batched.

    Args:
        bounds: Start of each sequence in the flat token arrays, and the end of the last.
            *Shape:* ``(sequences + 1,)``, int64.
        tokens: Values aligned with tokens: always `input_ids`; `token_type_ids` where the tokenizer makes them;
            others as the format says. *Shape of each:* ``(total_tokens,)``, int32.
        rows: Values aligned with sequences: always `example`, the position of the example a sequence came from;
            others as the format says. *Shape of each:* ``(sequences,)``, int32.
        group: Consecutive sequences that belong together: the choices of one question, else 1.
    """

    bounds: NDArray[np.int64]
    tokens: dict[str, Ints]
    rows: dict[str, Ints]
    group: int = 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each sequence. *Shape:* ``(sequences,)``."""
        return np.diff(self.bounds)

    def __len__(self) -> int:
        """The number of groups: what a batch counts."""
        return (len(self.bounds) - 1) // self.group


@dataclass
class EncodedBuilder:
    """Collects sequences one by one into an `Encoded`.

    Arrays, since lists of integers take seven times the memory: 1.8 GB for a million pairs of 45 tokens.
    """

    group: int = 1
    _lengths: list[int] = field(default_factory=list)
    _tokens: dict[str, "array[int]"] = field(default_factory=dict)
    _rows: dict[str, "array[int]"] = field(default_factory=dict)

    def add(self, tokens: Mapping[str, Sequence[int]], rows: Mapping[str, int]) -> None:
        """Add one sequence; all values in `tokens` have the length of `input_ids`."""
        self._lengths.append(len(tokens["input_ids"]))
        for name, values in tokens.items():
            self._tokens.setdefault(name, array("i")).extend(values)
        for name, value in rows.items():
            self._rows.setdefault(name, array("i")).append(value)

    def build(self) -> Encoded:
        """The collected sequences."""
        bounds = np.concatenate([[0], np.cumsum(self._lengths)]).astype(np.int64)
        tokens = {name: np.array(values, dtype=np.int32) for name, values in self._tokens.items()}
        rows = {name: np.array(values, dtype=np.int32) for name, values in self._rows.items()}
        return Encoded(bounds, tokens, rows, self.group)


Outputs = Mapping[str, NDArray[np.generic]]
"""What a backbone with a head answered, in the order of an `Encoded`, without padding:
classification and multiple_choice: `logits`, ``(groups, labels or choices)``;
question_answering: `start` and `end`, ``(total_tokens,)`` each;
tagging: `label`, the best label's index for each token, ``(total_tokens,)``;
none: `candidate`, ids of the candidates that were found for each query, the best first, empty where there is none,
and `score`, how well they fit, ``(queries, found)`` each;
masked_lm: nothing to decode."""

E = TypeVar("E")
P = TypeVar("P")


class Format(ABC, Generic[E, P]):
    """One shape of task: E is its example type, P what is predicted for one example.

    Class attributes:
        name: As tasks name it.
        version: Raised when encoding changes, so that cached encodings of older code are not used.
        head: The kind of prediction head it needs, if any.
        fields: Names that a source's `fields` must give; `optional_fields` may be given.
        metrics: Names of the metrics it can compute.
        max_tokens: Default length limit.
        unlearnable: What rows are that `learnable` leaves out of training, in the plural.
        unscorable: What rows are that `scorable` does not count, in the plural.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    head: ClassVar[HeadKind]
    fields: ClassVar[tuple[str, ...]]
    optional_fields: ClassVar[tuple[str, ...]] = ("id",)
    metrics: ClassVar[tuple[str, ...]]
    max_tokens: ClassVar[int] = 256
    unlearnable: ClassVar[str] = ""
    unscorable: ClassVar[str] = ""

    @abstractmethod
    def example(self, row: int, fields: Mapping[str, object], label: object, task: Task) -> E:
        """Make an example of a row's fields.

        Args:
            row: Index of the row in its split; it is the id where the data have none.
            fields: Values by field name.
            label: Name of the label (a list of names for tagging), or None where none is known.

        Raises:
            BadRow: The row cannot be used.
        """

    @abstractmethod
    def labelled(self, example: E) -> bool:
        """Whether the example has its gold answer."""

    def learnable(self, example: E) -> bool:
        """Whether training can use an example that has its gold answer; scoring uses all."""
        return True

    def scorable(self, example: E) -> bool:
        """Whether an example that has its gold answer adds to a score; where none does, there is no score."""
        return True

    def remarks(self, example: E) -> Iterator[str]:
        """What is odd in an example that is used all the same: see `formats.remarks`."""
        return iter(())

    @abstractmethod
    def encode(self, examples: Sequence[E], tokenizer: Tokenizer, limits: Limits, task: Task) -> Encoded:
        """Turn examples into sequences of token ids.

        Raises:
            BadRow: An example cannot be encoded (a text with no tokens, say); `row` tells which.
        """

    @abstractmethod
    def decode(self, outputs: Outputs, encoded: Encoded, examples: Sequence[E], task: Task) -> list[P]:
        """One prediction per example, in their order."""

    @abstractmethod
    def score(self, predictions: Sequence[P], examples: Sequence[E], task: Task, language: str) -> dict[str, float]:
        """The task's metrics, each 0 to 100.

        Args:
            language: Of the examples: some definitions differ by language (MLQA's articles).

        Raises:
            DataError: An example has no gold answer.
        """

    def constants(self, examples: Sequence[E], task: Task) -> Iterator[list[P]]:
        """Predictions that are the same for all examples; the best of them are the `baseline`."""
        return iter(())

    def baseline(
        self, examples: Sequence[E], task: Task, language: str, *, candidates: int | None = None
    ) -> dict[str, float]:
        """What the task's metrics are without any knowledge, 0 to 100: for accuracy, the share of the majority.

        Each is the best that one answer to all examples gets; in retrieval, what is expected of a random ranking.

        Args:
            candidates: Retrieval: how many there are.

        Raises:
            DataError: As `score` does.
        """
        best: dict[str, float] = {}
        for predictions in self.constants(examples, task):
            for name, value in self.score(predictions, examples, task, language).items():
                best[name] = max(value, best.get(name, 0.0))
        return best

    def warnings(self, predictions: Sequence[P], examples: Sequence[E], task: Task) -> Iterator[str]:
        """What makes predictions look like a failure whatever they score, each as a clause."""
        return iter(())

    @abstractmethod
    def prediction_rows(self, prediction: P, example: E) -> Iterator[dict[str, object]]:
        """What is written to disk for one example: at least `id` and `prediction`; `gold` where it is known."""
