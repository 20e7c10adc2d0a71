"""From the options of `evaluate` to how a stack is scored; what was scored before an error is shown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from madx_stilts.api.options import EvalOptions, Precision
from madx_stilts.cli.options import CommonOptions
from madx_stilts.cli.scoring_options import EvalArguments, layer_of
from madx_stilts.score.evaluation import Evaluation
from madx_stilts.train.interrupts import sigterm_as_interrupt


def eval_options(how: EvalArguments, options: CommonOptions, on_scored: Callable[[Evaluation], None]) -> EvalOptions:
    """Options of an evaluation.

    Raises:
        UsageError: The layer is neither a number nor `auto`.
    """
    return EvalOptions(
        language_adapters=how.language_adapters,
        missing=how.missing,
        precision=cast(Precision, options.precision or "fp32"),
        pooling=how.pooling,
        layer=layer_of(how),
        predictions=how.predictions,
        submission=how.submission,
        on_scored=on_scored,
    )


@contextmanager
def keeping_what_is_done(show: Callable[[Evaluation], None]) -> Iterator[Callable[[Evaluation], None]]:
    """Show the languages that were scored before an error or a signal ends the block.

    Yields:
        What takes the scores after each language.
    """
    done: list[Evaluation] = []
    finished = False
    with sigterm_as_interrupt():
        try:
            yield done.append
            finished = True
        finally:
            if done and not finished:
                show(done[-1])
