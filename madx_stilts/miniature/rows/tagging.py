"""A tag for each word: parts of speech (CoNLL-U), names (PAN-X), supertags (CCG)."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import starmap

from madx_stilts.miniature.meaning import Clause
from madx_stilts.miniature.mirror import Row
from madx_stilts.miniature.scene import Scene
from madx_stilts.miniature.studio import SPLITS, Studio
from madx_stilts.miniature.text import Sentence, Voice
from madx_stilts.tasks.entities import ENTITIES


def write(studio: Studio) -> None:
    """Write all three."""
    for split, name in SPLITS.items():
        named = studio.draw("panx", split, lambda scene, _: _naming(scene))
        said = studio.draw("udpos", split, lambda scene, _: _anything(scene))
        for voice in studio.voices:
            code = voice.language.code
            rows = [_panx(sentence, code) for sentence in _sentences(voice, named)]
            studio.mirror.table("unimelb-nlp/wikiann", code, name, rows, {"ner_tags": ENTITIES})
            treebank = f"ud/UD_{voice.language.name}-Mini/{code}_mini-ud-{split}.conllu"
            studio.mirror.file(treebank, "".join(starmap(_conllu, enumerate(_sentences(voice, said), start=1))))
    _ccg(studio)


def _naming(scene: Scene) -> Clause:
    """Mostly people with names; a name that people share with a city shows only in context what it names."""
    return scene.deed() if scene.chance(0.8) else scene.action("the")


def _anything(scene: Scene) -> Clause:
    """Statements and questions of all sorts."""
    clause = scene.one((scene.deed(), scene.condition(), scene.action("a"), scene.action("every")))
    if clause.state or scene.chance(0.6):
        return replace(clause, fronted=scene.one(clause.fronts), negated=scene.chance(0.2))
    return clause.ask(scene.one(clause.askable))


def _sentences(voice: Voice, clauses: Sequence[Clause]) -> list[Sentence]:
    return [voice.sentence(clause) for clause in clauses]


def _panx(sentence: Sentence, code: str) -> Row:
    spans: list[list[str]] = []
    for word in sentence.words:
        if word.entity.startswith("B-"):
            spans.append([f"{word.entity[2:]}:", word.form])
        elif word.entity != "O":
            spans[-1].append(word.form)
    return {
        "tokens": [word.form for word in sentence.words],
        "ner_tags": [ENTITIES.index(word.entity) for word in sentence.words],
        "langs": [code] * len(sentence.words),
        "spans": [" ".join(span) for span in spans],
    }


def _conllu(number: int, sentence: Sentence) -> str:
    """A sentence in CoNLL-U. Its verb is the root, and everything else hangs on that."""
    words = sentence.words
    root = next(place for place, word in enumerate(words, start=1) if word.part == "verb")
    lines = [f"# sent_id = {number}", f"# text = {sentence.text}"]
    for place, word in enumerate(words, start=1):
        head, relation = ("0", "root") if place == root else (str(root), "dep")
        gloss = f"Gloss={word.gloss}" if word.gloss else "_"
        lines.append("\t".join((str(place), word.form, "_", word.tag, "_", "_", head, relation, "_", gloss)))
    return "\n".join((*lines, "", ""))


def _ccg(studio: Studio) -> None:
    tags = set[str]()
    for split in SPLITS:
        clauses = studio.draw("ccg", split, lambda scene, _: _anything(scene))
        lines = list[str]()
        for sentence in _sentences(studio.source, clauses):
            supertags = [word.supertag for word in sentence.words]
            tags |= {*supertags}
            lines.append(f"{' '.join(word.form for word in sentence.words)}\t{' '.join(supertags)}")
        studio.mirror.lines(f"ccg/ccg.{split}", lines)
    studio.mirror.json("ccg/tags_to_id.json", {tag: number for number, tag in enumerate(sorted(tags))})
