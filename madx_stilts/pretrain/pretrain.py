"""From a config to a folder with a backbone in the usual form."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

import torch
from transformers import PreTrainedModel

from madx_stilts.errors import Interrupted, UsageError
from madx_stilts.files import canonical_json, told_as_storage, write_whole
from madx_stilts.locks import held
from madx_stilts.miniature import corpus
from madx_stilts.miniature.world import MiniatureWorld
from madx_stilts.pretrain.checkpoint import NAME
from madx_stilts.pretrain.network import build, table
from madx_stilts.pretrain.objective import Pieces
from madx_stilts.pretrain.plan import PretrainConfig, require_new
from madx_stilts.pretrain.quality import QualityMeter
from madx_stilts.pretrain.run import PretrainRun
from madx_stilts.pretrain.save import parameters_in, put, rounded, scores_of
from madx_stilts.pretrain.text import OTHERS, TokenizedCorpus, prepare
from madx_stilts.pretrain.vectors import near_translations
from madx_stilts.train.callbacks import CallbackList, LogFileCallback, NullCallback, TrainerCallback
from madx_stilts.train.interrupts import Stopped, ended_by, stop_on_signals

_TRIED = 20
"""Steps after which the time of all is told."""
_COUNTED = 2_000
"""Documents in each language that tell whose a piece is."""


@dataclass(frozen=True)
class PretrainResult:
    """Result of a pretraining.

    Args:
        parameters: How many numbers the network has, each counted once.
        scores: See `quality.Examiner.measure`, of the weights as they are stored.
    """

    folder: Path
    parameters: int
    scores: Mapping[str, float]


def pretrain(
    config: PretrainConfig,
    out: Path,
    *,
    say: Callable[[str], None],
    listeners: Sequence[Callable[[], TrainerCallback]] = (),
) -> PretrainResult:
    """Train a backbone and write its folder. What an interrupted run left beside it is gone on with.

    If that run had only its work folder left to remove, nothing is trained.

    Args:
        say: Called with a line for each thing that happens.

    Raises:
        UsageError: The folder exists, or beside it lies the unfinished training of another config.
        Busy: Another process trains into the same folder.
        Interrupted: A signal asked to stop; the same call goes on.
        JobFailed: The loss is not finite.
        StorageError: It cannot be written.
    """
    if (made := _ended(config, out)) is not None:
        say(f"{out} was written whole; nothing is trained.")
        return made
    with _unfinished(config, out) as folder:
        say(f"Writing {config.text.documents:,} documents and training a tokenizer on them.")
        reading = prepare(config)
        model = fresh(config, reading)
        parameters = sum(parameter.numel() for parameter in model.parameters())
        say(_outlook(config, reading, parameters))
        examiner = QualityMeter(config, reading.tokenizer)
        log = LogFileCallback(folder / "training.jsonl")
        told = CallbackList([log, _Estimate(say), *(listener() for listener in listeners)])
        PretrainRun(config, model, Pieces(reading.tokenizer), reading.text, examiner, folder, told).run()
        scores = _measured(examiner, rounded(model, config), told)
        put(out, config, model, reading.tokenizer, log=log.path, scores=scores)
        rmtree(folder)
    return PretrainResult(out, parameters, scores)


def _measured(examiner: QualityMeter, model: PreTrainedModel, told: TrainerCallback) -> Mapping[str, float]:
    """The scores of what is stored.

    Raises:
        Interrupted: A signal asked to stop.
    """
    with stop_on_signals() as stop:
        try:
            return examiner.measure(model, ended_by(stop, told.on_evaluate_step))
        except Stopped:
            hint = "Run the same command again to go on from here."
            raise Interrupted("Stopped after the last step; nothing is lost.", hint=hint) from None


def fresh(config: PretrainConfig, reading: TokenizedCorpus) -> PreTrainedModel:
    """The network before its first step."""
    model = build(config, reading.tokenizer)
    known = table(model)
    with torch.no_grad():
        if config.text.dictionary:
            world = MiniatureWorld(config.text.world)
            dictionaries = {code: corpus.dictionary(world, code) for code in OTHERS}
            sample = {code: documents[:_COUNTED] for code, documents in reading.alone.items()}
            vectors = near_translations(known.numpy(), reading.tokenizer, sample, dictionaries, config.seed)
            known.copy_(torch.from_numpy(vectors))
        # An encoder and a decoder have one table for both ends anyway.
        model.get_output_embeddings().weight.copy_(known)
    return model


def _ended(config: PretrainConfig, out: Path) -> PretrainResult | None:
    """What a run of this config wrote whole before it was killed; the rest of its work is removed now.

    None: nothing is left of such a run.
    """
    folder = _workplace(out)
    if not folder.exists() or (scores := scores_of(out, config)) is None:
        return None
    with _alone(out), told_as_storage(folder):
        rmtree(folder)
    return PretrainResult(out, parameters_in(out), scores)


def _workplace(out: Path) -> Path:
    return out.with_name(f"{out.name}.unfinished")


def _alone(out: Path) -> AbstractContextManager[None]:
    busy = f"Another process trains into {out}."
    return held(_workplace(out) / "lock", busy=busy, other="another folder with --out")


@contextmanager
def _unfinished(config: PretrainConfig, out: Path) -> Iterator[Path]:
    """The folder of a training on its way, held by this process alone."""
    require_new(out)
    folder = _workplace(out)
    with _alone(out):
        note, mine = folder / "config.json", canonical_json(config.model_dump(mode="json"))
        with told_as_storage(note):
            known = note.read_text(encoding="utf-8") if note.exists() else mine
        if known != mine and (folder / NAME).exists():
            hint = f"Go on with that config, or remove {folder}."
            raise UsageError(f"{folder} holds the unfinished training of another config.", hint=hint)
        write_whole(note, mine)
        yield folder


def _outlook(config: PretrainConfig, reading: TokenizedCorpus, parameters: int) -> str:
    train, text = config.train, reading.text
    pieces = len(text.tokens["input_ids"]) / len(text)
    total = pieces * train.batch_size * train.steps / 1e6
    return (
        f"Training {parameters:,} parameters for {train.steps:,} steps of {train.batch_size} documents: "
        f"{total:.1f} million pieces in all."
    )


class _Estimate(NullCallback):
    """Says after some steps how long all will take."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._first = self._steps = 0
        self._began = 0.0

    def on_train_begin(self, name: str, done: int, steps: int) -> None:
        self._first, self._steps, self._began = done, steps, time.monotonic()

    def on_step_end(self, done: int, values: Mapping[str, float]) -> None:
        if done - self._first == _TRIED:
            minutes = (time.monotonic() - self._began) / _TRIED * (self._steps - done) / 60
            self._say(f"About {minutes:.1f} more minutes at the speed of the first {_TRIED} steps.")
