"""`madx-stilts evaluate`: one stack, one task, many languages."""

import json

import click

from madx_stilts.cli.command import Command, Option
from madx_stilts.cli.options import json_option
from madx_stilts.cli.output import echo
from madx_stilts.cli.scoring_options import EVALUATION, SCORING, EvaluateOptions, layer_of
from madx_stilts.cli.settings import Settings
from madx_stilts.errors import UsageError
from madx_stilts.tasks.task import Task
from madx_stilts.tasks.world import World

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
    from dataclasses import replace

    from madx_stilts.cli.checks import require_backbone, require_data, require_layer
    from madx_stilts.cli.places import data_place
    from madx_stilts.cli.requests import languages_of, split_of
    from madx_stilts.cli.stacks import require_stack
    from madx_stilts.cli.zoos import find_stack, open_zoo, require_known, stack_references

    place, how, options = data_place(settings), EVALUATION.chosen(), SCORING.chosen()
    what = place.tasks[task]
    split = split_of(how.split)
    languages = languages_of(what, split, how.languages)
    _refuse_idle(what, how)
    _refuse_in_part(what, how, options.limit)
    _refuse_invented(place.world, how)
    bare = bool(what.search) and stack == BARE
    if not bare:
        require_known(open_zoo(settings), stack_references(stack))
        require_stack(open_zoo(settings), stack, what, place.tasks)
    require_backbone(options, options.precision)
    require_layer(options, layer_of(how), what)
    require_data(settings, ((what, split, language) for language in languages))

    from madx_stilts.cli.scores import print_notes, print_scores
    from madx_stilts.cli.scoring import keeping_what_is_done, language_swap, open_bench, tell_what_is_missing
    from madx_stilts.cli.telling import say
    from madx_stilts.score.bench import used_ids
    from madx_stilts.score.evaluate import evaluate as score
    from madx_stilts.score.evaluation import Evaluation

    bench = open_bench(settings, options, how, task)
    chosen = find_stack(bench.zoo, "" if bare else stack, backbone=bench.backbone.fingerprint)
    tell_what_is_missing(bench.zoo, chosen)
    swap = language_swap(bench.zoo, how, backbone=bench.backbone.fingerprint)

    def show(result: Evaluation) -> None:
        if as_json:
            echo(json.dumps(result.as_json()))
        else:
            print_scores(f"{task}, {how.split}: {chosen} on {bench.backbone.name}", result)
        print_notes(result)

    say(settings, f"{task}: reading the {split} data of {len(languages)} language{'s' if len(languages) > 1 else ''}")
    with bench.zoo.holding(used_ids([chosen], languages, swap)), keeping_what_is_done(show) as on_scored:
        bench = replace(bench, on_scored=on_scored)
        result = score(bench, what, chosen, languages, split=split, limit=options.limit, swap=swap)
    show(result)


def _refuse_idle(task: Task, how: EvaluateOptions) -> None:
    """Refuse options that would have no effect."""
    given = [name for name in ("pooling", "layer") if getattr(how, name) is not None]
    if given and task.search is None:
        raise UsageError(
            f"--{given[0]} is for retrieval; the head of the stack answers {task.name}.", hint="Leave it out."
        )


def _refuse_in_part(task: Task, how: EvaluateOptions, limit: int | None) -> None:
    """A submission has whole test sets of tasks that are submitted."""
    from madx_stilts.report.layout import LAYOUTS

    if how.submission is None:
        return
    if task.name not in LAYOUTS:
        raise UsageError(f"{task.name} is not submitted to XTREME.", hint=f"These are: {', '.join(LAYOUTS)}.")
    if limit is not None or how.split != "test":
        raise UsageError("A submission holds whole test sets.", hint="Leave out --limit, and --split other than test.")


def _refuse_invented(world: World | None, how: EvaluateOptions) -> None:
    """Nobody may mistake what is said of a constructed world for a submission."""
    if world is not None and how.submission is not None:
        raise UsageError(f"XTREME takes no submission from a {world}.", hint="Leave out --submission.")
