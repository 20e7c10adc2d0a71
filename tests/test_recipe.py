"""A recipe's hash changes with everything that determines an adapter and with nothing else."""

import typing
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from madx_stilts.recipe import (
    COMPOSABLE,
    FUSABLE,
    LOWEST_ONLY,
    Fusion,
    Method,
    MethodKind,
    Part,
    Recipe,
    Sampling,
    StartWeights,
    TrainSettings,
    why_not_fused,
)

MNLI = Part(task="mnli", language="en")
SIQA = Part(task="siqa", language="en")
TEXT = Part(task="masked_lm", language="en")
PLAIN = Recipe(parts=(MNLI,))
KINDS = typing.get_args(MethodKind)
BELOW = ("a" * 64,)
FUSION = Fusion(members=("a" * 64, "b" * 64))
DATA = {"mnli@en:train": "f00"}
id_like = st.text("0123456789abcdef", min_size=8, max_size=8)


def identity(recipe: Recipe, *, backbone: str = "xlm-r", data: Mapping[str, str] = DATA) -> str:
    """The recipe's identity on one backbone and one set of data."""
    return recipe.identity(backbone=backbone, data=dict(data))


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """Recipes that differ in a bit of everything."""
    part = st.builds(Part, task=st.sampled_from(["mnli", "siqa"]), language=st.sampled_from(["en", "de"]))
    parts = tuple(draw(st.lists(part, min_size=1, max_size=2, unique=True)))
    samplings = st.builds(Sampling, kind=st.just("proportional"), cap=st.none() | st.integers(1, 3))
    below = tuple(draw(st.lists(id_like, max_size=2)))
    members = st.lists(id_like, min_size=2, max_size=3, unique=True).map(tuple)
    fusion = draw(st.none() | st.builds(Fusion, members=members, rate=st.sampled_from([0.1, 0.2])))
    kinds = sorted(COMPOSABLE - LOWEST_ONLY) if below or fusion else KINDS
    return Recipe(
        parts=parts,
        sampling=draw(samplings) if len(parts) > 1 else None,
        below=below,
        fusion=fusion,
        start=draw(st.none() | st.builds(StartWeights, adapter=id_like, head=st.booleans())),
        method=Method(
            kind=draw(st.sampled_from(kinds)), leave_out=tuple(draw(st.lists(st.integers(0, 11), max_size=2)))
        ),
        train=TrainSettings(epochs=draw(st.integers(1, 3)), learning_rate=draw(st.sampled_from([1e-4, 5e-4]))),
        seed=draw(st.integers(0, 2)),
    )


@given(recipes())
def test_a_recipe_reads_back_from_json_with_the_same_identity(recipe: Recipe) -> None:
    again = Recipe.model_validate_json(recipe.model_dump_json())
    assert again == recipe
    assert hash(again) == hash(recipe)
    assert identity(again) == identity(recipe)


@given(recipes(), recipes())
def test_recipes_have_one_identity_exactly_when_they_are_equal(one: Recipe, other: Recipe) -> None:
    assert (identity(one) == identity(other)) == (one == other)


@given(st.dictionaries(st.text(), id_like))
def test_the_order_in_which_data_are_named_does_not_matter(data: dict[str, str]) -> None:
    assert PLAIN.identity(backbone="b", data=data) == PLAIN.identity(backbone="b", data=dict(reversed(data.items())))


def test_a_default_written_out_is_the_default() -> None:
    written = Recipe(
        parts=(MNLI,),
        method=Method(kind="seq_bn", reduction_factor=16),
        train=TrainSettings(clip_norm=1, epochs=3),
        seed=0,
    )
    assert identity(written) == identity(PLAIN)


def test_an_identity_is_64_hexadecimal_digits() -> None:
    assert len(identity(PLAIN)) == 64
    assert set(identity(PLAIN)) <= set("0123456789abcdef")


def test_the_backbone_and_the_data_are_part_of_the_identity() -> None:
    assert identity(PLAIN, backbone="mbert") != identity(PLAIN)
    assert identity(PLAIN, data={"mnli@en:train": "bad"}) != identity(PLAIN)
    assert identity(PLAIN, data={}) != identity(PLAIN)


@pytest.mark.parametrize(
    "change",
    [
        {"parts": (MNLI, SIQA), "sampling": Sampling()},
        {"parts": (Part(task="siqa", language="en"),)},
        {"parts": (Part(task="mnli", language="de"),)},
        {"parts": (Part(task="mnli", language="en", version=2),)},
        {"parts": (Part(task="mnli", language="en", limit=100),)},
        {"below": BELOW},
        {"fusion": FUSION},
        {"fusion": FUSION.model_copy(update={"members": FUSION.members[::-1]})},
        {"fusion": FUSION.model_copy(update={"rate": 0.2})},
        {"fusion": FUSION.model_copy(update={"pull": 0.0})},
        {"start": StartWeights(adapter="b" * 64)},
        {"method": Method(kind="seq_bn_inv")},
        {"method": Method(reduction_factor=2)},
        {"method": Method(leave_out=(11,))},
        {"seed": 1},
    ],
    ids=str,
)
def test_what_determines_the_adapter_changes_the_identity(change: dict[str, object]) -> None:
    assert identity(PLAIN.model_copy(update=change)) != identity(PLAIN)


def test_every_training_setting_changes_the_identity() -> None:
    other = TrainSettings(
        learning_rate=1e-4,
        schedule="constant",
        warmup=0.1,
        weight_decay=0.01,
        adam_betas=(0.8, 0.99),
        adam_epsilon=1e-6,
        clip_norm=2,
        batch_size=64,
        accumulate=2,
        epochs=5,
        max_steps=100,
        max_tokens=128,
        stride=64,
        precision="bf16",
        evaluate_every=50,
        patience=3,
        dev_limit=500,
        keep="last",
        snapshots=5,
        unfreeze_every=800,
        masked_share=0.2,
        translations=2.0,
        storage="fp16",
    )
    ids = {identity(PLAIN)}
    for name in TrainSettings.model_fields:
        assert getattr(other, name) != getattr(PLAIN.train, name), f"{name} is missing from this test"
        train = PLAIN.train.model_copy(update={name: getattr(other, name)})
        ids.add(identity(PLAIN.model_copy(update={"train": train})))
    assert len(ids) == 1 + len(TrainSettings.model_fields)


def test_the_order_of_what_lies_below_and_of_the_parts_counts() -> None:
    mixed = Recipe(parts=(MNLI, SIQA), sampling=Sampling())
    assert identity(mixed) != identity(mixed.model_copy(update={"parts": (SIQA, MNLI)}))
    below = ("a" * 64, "b" * 64)
    assert identity(Recipe(parts=(MNLI,), below=below)) != identity(Recipe(parts=(MNLI,), below=below[::-1]))


def test_each_fusion_has_an_identity_of_its_own_and_a_recipe_without_one_says_nothing_of_it() -> None:
    turned = FUSION.model_copy(update={"members": FUSION.members[::-1]})
    fused = [Recipe(parts=(MNLI,), fusion=one) for one in (FUSION, turned)]
    stacked = Recipe(parts=(MNLI,), below=FUSION.members)
    assert len({identity(one) for one in (*fused, stacked, PLAIN)}) == 4
    assert "fusion" not in PLAIN.model_dump(exclude_none=True), "else all that was trained before had other ids"


def test_a_recipe_knows_all_that_it_stands_on() -> None:
    recipe = Recipe(parts=(MNLI,), below=("c" * 64,), fusion=FUSION, start=StartWeights(adapter="d" * 64))
    assert recipe.beneath == ("c" * 64, *FUSION.members)
    assert recipe.parents == (*recipe.beneath, "d" * 64)
    assert (PLAIN.beneath, PLAIN.fused, PLAIN.parents) == ((), (), ())


@pytest.mark.parametrize(
    ("members", "problem"), [(("a",), "at least 2 items"), (("a", "b", "a"), "a member of the fusion stands twice")]
)
def test_fusions_that_make_no_sense_are_refused(members: tuple[str, ...], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Fusion(members=members)


def test_what_can_be_fused_is_of_one_kind_and_has_the_same_layers() -> None:
    for kind in KINDS:
        reason = why_not_fused([Method(kind=kind), Method(kind=kind, reduction_factor=2)])
        assert (reason == "") == (kind in FUSABLE), reason
    assert "of one kind" in why_not_fused([Method(), Method(kind="compacter")])
    assert "leave out [] and [1, 3]" in why_not_fused([Method(), Method(leave_out=(3, 1))])
    assert why_not_fused([Method(leave_out=(1, 3)), Method(leave_out=(3, 1))]) == ""


def test_an_adapter_over_a_fusion_composes() -> None:
    with pytest.raises(ValidationError, match="lora adapters cannot be stacked"):
        Recipe(parts=(MNLI,), fusion=FUSION, method=Method(kind="lora"))


def test_every_way_of_sampling_has_an_identity_of_its_own() -> None:
    ways = [
        Sampling(),
        Sampling(kind="uniform"),
        Sampling(cap=10),
        Sampling(kind="temperature", temperature=2),
        Sampling(kind="temperature", temperature=3),
        Sampling(kind="temperature", temperature=2, cap=10),
    ]
    assert len({identity(Recipe(parts=(MNLI, SIQA), sampling=way)) for way in ways}) == len(ways)
    shares = [Sampling(masked_lm=share) for share in (0.25, 0.5)]
    assert len({identity(Recipe(parts=(MNLI, TEXT), sampling=way)) for way in shares}) == 2


def test_a_recipe_without_a_mixture_says_nothing_of_sampling() -> None:
    """So adapters that were trained before there were mixtures keep their ids."""
    assert "sampling" not in PLAIN.model_dump(mode="json", exclude_none=True)


@pytest.mark.parametrize(
    ("parts", "sampling", "problem"),
    [
        ((MNLI, SIQA), None, "sampling is needed for several parts"),
        ((MNLI,), Sampling(), "for no single one"),
        ((MNLI, SIQA, MNLI.model_copy(update={"limit": 5})), Sampling(), "mnli@en stands twice"),
        ((MNLI, TEXT), Sampling(), "a share of masked_lm is needed"),
        ((MNLI, SIQA), Sampling(masked_lm=0.5), "and nowhere else"),
    ],
)
def test_mixtures_that_make_no_sense_are_refused(
    parts: tuple[Part, ...], sampling: Sampling | None, problem: str
) -> None:
    with pytest.raises(ValidationError, match=problem):
        Recipe(parts=parts, sampling=sampling)


@pytest.mark.parametrize(
    ("sampling", "problem"),
    [
        ({"kind": "uniform", "cap": 5}, "a cap has no effect"),
        ({"kind": "temperature"}, "a temperature is needed"),
        ({"temperature": 2}, "and for no other"),
        ({"kind": "temperature", "temperature": 0.5}, "greater than or equal to 1"),
        ({"masked_lm": 1}, "less than 1"),
        ({"kind": "by_size"}, "Input should be"),
    ],
)
def test_samplings_that_make_no_sense_are_refused(sampling: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Sampling.model_validate(sampling)


def test_a_mixture_knows_each_of_its_tasks_once() -> None:
    german = Part(task="mnli", language="de")
    assert Recipe(parts=(MNLI, SIQA, german), sampling=Sampling()).tasks == ("mnli", "siqa")
    assert Recipe(parts=(TEXT,)).models_language
    assert not Recipe(parts=(MNLI, TEXT), sampling=Sampling(masked_lm=0.5)).models_language


def test_the_role_is_not_in_a_recipe() -> None:
    models: list[type[BaseModel]] = [Recipe, Part, Sampling, StartWeights, Method, TrainSettings]
    assert [model for model in models if "role" in model.model_fields] == []
    with pytest.raises(ValidationError, match="role"):
        Recipe.model_validate({"parts": [{"task": "mnli", "language": "en"}], "role": "target"})


@pytest.mark.parametrize(
    "given",
    [
        {"parts": [{"task": "mnli", "language": "en"}], "sed": 1},
        {"parts": [{"task": "mnli", "language": "en", "lang": "de"}]},
        {"parts": [{"task": "mnli", "language": "en"}], "train": {"learning_rat": 1e-4}},
        {"parts": [{"task": "mnli", "language": "en"}], "method": {"reduction": 2}},
        {"parts": [{"task": "mnli", "language": "en"}], "start": {"adapter": "x", "heads": True}},
    ],
    ids=str,
)
def test_unknown_keys_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Recipe.model_validate(given)


def test_a_recipe_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        PLAIN.__setattr__("seed", 3)


@pytest.mark.parametrize("kind", KINDS)
def test_methods_that_do_not_compose_are_allowed_alone_only(kind: MethodKind) -> None:
    method = Method(kind=kind)
    assert Recipe(parts=(MNLI,), method=method).method.kind == kind
    if kind in LOWEST_ONLY:
        for ground in ({"below": BELOW}, {"fusion": FUSION}):
            with pytest.raises(ValidationError, match=f"{kind} adapters stand on no other adapter"):
                Recipe.model_validate({"parts": (MNLI,), "method": method, **ground})
    elif kind in COMPOSABLE:
        assert Recipe(parts=(MNLI,), method=method, below=BELOW).below == BELOW
    else:
        with pytest.raises(ValidationError, match=f"{kind} adapters cannot be stacked"):
            Recipe(parts=(MNLI,), method=method, below=BELOW)


def test_lora_parallel_and_reft_do_not_compose() -> None:
    assert set(KINDS) - COMPOSABLE == {"lora", "par_bn", "loreft"}


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"batch_size": 32, "accumulate": 5}, "must be a multiple of accumulate"),
        ({"max_tokens": 128, "stride": 128}, "must be smaller than max_tokens"),
        ({"learning_rate": 0}, "greater than or equal to 0.0"),
        ({"warmup": 1.5}, "less than or equal to 1"),
        ({"epochs": 0}, "greater than or equal to 1"),
        ({"precision": "fp8"}, "Input should be"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        TrainSettings.model_validate(settings)


def test_a_recipe_trains_on_something() -> None:
    with pytest.raises(ValidationError, match="at least 1 item"):
        Recipe(parts=())
