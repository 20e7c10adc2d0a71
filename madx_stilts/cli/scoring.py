"""From evaluation options to what scoring takes. Importing this module loads torch."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from madx_stilts.cli.options import CommonOptions
from madx_stilts.cli.places import data_place
from madx_stilts.cli.scoring_options import EvaluateOptions, layer_of
from madx_stilts.cli.settings import Settings
from madx_stilts.cli.telling import note, say
from madx_stilts.cli.trained import full_stack
from madx_stilts.cli.workshop import open_backbone, precision_of
from madx_stilts.cli.zoos import open_zoo
from madx_stilts.score.bench import Bench
from madx_stilts.score.embed import DEFAULT_POOLING, Pooling, PoolingKind
from madx_stilts.score.evaluation import Evaluation
from madx_stilts.score.pace import Pace
from madx_stilts.score.swap import Missing, Swap, swap_in
from madx_stilts.stack import Stack
from madx_stilts.train.signals import sigterm_as_interrupt
from madx_stilts.zoo.store import Zoo


@contextmanager
def keeping_what_is_done(show: Callable[[Evaluation], None]) -> Iterator[Callable[[Sequence[Evaluation]], None]]:
    """Show the languages that were scored before an error or a signal ends the block.

    Yields:
        What takes the results after each language: see `Bench.on_scored`.
    """
    done: list[Evaluation] = []
    finished = False
    with sigterm_as_interrupt():
        try:
            yield lambda results: done.append(results[0])
            finished = True
        finally:
            if done and not finished:
                show(done[-1])


RULES: dict[str, Missing] = {"error": "error", "source": "source", "none": "none"}


def open_bench(settings: Settings, options: CommonOptions, how: EvaluateOptions, task: str) -> Bench:
    """Load the backbone and put around it what scoring needs."""
    pooling, progress = pooling_of(how), _Progress(settings, task)
    return Bench(
        backbone=open_backbone(settings, options, precision=precision_of(options)),
        zoo=open_zoo(settings),
        place=data_place(settings),
        cache=settings.encodings,
        predictions=how.predictions,
        submission=how.submission,
        pooling=pooling,
        on_language=progress.language,
        on_batch=progress.batch,
    )


class _Progress:
    """Says which language is scored, and now and then how far that is."""

    def __init__(self, settings: Settings, task: str) -> None:
        self._say = partial(say, settings)
        self._task = task
        self._pace = Pace(self._say, task)

    def language(self, language: str) -> None:
        """A language begins."""
        line = f"{self._task}: scoring {language}"
        self._say(line)
        self._pace = Pace(self._say, line)

    def batch(self, done: int, batches: int) -> None:
        """A batch of it is done."""
        self._pace(done, batches)


def pooling_of(how: EvaluateOptions) -> Pooling:
    """What becomes a text's embedding.

    Raises:
        UsageError: The layer is neither a number nor `auto`.
    """
    kind: PoolingKind = "cls" if how.pooling == "cls" else DEFAULT_POOLING.kind
    return Pooling(kind, layer_of(how))


def language_swap(zoo: Zoo, how: EvaluateOptions, *, backbone: str) -> Swap | None:
    """How the language adapter is exchanged; none if it is kept.

    Args:
        backbone: Fingerprint of the backbone the adapters must fit.
    """
    if how.language_adapters == "keep":
        return None
    return swap_in(zoo, RULES[how.missing], backbone=backbone, say=note)


def tell_what_is_missing(zoo: Zoo, stack: Stack) -> None:
    """Tell on stderr if the topmost adapter was trained on others than now stand below it: it would score worse.

    Another language adapter in the place of its own is meant to be there (MAD-X).
    """
    if stack.top is None:
        return
    trained_on = full_stack(zoo, zoo.card(stack.top.id), stack.top.role)
    exchanged = stack.language is not None and trained_on.language is not None
    if stack != (trained_on.with_language(stack.language) if exchanged else trained_on):
        there = trained_on.written
        note(f"{stack.top} was trained in another stack than the one that is scored; that was --stack {there}")
