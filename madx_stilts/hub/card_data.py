"""All that is told of one adapter when it is published, and what follows from it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from madx_stilts.card import Card
from madx_stilts.errors import MadxStiltsError
from madx_stilts.escape import for_markdown
from madx_stilts.hub.licences import licence_key
from madx_stilts.hub.results import PublishedScores, Scored
from madx_stilts.languages import LANGUAGES, is_constructed
from madx_stilts.recipe import Part
from madx_stilts.stack import AdapterRef
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Task
from madx_stilts.tasks.text import MASKED_LM

_DATA_SET = re.compile(r"(?<![\w./-])[\w-][\w.-]*/[\w-][\w.-]*(?![\w/])")
ADAPTERHUB: Final[Mapping[str, str]] = {
    "mnli": "nli/multinli",
    "snli": "nli/snli",
    "anli": "nli/anli_r3",
    "xnli": "nli/xnli",
    "qqp": "sts/qqp",
    "paws_x": "sts/paws-x",
    "squad_v1": "qa/squad1",
    "squad_v2": "qa/squad2",
    "xquad": "qa/xquad",
    "hellaswag": "comsense/hellaswag",
    "cosmos_qa": "comsense/cosmosqa",
    "commonsense_qa": "comsense/csqa",
    "siqa": "comsense/siqa",
    "copa": "comsense/copa",
    "panx": "ner/wikiann",
    "udpos": "pos/ud",
}
"""What AdapterHub calls our tasks: task and subtask."""


@dataclass(frozen=True)
class AdapterCardData:
    """One adapter, as it is told to others.

    Args:
        ref: Its name in the zoo.
        lineage: All that it stands on or started from, parents before children, itself last.
        titles: What each of these is called, by id.
        base: What the backbone is called on the hub; empty if that is not known.
        repository: `owner/name` that readers find it under; empty: they have the folder.
        scores: Evaluations of stacks that have it.
        head: The library's settings of its only head; empty without one.
    """

    ref: AdapterRef
    lineage: Sequence[Card]
    titles: Mapping[str, str]
    base: str
    repository: str
    scores: Sequence[Scored] = ()
    head: Mapping[str, Any] = field(default_factory=dict)

    @property
    def card(self) -> Card:
        """Of the adapter itself."""
        return self.lineage[-1]

    @property
    def below(self) -> list[Card]:
        """What it stands on, bottom to top."""
        by_id = {card.id: card for card in self.lineage}
        return [by_id[id] for id in self.card.recipe.below]

    @property
    def fused(self) -> list[Card]:
        """What stands side by side between these and itself, under its fusion layer; none without one."""
        by_id = {card.id: card for card in self.lineage}
        return [by_id[id] for id in self.card.recipe.fused]

    @property
    def is_constructed(self) -> bool:
        """Whether it was trained or scored on data of a constructed world."""
        trained = any(card.is_constructed for card in self.lineage)
        return trained or any(one.result.world for one in self.scores)

    @property
    def licences(self) -> dict[str, str]:
        """The licence of each adapter's training data, by id."""
        return {card.id: card.licence or "not known" for card in self.lineage}

    @property
    def licence(self) -> str:
        """The hub's key of a licence that all training data allow."""
        return licence_key(self.licences.values())

    @property
    def languages(self) -> list[str]:
        """Codes of all real languages that it was trained or scored in."""
        trained = [part.language for card in self.lineage for part in card.recipe.parts]
        seen = dict.fromkeys([*trained, *(code for one in self.scores for code in one.result.scores)])
        return [code for code in seen if code in LANGUAGES and not is_constructed(code)]

    @property
    def data_sets(self) -> list[str]:
        """Hub ids of the data sets that it was trained on; none of a constructed world has one."""
        if self.is_constructed:
            return []
        found = (name for card in self.lineage for key in card.origins for name in _data_sets(card, key))
        return list(dict.fromkeys(found))


def for_page(story: AdapterCardData) -> AdapterCardData:
    """The same story with all texts that others may have written as they can stand in a page.

    Names that this package knows, of tasks, languages and metrics, come out as they are.
    """
    head = dict(story.head)
    if isinstance(head.get("label2id"), dict):
        head["label2id"] = {for_markdown(str(label)): at for label, at in head["label2id"].items()}
    return replace(
        story,
        lineage=[_card_for_page(card) for card in story.lineage],
        titles={id: for_markdown(title) for id, title in story.titles.items()},
        base=for_markdown(story.base),
        scores=[Scored(_result_for_page(one.result), one.base and _result_for_page(one.base)) for one in story.scores],
        head=head,
    )


def _card_for_page(card: Card) -> Card:
    note, recipe = card.backbone, card.recipe
    changes: dict[str, object] = {
        "name": for_markdown(card.name),
        "licence": for_markdown(card.licence),
        "notes": tuple(map(for_markdown, card.notes)),
        "versions": {for_markdown(name): for_markdown(version) for name, version in card.versions.items()},
        "scores": {for_markdown(metric): value for metric, value in card.scores.items()},
        "backbone": note.model_copy(update={key: for_markdown(getattr(note, key)) for key in ("name", "model_type")}),
        "recipe": recipe.model_copy(update={"parts": tuple(map(_part_for_page, recipe.parts))}),
    }
    if card.foreign is not None:
        changes["foreign"] = card.foreign.model_copy(update={"source": for_markdown(card.foreign.source)})
    return card.model_copy(update=changes)


def _part_for_page(part: Part) -> Part:
    return part.model_copy(update={"task": for_markdown(part.task), "language": for_markdown(part.language)})


def _result_for_page(result: PublishedScores) -> PublishedScores:
    scores = {
        for_markdown(code): {for_markdown(name): value for name, value in values.items()}
        for code, values in result.scores.items()
    }
    texts = {key: for_markdown(getattr(result, key)) for key in ("task", "split", "metric", "source_language")}
    return result.model_copy(update={**texts, "scores": scores})


def task_of(name: str) -> Task | None:
    """The task of that name, masked language modelling included; none where it is not known here."""
    if name == MASKED_LM.name:
        return MASKED_LM
    try:
        return TASKS[name]
    except MadxStiltsError:
        return None


def language_name(code: str) -> str:
    """A language in words, as far as it is known."""
    if code in LANGUAGES:
        return LANGUAGES[code].name
    return "a constructed language" if is_constructed(code) else code


def data_set_of(task: Task | None) -> str:
    """The hub id of the data set that a task is scored on; its name where it has none."""
    sources = [source for split in ("test", "dev") for source in (task.sources.get(split, ()) if task else ())]
    return next((source.path for source in sources if source.on_hub), "" if task is None else task.name)


def _data_sets(card: Card, key: str) -> list[str]:
    """The data sets that the origin of one part names, as the task knows them."""
    task = task_of(key.partition("@")[0])
    known = {source.path for sources in task.sources.values() for source in sources} if task else set()
    found: list[str] = _DATA_SET.findall(card.origins[key])
    return [name for name in found if name in known]
