"""From a retrieval task and a stack to embedded queries and candidates."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from madx_stilts.data.candidates import CandidatePool, candidates_tell
from madx_stilts.data.read import Examples, read
from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import Encoded, Limits
from madx_stilts.formats.retrieval import RetrievalExample
from madx_stilts.nets.memory import told_as_memory
from madx_stilts.score.context import EvalContext
from madx_stilts.score.data_notes import DataNotes
from madx_stilts.score.embed import Vectors, embed
from madx_stilts.score.retrieval_batch import RetrievalBatch, gold_pairs
from madx_stilts.score.swap import LanguageSwap
from madx_stilts.stack import Stack
from madx_stilts.tasks.fields import BadRow
from madx_stilts.tasks.task import Split, Task

ALL, MIXED = "all", "mixed"


@dataclass(frozen=True)
class _Part:
    """Some candidates: those of the file of a language, and the language they are in; empty: several.

    Args:
        mark: Stands before their ids, where several parts are one pool.
    """

    file: str
    language: str
    mark: str = ""


@dataclass(frozen=True)
class _Embedded:
    """Candidates without their texts, which may fill the memory.

    Args:
        ids: One for each.
        answered: The candidates that answer a query, by its id, where candidates tell that.
        vectors: By layer.
    """

    ids: list[str] = field(default_factory=list)
    answered: dict[str, list[str]] = field(default_factory=dict)
    vectors: dict[int, Vectors] = field(default_factory=dict)


class RetrievalEvaluator:
    """Embeds queries and candidates of one task through one stack.

    Args:
        stack: May be empty: the bare backbone.
        swap: How the language adapter is exchanged; None: the stack stays as it is.

    Attributes:
        notes: On the queries that were read so far.
    """

    def __init__(self, context: EvalContext, task: Task, stack: Stack, swap: LanguageSwap | None) -> None:
        self.context = context
        self.notes = DataNotes(submitted=context.submission is not None)
        self.task = task
        self._stack = stack
        self._swap = swap
        self._last: tuple[object, _Embedded] = (None, _Embedded())
        self._checked: dict[tuple[tuple[_Part, ...], Split], tuple[CandidatePool, dict[str, list[str]]]] = {}

    @property
    def limits(self) -> Limits:
        """How long texts may be: the same for every stack, so that stacks compare."""
        backbone = self.context.backbone
        usual = min(FORMATS[self.task.format].max_tokens, backbone.tokenizer.model_max_length)
        return Limits(min(usual, backbone.extent.tokens or usual))

    def stack_for(self, language: str) -> Stack:
        """The stack for texts in a language; empty: in several."""
        return self._swap.applied(self._stack, language) if self._swap and language else self._stack

    def languages(self, languages: Sequence[str], split: Split) -> dict[str, None]:
        """All languages in which there is something to embed, those that are scored first."""
        asked = (self.task.query_language or language for language in languages)
        parts = (part.language for language in languages for part in candidate_parts(self.task, language, split))
        return dict.fromkeys(code for code in (*languages, *asked, *parts) if code)

    def hunt(self, language: str, split: Split, layers: Collection[int], *, limit: int | None = None) -> RetrievalBatch:
        """Read and embed the queries of a language, and the candidates unless they are those of the last time.

        Args:
            limit: Take so many queries at most, a fixed sample, among all candidates.

        Raises:
            DataError: Data are missing or malformed.
            AdapterError: An adapter is missing, damaged or of another backbone.
            StorageError: The vectors do not fit on the disk.
        """
        pool = self._candidates(candidate_parts(self.task, language, split), split, layers)
        queries = self._queries(language, split, limit)
        self.notes.look_at(queries)
        encoded = self.context.encoder.encode(queries, self.limits)
        asked = self._embedded(encoded, self.task.query_language or language, layers)
        queries = self._with_gold(queries, split, pool.answered)
        context = self.context
        return RetrievalBatch(
            queries, encoded, asked, pool.ids, pool.vectors, context.backbone.device, context.on_batch
        )

    def look_at(self, language: str, splits: Sequence[Split], limit: int | None) -> None:
        """Note what hunts would note of the data of a language that is not scored again."""
        for split in splits:
            self.notes.look_at(self._queries(language, split, limit if split == splits[-1] else None))

    def check(self, language: str, split: Split, *, limit: int | None = None, tunes: bool = False) -> None:
        """Read queries and candidates, and find out before any work whether the queries can be scored.

        Args:
            tunes: Whether a threshold or a layer is tuned on them.

        Raises:
            DataError: They are malformed or cannot be scored.
        """
        key = tuple(candidate_parts(self.task, language, split)), split
        if key not in self._checked:
            self._checked[key] = self._candidates_to_check(*key)
        pool, answered = self._checked[key]
        read_queries = self._queries(language, split, limit)
        for query in read_queries.items:
            for problem in pool.lacks(query):
                raise read_queries.bad_row(BadRow(problem, query.row))
        queries = self._with_gold(read_queries, split, answered)
        if tunes or not self.context.keeps:
            queries.require_labels()
        if tunes and self.task.search == "mining":
            gold_pairs(queries)
        if all(query.gold is not None for query in queries.items):
            task_format = FORMATS[self.task.format]
            task_format.score([()] * len(queries), queries.items, self.task, language)

    def _candidates_to_check(self, parts: Sequence[_Part], split: Split) -> tuple[CandidatePool, dict[str, list[str]]]:
        """The candidates without their texts, and which of them answer each query where they tell that."""
        pool, answered = CandidatePool(candidates_tell(self.task, split)), dict[str, list[str]]()
        for part in parts:
            found: Examples[RetrievalExample] = read(self.task.searched, part.file, split, place=self.context.place)
            for candidate in found.items:
                pool.add(candidate)
                for query in candidate.answers:
                    answered.setdefault(query, []).append(part.mark + candidate.id)
        return pool, answered

    def _queries(self, language: str, split: Split, limit: int | None) -> Examples[RetrievalExample]:
        return read(self.task, language, split, place=self.context.place, limit=limit)

    def _with_gold(
        self, queries: Examples[RetrievalExample], split: Split, answered: Mapping[str, list[str]]
    ) -> Examples[RetrievalExample]:
        """The queries with their gold answers, where the candidates name these."""
        if not candidates_tell(self.task, split):
            return queries
        items = [replace(query, gold=tuple(answered.get(query.id, ()))) for query in queries.items]
        return replace(queries, items=items)

    def _candidates(self, parts: Sequence[_Part], split: Split, layers: Collection[int]) -> _Embedded:
        key = (tuple(parts), split, tuple(layers))
        if self._last[0] != key:
            # What was there goes first: there may be no room for both.
            self._last = (None, _Embedded())
            self._last = (key, self._pool(parts, split, layers))
        return self._last[1]

    def _pool(self, parts: Sequence[_Part], split: Split, layers: Collection[int]) -> _Embedded:
        pool, found = _Embedded(), []
        for part in parts:
            encoded = self._read(part, split, pool)
            found.append(self._embedded(encoded, part.language, layers))
        for layer in layers:
            each = [vectors[layer] for vectors in found]
            pool.vectors[layer] = np.concatenate(each) if len(each) > 1 else each[0]
        return pool

    def _read(self, part: _Part, split: Split, pool: _Embedded) -> Encoded:
        """Encode some candidates and note their ids; their texts are not kept."""
        examples: Examples[RetrievalExample] = read(self.task.searched, part.file, split, place=self.context.place)
        for example in examples.items:
            name = part.mark + example.id
            pool.ids.append(name)
            for query in example.answers:
                pool.answered.setdefault(query, []).append(name)
        return self.context.encoder.encode(examples, self.limits)

    def _embedded(self, encoded: Encoded, language: str, layers: Collection[int]) -> dict[int, Vectors]:
        context = self.context
        with (
            context.standing(self.stack_for(language), encoded, usual=self._stack),
            told_as_memory(f"Embedding the texts of {self.task.name}", hint="Try --precision bf16, or --device cpu."),
        ):
            return embed(
                context.backbone,
                encoded,
                kind=context.pooling.kind,
                layers=layers,
                folder=context.cache,
                on_batch=context.on_batch,
            )


def candidate_parts(task: Task, language: str, split: Split) -> list[_Part]:
    """Where the candidates are, for queries that are scored in a language."""
    if task.candidate_language == ALL:
        return [_Part(code, code, f"{code}:") for code in task.searched.languages_of(split)]
    if task.candidate_language == MIXED:
        # Whatever language is asked for, the pool is the same.
        return [_Part(task.searched.languages_of(split)[0], "")]
    return [_Part(language, task.candidate_language or language)]
