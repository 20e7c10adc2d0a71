"""The trunk runs once for several learners: in every later pass over a batch its modules repeat what they answered.

All above the trunk runs as the library has it. A pass that is given an answer therefore computes, bit for bit, what it
would have computed alone.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from madx_stilts.nets.anatomy import Trunk
from madx_stilts.nets.backbone import Backbone

Forward = Callable[..., Any]


@contextmanager
def run_once(backbone: Backbone, trunk: Trunk) -> Iterator[None]:
    """Inside the block the trunk runs once for each batch, without gradients, however many stacks see the batch.

    What it remembers it forgets when the block ends: two tensors of hidden states for each batch, and the embeddings.

    Args:
        trunk: What all passes inside the block have in common, in scoring mode; nothing in it is trained.
    """
    memory = _Memory()
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

    def __init__(self) -> None:
        # The tensor is kept beside the answers, so that no other can come to bear its number.
        self._batches: dict[int, tuple[Tensor, dict[int, Any]]] = {}
        self._answers: dict[int, Any] = {}

    def turn_to(self, base: nn.Module, given: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Remember, or repeat, what belongs to the batch that comes now. A batch is known by its `input_ids`."""
        tokens = options["input_ids"]
        _, self._answers = self._batches.setdefault(id(tokens), (tokens, {}))

    def remembering(self, place: int, forward: Forward, *, handed_on: bool) -> Forward:
        """A module's forward pass that runs once for each batch. It takes what it is given as `_packed` leaves it.

        Args:
            place: Of the module in the trunk.
            handed_on: Whether its answer leaves the trunk; if not, a stand-in of its shape is enough later.
        """

        def answer(given: tuple[Any, ...], options: dict[str, Any]) -> Any:
            known = self._answers
            if place in known:
                return known[place] if handed_on else _stand_in(given[0], wrapped=known[place])
            with torch.no_grad():
                result = forward(*given, **options)
            known[place] = result if handed_on else isinstance(result, tuple)
            return result

        return answer


def _parts(backbone: Backbone, trunk: Trunk) -> Iterator[tuple[nn.Module, bool]]:
    """The modules of a trunk in the order they run, and whether the answer of each leaves the trunk."""
    anatomy = backbone.anatomy
    layers = anatomy.layer_list(backbone.base)
    reaches = trunk.into_next and trunk.layers < len(layers) and bool(anatomy.handed_on)
    # The invertible part of a language adapter is a hook of the embeddings, which runs anew on their answer each time.
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
