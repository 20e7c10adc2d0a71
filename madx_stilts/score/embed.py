"""One vector for each text: hidden states of a layer, pooled, of length 1, kept on disk however many they are."""

import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import normalize

from madx_stilts.errors import JobFailed, UsageError
from madx_stilts.files import told_as_storage
from madx_stilts.formats.base import Encoded
from madx_stilts.nets.backbone import Backbone
from madx_stilts.score.predict import OnBatch, batches, unwatched

PoolingKind = Literal["mean", "cls"]
Vectors = NDArray[np.float32]
"""Embeddings of length 1, in the order of the texts. *Shape:* ``(texts, hidden_size)``."""
_PUBLISHED = {12: 8, 24: 14}
"""The layer that XTREME takes, by the number of layers: mBERT's 8th, XLM-R large's 14th (arXiv 2003.11080, §4.2)."""
_ZEROS = b"\0" * (1 << 24)


@dataclass(frozen=True)
class Pooling:
    """Pooling of hidden states into a text's embedding.

    Args:
        kind: The mean of all tokens, the special ones included as in XTREME; or the first token.
        layer: Its hidden states, after its adapters; counted from 1. `auto`: the best on dev data; None: see
            `published_layer`.
    """

    kind: PoolingKind = "mean"
    layer: int | Literal["auto"] | None = None

    def layer_of(self, layers: int) -> int:
        """The layer to take, `auto` aside.

        Args:
            layers: How many the backbone has.

        Raises:
            UsageError: There is no such layer.
        """
        layer = self.layer if isinstance(self.layer, int) else published_layer(layers)
        if not 1 <= layer <= layers:
            raise UsageError(f"There is no layer {layer}.", hint=f"The backbone has the layers 1 to {layers}.")
        return layer


DEFAULT_POOLING = Pooling()


def published_layer(layers: int) -> int:
    """The layer that XTREME takes: 8 of 12, 14 of 24; of other backbones one as high as the latter."""
    return _PUBLISHED.get(layers) or max(1, round(layers * 14 / 24))


def embed(
    backbone: Backbone,
    encoded: Encoded,
    *,
    kind: PoolingKind,
    layers: Collection[int],
    folder: Path | None = None,
    on_batch: OnBatch = unwatched,
) -> dict[int, Vectors]:
    """Embed texts through the active adapters. What lies above the uppermost layer that is wanted is not computed.

    Args:
        encoded: One sequence per text.
        layers: Whose hidden states; counted from 1. All of them come from one pass.
        folder: Where the vectors are kept while they are in use; None: where the system keeps temporary files.

    Returns:
        Embeddings by layer. They do not depend on how texts share batches.

    Raises:
        StorageError: The vectors do not fit on the disk.
        JobFailed: One is not finite.
    """
    made = {layer: room_for(len(encoded), backbone.model.config.hidden_size, folder) for layer in layers}
    pool = _POOL[kind]
    backbone.model.eval()
    with torch.inference_mode(), backbone.autocast():
        for batch in batches(backbone, encoded, on_batch):
            for layer, hidden in _pooled(backbone, batch.inputs, layers, pool).items():
                vectors = normalize(hidden, dim=-1).cpu().numpy()
                if not np.isfinite(vectors).all():
                    raise JobFailed(
                        f"Some hidden states of layer {layer} are not finite.", hint="Try --precision fp32."
                    )
                made[layer][batch.groups] = vectors
    return made


def room_for(texts: int, size: int, folder: Path | None = None) -> Vectors:
    """An array on disk, mapped into memory. Its file has no name and is gone when the array is.

    Raises:
        StorageError: It does not fit. It is filled at once: a mapped file that cannot grow would end the process.
    """
    place = folder or Path(tempfile.gettempdir())
    with told_as_storage(place):
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place) as file:
            whole, rest = divmod(max(1, texts * size * np.dtype(np.float32).itemsize), len(_ZEROS))
            for _ in range(whole):
                file.write(_ZEROS)
            file.write(_ZEROS[:rest])
            file.flush()
            return np.memmap(file, dtype=np.float32, mode="r+", shape=(texts, size))


Pool = Callable[[Tensor, Tensor], Tensor]


def _mean(hidden: Tensor, mask: Tensor) -> Tensor:
    weights = mask.unsqueeze(-1).float()
    return (hidden.float() * weights).sum(1) / weights.sum(1)


def _first(hidden: Tensor, mask: Tensor) -> Tensor:
    return hidden[:, 0].float()


_POOL: Mapping[PoolingKind, Pool] = {"mean": _mean, "cls": _first}


class _Enough(Exception):
    """Raised in the uppermost layer that is wanted, to leave the model."""


def _pooled(backbone: Backbone, inputs: dict[str, Tensor], layers: Collection[int], pool: Pool) -> dict[int, Tensor]:
    """One batch's pooled hidden states by layer. *Shape of each:* ``(texts, hidden_size)``."""
    found: dict[int, Tensor] = {}
    top, mask = max(layers), inputs["attention_mask"]

    def take(layer: int, hidden: Tensor) -> None:
        found[layer] = pool(hidden, mask)
        if layer == top:
            raise _Enough

    with _told_by(backbone, layers, take), suppress(_Enough):
        backbone.hidden(inputs)
    return found


@contextmanager
def _told_by(backbone: Backbone, layers: Collection[int], take: Callable[[int, Tensor], None]) -> Iterator[None]:
    """Inside the block, the layers give away their hidden states as soon as they have them, adapters included."""
    modules = backbone.anatomy.layer_list(backbone.base)

    def hook(layer: int) -> Callable[[nn.Module, object, object], None]:
        def tell(module: nn.Module, given: object, made: object) -> None:
            hidden = made[0] if isinstance(made, tuple) else made
            if isinstance(hidden, Tensor):
                take(layer, hidden)

        return tell

    with ExitStack() as hooks:
        for layer in layers:
            hooks.callback(modules[layer - 1].register_forward_hook(hook(layer)).remove)
        yield
