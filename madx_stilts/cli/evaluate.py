"""`madx-stilts evaluate`: one stack, one task, many languages."""

import json

import click

from madx_stilts.cli.command import Command, Option
from madx_stilts.cli.options import json_option
from madx_stilts.cli.output import echo
from madx_stilts.cli.scoring_options import EVALUATION, SCORING
from madx_stilts.cli.settings import Settings

BARE = "none"
"""The stack without adapters."""


@click.command(cls=Command)
@click.argument("task")
@click.option(
    "--stack",
    cls=Option,
    metavar="REFS",
    required=True,
    help="Adapters bottom to top, separated by commas: language, intermediates, target; those that the target fuses "
    "joined with //. For retrieval also none: the bare backbone.",
)
@EVALUATION
@SCORING
@json_option
@click.pass_obj
def evaluate(settings: Settings, task: str, stack: str, as_json: bool) -> None:
    """Score a stack on a task in many languages.

    TASK is a name that `madx-stilts tasks list` shows. The head of the topmost adapter answers; in retrieval, texts are
    compared by their hidden states, and any stack will do. Scores are percentages; the gap is the source language's
    score minus the mean of the others; the baseline is what one answer to all questions gets, in retrieval a random
    ranking. All data are read first; what was scored before an error or Ctrl-C is shown.

    \b
      madx-stilts evaluate xquad --stack intermediate/squad_v1,target/xquad+squad_v1
      madx-stilts evaluate panx --stack language/en,target/panx+la.en --language-adapters swap
      madx-stilts evaluate tatoeba --stack intermediate/mnli --layer 14
    """
    from madx_stilts.cli.requests import split_of
    from madx_stilts.cli.scores import print_notes, print_scores
    from madx_stilts.cli.scoring import eval_options, keeping_what_is_done
    from madx_stilts.cli.workspace import workspace
    from madx_stilts.score.evaluation import Evaluation

    how, options = EVALUATION.chosen(), SCORING.chosen()
    works, split = workspace(settings, options), split_of(how.split)
    bare = stack == BARE and bool(works.tasks[task].search)

    def show(result: Evaluation) -> None:
        if as_json:
            echo(json.dumps(result.as_json()))
        else:
            print_scores(f"{task}, {split}: {result.pictured_stack} on {result.backbone.name}", result)
        print_notes(result)

    with keeping_what_is_done(show) as on_scored:
        result = works.evaluate(
            task,
            () if bare else stack,
            languages=how.languages,
            split=split,
            limit=options.limit,
            options=eval_options(how, options, on_scored),
        )
    show(result)
