"""Trainings of a workspace: checked first, so that a typing error costs a second and no model. No torch until then."""

from collections.abc import Mapping, Sequence

from madx_stilts.api.adapter import Adapter
from madx_stilts.api.checked import Requested
from madx_stilts.api.checks import (
    require_composable,
    require_no_translations,
    require_texts,
    require_training_data,
    require_translations,
)
from madx_stilts.api.config import Places
from madx_stilts.api.references import Reference, language_adapter_in, listed, references_in
from madx_stilts.api.requests import members_of, note_unknown_language, task_of, training_code
from madx_stilts.config import AdapterConfig
from madx_stilts.errors import UsageError
from madx_stilts.recipe import Method, Sampling
from madx_stilts.stack import AdapterRef, Stack, require_name
from madx_stilts.tasks.task import Task, require_own_data
from madx_stilts.tasks.text import MASKED_LM
from madx_stilts.zoo.composition import Transfer, check_below, check_continued, check_intermediates
from madx_stilts.zoo.lookup import is_settled


def train_language(places: Places, language: str, text: str, tokens: int | None, asked: Requested) -> Adapter:
    """Train a language adapter; see `Workspace.train_language`."""
    require_name(asked.options.name or language)
    if asked.options.language is not None:
        raise UsageError("The language of a language adapter is that of its text.", hint="Leave out options.language.")
    config = asked.config_for(places, [MASKED_LM])
    require_texts([(language, text)])
    require_translations(config, text, language)
    note_unknown_language(language, places.data.world, places.note)

    from madx_stilts.api.backbones import backbone_for
    from madx_stilts.api.services import Trainer
    from madx_stilts.train.requests import PlainText

    with backbone_for(places, config.train.precision, config, [MASKED_LM]) as backbone:
        return Trainer(places, asked, config, backbone).language(PlainText(text, language, tokens))


def train_intermediate(
    places: Places, given: str | Task, language_adapter: Reference | None, asked: Requested
) -> Adapter:
    """Train an intermediate adapter on one task; see `Workspace.train_intermediate`."""
    ((task, code),) = members_of([given], asked.options.language, places.data.tasks, places.note)
    config = _config_of_tasks(places, [(task, code)], {}, language_adapter, asked)

    from madx_stilts.api.backbones import backbone_for
    from madx_stilts.api.services import Trainer

    with backbone_for(places, config.train.precision, config, [task]) as backbone:
        return Trainer(places, asked, config, backbone).intermediate(task, code, language_adapter)


def train_mixture(
    places: Places,
    given: Sequence[str | Task],
    texts: Mapping[str, str],
    sampling: Sampling | None,
    language_adapter: Reference | None,
    asked: Requested,
) -> Adapter:
    """Train an intermediate adapter on several tasks; see `Workspace.train_mixture`."""
    members = members_of(given, asked.options.language, places.data.tasks, places.note)
    if len(members) + len(texts) < 2:
        raise UsageError("A mixture needs at least two parts.", hint="Name more tasks, or a text beside them.")
    config = _config_of_tasks(places, members, texts, language_adapter, asked)

    from madx_stilts.api.backbones import backbone_for
    from madx_stilts.api.services import Trainer
    from madx_stilts.train.requests import MixtureTask, PlainText

    mixed = [MixtureTask(task.name, code) for task, code in members]
    beside = [PlainText(source, code) for code, source in texts.items()]
    learned = [*(task for task, _ in members), *([MASKED_LM] if texts else [])]
    with backbone_for(places, config.train.precision, config, learned) as backbone:
        return Trainer(places, asked, config, backbone).mixture(mixed, beside, sampling, language_adapter)


def train_target(
    places: Places,
    given: str | Task,
    on: Reference | Sequence[Reference],
    transfer: Transfer,
    language_adapter: Reference | None,
    asked: Requested,
) -> Adapter:
    """Train a target adapter; see `Workspace.train_target`."""
    known, below = places.data.tasks, listed(on)
    task = task_of(given, known)
    stages = [known[stage] for stage in task.training_tasks]
    config = asked.config_for(places, stages)
    refs = references_in(places.zoo, below, backbone=None)
    bottom = language_adapter_in(places.zoo, language_adapter, backbone=None)
    require_composable(config, alone=bottom is None and (not refs or transfer == "continue"))
    require_no_translations(config)
    _require_transfer(places, refs, transfer, bottom, config.method)
    code = asked.options.language
    code = None if code is None else training_code(stages[0], code, places.note)
    require_training_data(places.data, stages, code)

    from madx_stilts.api.backbones import backbone_for
    from madx_stilts.api.services import Trainer

    with backbone_for(places, config.train.precision, config, stages) as backbone:
        return Trainer(places, asked, config, backbone).target(task, code, below, transfer, language_adapter)


def _config_of_tasks(
    places: Places,
    members: Sequence[tuple[Task, str | None]],
    texts: Mapping[str, str],
    language_adapter: Reference | None,
    asked: Requested,
) -> AdapterConfig:
    """Method and settings of an intermediate adapter, when nothing is wrong with what it is to be trained on."""
    config = asked.config_for(places, [*(task for task, _ in members), *([MASKED_LM] if texts else [])])
    bottom = language_adapter_in(places.zoo, language_adapter, backbone=None)
    require_composable(config, alone=bottom is None)
    require_no_translations(config)
    if bottom is not None and is_settled(bottom):
        check_below(places.zoo, [bottom.id])
    require_texts(texts.items())
    for task, code in members:
        require_own_data(task)
        require_training_data(places.data, [task], code)
    return config


def _require_transfer(
    places: Places, refs: Sequence[AdapterRef], transfer: Transfer, bottom: AdapterRef | None, method: Method
) -> None:
    """Refuse intermediates that a target cannot be trained on.

    Raises:
        UsageError: They are no intermediates, too many or too few, do not compose, or were trained on something else.
        AdapterError: The card of one is damaged.
    """
    refs = Stack(intermediates=tuple(refs)).intermediates
    below = [*([bottom] if bottom else []), *(refs if transfer == "stack" else ())]
    if not all(map(is_settled, [*below, *refs])):
        return
    check_intermediates(places.zoo, refs, transfer, language=bottom)
    check_below(places.zoo, [ref.id for ref in below])
    if transfer == "continue":
        check_continued(places.zoo.card(refs[0].id), method)
