"""One process of the peers' way through a grid: what the example scripts of the adapters package do, for one cell.

    python benchmarks/peer.py < work.json

A fresh model, a frozen intermediate loaded from its folder, a new adapter trained with `AdapterTrainer`, then scored in
each language with `trainer.predict`. Settings are those of the grid. It is spared what costs time and is no part of the
comparison: no dev data are looked at, and encodings are taken from a cache, as those of `datasets` would be.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from adapters import AdapterTrainer, AutoAdapterModel, SeqBnConfig
from adapters import Stack as Composition
from datasets import Dataset
from transformers import AutoTokenizer, TrainingArguments

from madx_stilts.data.encode import Encoder
from madx_stilts.data.label_file import with_labels
from madx_stilts.data.read import Examples, find_all, read
from madx_stilts.data.sources import DataSources
from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import IGNORED, Encoded, HeadKind, Limits
from madx_stilts.grid.job import Score, Train, job_from_json
from madx_stilts.nets.backbone import load_backbone
from madx_stilts.recipe import TrainSettings
from madx_stilts.score.context import EvalContext
from madx_stilts.score.retrieve import retrieve
from madx_stilts.stack import Stack
from madx_stilts.zoo.store import Zoo

TOP, BELOW = "top", "below"
TO_THE_MAXIMUM: frozenset[HeadKind] = frozenset({"classification", "question_answering"})
"""Their scripts, run_glue.py and run_qa.py, pad so unless told not to; run_swag.py and run_ner.py do not."""
NAMES = {"label": "labels", "start": "start_positions", "end": "end_positions"}


@dataclass
class Peer:
    """The model of one process.

    Args:
        fixed: Whether sequences are padded as the scripts do by default; else to the longest of their batch.
    """

    backbone: Path
    place: DataSources
    scratch: Path
    fixed: bool

    def __post_init__(self) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(self.backbone)
        self.model: Any = AutoAdapterModel.from_pretrained(self.backbone)
        self.encoder = Encoder(self.tokenizer, "peer", self.scratch / "encoded")
        self.trainer: Any = None

    def train(self, jobs: list[Train], below: Path | None) -> None:
        """Train one adapter, in several stages if there are several jobs."""
        torch.manual_seed(jobs[0].recipe.seed)
        method = jobs[0].recipe.method
        if below is not None:
            self.model.load_adapter(str(below), load_as=BELOW, with_head=False, use_safetensors=True)
        config = SeqBnConfig(reduction_factor=method.reduction_factor, leave_out=list(method.leave_out))
        self.model.add_adapter(TOP, config=config)
        for at, job in enumerate(jobs):
            (part,) = job.recipe.parts
            examples = read(self.place.tasks[part.task], part.language, "train", place=self.place, limit=part.limit)
            self._head(examples, first=at == 0)
            self.model.train_adapter(TOP)
            self.model.set_active_adapters(Composition(BELOW, TOP) if below is not None else TOP)
            self.model.active_head = TOP
            encoded = self._encode(examples, job.recipe.train)
            self._train(FORMATS[examples.task.format].head, encoded, job)

    def score(self, job: Score, settings: TrainSettings) -> float:
        """The mean over languages of the primary metric."""
        task = self.place.tasks[job.task]
        if task.label_file:
            task = with_labels(task, find_all(task, job.languages[0], job.split, place=self.place))
        task_format, found = FORMATS[task.format], []
        for language in job.languages:
            examples = read(task, language, job.split, place=self.place, limit=job.limit)
            self._head(examples, first=False)
            encoded = self._encode(examples, settings)
            predicted = self.trainer.predict(Dataset.from_list(rows(encoded, self.tokenizer))).predictions
            outputs = _outputs(task_format.head, predicted, encoded)
            answers = task_format.decode(outputs, encoded, examples.items, examples.task)
            found.append(task_format.score(answers, examples.items, examples.task, language)[task.primary_metric])
        return float(np.mean(found))

    def _encode(self, examples: Examples[Any], settings: TrainSettings) -> Encoded:
        return self.encoder.encode(examples, Limits(settings.max_tokens, settings.shared_tokens))

    def _head(self, examples: Examples[Any], *, first: bool) -> None:
        kind, labels = FORMATS[examples.task.format].head, examples.task.labels
        if not first:
            if kind == "multiple_choice":  # one score per choice: the head serves any number of them
                self.model.heads[TOP].config["num_choices"] = len(labels)
            return
        match kind:
            case "classification":
                self.model.add_classification_head(TOP, num_labels=len(labels))
            case "multiple_choice":
                self.model.add_multiple_choice_head(TOP, num_choices=len(labels))
            case "tagging":
                self.model.add_tagging_head(TOP, num_labels=len(labels))
            case _:
                self.model.add_qa_head(TOP, num_labels=2)

    def _train(self, kind: HeadKind, encoded: Encoded, job: Train) -> None:
        how = job.recipe.train
        width: dict[str, Any] = {"padding": True}
        if self.fixed and kind in TO_THE_MAXIMUM:
            width = {"padding": "max_length", "max_length": how.max_tokens}

        def collate(batch: list[dict[str, Any]]) -> dict[str, Any]:
            return _collated(self.tokenizer, batch, width)

        arguments = TrainingArguments(
            output_dir=str(self.scratch / "trainer"),
            per_device_train_batch_size=how.batch_size,
            per_device_eval_batch_size=how.batch_size,
            learning_rate=how.learning_rate,
            warmup_ratio=how.warmup,
            weight_decay=how.weight_decay,
            max_grad_norm=how.clip_norm,
            lr_scheduler_type="linear",
            seed=job.recipe.seed,
            report_to=[],
            save_strategy="no",
            disable_tqdm=True,
            use_cpu=True,
            remove_unused_columns=False,
            num_train_epochs=how.epochs,
            max_steps=how.max_steps or -1,
        )
        data = Dataset.from_list(rows(encoded, self.tokenizer))
        self.trainer = AdapterTrainer(model=self.model, args=arguments, train_dataset=data, data_collator=collate)
        self.trainer.train()


def rows(encoded: Encoded, tokenizer: Any) -> list[dict[str, Any]]:
    """The encoded examples, one dict for each group, in the trainer's names."""
    texts = []
    for start, end in zip(encoded.bounds[:-1], encoded.bounds[1:], strict=True):
        text = {
            key: encoded.tokens[key][start:end].tolist() for key in tokenizer.model_input_names if key in encoded.tokens
        }
        text["attention_mask"] = [1] * int(end - start)
        if "label" in encoded.tokens:
            text["labels"] = encoded.tokens["label"][start:end].tolist()
        texts.append(text)
    known = {new: encoded.rows[old] for old, new in NAMES.items() if old in encoded.rows}
    answers = [{name: int(values[at]) for name, values in known.items()} for at in range(0, len(texts), encoded.group)]
    if encoded.group == 1:
        return [text | answer for text, answer in zip(texts, answers, strict=True)]
    groups = [texts[at : at + encoded.group] for at in range(0, len(texts), encoded.group)]
    return [
        {key: [text[key] for text in group] for key in group[0]} | answer
        for group, answer in zip(groups, answers, strict=True)
    ]


def _collated(tokenizer: Any, batch: list[dict[str, Any]], width: dict[str, Any]) -> dict[str, Any]:
    inputs = [key for key in tokenizer.model_input_names if key in batch[0]]
    choices = len(batch[0]["input_ids"]) if isinstance(batch[0]["input_ids"][0], list) else 0
    texts = [{key: row[key] for key in inputs} for row in batch]
    if choices:
        texts = [{key: text[key][at] for key in inputs} for text in texts for at in range(choices)]
    padded = dict(tokenizer.pad(texts, return_tensors="pt", **width))
    long = padded["input_ids"].shape[1]
    if choices:
        padded = {key: value.view(len(batch), choices, -1) for key, value in padded.items()}
    for key in NAMES.values():
        values = [row[key] for row in batch if key in row]
        if values and isinstance(values[0], list):
            values = [value + [IGNORED] * (long - len(value)) for value in values]
        if values:
            padded[key] = torch.tensor(values)
    return padded


def _outputs(kind: HeadKind, predicted: Any, encoded: Encoded) -> dict[str, Any]:
    """What the trainer predicted, without padding."""
    lengths = encoded.lengths

    def flat(values: Any) -> Any:
        return np.concatenate([row[:length] for row, length in zip(values, lengths, strict=True)])

    if kind == "question_answering":
        start, end = predicted[:2]
        return {"start": flat(start), "end": flat(end)}
    if kind == "tagging":
        return {"label": flat(predicted.argmax(-1).astype(np.int32))}
    return {"logits": predicted}


@dataclass(frozen=True)
class Standing(EvalContext):
    """A bench on which a stack stands already."""

    @contextmanager
    def standing(self, stack: Stack, encoded: Encoded, *, usual: Stack) -> Iterator[None]:
        yield


def retrieved(backbone: Path, place: DataSources, scratch: Path, job: Score, below: Path | None) -> float:
    """The score of retrieval. No script does it, so it goes through our own code, in this process of its own."""
    loaded = load_backbone("peer", backbone, offline=True)
    if below is not None:
        loaded.model.load_adapter(str(below), load_as=BELOW, with_head=False, set_active=True, use_safetensors=True)  # type: ignore[call-arg]
    context = Standing(loaded, Zoo([scratch / "zoo"]), place, cache=scratch / "encoded")
    task = place.tasks[job.task]
    result = retrieve(context, task, Stack.of(()), job.languages, split=job.split, limit=job.limit)
    return float(np.mean([*result.primary.values()]))


def main() -> None:
    """Do what stdin asks for; print the score."""
    work = json.load(sys.stdin)
    place = DataSources((Path(work["data"]),), offline=True)
    backbone, scratch = Path(work["backbone"]), Path(work["scratch"])
    below = Path(work["below"]) if work["below"] else None
    trainings = [job for text in work["trainings"] if isinstance(job := job_from_json(text), Train)]
    score = job_from_json(work["score"]) if work["score"] else None
    torch.set_num_threads(1)
    found = None
    if trainings:
        peer = Peer(backbone, place, scratch, work["fixed"])
        peer.train(trainings, below)
        if work["save"]:
            peer.model.save_adapter(work["save"], TOP, use_safetensors=True)
        if isinstance(score, Score):
            found = peer.score(score, trainings[-1].recipe.train)
    elif isinstance(score, Score):
        found = retrieved(backbone, place, scratch, score, below)
    print(json.dumps({"score": found}))


if __name__ == "__main__":
    main()
