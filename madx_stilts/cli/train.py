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
    from madx_stilts.cli.checks import checked_config, require_texts, require_translations
    from madx_stilts.cli.places import data_place
    from madx_stilts.cli.requests import tell_unknown_language
    from madx_stilts.stack import Role, require_name
    from madx_stilts.tasks.text import MASKED_LM

    options = TRAINING.chosen()
    require_name(options.name or language)
    config = checked_config(settings, options, [MASKED_LM])
    require_texts([(language, text)])
    require_translations(config, text, language)
    tell_unknown_language(language, data_place(settings).world)

    from madx_stilts.cli.trained import report
    from madx_stilts.cli.workshop import take_order
    from madx_stilts.train.roles import train_language

    order = take_order(settings, options, config)
    card = train_language(order.shop, language, text, order.wish, tokens=tokens)
    report(order, card, role=Role.LANGUAGE, task="", as_json=as_json)


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
    from dataclasses import replace

    from madx_stilts.cli.checks import (
        checked_config,
        require_composable,
        require_no_translations,
        require_texts,
        require_training_data,
    )
    from madx_stilts.cli.mixing import members_of, sampling_of, texts_of
    from madx_stilts.cli.places import data_place
    from madx_stilts.cli.stacks import require_bottom
    from madx_stilts.cli.zoos import find_language, open_zoo, references
    from madx_stilts.stack import Role
    from madx_stilts.tasks.task import require_own_data
    from madx_stilts.tasks.text import MASKED_LM

    options, mixture, place = TRAINING.chosen(), MIXTURE.chosen(), data_place(settings)
    members, texts = members_of(tasks, language, place.tasks), texts_of(mixture, place.world)
    sampling = sampling_of(mixture, tasks=len(members), texts=len(texts))
    learned = [*(task for task, _ in members), *([MASKED_LM] if texts else [])]
    config = checked_config(settings, options, learned, references(language_adapter))
    require_composable(config, alone=language_adapter is None)
    require_no_translations(config)
    require_bottom(open_zoo(settings), language_adapter)
    require_texts(texts)
    for task, code in members:
        require_own_data(task)
        require_training_data(settings, [task], code)

    from madx_stilts.cli.trained import report
    from madx_stilts.cli.workshop import take_order
    from madx_stilts.train.roles import Member, Text, train_intermediate, train_mixture

    order = take_order(settings, options, config)
    bottom = find_language(order.shop.zoo, language_adapter, backbone=order.shop.backbone.fingerprint)
    wish = replace(order.wish, language_adapter=bottom)
    if sampling is None:
        ((task, code),) = members
        card = train_intermediate(order.shop, task.name, replace(wish, language=code))
    else:
        mixed = [Member(task.name, code) for task, code in members]
        card = train_mixture(order.shop, mixed, sampling, wish, texts=[Text(source, code) for code, source in texts])
    report(order, card, role=Role.INTERMEDIATE, task="", as_json=as_json)


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
    from dataclasses import replace

    from madx_stilts.cli.checks import (
        checked_config,
        require_composable,
        require_no_translations,
        require_training_data,
    )
    from madx_stilts.cli.places import data_place
    from madx_stilts.cli.requests import training_code, transfer_of
    from madx_stilts.cli.stacks import require_transfer
    from madx_stilts.cli.zoos import find_intermediates, find_language, open_zoo, references
    from madx_stilts.stack import Role

    options, known = TRAINING.chosen(), data_place(settings).tasks
    chosen = known[task]
    stages = [known[stage] for stage in chosen.training_tasks]
    config = checked_config(settings, options, stages, references(on) + references(language_adapter))
    require_composable(config, alone=language_adapter is None and (on is None or transfer == "continue"))
    require_no_translations(config)
    require_transfer(open_zoo(settings), on, language_adapter, transfer, config.method)
    language = language and training_code(stages[0], language)
    require_training_data(settings, stages, language)

    from madx_stilts.cli.trained import report
    from madx_stilts.cli.workshop import take_order
    from madx_stilts.train.roles import train_target

    order = take_order(settings, options, config)
    zoo, fingerprint = order.shop.zoo, order.shop.backbone.fingerprint
    wish = replace(
        order.wish, language=language, language_adapter=find_language(zoo, language_adapter, backbone=fingerprint)
    )
    below = find_intermediates(zoo, on, backbone=fingerprint)
    card = train_target(order.shop, task, wish, on=below, transfer=transfer_of(transfer))
    report(order, card, role=Role.TARGET, task=task, as_json=as_json)
