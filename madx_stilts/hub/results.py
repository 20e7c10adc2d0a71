"""Scores that are published with an adapter: documents of `madx-stilts evaluate --json`, read and compared."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from madx_stilts.errors import DataError
from madx_stilts.files import read_bounded
from madx_stilts.stack import Role, WrittenRef
from madx_stilts.strict_json import parse

_LARGEST: Final = 100_000_000
Score = Annotated[float, Field(allow_inf_nan=False)]


class _Backbone(BaseModel):
    name: str
    fingerprint: str


class PublishedScores(BaseModel):
    """Scores of one evaluation, as its JSON has them; keys that are not needed here are not looked at."""

    model_config = ConfigDict(frozen=True)

    task: str
    split: str
    metric: str
    source_language: str
    stack: tuple[str, ...]
    backbone: _Backbone
    scores: dict[str, dict[str, Score]]
    language_adapters: dict[str, str | None] = {}
    world: dict[str, object] | None = None

    @property
    def primary(self) -> dict[str, float]:
        """The primary metric by language, where it is known."""
        return {language: values[self.metric] for language, values in self.scores.items() if self.metric in values}

    def stands_on(self, id: str) -> bool:
        """Whether an adapter is in the stack."""
        return any(_is(reference, id) for reference in self.stack)

    @property
    def is_bare(self) -> bool:
        """Whether no intermediate adapter is in the stack."""
        return all(WrittenRef.parse(reference).role is not Role.INTERMEDIATE for reference in self.stack)


@dataclass(frozen=True)
class Scored:
    """An evaluation of a stack that has the adapter.

    Args:
        base: The same without intermediate adapters, if it was evaluated too.
    """

    result: PublishedScores
    base: PublishedScores | None

    @property
    def gains(self) -> dict[str, float]:
        """By language: how much more the primary metric is than without intermediate adapters."""
        below = self.base.primary if self.base else {}
        return {key: value - below[key] for key, value in self.result.primary.items() if key in below}


def read_results(paths: Iterable[Path]) -> list[PublishedScores]:
    """Read documents, one or a list of them in each file.

    Raises:
        DataError: A file is missing or holds something else.
    """
    found = []
    for path in paths:
        try:
            content = parse(read_bounded(path, limit=_LARGEST), numbers="any")
            read = [
                PublishedScores.model_validate(one) for one in (content if isinstance(content, list) else [content])
            ]
            [WrittenRef.parse(reference) for result in read for reference in result.stack]
            found += read
        except (OSError, ValueError, ValidationError) as error:
            raise DataError(
                f"{path} holds no scores.", hint="Give what `madx-stilts evaluate ... --json` printed."
            ) from error
    return found


def scored(results: Sequence[PublishedScores], id: str, *, fingerprint: str) -> list[Scored]:
    """The evaluations of stacks that have an adapter, each with the one it is compared with.

    Args:
        fingerprint: Of the adapter's backbone.
    """
    fitting = [result for result in results if result.backbone.fingerprint == fingerprint]
    chosen = [result for result in fitting if result.stands_on(id)]

    def base(of: PublishedScores) -> PublishedScores | None:
        key = (of.task, of.split, of.metric, _language_adapters(of))
        bare = (one for one in fitting if one.is_bare and one is not of)
        same = (one for one in bare if (one.task, one.split, one.metric, _language_adapters(one)) == key)
        return None if of.is_bare else next(same, None)

    return [Scored(result, base(result)) for result in chosen]


def _language_adapters(result: PublishedScores) -> tuple[tuple[str, str | None], ...]:
    return tuple(sorted(result.language_adapters.items()))


def _is(reference: str, id: str) -> bool:
    version = WrittenRef.parse(reference).version
    return bool(version) and id.startswith(version)
