"""The trunk runs once for several learners: in every later pass over a batch its modules repeat what they answered.

All above the trunk runs as the library has it. A pass that is given an answer therefore computes, bit for bit, what it
would have computed alone.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from madx_stilts.nets.architecture import Trunk
from madx_stilts.nets.backbone import Backbone

Forward = Callable[..., Any]
Answers = dict[int, Any]
"""What the modules of a trunk answered to a batch, by their place in the order they run; of those whose answer does not
leave the trunk, whether it is a tuple."""


@contextmanager
def run_once(backbone: Backbone, trunk: Trunk, known: Iterable[tuple[Tensor, Answers]] = ()) -> Iterator[None]:
    """Inside the block the trunk runs once for each batch, without gradients, however many stacks see the batch.

    What it remembers it forgets when the block ends: two tensors of hidden states for each batch, and the embeddings.

    Args:
        trunk: What all passes inside the block have in common, in scoring mode; nothing in it is trained.
        known: Batches for which it need not run at all: their `input_ids`, and what it would answer.
    """
    with _remembering(backbone, trunk, _Memory(known)):
        yield


def answers_of(backbone: Backbone, trunk: Trunk, inputs: dict[str, Tensor]) -> Answers:
    """What a trunk of one layer or more answers to a batch. The layers above it do not run.

    Args:
        inputs: As for `Backbone.hidden`.
    """
    memory = _Memory()
    above = backbone.anatomy.layer_list(backbone.base)[trunk.layers + _reaches(backbone, trunk) :]
    with ExitStack() as undoing:
        undoing.enter_context(_remembering(backbone, trunk, memory))
        for layer in above:
            undoing.callback(layer.register_forward_pre_hook(_packed, with_kwargs=True).remove)
            undoing.callback(_give_back, layer, vars(layer).get("forward"))
            layer.forward = memory.passing_on
        with torch.no_grad(), backbone.autocast():
            backbone.hidden(inputs)
    return memory.answers


def leaving(backbone: Backbone, trunk: Trunk) -> list[int]:
    """The places whose answers leave a trunk upwards; without that of the embeddings, which its layers take in."""
    return [at for at, (_, handed_on) in enumerate(_parts(backbone, trunk)) if handed_on and at]


@contextmanager
def _remembering(backbone: Backbone, trunk: Trunk, memory: "_Memory") -> Iterator[None]:
    hook = backbone.base.register_forward_pre_hook(memory.turn_to, with_kwargs=True)
    with ExitStack() as undoing:
        undoing.callback(hook.remove)
        for place, (module, handed_on) in enumerate(_parts(backbone, trunk)):
            undoing.callback(module.register_forward_pre_hook(_packed, with_kwargs=True).remove)
            undoing.callback(_give_back, module, vars(module).get("forward"))
            module.forward = memory.remembering(place, module.forward, handed_on=handed_on)
        yield


class _Memory:
    """What the modules of a trunk answered, batch by batch."""

    def __init__(self, known: Iterable[tuple[Tensor, Answers]] = ()) -> None:
        # The tensor is kept beside the answers, so that no other can come to bear its number.
        self._batches = {id(tokens): (tokens, answers) for tokens, answers in known}
        self.answers: Answers = {}
        """To the batch that came last."""

    def turn_to(self, base: nn.Module, given: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Remember, or repeat, what belongs to the batch that comes now. A batch is known by its `input_ids`."""
        tokens = options["input_ids"]
        _, self.answers = self._batches.setdefault(id(tokens), (tokens, {}))

    def remembering(self, place: int, forward: Forward, *, handed_on: bool) -> Forward:
        """A module's forward pass that runs once for each batch. It takes what it is given as `_packed` leaves it.

        Args:
            place: Of the module in the trunk.
            handed_on: Whether its answer leaves the trunk; if not, a stand-in of its shape is enough later.
        """

        def answer(given: tuple[Any, ...], options: dict[str, Any]) -> Any:
            known = self.answers
            if place in known:
                return known[place] if handed_on else _stand_in(given[0], wrapped=known[place])
            with torch.no_grad():
                result = forward(*given, **options)
            known[place] = result if handed_on else isinstance(result, tuple)
            return result

        return answer

    def passing_on(self, given: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """The forward pass of a layer above the trunk that is not wanted. It answers as the lowest layer does."""
        lowest = self.answers[1]
        return _stand_in(given[0], wrapped=lowest if isinstance(lowest, bool) else isinstance(lowest, tuple))


def _reaches(backbone: Backbone, trunk: Trunk) -> bool:
    """Whether something of the layer above its whole layers belongs to a trunk and is known."""
    return trunk.into_next and trunk.layers < backbone.layers and bool(backbone.anatomy.handed_on)


def _parts(backbone: Backbone, trunk: Trunk) -> Iterator[tuple[nn.Module, bool]]:
    """The modules of a trunk in the order they run, and whether the answer of each leaves the trunk."""
    anatomy = backbone.anatomy
    layers = anatomy.layer_list(backbone.base)
    reaches = _reaches(backbone, trunk)
    # The invertible part of a language adapter is a hook of the embeddings, which runs again on their answer each time.
    yield backbone.base.get_submodule(anatomy.embeddings), True
    for at, layer in enumerate(layers[: trunk.layers], start=1):
        yield layer, at == trunk.layers and not reaches
    if reaches:
        for path in anatomy.before_output_adapter:
            yield layers[trunk.layers].get_submodule(path), path in anatomy.handed_on


def _stand_in(hidden: Tensor, *, wrapped: bool) -> Tensor | tuple[Tensor]:
    """What nobody looks into: the module's own input, in a tuple if its answer is one."""
    return (hidden,) if wrapped else hidden


def _packed(module: nn.Module, given: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Two arguments, whatever a module is called with, so that one forward pass can stand for those of all modules."""
    return (given, options), {}


def _give_back(module: nn.Module, own: Forward | None) -> None:
    """Let a module have its own forward pass again: its class's, or one that the library set on it."""
    if own is None:
        del module.forward
    else:
        module.forward = own
