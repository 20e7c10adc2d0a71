"""Names in a sentence, and whom they name: Mewsli-X. Some names are those of a person and of a city."""

from collections.abc import Sequence
from dataclasses import dataclass

from madx_stilts.files import canonical_json
from madx_stilts.miniature.meaning import Clause, MeaningPart, MeaningPhrase, Name
from madx_stilts.miniature.scene import Scene
from madx_stilts.miniature.studio import Studio
from madx_stilts.miniature.text import Voice

PLACE_OF_NAME: dict[str, MeaningPart] = {"PER": "subject", "LOC": "place", "ORG": "object"}
"""Which part of a fact about somebody says the name."""


@dataclass(frozen=True)
class Entity:
    """Somebody, and what is known of them."""

    id: str
    name: Name
    facts: tuple[Clause, ...]


def write(studio: Studio) -> None:
    """Everybody is described once, in one of the seen languages; those of dev and test are mentioned in all."""
    world = studio.world
    named = (*world.people, *world.cities, *world.organisations)
    known = [
        Entity(f"Q{number}", one.name, _facts(one.name, Scene(world, world.rng("mewsli_x", number), one.split)))
        for number, one in enumerate(named, start=1)
    ]
    seen = [voice for voice in studio.voices if voice.language.seen]
    described = [_described(entity, seen[number % len(seen)]) for number, entity in enumerate(known)]
    studio.mirror.lines("mewsli_x/candidate_set_entities.jsonl", described)
    for split in ("dev", "test"):
        mentioned = [entity for entity, one in zip(known, named, strict=True) if one.split == split]
        lines = [
            _mention(entity, fact, voice) for voice in studio.voices for entity in mentioned for fact in entity.facts
        ]
        studio.mirror.lines(f"mewsli_x/wikinews_mentions-{split}.jsonl", lines)


def _facts(name: Name, scene: Scene) -> tuple[Clause, ...]:
    """Two things that are known, both of which say the name."""
    who, place = MeaningPhrase(scene.person()), MeaningPhrase(scene.city())
    if name.type == "PER":
        return Clause(MeaningPhrase(name), "live", place=place), Clause(
            MeaningPhrase(name), "serve-under", _organisation(scene)
        )
    if name.type == "LOC":
        there = MeaningPhrase(name)
        return Clause(who, "live", place=there), Clause(who, "found", _organisation(scene), place=there)
    return Clause(who, "serve-under", MeaningPhrase(name)), Clause(who, "found", MeaningPhrase(name), place=place)


def _organisation(scene: Scene) -> MeaningPhrase:
    return MeaningPhrase(scene.organisation())


def _described(entity: Entity, voice: Voice) -> str:
    text, spans = _text(voice, entity.facts)
    return canonical_json(
        {
            "entity_id": entity.id,
            "description": text,
            "description_language": voice.language.code,
            "sentence_spans": spans,
        }
    )


def _mention(entity: Entity, fact: Clause, voice: Voice) -> str:
    text, spans = _text(voice, (fact,))
    start, end = voice.sentence(fact).span(PLACE_OF_NAME[entity.name.type])
    code = voice.language.code
    return canonical_json(
        {
            "context": {"text": text, "language": code, "sentence_spans": spans},
            "mention": {
                "example_id": f"{code}-{entity.id}-{entity.facts.index(fact)}",
                "entity_id": entity.id,
                "mention_span": {"start": start, "end": end, "text": text[start:end]},
            },
        }
    )


def _text(voice: Voice, clauses: Sequence[Clause]) -> tuple[str, list[dict[str, int]]]:
    """Sentences, and where each begins and ends."""
    spans, at = list[dict[str, int]](), 0
    for clause in clauses:
        length = len(voice.sentence(clause).text)
        spans.append({"start": at, "end": at + length})
        at += length + 1
    return voice.say(*clauses), spans
