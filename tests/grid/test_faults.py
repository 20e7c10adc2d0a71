"""A grid that cannot be planned is refused with all its faults at once, each with its key."""

from collections.abc import Callable, Mapping

import pytest

from madx_stilts.errors import ConfigError, UnknownName
from madx_stilts.grid.grid import Grid
from madx_stilts.grid.job import Job
from madx_stilts.grid.plan import Plan, plan
from madx_stilts.tasks import TASKS

Planning = Callable[..., Plan]
GridOf = Callable[..., Grid]

FAULTS: list[tuple[dict[str, object], str]] = [
    ({"name": "a/b"}, "name: 'a/b' would be no file name"),
    ({"name": "a" * 201}, "name: it has 201 bytes, a name has 200 at most"),
    ({"intermediates": [{"task": "mnli", "name": "a" * 201}]}, "cannot be part of a name: it has 201 bytes"),
    ({"intermediates": [{"task": "mnli", "name": "a" * 197}]}, f"an adapter would be called xnli+{'a' * 197}: it has"),
    (
        {"seeds": [*range(1000)], "intermediates": [{"task": "mnli", "name": f"c{at}"} for at in range(30)]},
        "the grid has 30,000 cells (30 intermediates x 1,000 seeds), at most 20,000 are planned",
    ),
    ({"seeds": []}, "seeds: is empty"),
    ({"backbones": []}, "backbones: is empty"),
    ({"intermediates": []}, "intermediates: is empty"),
    ({"targets": []}, "targets: is empty"),
    ({"transfers": []}, "transfers: is empty"),
    ({"language_adapters": []}, "language_adapters: is empty"),
    ({"languages": []}, "languages: is empty"),
    ({"seeds": [1, 0, 1]}, "seeds: 1 stands there twice"),
    ({"targets": ["xnli", "xnli"]}, "targets: xnli stands there twice"),
    ({"transfers": ["stack", "stack"]}, "transfers: stack stands there twice"),
    ({"intermediates": ["none", "none"]}, "intermediates.1: none stands there twice"),
    ({"intermediates": ["mnli", "mnli@en"]}, "intermediates.1: another column is called mnli too"),
    (
        {"intermediates": [{"mix": ["mnli", "ccg"]}, {"mix": ["mnli", "ccg"], "sampling": {"kind": "uniform"}}]},
        "intermediates.1: another column is called mix.mnli.ccg too; give one of them a name",
    ),
    ({"transfers": ["fuse"]}, "transfers.0: a fusion is an intermediate, {fuse: [mnli, ccg]}; write stack or continue"),
    ({"intermediates": [{"fuse": ["mnli"]}]}, "intermediates.0: a fuse of 1 is none; name two tasks or more"),
    ({"intermediates": [{"fuse": ["mnli", "mnli@en"]}]}, "mnli in en stands there twice: in one fuse"),
    (
        {"intermediates": [{"fuse": ["mnli", "ccg"]}, {"fuse": ["ccg", "mnli"]}]},
        "intermediates.1: fuses the same tasks as intermediates.0; their order means nothing",
    ),
    (
        {"intermediates": [{"fuse": ["mnli", "ccg"]}], "transfers": ["stack", "continue"]},
        "intermediates.0: no target can continue from several adapters at once; leave continue out of transfers",
    ),
    (
        {"intermediates": [{"fuse": ["mnli", "ccg"]}], "targets": ["xnli", "tatoeba", "bucc2018"]},
        "intermediates.0: nothing is trained for tatoeba, bucc2018, and so no fusion layer",
    ),
    (
        {
            "intermediates": [{"fuse": ["mnli", "ccg"]}],
            "train": {"intermediate": {"by_task": {"ccg": {"method": {"leave_out": [0, 1]}}}}},
        },
        "intermediates.0: Adapters that are fused must leave out the same layers, these leave out [] and [0, 1].",
    ),
    (
        {"intermediates": [{"fuse": ["mnli", "ccg"], "method": {"kind": "ia3"}}]},
        "intermediates.0: ia3 adapters cannot be fused; these can: compacter, double_seq_bn, seq_bn. Write one method",
    ),
    (
        {"intermediates": [{"fuse": ["mnli", "ccg"]}], "train": {"target": {"method": {"kind": "lora"}}}},
        "train.target.method: lora adapters cannot be stacked",
    ),
    ({"intermediates": ["mnil"]}, "intermediates.0: there is no task 'mnil'; did you mean mnli or cmnli?"),
    ({"intermediates": ["zebra"]}, "there is no task 'zebra'; `madx-stilts tasks list` shows all"),
    ({"targets": ["xcop"]}, "targets.0: there is no task 'xcop'; did you mean xcopa"),
    ({"intermediates": ["mnli@"]}, "'mnli@' names no language"),
    ({"intermediates": ["mnli@fi"]}, "intermediates.0: mnli has no train data in fi; it has: en, ar"),
    ({"intermediates": ["xnli"]}, "intermediates.0: xnli has no training data of its own; name mnli"),
    ({"intermediates": ["xcopa"]}, "name siqa and copa"),
    ({"intermediates": ["tatoeba"]}, "tatoeba is a retrieval task"),
    ({"intermediates": [{"mix": ["mnli"]}]}, "intermediates.0: a mix of 1 is none; name two tasks or more"),
    ({"intermediates": [{"chain": ["mnli"]}]}, "a chain of 1 is none"),
    ({"intermediates": [{"mix": ["mnli", "mnli@en"]}]}, "mnli in en stands there twice: in one mix"),
    ({"intermediates": [{"chain": ["mnli", "ccg", "mnli"]}]}, "twice: the chain comes back to it"),
    ({"intermediates": [{"task": "none", "limit": 5}]}, "limit has no effect without an intermediate"),
    ({"intermediates": [{"task": "mnli", "name": "none"}]}, "'none' is the column without an intermediate"),
    ({"intermediates": [{"task": "mnli", "name": "a+b"}]}, "'a+b' cannot be part of a name"),
    ({"intermediates": [{"task": "mnli", "masked_lm": 0.2}]}, "intermediates.0: masked_lm needs plain text"),
    (
        {"intermediates": [{"task": "mnli", "masked_lm": 0.2, "text": "a.txt", "text_languages": ["de", "sw"]}]},
        "a.txt is one file",
    ),
    (
        {"intermediates": [{"task": "mnli", "masked_lm": 0.2, "text": "a/b", "text_languages": ["de", "de"]}]},
        "its text is twice in de",
    ),
    ({"languages": ["de", "xx"]}, "targets.0: xnli has no test data in xx; it has: ar, bg"),
    ({"languages": ["de", "de"]}, "targets.0: xnli would be scored twice in de"),
    ({"targets": ["paws_x"], "languages": "xtreme_r"}, "languages are those of xtreme_r, which has no paws_x"),
    ({"targets": ["xquad"], "evaluate": {"split": "dev"}}, "targets.0: xquad has no dev split; it has: test"),
    ({"language_adapters": ["source"]}, "train.language.text: is missing"),
    (
        {"language_adapters": ["swap"], "train": {"language": {"text": "a.txt"}}, "languages": ["de"]},
        "a.txt is one file, and adapters of de, en are needed",
    ),
    ({"train": {"target": {"by_task": {"xnil": {}}}}}, "train.target.by_task.xnil: there is no task 'xnil'"),
    (
        {"train": {"target": {"by_task": {"xnli": {}}}}},
        "train.target.by_task.xnli: has no effect, xnli has",
    ),
    ({"evaluate": {"by_task": {"xnil": {}}}}, "evaluate.by_task.xnil: there is no task"),
    (
        {"train": {"target": {"train": {"batch_size": 30}, "by_task": {"mnli": {"train": {"accumulate": 4}}}}}},
        "train.target: for xnli: batch_size (30) must be a multiple of accumulate (4)",
    ),
    (
        {"intermediates": [{"task": "mnli", "train": {"stride": 500}}]},
        "intermediates.0: stride (500) must be smaller than max_tokens (256)",
    ),
    (
        {"intermediates": ["mnli"], "train": {"intermediate": {"method": {"kind": "lora"}}}},
        "train.intermediate.method: lora adapters cannot be stacked",
    ),
    (
        {"intermediates": ["mnli"], "train": {"target": {"method": {"kind": "loreft"}}}},
        "train.target.method: loreft adapters cannot be stacked",
    ),
    (
        {"language_adapters": ["source"], "train": {"language": {"text": "a/b", "method": {"kind": "par_bn"}}}},
        "train.language.method: par_bn adapters cannot be stacked",
    ),
    (
        {
            "intermediates": ["mnli"],
            "transfers": ["continue"],
            "train": {"target": {"method": {"reduction_factor": 2}}},
        },
        "transfers: xnli cannot continue from mnli, which has another method",
    ),
    (
        {
            "intermediates": [{"chain": ["mnli", "ccg"]}],
            "train": {"intermediate": {"by_task": {"ccg": {"method": {"reduction_factor": 2}}}}},
        },
        "train: a chain goes on with the same weights, so mnli, ccg need one method, not 2",
    ),
]


@pytest.mark.parametrize(("keys", "fault"), FAULTS, ids=[fault[:60] for _, fault in FAULTS])
def test_a_fault_is_told(planned: Planning, keys: dict[str, object], fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        planned(**keys)
    assert [told for told in caught.value.faults if fault in told]


def test_one_fault_is_told_once_and_nothing_else_with_it(planned: Planning) -> None:
    with pytest.raises(ConfigError) as caught:
        planned(intermediates=["none", "mnil"], targets=["xnli", "panx"])
    assert caught.value.faults == ("intermediates.1: there is no task 'mnil'; did you mean mnli or cmnli?",)


def test_all_faults_are_told_at_once(grid_of: GridOf) -> None:
    grid = grid_of(
        backbones=["nowhere", "xlmr-base"],
        intermediates=["mnil", {"fuse": ["mnli"]}, {"task": "mnli", "train": {"stride": 500}}],
        targets=["xnli", "xqad"],
        seeds=[],
        languages=["xx"],
        language_adapters=["swap"],
        train={"target": {"method": {"kind": "lora"}}},
    )

    def stamps(job: Job) -> Mapping[str, str]:
        if job.backbone == "nowhere":
            raise UnknownName("backbone", job.backbone, ["xlmr-base"])
        return {}

    with pytest.raises(ConfigError) as caught:
        plan(grid, TASKS, stamps)
    keys = [fault.partition(":")[0] for fault in caught.value.faults]
    assert keys == [
        "backbones.0",
        "seeds",
        "intermediates.0",
        "intermediates.1",
        "targets.0",
        "targets.1",
        "intermediates.2",
    ]


@pytest.mark.parametrize("kind", ["lora", "loreft", "par_bn"])
def test_a_method_that_does_not_compose_works_where_nothing_is_stacked(planned: Planning, kind: str) -> None:
    train = {"target": {"method": {"kind": kind}}, "intermediate": {"method": {"kind": kind}}}
    assert planned(train=train).trainings
    assert planned(intermediates=["mnli"], transfers=["continue"], train=train).trainings
    assert planned(intermediates=["mnli"], targets=["tatoeba"], train=train).trainings
