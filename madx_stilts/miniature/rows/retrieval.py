"""Translations to be found among sentences that look like them: Tatoeba and BUCC."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from madx_stilts.miniature.meaning import Clause, MeaningPhrase
from madx_stilts.miniature.scene import Scene
from madx_stilts.miniature.studio import Studio
from madx_stilts.miniature.text import Voice

ENGLISH = "eng"
"""The names of these files say `eng` and `en` for the source language, whatever it is: readers look for that."""
ALIKE = 4
"""How many sentences differ from each other in one word only, in Tatoeba and BUCC."""


def write(studio: Studio) -> None:
    """Write both."""
    _tatoeba(studio)
    _bucc(studio)


def _tatoeba(studio: Studio) -> None:
    clauses = _lookalikes(studio, "tatoeba", studio.amounts.test)
    sources = [studio.source.say(clause) for clause in clauses]
    for voice in studio.others:
        code = voice.language.code
        studio.mirror.lines(f"tatoeba/tatoeba.{code}-{ENGLISH}.{code}", [voice.say(clause) for clause in clauses])
        studio.mirror.lines(f"tatoeba/tatoeba.{code}-{ENGLISH}.{ENGLISH}", sources)


def _bucc(studio: Studio) -> None:
    """Two corpora for each pair of languages; a quarter of each are translations of the other."""
    for split, count in (("dev", studio.amounts.dev), ("test", studio.amounts.test)):
        for voice in studio.others:
            code = voice.language.code
            clauses = _lookalikes(studio, f"bucc2018/{split}/{code}", count * 7 // 4)
            shared, rest = clauses[: count // 4], clauses[count // 4 :]
            half = len(rest) // 2
            rng = studio.world.rng("bucc2018", split, code)
            mine = _numbered(code, rng.sample([*shared, *rest[:half]], count))
            theirs = _numbered("en", rng.sample([*shared, *rest[half:]], count))
            stem = f"bucc/{code}-en.{split}"
            studio.mirror.lines(f"{stem}.{code}", _corpus(voice, mine))
            studio.mirror.lines(f"{stem}.en", _corpus(studio.source, theirs))
            studio.mirror.lines(f"{stem}.gold", [f"{mine[clause]}\t{theirs[clause]}" for clause in shared])


def _numbered(side: str, clauses: Sequence[Clause]) -> dict[Clause, str]:
    return {clause: f"{side}-{number:09}" for number, clause in enumerate(clauses, start=1)}


def _corpus(voice: Voice, names: Mapping[Clause, str]) -> list[str]:
    return [f"{name}\t{voice.say(clause)}" for clause, name in names.items()]


def _lookalikes(studio: Studio, task: str, count: int) -> list[Clause]:
    """Sentences in which few differ in more than a word from some others."""
    scene = studio.scene(task, "test")
    drawn: dict[Clause, None] = {}
    while len(drawn) < count:
        clause = scene.deed() if scene.chance(0.5) else scene.action()
        drawn |= dict.fromkeys((clause, *(_one_word_apart(clause, scene) for _ in range(ALIKE - 1))))
    clauses = list(drawn)[:count]
    scene.rng.shuffle(clauses)
    return clauses


def _one_word_apart(clause: Clause, scene: Scene) -> Clause:
    """The same with another subject, verb or object."""
    other = scene.action()
    if clause.object is None or other.object is None or clause.verb not in scene.world.wider:
        return replace(clause, subject=MeaningPhrase(scene.person()))
    return scene.one(
        (
            replace(clause, subject=replace(clause.subject, head=other.subject.head)),
            replace(clause, verb=other.verb),
            replace(clause, object=replace(clause.object, head=other.object.head)),
        )
    )
