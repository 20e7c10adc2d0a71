"""A fusion layer is the library's own, bears its target's name, and comes and goes without a trace."""

from collections.abc import Callable
from pathlib import Path

import adapters
import pytest
import torch
from adapters import AutoAdapterModel
from adapters.composition import Fuse
from adapters.composition import Stack as Composition
from safetensors.torch import load_file, save_file
from torch import Tensor

from madx_stilts.errors import AdapterError, PreflightError
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.fusion import CONFIG, WEIGHTS, distance, fusion_parameters, of_fusion, save_fusion
from madx_stilts.nets.preflight import check_effects
from madx_stilts.nets.stacking import activate, adapter_parameters, add_fresh, load, remove, save, seeded
from madx_stilts.recipe import FUSABLE, Method
from madx_stilts.zoo.folder import FUSION

Stand = Callable[..., str]
Inputs = dict[str, Tensor]
Place = Callable[..., list[str]]
ID = "1a2b" * 16
each_kind = pytest.mark.parametrize("kind", sorted(FUSABLE))


@pytest.fixture
def place(backbone: Backbone, stand: Stand) -> Place:
    """Put a target over a fusion of two into the model, frozen and far from fresh, and tell the whole stack."""

    def put(name: str = "top-1", kind: str = "seq_bn", leave_out: tuple[int, ...] = (), below: str = "") -> list[str]:
        members = [
            member if member in backbone.model.adapters_config else stand(member, kind, leave_out=leave_out)
            for member in ("one-1", "two-1")
        ]
        add_fresh(backbone, name, Method(reduction_factor=4), seed=3, fuses=members)
        with seeded(sum(name.encode())):
            for parameter in adapter_parameters(backbone, name).values():
                parameter.data.add_(0.1 * torch.randn_like(parameter))
                parameter.requires_grad_(False)
        return [*([stand(below, "seq_bn_inv")] if below else []), *members, name]

    return put


def hidden(backbone: Backbone, names: list[str], inputs: Inputs, *, without: str = "") -> Tensor:
    activate(backbone, names, without=without)
    with torch.no_grad():
        return backbone.hidden(inputs)


@each_kind
@pytest.mark.parametrize("below", ["", "lang-1"])
def test_it_is_what_plain_adapters_computes_from_the_files(
    kind: str, below: str, backbone: Backbone, place: Place, inputs: Inputs, tiny_backbone: Path, tmp_path: Path
) -> None:
    names = place(kind=kind, below=below)
    for name in names:
        save(backbone, tmp_path / name, name, head=False)
    save_fusion(backbone, tmp_path / FUSION, "top-1")
    plain = AutoAdapterModel.from_pretrained(tiny_backbone, local_files_only=True)
    for name in names:
        plain.load_adapter(str(tmp_path / name), use_safetensors=True, with_head=False)
    plain.load_adapter_fusion(str(tmp_path / FUSION), use_safetensors=True)
    plain.active_adapters = Composition(*names[:-3], Fuse("one-1", "two-1"), "top-1")
    plain.eval()
    plain.requires_grad_(False)  # as ours are; torch multiplies what asks for gradients in another order
    with torch.no_grad():
        reference = plain.base_model(**inputs).last_hidden_state
    assert torch.equal(hidden(backbone, names, inputs), reference)
    assert not torch.equal(hidden(backbone, [*names[:-3], "top-1"], inputs), reference)


def test_it_is_what_plain_adapters_computes_from_the_same_weights(
    backbone: Backbone, place: Place, inputs: Inputs
) -> None:
    """The reference is put together by hand in the model itself, under the library's own name."""
    names = place()
    model = backbone.model
    model.add_adapter_fusion(["one-1", "two-1"], "dynamic", name="one-1,two-1")
    with torch.no_grad():
        for key, parameter in fusion_parameters(backbone, "one-1,two-1").items():
            parameter.copy_(backbone.base.get_parameter(key.replace("one-1,two-1", "top-1")))
            parameter.requires_grad_(False)
    model.set_active_adapters(Composition(Fuse("one-1", "two-1"), "top-1"))
    with torch.no_grad():
        reference = backbone.hidden(inputs)
    assert torch.equal(hidden(backbone, names, inputs), reference)


@each_kind
@pytest.mark.parametrize("leave_out", [(), (0, 1)])
def test_saved_and_loaded_it_gives_identical_hidden_states(
    kind: str, leave_out: tuple[int, ...], backbone: Backbone, place: Place, inputs: Inputs, tmp_path: Path
) -> None:
    """Also where members leave out layers in which a language adapter and the target stand."""
    names = place(kind=kind, leave_out=leave_out, below="lang-1")
    before = hidden(backbone, names, inputs)
    save(backbone, tmp_path / "top", "top-1", head=False)
    save_fusion(backbone, tmp_path / "top" / FUSION, "top-1")
    remove(backbone, "top-1")
    load(backbone, tmp_path / "top", identity=ID, name="again-1", fuses=names[1:3])
    assert torch.equal(hidden(backbone, [*names[:-1], "again-1"], inputs), before)
    layers = {key.split(".")[2] for key in fusion_parameters(backbone, "again-1")}
    assert layers == {str(layer) for layer in range(4) if layer not in leave_out}
    assert not [key for key in load_file(tmp_path / "top" / "adapter.safetensors") if "fusion" in key]


def test_a_layer_that_the_members_leave_out_is_as_without_them(
    backbone: Backbone, place: Place, inputs: Inputs
) -> None:
    names = place(leave_out=(0, 1, 2), below="lang-1")
    for name in ("one-1", "two-1"):
        for parameter in adapter_parameters(backbone, name).values():
            parameter.data.zero_()
    assert torch.equal(hidden(backbone, names, inputs), hidden(backbone, ["lang-1", "top-1"], inputs))


def test_two_targets_over_the_same_members_have_a_fusion_each(backbone: Backbone, place: Place, inputs: Inputs) -> None:
    first, second = place("top-1"), place("other-1")
    one, other = hidden(backbone, first, inputs), hidden(backbone, second, inputs)
    assert not torch.equal(one, other)
    for parameter in fusion_parameters(backbone, "other-1").values():
        parameter.data.zero_()
    assert torch.equal(hidden(backbone, first, inputs), one)
    assert not torch.equal(hidden(backbone, second, inputs), other)
    remove(backbone, "other-1")
    assert torch.equal(hidden(backbone, first, inputs), one)


def test_the_order_of_members_changes_rounding_only(backbone: Backbone, place: Place, inputs: Inputs) -> None:
    names = place()
    backbone.model.set_active_adapters(Composition(Fuse("two-1", "one-1", name="top-1"), "top-1"))
    with torch.no_grad():
        turned = backbone.hidden(inputs)
    torch.testing.assert_close(turned, hidden(backbone, names, inputs), rtol=0, atol=1e-5)


def test_removing_it_leaves_the_model_as_it_was(backbone: Backbone, place: Place, inputs: Inputs) -> None:
    bare, config = hidden(backbone, [], inputs), backbone.model.adapters_config
    modules = {name for name, _ in backbone.base.named_modules()}
    own = {name: sorted(vars(module)) for name, module in backbone.base.named_modules() if name in modules}
    names = place(below="lang-1")
    hidden(backbone, names, inputs)
    for name in names:
        remove(backbone, name)
    activate(backbone, [])
    assert {name for name, _ in backbone.base.named_modules()} == modules
    left = config.to_dict()  # type: ignore[attr-defined]
    assert (left["adapters"], left["fusions"], left["fusion_config_map"], left["fusion_name_map"]) == ({}, {}, {}, {})
    after = {name: sorted(vars(module)) for name, module in backbone.base.named_modules()}
    assert [name for name in modules if "compose_fuse" in {*after[name]} - {*own[name]}] == []
    assert (backbone.fusions, backbone.attached) == ({}, {})
    assert torch.equal(hidden(backbone, [], inputs), bare)


@pytest.mark.parametrize("damage", ["members", "shape", "missing", "bytes", "gone"])
def test_files_that_do_not_fit_are_refused_and_nothing_stays(
    damage: str, backbone: Backbone, place: Place, tmp_path: Path
) -> None:
    names = place()
    save(backbone, tmp_path, "top-1", head=False)
    save_fusion(backbone, tmp_path / FUSION, "top-1")
    remove(backbone, "top-1")
    weights, members = load_file(tmp_path / FUSION / WEIGHTS), names[:2]
    key = next(iter(weights))
    match damage:
        case "members":
            members = members[::-1]
        case "shape":
            save_file(weights | {key: torch.zeros(3)}, tmp_path / FUSION / WEIGHTS)
        case "missing":
            save_file({name: weights[name] for name in weights if name != key}, tmp_path / FUSION / WEIGHTS)
        case "bytes":
            (tmp_path / FUSION / WEIGHTS).write_bytes(b"nothing")
        case "gone":
            (tmp_path / FUSION / CONFIG).unlink()
    modules = {name for name, _ in backbone.base.named_modules()}
    with pytest.raises(AdapterError, match="fusion layer"):
        load(backbone, tmp_path, identity=ID, name="again-1", fuses=members)
    assert {name for name, _ in backbone.base.named_modules()} == modules
    assert (backbone.fusions, backbone.attached) == ({}, {})


def test_a_sound_fusion_passes_the_checks(backbone: Backbone, place: Place, inputs: Inputs) -> None:
    names = place(below="lang-1")
    check_effects(backbone, names, inputs)
    before = hidden(backbone, names, inputs)
    check_effects(backbone, names, inputs, trained="top-1")
    assert torch.equal(hidden(backbone, names, inputs), before)


@pytest.mark.parametrize("dead", ["lang-1", "one-1", "two-1", "top-1"])
def test_an_adapter_without_effect_is_found_in_a_stack_with_a_fusion(
    dead: str, backbone: Backbone, place: Place, inputs: Inputs
) -> None:
    names = place(below="lang-1")
    fusion = fusion_parameters(backbone, "top-1")
    for key, parameter in adapter_parameters(backbone, dead).items():
        if key not in fusion:
            parameter.data.zero_()
    with pytest.raises(PreflightError, match=f"The adapter {dead} has no effect"):
        check_effects(backbone, names, inputs)


def test_a_member_that_gets_no_attention_is_found(backbone: Backbone, place: Place, inputs: Inputs) -> None:
    """All goes to the other one, which answers the same to everything."""
    names = place()
    for key, parameter in adapter_parameters(backbone, "one-1").items():
        parameter.data.fill_(100.0 if key.endswith("adapter_up.bias") else 0.0)
    for part, weight in (("query.weight", 1e-3), ("query.bias", 100.0), ("key.weight", 1.0), ("key.bias", 0.0)):
        for parameter in fusion_parameters(backbone, "top-1", part).values():
            parameter.data.fill_(weight)
    with pytest.raises(PreflightError, match="The adapter two-1 has no effect"):
        check_effects(backbone, names, inputs)


def test_a_fusion_without_values_is_found(backbone: Backbone, place: Place, inputs: Inputs) -> None:
    names = place()
    for parameter in fusion_parameters(backbone, "top-1", "value").values():
        parameter.data.zero_()
    with pytest.raises(PreflightError, match="The fusion of one-1, two-1 under top-1 has no effect"):
        check_effects(backbone, names, inputs)


def test_a_fusion_that_does_not_look_is_found(backbone: Backbone, place: Place, inputs: Inputs) -> None:
    names = place()
    for parameter in fusion_parameters(backbone, "top-1", "query").values():
        parameter.data.zero_()
    with pytest.raises(PreflightError, match="takes as much of each"):
        check_effects(backbone, names, inputs)


def test_values_begin_at_the_identity_as_in_the_paper(backbone: Backbone, stand: Stand) -> None:
    members = [stand("one-1"), stand("two-1")]
    add_fresh(backbone, "top-1", Method(reduction_factor=4), seed=3, fuses=members)
    matrices = of_fusion(adapter_parameters(backbone, "top-1"), "value.weight")
    assert len(matrices) == 4
    assert float(distance(matrices).detach()) < 1e-5
    for matrix in matrices:
        matrix.data.add_(0.1)
    library = backbone.base.get_fusion_regularization_loss()  # type: ignore[operator]
    torch.testing.assert_close(0.01 * distance(matrices), library)


def test_a_fresh_fusion_is_drawn_from_the_seed_alone(backbone: Backbone, stand: Stand) -> None:
    members = [stand("one-1"), stand("two-1")]

    def drawn(seed: int) -> list[Tensor]:
        torch.rand(seed + 1)
        add_fresh(backbone, "top-1", Method(reduction_factor=4), seed=seed, fuses=members)
        values = [value.detach().clone() for value in adapter_parameters(backbone, "top-1").values()]
        remove(backbone, "top-1")
        return values

    first, again, other = drawn(1), drawn(1), drawn(2)
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))
    assert not all(torch.equal(one, two) for one, two in zip(first, other, strict=True))


def test_the_library_still_needs_what_is_done_about_layers_left_out(
    backbone: Backbone, place: Place, inputs: Inputs
) -> None:
    """When this fails, adapters fuses around layers that members leave out, and `nets.fusion` need not."""
    names = place(leave_out=(0,), below="lang-1")
    activate(backbone, names)
    for module in backbone.base.modules():
        vars(module).pop("compose_fuse", None)
    assert adapters.__version__.startswith("1.3")
    with pytest.raises(KeyError, match="two-1"):
        backbone.hidden(inputs)
