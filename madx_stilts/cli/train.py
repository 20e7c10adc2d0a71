"""`madx-stilts train`: language, intermediate and target adapters."""

import click

from madx_stilts.bounds import Tokens
from madx_stilts.cli.command import Group, Option
from madx_stilts.cli.mixture_options import MIXTURE
from madx_stilts.cli.options import TRAINING, json_option
from madx_stilts.cli.ranges import within
from madx_stilts.cli.settings import Settings

_language = click.option(
    "--language",
    cls=Option,
    metavar="CODE",
    show_default="the task's source language",
    help="Language of the training data.",
)
_language_adapter = click.option(
    "--language-adapter", cls=Option, metavar="REF", help="Stands frozen at the bottom, as in language/en."
)


@click.group(cls=Group)
def train() -> None:
    """Train an adapter and keep it in the zoo.

    What is in the zoo already is not trained again; what was stopped goes on where it was.
    """


@train.command()
@click.argument("language")
@click.option(
    "--text",
    cls=Option,
    required=True,
    metavar="SOURCE",
    help="A .txt file (a text per line), a .tsv file (text, tab, translation), or owner/name of a data set.",
)
@click.option(
    "--tokens",
    cls=Option,
    metavar="N",
    type=within(Tokens),
    show_default="all",
    help="Read the first texts up to so many tokens; no file past them is downloaded.",
)
@TRAINING
@json_option
@click.pass_obj
def language(settings: Settings, language: str, text: str, tokens: int | None, as_json: bool) -> None:
    """Train a language adapter on plain text.

    LANGUAGE is a code, such as sw. Training is masked language modelling, as in MAD-X, and so are the size of the
    adapter and its invertible part. With --config language the training is as long as there, too.

    \b
      madx-stilts train language sw --text swahili.txt --config language
      madx-stilts train language sw --text wikimedia/wikipedia --tokens 5000000 --config language
    """
    from madx_stilts.cli.trained import report
    from madx_stilts.cli.workspace import train_options, workspace

    options, trained = TRAINING.chosen(), list[str]()
    works, how = workspace(settings, options), train_options(settings, options, trained=trained)
    adapter = works.train_language(language, text, tokens=tokens, limit=options.limit, options=how)
    report(works, adapter, trained, task="", as_json=as_json)


@train.command()
@click.argument("tasks", metavar="TASK...", nargs=-1, required=True)
@_language
@_language_adapter
@MIXTURE
@TRAINING
@json_option
@click.pass_obj
def intermediate(
    settings: Settings, tasks: tuple[str, ...], language: str | None, language_adapter: str | None, as_json: bool
) -> None:
    """Train an intermediate adapter on one task or several.

    TASK... is one name or several, as `madx-stilts tasks list` shows them; mnli@de is the training data of mnli in
    German. Several tasks become one adapter with a head for each.

    \b
      madx-stilts train intermediate mnli
      madx-stilts train intermediate squad_v1 --config quick --limit 2000
      madx-stilts train intermediate mnli squad_v1 --sampling proportional --cap 50000
      madx-stilts train intermediate mnli --with-mlm de=german.txt --mlm-share 0.25
    """
    from madx_stilts.cli.mixing import sampling_of, texts_of
    from madx_stilts.cli.trained import report
    from madx_stilts.cli.workspace import train_options, workspace

    options, mixture, trained = TRAINING.chosen(), MIXTURE.chosen(), list[str]()
    works, how = workspace(settings, options), train_options(settings, options, trained=trained, language=language)
    texts = texts_of(mixture, works.places.data.world)
    sampling = sampling_of(mixture, tasks=len(tasks), texts=len(texts))
    if sampling is None:
        adapter = works.train_intermediate(
            tasks[0], language_adapter=language_adapter, limit=options.limit, options=how
        )
    else:
        adapter = works.train_mixture(
            tasks,
            texts=texts,
            sampling=sampling,
            language_adapter=language_adapter,
            limit=options.limit,
            options=how,
        )
    report(works, adapter, trained, task="", as_json=as_json)


@train.command()
@click.argument("task")
@click.option(
    "--on", cls=Option, metavar="REFS", help="Intermediate adapters below it, bottom to top, separated by commas."
)
@click.option(
    "--transfer",
    cls=Option,
    type=click.Choice(["stack", "continue", "fuse"]),
    default="stack",
    show_default=True,
    help="Stand on the frozen intermediates, or start from the weights of the only one, or fuse several of them "
    "(AdapterFusion).",
)
@_language
@_language_adapter
@TRAINING
@json_option
@click.pass_obj
def target(
    settings: Settings,
    task: str,
    on: str | None,
    transfer: str,
    language: str | None,
    language_adapter: str | None,
    as_json: bool,
) -> None:
    """Train a target adapter, alone or on intermediates.

    TASK is a name that `madx-stilts tasks list` shows.

    \b
      madx-stilts train target xnli
      madx-stilts train target xnli --on intermediate/snli
      madx-stilts train target xquad --on intermediate/squad_v2 --transfer continue
      madx-stilts train target xnli --on intermediate/mnli,intermediate/squad_v1 --transfer fuse
    """
    from madx_stilts.cli.requests import transfer_of
    from madx_stilts.cli.trained import report
    from madx_stilts.cli.workspace import train_options, workspace

    options, trained = TRAINING.chosen(), list[str]()
    works, how = workspace(settings, options), train_options(settings, options, trained=trained, language=language)
    adapter = works.train_target(
        task,
        on=on or (),
        transfer=transfer_of(transfer),
        language_adapter=language_adapter,
        limit=options.limit,
        options=how,
    )
    report(works, adapter, trained, task=task, as_json=as_json)
