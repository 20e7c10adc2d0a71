"""`madx-stilts tasks`: what can be trained and scored."""

import json
from dataclasses import dataclass

import click

from madx_stilts.cli.command import Group
from madx_stilts.cli.grouping import OptionGroup, option
from madx_stilts.cli.options import COUNT, PREVIEW, json_option
from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings


@dataclass(frozen=True)
class CheckOptions:
    """Options of `tasks check`."""

    languages: str
    split: str | None
    limit: int | None
    faults: int


CHECK: OptionGroup[CheckOptions] = OptionGroup(
    CheckOptions,
    (
        option("--languages", "--language", metavar="CODES", default="all", help="As in de,sw; or all the task has."),
        option("--split", kind=click.Choice(["train", "dev", "test"]), shown="all", help="Which split."),
        option("--limit", metavar="N", kind=COUNT, shown="all", help="Read the first rows of each set."),
        option("--faults", metavar="N", default=10, kind=COUNT, help="Faults of each set that are shown."),
    ),
)


@click.group(cls=Group)
def tasks() -> None:
    """List, explain and look into tasks."""


@tasks.command("list")
@json_option
@click.pass_obj
def list_tasks(settings: Settings, as_json: bool) -> None:
    """All tasks, with their formats, metrics and languages."""
    from madx_stilts.cli.places import data_place, print_caveat, world_facts
    from madx_stilts.cli.tables import show
    from madx_stilts.cli.task_page import COLUMNS, benchmarks_of, task_tables

    place = data_place(settings)
    if as_json:
        keys = ("name", "format", "languages", "primary_metric", "training_tasks")
        facts = (
            {key: getattr(task, key) for key in keys}
            | {"roles": [*map(str, task.roles)], "benchmarks": benchmarks_of(task)}
            | world_facts(place.world)
            for task in place.tasks.values()
        )
        echo(json.dumps(list(facts)))
        return
    echo("Tasks\n")
    for title, rows in task_tables(place.tasks.values()).items():
        show(title, COLUMNS[: len(rows[0])], rows, whole=len(COLUMNS))
        echo()
    echo("More about one: madx-stilts tasks show NAME")
    print_caveat(place.world)


@tasks.command()
@click.argument("name")
@json_option
@click.pass_obj
def show(settings: Settings, name: str, as_json: bool) -> None:
    """One task: labels, metrics, data, licence, what to know.

    NAME is one that `madx-stilts tasks list` shows.
    """
    from madx_stilts.cli import page
    from madx_stilts.cli.places import data_place, world_facts
    from madx_stilts.cli.task_page import task_facts, task_sections

    place = data_place(settings)
    task = place.tasks[name]
    if as_json:
        echo(json.dumps(task_facts(task) | world_facts(place.world)))
        return
    page.show(task.name, task_sections(task, place))


@tasks.command()
@click.argument("name")
@PREVIEW
@json_option
@click.pass_obj
def preview(settings: Settings, name: str, as_json: bool) -> None:
    """Some examples, as they are read and as a model sees them.

    NAME is one that `madx-stilts tasks list` shows.

    \b
      madx-stilts tasks preview xquad --language de --backbone xlmr-base
    """
    from madx_stilts.api.checks import require_backbone
    from madx_stilts.api.requests import code_in, first_language
    from madx_stilts.cli.places import data_place, print_caveat, world_facts
    from madx_stilts.cli.previewing import encoded, example_facts, print_preview
    from madx_stilts.cli.requests import first_split
    from madx_stilts.cli.telling import note
    from madx_stilts.data.read import read

    place, options = data_place(settings), PREVIEW.chosen()
    task = place.tasks[name]
    if options.backbone is not None:
        require_backbone(options.backbone, "auto")
    split = first_split(task, options.split)
    language = code_in(task.languages_of(split), options.language or first_language(task, split), note)
    examples = read(task, language, split, place=place, limit=options.rows)
    sequences = encoded(settings, options.backbone, examples) if options.backbone is not None else []
    if as_json:
        facts = {"task": name, "language": language, "split": split, "origin": examples.origin}
        shown = {"examples": [*map(example_facts, examples.items)], "sequences": sequences}
        echo(json.dumps(facts | shown | world_facts(place.world)))
        return
    print_preview(examples, sequences)
    print_caveat(place.world)


@tasks.command()
@click.argument("name")
@CHECK
@json_option
@click.pass_obj
def check(settings: Settings, name: str, as_json: bool) -> None:
    """Read a task's data and tell what is wrong in which file and row.

    NAME is one that `madx-stilts tasks list` shows. Faults are what training or scoring would stop at; notes are worth
    knowing. Data that are not here are listed and are no fault, unless nothing is here. With faults the exit code is 3.

    \b
      madx-stilts tasks check xnli --data DIR --languages de,sw
    """
    from madx_stilts.cli.checking import report_facts, require_sound, show_report, wanted_sets
    from madx_stilts.cli.places import data_place, print_caveat, world_facts
    from madx_stilts.cli.telling import say
    from madx_stilts.data.check import check as check_data
    from madx_stilts.data.check_report import CheckRequest

    place, options = data_place(settings), CHECK.chosen()
    task = place.tasks[name]
    asked = CheckRequest(wanted_sets(task, options.languages, options.split), options.limit, options.faults)
    report = check_data(task, place, asked, begin=lambda one: say(settings, f"Checking {name} {one}"))
    if as_json:
        echo(json.dumps(report_facts(report) | world_facts(place.world)))
    else:
        show_report(report)
        print_caveat(place.world)
    require_sound(report)
