"""Language adapters of a grid: one training for each language, exchanged only where a language is scored."""

from collections.abc import Callable, Mapping

import pytest

from madx_stilts.errors import ConfigError
from madx_stilts.grid.job import Score, Train
from madx_stilts.grid.plan import Plan
from madx_stilts.stack import Role

Planning = Callable[..., Plan]
TEXT = {"language": {"text": "local/text", "tokens": 1000, "limit": 50}}


def scoring(made: Plan, setting: str) -> Score:
    """The scoring of the only cell with a setting of language adapters."""
    (job,) = (made.jobs[id].job for cell, id in made.cells.items() if cell.language_adapter == setting)
    assert isinstance(job, Score)
    return job


def languages(made: Plan) -> dict[str, str]:
    """The trainings of language adapters: their ids by language."""
    adapters = [one for one in made.jobs.values() if isinstance(one.job, Train) and one.job.recipe.models_language]
    return {one.names[0][1]: one.id for one in adapters}


def test_the_adapter_of_the_source_language_stands_below_all_else(planned: Planning) -> None:
    made = planned(intermediates=["mnli"], language_adapters=["source"], languages=["en", "de"], train=TEXT)
    own = languages(made)
    assert own.keys() == {"en"}
    job = scoring(made, "source")
    assert [place.role for place in job.stack] == [Role.LANGUAGE, Role.INTERMEDIATE, Role.TARGET]
    trained = [made.jobs[place.job].job for place in job.stack]
    assert [one.recipe.below for one in trained if isinstance(one, Train)] == [
        (),
        (own["en"],),
        (own["en"], job.stack[1].job),
    ]
    assert made.jobs[job.stack[2].job].names == ((Role.TARGET, "xnli+mnli+la.en"),)
    assert job.swap == {}


def test_the_source_language_is_that_of_the_target(planned: Planning) -> None:
    made = planned(targets=["jnli"], language_adapters=["source"], train=TEXT, evaluate={"split": "dev"})
    assert languages(made).keys() == {"ja"}


def test_each_language_that_is_scored_gets_its_own(planned: Planning) -> None:
    made = planned(language_adapters=["swap"], languages=["en", "de", "sw"], train=TEXT)
    assert languages(made).keys() == {"en", "de", "sw"}
    assert scoring(made, "swap").swap == languages(made)


def test_a_language_adapter_is_trained_once_for_all_cells_as_the_grid_says(planned: Planning) -> None:
    made = planned(
        intermediates=["none", "mnli", "qqp"],
        targets=["xnli", "xquad"],
        languages=["en", "de"],
        seeds=[0, 1],
        language_adapters=["source", "swap"],
        train=TEXT,
    )
    assert languages(made).keys() == {"en", "de"}
    job = made.jobs[languages(made)["de"]].job
    assert isinstance(job, Train)
    (part,) = job.recipe.parts
    assert (job.text, part.tokens, part.limit, part.language) == ("local/text", 1000, 50, "de")
    assert (job.recipe.method.kind, job.recipe.seed) == ("seq_bn_inv", 0)


def test_the_adapter_of_quechua_serves_the_quechua_of_another_data_set_unless_that_has_its_own(
    planned: Planning,
) -> None:
    def swap(*chosen: str) -> tuple[Mapping[str, str], dict[str, str]]:
        train = {"language": {**TEXT["language"], "languages": list(chosen)}}
        made = planned(
            targets=["americas_nli"], languages=["quy", "ay"], language_adapters=["swap"], missing="source", train=train
        )
        return scoring(made, "swap").swap, languages(made)

    found, made = swap("qu", "aym")
    assert made.keys() == {"en", "qu", "aym"}
    assert found == {"en": made["en"], "quy": made["qu"], "ay": made["aym"]}
    found, made = swap("qu", "quy")
    assert made.keys() == {"en", "quy"}
    assert found == {"en": made["en"], "quy": made["quy"]}


def test_a_language_that_is_written_otherwise_is_refused_with_the_code_that_is_known(planned: Planning) -> None:
    with pytest.raises(ConfigError, match=r"no test data in swa; .*; write sw for swa"):
        planned(languages=["en", "swa"])


def test_where_only_the_source_language_is_scored_nothing_is_exchanged(planned: Planning) -> None:
    made = planned(language_adapters=["source", "swap"], languages=["en"], train=TEXT)
    assert len(set(made.cells.values())) == 1


def test_retrieval_needs_adapters_of_queries_and_candidates_too(planned: Planning) -> None:
    pairs = planned(targets=["tatoeba"], language_adapters=["swap"], languages=["de"], train=TEXT)
    assert scoring(pairs, "swap").swap.keys() == {"en", "de"}
    pool = planned(targets=["lareqa"], language_adapters=["swap"], languages=["de"], train=TEXT)
    assert len(scoring(pool, "swap").swap) == 11


@pytest.mark.parametrize("rule", ["source", "none"])
def test_a_language_without_an_adapter_gets_what_the_rule_says(planned: Planning, rule: str) -> None:
    train = {"language": {"text": "local/text", "languages": ["de"]}}
    made = planned(language_adapters=["swap"], languages=["en", "de", "sw"], missing=rule, train=train)
    job = scoring(made, "swap")
    assert job.swap.keys() == {"en", "de"}
    assert str(job.missing) == rule


def test_a_language_without_an_adapter_is_an_error_unless_a_rule_is_given(planned: Planning) -> None:
    train = {"language": {"text": "local/text", "languages": ["de"]}}
    with pytest.raises(ConfigError, match="xnli is scored in sw too"):
        planned(language_adapters=["swap"], languages=["en", "de", "sw"], train=train)


def test_the_rule_makes_no_other_job_where_no_language_lacks_an_adapter(planned: Planning) -> None:
    keys = {"language_adapters": ["swap"], "languages": ["en", "de"], "train": TEXT}
    assert planned(**keys, missing="none").jobs == planned(**keys, missing="error").jobs
