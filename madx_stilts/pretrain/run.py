"""The steps of a pretraining: a pure function of step and weights, with a checkpoint now and then."""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW, Muon, Optimizer
from transformers import PreTrainedModel

from madx_stilts.data.batch import Batch, Groups, collate, epoch_order
from madx_stilts.errors import Interrupted, JobFailed
from madx_stilts.formats.base import Encoded
from madx_stilts.pretrain.alignment import apart, each_alone
from madx_stilts.pretrain.checkpoint import NAME, Progress, load_checkpoint, save_checkpoint
from madx_stilts.pretrain.network import ARCHITECTURES, guess, layers
from madx_stilts.pretrain.objective import Flags, Pieces, PretrainBatch
from madx_stilts.pretrain.plan import Optimisation, PretrainConfig
from madx_stilts.pretrain.quality import QualityMeter
from madx_stilts.train.callbacks import TrainerCallback
from madx_stilts.train.interrupts import Stopped, StopRequest, ended_by, stop_on_signals

CHECKPOINT_EVERY = 500


@dataclass
class PretrainRun:
    """A network on its way.

    Args:
        text: What is read, one sequence each.
        examiner: Measures it on the way.
        folder: For the checkpoint; a run that finds one there goes on from it.
    """

    config: PretrainConfig
    model: PreTrainedModel
    pieces: Pieces
    text: Encoded
    examiner: QualityMeter
    folder: Path
    listener: TrainerCallback
    done: int = 0
    owes_look: bool = False
    _epoch: tuple[int, Sequence[Groups]] = field(default=(-1, ()))

    @cached_property
    def optimizers(self) -> tuple[Optimizer, Optimizer]:
        """Muon for the matrices, AdamW for the rest. Neither decays weights."""
        train = self.config.train
        matrices, rest = _divided(self.model)
        return (
            Muon(matrices, lr=train.muon_rate, momentum=train.momentum, weight_decay=0.0),
            AdamW(rest, lr=train.adam_rate, betas=train.adam_betas, weight_decay=0.0),
        )

    def run(self) -> None:
        """Train to the end.

        Raises:
            Interrupted: A signal asked to stop; a checkpoint was written.
            JobFailed: The loss is not finite.
        """
        steps = self.config.train.steps
        self.done, self.owes_look = load_checkpoint(self.folder / NAME, self.model, self.optimizers)
        self.listener.on_train_begin(self.config.architecture, self.done, steps)
        try:
            with stop_on_signals() as stop:
                if self.owes_look:
                    self._look(stop)
                    self._keep(stop)
                while self.done < steps:
                    self._step()
                    if self.owes_look:
                        self._look(stop)
                    self._keep(stop)
        finally:
            self.listener.on_train_end()

    def _look(self, stop: StopRequest) -> None:
        """Measure the network; a request to stop leaves that for the next run."""
        with suppress(Stopped):
            on_batch = ended_by(stop, self.listener.on_evaluate_step)
            self.listener.on_evaluate(self.done, self.examiner.measure(self.model, on_batch))
            self.owes_look = False

    def _keep(self, stop: StopRequest) -> None:
        """Write a checkpoint now and then, at the end, since all is measured once more then, and before a stop."""
        steps = self.config.train.steps
        if stop or self.done % CHECKPOINT_EVERY == 0 or self.done == steps:
            progress = Progress(self.done, self.owes_look)
            save_checkpoint(self.folder / NAME, self.model, self.optimizers, progress)
        if stop:
            hint = "Run the same command again to go on from here."
            raise Interrupted(f"Stopped after step {self.done} of {steps}; nothing is lost.", hint=hint)

    def _step(self) -> None:
        factor = self.config.train.factor(self.done)
        loss = self._loss(self.done)
        value = loss.item()
        if not math.isfinite(value):
            raise JobFailed(f"The loss became {value} in step {self.done + 1}.", hint="Lower the learning rates.")
        loss.backward()
        for optimizer, rate in zip(self.optimizers, _rates(self.config.train), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
            optimizer.step()
            optimizer.zero_grad()
        self.done += 1
        self.listener.on_step_end(self.done, {"loss": value, "learning_rate": self.config.train.muon_rate * factor})
        self.owes_look = self.done in _looks(self.config.train)

    def _loss(self, step: int) -> Tensor:
        batch = self._batch(step)
        exercise = self._exercise(batch, step)
        states = ARCHITECTURES[self.config.architecture].states(self.model, exercise.inputs)
        loss = nn.functional.cross_entropy(guess(self.model, states[exercise.where]), exercise.wanted)
        translated = batch.labels["translated"].numpy() == 1
        if self.config.train.alignment and translated.any():
            loss = loss + self.config.train.alignment * self._apart(batch, translated, step)
        return loss

    def _apart(self, batch: Batch, translated: Flags, step: int) -> Tensor:
        random = np.random.default_rng((self.config.seed, step, 1))
        ids, word = batch.inputs["input_ids"].numpy(), batch.labels["word"].numpy()
        alone = each_alone(ids, word, translated, self.pieces, random)
        inputs = {"input_ids": torch.from_numpy(alone.ids), "attention_mask": torch.from_numpy(alone.real).long()}
        return apart(layers(self.model, inputs), torch.from_numpy(alone.word))

    def _batch(self, step: int) -> Batch:
        """The documents of a step, counted from 0."""
        train, seed = self.config.train, self.config.seed
        per_epoch = -(-len(self.text) // train.batch_size)
        epoch, at = divmod(step, per_epoch)
        if self._epoch[0] != epoch:
            self._epoch = epoch, epoch_order(self.text, train.batch_size, seed=seed, epoch=epoch)
        return collate(self.text, self._epoch[1][at], pad_id=self.pieces.pad, labels=("translated", "word"))

    def _exercise(self, batch: Batch, step: int) -> PretrainBatch:
        objective = ARCHITECTURES[self.config.architecture].objective
        random = np.random.default_rng((self.config.seed, step))
        ids = batch.inputs["input_ids"].numpy()
        return objective(ids, self.pieces, self.config.train.hidden_share, random)


def _divided(model: PreTrainedModel) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The matrices that turn hidden states into hidden states, and all other parameters."""
    output = model.get_output_embeddings()
    inner = {id(module.weight) for module in model.modules() if isinstance(module, nn.Linear) and module is not output}
    parameters = list(model.parameters())
    return [p for p in parameters if id(p) in inner], [p for p in parameters if id(p) not in inner]


def _rates(train: Optimisation) -> tuple[float, float]:
    return train.muon_rate, train.adam_rate


def _looks(train: Optimisation) -> set[int]:
    return {round(train.steps * at / train.looks) for at in range(1, train.looks + 1)}
