"""A stack scored on a retrieval task: no head answers, texts are compared by their hidden states."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from madx_stilts.errors import DataError, UsageError
from madx_stilts.formats import FORMATS
from madx_stilts.score.context import EvalContext
from madx_stilts.score.evaluation import Evaluation, LanguageResult
from madx_stilts.score.presence import missing, require_data
from madx_stilts.score.reading import check_first
from madx_stilts.score.retrieval_batch import baseline, scored, search
from madx_stilts.score.retriever import ALL, RetrievalEvaluator, candidate_parts
from madx_stilts.score.swap import LanguageSwap
from madx_stilts.stack import Stack
from madx_stilts.tasks.task import Split, Task


def retrieve(
    context: EvalContext,
    task: Task,
    stack: Stack,
    languages: Sequence[str],
    *,
    split: Split,
    limit: int | None = None,
    swap: LanguageSwap | None = None,
) -> Evaluation:
    """Score a stack, or the bare backbone, on a retrieval task.

    Mined pairs count from a threshold on, which is tuned on the dev split of the same language. The layer too may be
    chosen on dev data: see `Pooling`. Neither is limited by `limit`.

    Args:
        languages: Codes, in the order of the result.
        limit: Take so many queries per language at most, a fixed sample, among all candidates.
        swap: How the language adapter is exchanged. Queries and candidates each get that of the language they are in;
            a pool in mixed languages gets the stack as it is.

    Raises:
        UsageError: There is no such layer, or no dev data to choose one by.
        AdapterError: An adapter is missing, damaged or of another backbone.
        DataError: Data are missing or malformed, or gold answers are hidden and predictions are not kept.
    """
    _require_all(context, task, languages, split)
    retriever = RetrievalEvaluator(context, task, stack, swap)
    stacks = {code: retriever.stack_for(code) for code in retriever.languages(languages, split)}
    _check_all(retriever, languages, split, limit, stacks)
    count = context.backbone.layers
    tuned = tune(retriever, languages) if context.pooling.layer == "auto" else None
    layer = max(tuned, key=tuned.__getitem__) if tuned else context.pooling.layer_of(count)
    pooling = {"layer": layer, "layers": count, "pooling": context.pooling.kind}
    notes = _notes(task, split, tuned=tuned is not None, limit=limit)
    result = Evaluation(
        task=task.name,
        split=split,
        metric=task.primary_metric,
        source_language=task.source_language,
        stack=tuple(map(str, stack.refs)),
        fused=tuple(map(str, stack.fused)),
        backbone=context.backbone.note(),
        scores={},
        language_adapters={code: str(one.language) if one.language else None for code, one in stacks.items()},
        unscored=tuple(languages),
        retrieval={**pooling, "max_tokens": retriever.limits.max_tokens, "tuned": tuned},
        notes=tuple(notes),
        world=context.place.world,
    )
    recalled = context.recalled(stack)
    for language in languages:
        context.on_language(language)
        if language in recalled:
            retriever.look_at(language, ("dev", split) if _tunes(task, split) else (split,), limit)
            known = recalled[language]
        else:
            known = _of_language(retriever, language, split, layer=layer, limit=limit)
        result = _with_language(result, language, known)
        result = replace(result, notes=(*notes, *retriever.notes.sentences))
        context.on_scored([result])
    return result


def _check_all(
    retriever: RetrievalEvaluator,
    languages: Sequence[str],
    split: Split,
    limit: int | None,
    stacks: Mapping[str, Stack],
) -> None:
    """Find out before any work whether all texts can be embedded and scored.

    Raises:
        DataError: Some data are malformed or cannot be scored.
        AdapterError: An adapter is missing or damaged.
    """
    for identity in dict.fromkeys(ref.id for stack in stacks.values() for ref in stack.refs):
        retriever.context.zoo.folder(identity)
    on_dev = any(wanted for _, wanted in _tunable(retriever.context, retriever.task))

    def check(language: str) -> None:
        if on_dev:
            retriever.check(language, "dev", tunes=True)
        retriever.check(language, split, limit=limit)

    check_first(retriever.task, languages, split, check=check)


def tune(retriever: RetrievalEvaluator, languages: Sequence[str]) -> dict[int, float]:
    """The primary metric on the dev split, the mean over languages, of each layer; all come from one pass.

    Mined pairs are cut at the threshold that is best for each layer.
    """
    layers = range(1, retriever.context.backbone.layers + 1)
    found: dict[int, list[float]] = {layer: [] for layer in layers}
    for language in languages:
        hunt = retriever.hunt(language, "dev", layers)
        hunt.queries.require_labels()
        for layer in layers:
            found[layer].append(scored(hunt, search(hunt, layer))[retriever.task.primary_metric])
    return {layer: fmean(values) for layer, values in found.items()}


def _of_language(
    retriever: RetrievalEvaluator, language: str, split: Split, *, layer: int, limit: int | None
) -> LanguageResult:
    """Score one language."""
    threshold = None
    if _tunes(retriever.task, split):
        threshold = search(retriever.hunt(language, "dev", [layer]), layer).threshold
    hunt = retriever.hunt(language, split, [layer], limit=limit)
    if not retriever.context.keeps:
        hunt.queries.require_labels()
    answers = search(hunt, layer, threshold=threshold)
    retriever.context.keep(hunt.queries, answers.predictions)
    queries = hunt.queries
    clauses = FORMATS[queries.task.format].warnings(answers.predictions, queries.items, queries.task)
    return LanguageResult(scored(hunt, answers), baseline(hunt), tuple(clauses), queries.remarks)


def _tunes(task: Task, split: Split) -> bool:
    """Whether the threshold of a language is tuned on other data than those that are scored."""
    return task.search == "mining" and split != "dev"


def _with_language(result: Evaluation, language: str, known: LanguageResult) -> Evaluation:
    """The result with one more language."""
    return replace(
        result,
        scores={**result.scores, language: dict(known.scores)},
        baseline={**result.baseline, **({language: known.baseline} if known.baseline else {})},
        warnings={**result.warnings, language: known.warnings},
        remarks={**result.remarks, language: known.remarks},
        unscored=tuple(one for one in result.unscored if one != language),
    )


def _require_all(context: EvalContext, task: Task, languages: Sequence[str], split: Split) -> None:
    """Everything is here: queries, candidates, and the dev data that something is tuned on."""
    require_data(task, languages, split, context.place)
    _require_candidates(context, task, languages, split)
    tuned = [name for name, wanted in _tunable(context, task) if wanted]
    if not tuned:
        return
    if "dev" not in task.splits:
        raise UsageError(f"{task.name} has no dev split to choose the layer by.", hint="Name a layer, as in --layer 8.")
    absent = missing(task, languages, "dev", context.place)
    if absent:
        first = next(iter(absent.values()))
        raise DataError(
            f"{task.name} has no dev data here in {', '.join(absent)}, on which the {' and the '.join(tuned)} would be "
            f"tuned. {first.message}",
            hint=first.hint,
        )
    _require_candidates(context, task, languages, "dev")


def _tunable(context: EvalContext, task: Task) -> tuple[tuple[str, bool], ...]:
    return ("threshold", task.search == "mining"), ("layer", context.pooling.layer == "auto")


def _require_candidates(context: EvalContext, task: Task, languages: Sequence[str], split: Split) -> None:
    files = dict.fromkeys(part.file for language in languages for part in candidate_parts(task, language, split))
    absent = missing(task.searched, files, split, context.place)
    if not absent:
        return
    first = next(iter(absent.values()))
    if task.candidate_language != ALL:
        raise first
    raise DataError(
        f"{task.name} searches the candidates of all {len(files)} languages, and those in {', '.join(absent)} are not "
        f"here. Among fewer candidates scores would be higher and could not be compared. {first.message}",
        hint=first.hint,
    )


def _notes(task: Task, split: Split, *, tuned: bool, limit: int | None) -> list[str]:
    notes = []
    mining = task.search == "mining"
    if split == "dev" and (mining or tuned):
        what = " and ".join(["threshold"] * mining + ["layer"] * tuned)
        notes.append(f"On dev, the choice of {what} is made on the very data that are scored.")
    if mining and limit is not None:
        notes.append(f"Of {limit} queries, F1 counts only their own pairs; it cannot be compared with that of all.")
    return notes
