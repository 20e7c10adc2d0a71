"""The page that people read before they use a published adapter: what it is, its scores, how to load it, its limits."""

from collections.abc import Iterable, Iterator, Sequence

from madx_stilts.card import Card
from madx_stilts.hub.card_data import AdapterCardData, for_page, language_name, task_of
from madx_stilts.hub.front_matter import front_matter
from madx_stilts.hub.loading import loading_adapter, loading_stack
from madx_stilts.hub.results import Scored
from madx_stilts.languages import is_constructed
from madx_stilts.recipe import Fusion, TrainSettings
from madx_stilts.stack import Role
from madx_stilts.zoo.lineage import lineage_tree

_KIND = {
    Role.LANGUAGE: "a language adapter",
    Role.INTERMEDIATE: "an intermediate-task adapter",
    Role.TARGET: "a target-task adapter",
}
_WORLD = (
    "> **Trained on a constructed world.** Its languages and texts are invented, to try the method out in minutes. "
    "No score on them can be compared with a real one, and the adapter is of no use on real text."
)


def adapter_readme(story: AdapterCardData) -> str:
    """The README of one adapter."""
    story = for_page(story)
    title = f"{story.ref.name} for {story.base or story.card.backbone.name}"
    sections = [
        f"# {title}",
        *([_WORLD] if story.is_constructed else []),
        _summary(story),
        *_scores(story),
        loading_adapter(story),
        *_training(story),
        "## Lineage",
        f"```text\n{lineage_tree(story.lineage, story.titles)}\n```",
        *_data([story]),
        *_limits([story]),
        _ENDING,
    ]
    return f"{front_matter(title, [story])}\n" + "\n\n".join(sections) + "\n"


def stack_readme(stories: Sequence[AdapterCardData]) -> str:
    """The README of a whole stack."""
    stories = [for_page(story) for story in stories]
    top = stories[-1]
    title = f"{top.ref.name} for {top.base or top.card.backbone.name}, whole stack"
    listed = [f"{at}. `{one.card.name}`, {_what(one)}" for at, one in enumerate(stories, start=1)]
    sections = [
        f"# {title}",
        *([_WORLD] if any(story.is_constructed for story in stories) else []),
        f"{len(stories)} adapters that stand on one another on a frozen {top.base or top.card.backbone.name}, "
        "bottom to top:",
        "\n".join(listed),
        *_scores(top),
        loading_stack(stories),
        *(part for story in stories for part in _training(story, heading=f"How `{story.card.name}` was trained")),
        "## Lineage",
        f"```text\n{lineage_tree(top.lineage, top.titles)}\n```",
        *_data(stories),
        *_limits(stories),
        _ENDING,
    ]
    return f"{front_matter(title, stories)}\n" + "\n\n".join(sections) + "\n"


_ENDING = (
    "## About\n\nMade with madx-stilts: intermediate-task training "
    "([Phang et al. 2020](https://arxiv.org/abs/2005.13013)) with stacked adapters "
    "([Pfeiffer et al. 2020](https://arxiv.org/abs/2005.00052)). `card.json` has all of the above for programs."
)


def _what(story: AdapterCardData) -> str:
    """What an adapter is and what it was trained on, as a clause."""
    parts = story.card.recipe.parts
    tasks = _list(f"{part.task} in {language_name(part.language)}" for part in parts)
    return f"{_KIND[story.ref.role]} trained on {tasks}"


def _summary(story: AdapterCardData) -> str:
    base = story.base or story.card.backbone.name
    model = f"[{base}](https://huggingface.co/{base})" if story.base else base
    text = f"This is {_what(story)}, for a frozen {model}."
    beneath = [*story.below, *story.fused]
    if beneath:
        names = _list(f"`{card.name}`" for card in beneath)
        text += f" It stands on {names}, which {'is' if len(beneath) == 1 else 'are'} in this repository too: "
        text += "without that, it does not do what it was trained for."
    if story.fused:
        names = _list(f"`{card.name}`" for card in story.fused)
        text += f" {names} stand side by side, under a fusion layer that was trained with it "
        text += "([Pfeiffer et al. 2021](https://arxiv.org/abs/2005.00247)) and lies in `fusion`."
    return text


def _scores(story: AdapterCardData) -> Iterator[str]:
    yield "## Scores"
    if not story.scores:
        values = ", ".join(f"{metric} {value:.2f}" for metric, value in story.card.scores.items()) or "none is known"
        languages = _list(dict.fromkeys(language_name(part.language) for part in story.card.recipe.parts))
        yield f"On the dev data, in {languages}: {values}. Scores in other languages were not published with it."
    for one in story.scores:
        yield from _table(one)


def _table(one: Scored) -> Iterator[str]:
    result, gains = one.result, one.gains
    where = f"{result.task}, {result.split} split, {result.metric.replace('_', ' ')}, 0 to 100"
    yield f"### {where}\n\nStack: {' ▸ '.join(f'`{reference}`' for reference in result.stack)}"
    head = ["language", result.metric, *(["gain"] if gains else []), "examples"]
    rows = [
        [
            f"{language_name(code)} (`{code}`)" + (", source" if code == result.source_language else ""),
            f"{value:.2f}",
            *([f"{gains[code]:+.2f}" if code in gains else "-"] if gains else []),
            f"{result.scores[code].get('n', 0):,.0f}",
        ]
        for code, value in result.primary.items()
    ]
    values = list(result.primary.values())
    mean = sum(values) / len(values) if values else 0.0
    total = [f"{sum(gains.values()) / len(gains):+.2f}"] if gains else []
    yield _markdown(head, [*rows, ["**mean**", f"**{mean:.2f}**", *total, ""]])
    if one.base is not None:
        without = " ▸ ".join(f"`{reference}`" for reference in one.base.stack)
        yield f"The gain is over {without}: the same without an intermediate adapter."
    elif not result.is_bare:
        yield "The gain over no intermediate adapter was not published with it."


def _training(story: AdapterCardData, heading: str = "How it was trained") -> Iterator[str]:
    card = story.card
    yield f"## {heading}"
    if card.foreign is not None:
        yield f"By others: taken from {card.foreign.source}. How is not known here."
        return
    train, usual = card.recipe.train.model_dump(), TrainSettings().model_dump()
    shown = ("learning_rate", "schedule", "batch_size", "max_tokens", "precision", "keep")
    other = [key for key in train if key not in shown and train[key] != usual[key]]
    method = card.recipe.method
    left_out = f", none in layers {_list(map(str, method.leave_out))}" if method.leave_out else ""
    rows = [
        ["method", f"{method.kind}, reduction factor {method.reduction_factor:g}{left_out}"],
        *([part.task, _amount(part.language, part.limit, part.tokens)] for part in card.recipe.parts),
        ["steps", f"{card.steps:,} ({card.examples_seen:,} examples, each counted as often as it was seen)"],
        *([key.replace("_", " "), str(train[key])] for key in (*shown, *other)),
        *([["fusion layer", _fusion(card.recipe.fusion)]] if card.recipe.fusion else []),
        ["seed", str(card.recipe.seed)],
        ["cost", f"{card.wall_seconds:,.0f} s, {card.peak_bytes / 1e9:.2f} GB of memory at most"],
        ["made with", ", ".join(f"{name} {version}" for name, version in sorted(card.versions.items()))],
    ]
    yield _markdown(["setting", "value"], rows)


def _fusion(fusion: Fusion) -> str:
    return f"{fusion.rate:g} of that learning rate, value matrices pulled to the identity with weight {fusion.pull:g}"


def _amount(language: str, limit: int | None, tokens: int | None) -> str:
    text = f"in {language_name(language)}"
    if tokens is not None:
        return f"{text}, the first {tokens:,} tokens"
    return f"{text}, {'all examples' if limit is None else f'at most {limit:,} examples'}"


def _data(stories: Sequence[AdapterCardData]) -> Iterator[str]:
    yield "## Data and licences"
    cards = {card.id: card for story in stories for card in story.lineage}.values()
    yield _markdown(["adapter", "data", "licence"], [row for card in cards for row in _rows(card)])
    keys = {story.licence for story in stories}
    if keys == {"other"}:
        yield (
            "The licences of the training data are not known to allow one common licence, so none is claimed: keep to "
            "each of them."
        )


def _rows(card: Card) -> Iterator[list[str]]:
    for part in card.recipe.parts:
        task = task_of(part.task)
        like = "invented, in the form of " if is_constructed(part.language) else ""
        cited = f" ({like}{task.citation})" if task and task.citation else ""
        yield [f"`{card.name}`", f"{part.task}, {part.language}{cited}", card.licence or "not known"]


def _limits(stories: Sequence[AdapterCardData]) -> Iterator[str]:
    yield "## Limits"
    top = stories[-1]
    note = top.card.backbone
    notes = dict.fromkeys(text for story in stories for text in story.card.notes)
    lines = [
        f"It fits {top.base or note.name} only ({note.layers} layers of {note.hidden_size}), with exactly the weights "
        f"and the tokenizer of fingerprint `{note.fingerprint[:16]}`.",
        "Scores are of one seed, and zero-shot in every language but the source language.",
        *notes,
    ]
    labels = top.head.get("label2id")
    if labels and top.head.get("head_type") in ("classification", "tagging"):
        ordered = (f"`{label}`" for label in sorted(labels, key=lambda label: int(labels[label])))
        lines.insert(0, f"Its head answers {_list(ordered)}, in this order, and nothing else.")
    yield "\n".join(f"- {line}" for line in lines)


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what would end a cell is escaped."""
    cells = [[*head], ["---"] * len(head), *([*row] for row in rows)]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in cells
    )


def _list(texts: Iterable[str]) -> str:
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last
