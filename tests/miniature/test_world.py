"""A world follows from its seed; what a split asks about, no other split does."""

from collections import Counter

from madx_stilts.miniature import vocabulary
from madx_stilts.miniature.languages import CONSTRUCTED
from madx_stilts.miniature.lexicon import FUNCTION, content_words, lexicon, names
from madx_stilts.miniature.scene import Scene
from madx_stilts.miniature.world import Domain, MiniatureWorld


def test_the_same_seed_makes_the_same_world_and_another_seed_another_one(world: MiniatureWorld) -> None:
    assert MiniatureWorld(1).kinds == world.kinds
    assert MiniatureWorld(2).kinds != world.kinds
    assert lexicon(1, "qaa").sounds != lexicon(2, "qaa").sounds


def test_every_split_has_something_of_everything(world: MiniatureWorld) -> None:
    for things in (world.kinds, world.verbs, world.opposites, world.chains, world.people, world.cities):
        assert {thing.split for thing in things} == {"train", "dev", "test"}
    for category in {kind.category for kind in world.kinds}:
        splits = [kind.split for kind in world.kinds if kind.category == category]
        assert Counter(splits) == {"train": 3, "dev": 1, "test": 2}


def test_no_place_and_no_substance_is_much_more_frequent_than_another(world: MiniatureWorld) -> None:
    for traits in ([kind.home for kind in world.kinds], [kind.substance for kind in world.kinds]):
        counts = Counter(traits).values()
        assert max(counts) - min(counts) <= 1


def test_no_meaning_stands_in_two_tables() -> None:
    tables = [vocabulary.VERBS, vocabulary.OPPOSITES, vocabulary.CHAINS, vocabulary.RELATIONS, vocabulary.TIMES]
    tables += [vocabulary.FOODSTUFFS, vocabulary.MATERIALS, vocabulary.BODIES, *vocabulary.PLACES.values()]
    tables += [*vocabulary.FUNCTION_WORDS.values()]
    words = [word for table in tables for word in table.replace("/", " ").split()]
    for line in vocabulary.KINDS.splitlines():
        category, _, *kinds = line.split()
        words += [category, *kinds]
    assert [word for word, count in Counter(words).items() if count > 1] == []


def test_every_meaning_has_a_word_in_every_language_and_only_homonyms_share_one(world: MiniatureWorld) -> None:
    meanings = {*content_words(world), *names(world), *FUNCTION}
    for code in CONSTRUCTED:
        sounds = lexicon(world.seed, code).sounds
        assert {*sounds} == meanings
        assert len({*sounds.values()}) == len(meanings) - len(vocabulary.HOMONYMS)
        assert all(sounds[kind] == sounds[verb] for kind, verb in vocabulary.HOMONYMS.items())


def test_names_sound_the_same_in_all_languages(world: MiniatureWorld) -> None:
    source = lexicon(world.seed, "qaa").sounds
    for code in CONSTRUCTED:
        assert all(lexicon(world.seed, code).sounds[name] == source[name] for name in names(world))


def test_nobody_meets_themselves(world: MiniatureWorld) -> None:
    scene = Scene(world, world.rng("a test of meetings"))
    deeds = [scene.deed() for _ in range(500)]
    assert all(deed.object is None or deed.object.head != deed.subject.head for deed in deeds)


def test_some_names_are_those_of_a_person_and_of_a_city_in_the_same_split(world: MiniatureWorld) -> None:
    people = {named.name.parts[0]: named.split for named in world.people}
    shared = {named.name.parts[0]: named.split for named in world.cities if named.name.parts[0] in people}
    assert len(shared) == vocabulary.NAMES["ambiguous"]
    assert all(people[stem] == split for stem, split in shared.items())


def test_a_scene_keeps_to_its_split_and_the_more_to_its_domain_the_less_they_overlap(world: MiniatureWorld) -> None:
    def share(overlap: float) -> float:
        scene = Scene(world, world.rng("a test"), "train", Domain("farm", overlap))
        kinds = [scene.kind() for _ in range(500)]
        assert {kind.split for kind in kinds} == {"train"}
        return sum(kind.domain == "farm" for kind in kinds) / len(kinds)

    assert share(0.0) == 1.0
    assert share(0.0) > share(0.5) > share(1.0)
