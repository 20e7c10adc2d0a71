"""Our training loop beside `AdapterTrainer` of the adapters package: same adapter, examples, steps and settings.

    python benchmarks/parity.py --data DIR --backbone FOLDER --task squad_v1 --limit 6000 --seeds 3 --out results.json

For each seed both are trained at the same time, each in a process of its own with one thread, so that a busy machine
slows both alike. Both are then scored by the same code. What is told: scores; CPU seconds from reading the data to the
end of training; peak memory of the process.

The peer's loop is the documented one: `AdapterTrainer` with a collator that pads to the longest example of a batch.
With `--padding fixed` it pads to `--max-tokens`, as AdapterHub's example scripts do by default.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import mean, stdev
from tempfile import TemporaryDirectory
from typing import Any

SCORED_ON = {"squad_v1": ("xquad", ("en", "de", "es")), "mnli": ("xnli", ("en", "de", "fr"))}
SCORED_EXAMPLES = 500
WHO = ("ours", "peer")


@dataclass(frozen=True)
class Case:
    """One training: who, what, how."""

    who: str
    task: str
    seed: int
    limit: int
    epochs: int
    max_tokens: int
    reduction: int
    batch_size: int
    learning_rate: float
    padding: str
    plain: bool
    data: Path
    backbone: Path
    out: Path


def train_ours(case: Case) -> dict[str, Any]:
    """Train with `madx_stilts.train`."""
    from madx_stilts.config import AdapterConfig
    from madx_stilts.data.sources import DataSources
    from madx_stilts.nets.backbone import load_backbone
    from madx_stilts.recipe import Method
    from madx_stilts.train.requests import TrainRequest, train_intermediate
    from madx_stilts.train.run import TrainContext
    from madx_stilts.zoo.store import Zoo

    if case.plain:
        as_the_peer()
    backbone = load_backbone("benchmark", case.backbone, offline=True)
    context = TrainContext(
        backbone, Zoo([case.out]), DataSources((case.data,), offline=True), cache=case.out / "encoded"
    )
    config = AdapterConfig(method=Method(reduction_factor=case.reduction), train=settings(case))
    clock = time.process_time()
    card = train_intermediate(context, case.task, TrainRequest(config=config, limit=case.limit, seed=case.seed))
    return {
        "cpu_seconds": time.process_time() - clock,
        "steps": card.steps,
        "folder": str(context.zoo.folder(card.id)),
        "name": card.name,
    }


def as_the_peer() -> None:
    """Take away what ours does otherwise: no dropout below the adapters, batches of similar lengths."""
    import numpy as np

    from madx_stilts.nets.architecture import Trunk
    from madx_stilts.train import batches as feed

    def at_random(encoded: Any, batch_size: int, *, seed: int, epoch: int) -> list[Any]:
        order = np.random.default_rng((seed, epoch)).permutation(len(encoded))
        return [order[at : at + batch_size] for at in range(0, len(order), batch_size)]

    setattr(Trunk, "modules", lambda self, base, anatomy: iter(()))  # noqa: B010
    setattr(feed, "epoch_order", at_random)  # noqa: B010


def settings(case: Case) -> Any:
    """The settings of both."""
    from madx_stilts.recipe import TrainSettings

    return TrainSettings(
        epochs=case.epochs,
        max_tokens=case.max_tokens,
        batch_size=case.batch_size,
        learning_rate=case.learning_rate,
        keep="last",
        warmup=0.06,
        dev_limit=1,
    )


def train_peer(case: Case) -> dict[str, Any]:
    """Train with `AdapterTrainer`, on the same features."""
    import torch
    from adapters import AdapterTrainer, AutoAdapterModel, SeqBnConfig
    from datasets import Dataset
    from transformers import AutoTokenizer, TrainingArguments

    how = settings(case)
    tokenizer = AutoTokenizer.from_pretrained(case.backbone)
    torch.manual_seed(case.seed)
    model = AutoAdapterModel.from_pretrained(case.backbone)
    model.add_adapter("peer", config=SeqBnConfig(reduction_factor=case.reduction))
    if case.task == "mnli":
        model.add_classification_head("peer", num_labels=3)
    else:
        model.add_qa_head("peer", num_labels=2)
    model.train_adapter("peer")
    clock = time.process_time()
    rows = features(case, tokenizer)

    def collate(batch: list[dict[str, Any]]) -> dict[str, Any]:
        extra = {
            key: torch.tensor([row[key] for row in batch]) for key in batch[0] if key not in tokenizer.model_input_names
        }
        texts = [{key: row[key] for key in row if key in tokenizer.model_input_names} for row in batch]
        width = (
            {"padding": "max_length", "max_length": case.max_tokens} if case.padding == "fixed" else {"padding": True}
        )
        return dict(tokenizer.pad(texts, return_tensors="pt", **width)) | extra

    arguments = TrainingArguments(
        output_dir=str(case.out / "trainer"),
        per_device_train_batch_size=how.batch_size,
        num_train_epochs=how.epochs,
        learning_rate=how.learning_rate,
        warmup_ratio=how.warmup,
        weight_decay=how.weight_decay,
        max_grad_norm=how.clip_norm,
        lr_scheduler_type="linear",
        seed=case.seed,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
        use_cpu=True,
        remove_unused_columns=False,
    )
    trainer = AdapterTrainer(model=model, args=arguments, train_dataset=Dataset.from_list(rows), data_collator=collate)
    steps = trainer.train().global_step
    seconds = time.process_time() - clock
    model.save_adapter(str(case.out / "adapter"), "peer", use_safetensors=True)
    return {"cpu_seconds": seconds, "steps": steps, "folder": str(case.out / "adapter"), "name": "peer"}


def features(case: Case, tokenizer: Any) -> list[dict[str, Any]]:
    """The encoded examples, one dict per sequence, in the trainer's names."""
    from madx_stilts.data.read import read
    from madx_stilts.data.sources import DataSources
    from madx_stilts.formats import FORMATS
    from madx_stilts.formats.base import Limits
    from madx_stilts.tasks import TASKS

    task = TASKS[case.task]
    examples = read(task, "en", "train", place=DataSources((case.data,), offline=True), limit=case.limit)
    how = settings(case)
    encoded = FORMATS[task.format].encode(examples.items, tokenizer, Limits(how.max_tokens, how.shared_tokens), task)
    names = {"label": "labels", "start": "start_positions", "end": "end_positions"}
    rows = []
    for at in range(len(encoded.bounds) - 1):
        span = slice(encoded.bounds[at], encoded.bounds[at + 1])
        row = {key: encoded.tokens[key][span].tolist() for key in tokenizer.model_input_names if key in encoded.tokens}
        row["attention_mask"] = [1] * len(row["input_ids"])
        rows.append(row | {new: int(encoded.rows[old][at]) for old, new in names.items() if old in encoded.rows})
    return rows


def scores(case: Case, trained: dict[str, Any]) -> dict[str, float]:
    """Primary score per language of a saved adapter with its head, both loaded by plain `adapters`."""
    from madx_stilts.data.read import read
    from madx_stilts.data.sources import DataSources
    from madx_stilts.formats import FORMATS
    from madx_stilts.formats.base import Limits
    from madx_stilts.nets.backbone import load_backbone
    from madx_stilts.score.predict import predict
    from madx_stilts.tasks import TASKS

    name, languages = SCORED_ON[case.task]
    task, how = TASKS[name], settings(case)
    task_format = FORMATS[task.format]
    backbone = load_backbone("benchmark", case.backbone, offline=True)
    backbone.model.load_adapter(trained["folder"], load_as="a", set_active=True, use_safetensors=True)  # type: ignore[call-arg]
    found = {}
    for language in languages:
        examples = read(task, language, "test", place=DataSources((case.data,), offline=True), limit=SCORED_EXAMPLES)
        encoded = task_format.encode(examples.items, backbone.words, Limits(how.max_tokens, how.shared_tokens), task)
        outputs = predict(backbone, head="a", kind=task_format.head, encoded=encoded)
        predictions = task_format.decode(outputs, encoded, examples.items, task)
        found[language] = task_format.score(predictions, examples.items, task, language)[task.primary_metric]
    return found


def run_case(case: Case) -> None:
    """Train and score one case; print what came out as JSON."""
    import torch

    torch.set_num_threads(1)
    wall = time.monotonic()
    trained = (train_ours if case.who == "ours" else train_peer)(case)
    wall = time.monotonic() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    facts = {"who": case.who, "seed": case.seed, "wall_seconds": wall, "peak_bytes": peak} | trained
    print(json.dumps(facts | {"scores": scores(case, trained)}))


def side_by_side(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Both for one seed after the other, at the same time."""
    results = []
    for seed in range(arguments.seeds):
        with TemporaryDirectory() as scratch:
            folder = str(arguments.keep / str(seed)) if arguments.keep else scratch
            command = [sys.executable, __file__, *sys.argv[1:], "--seed", str(seed), "--work", folder, "--who"]
            environment = {
                **os.environ,
                "OMP_NUM_THREADS": "1",
                "HF_HUB_OFFLINE": "1",
                "TOKENIZERS_PARALLELISM": "false",
            }
            both = [
                subprocess.Popen([*command, who], stdout=subprocess.PIPE, text=True, env=environment) for who in WHO
            ]
            for process in both:
                text, _ = process.communicate()
                if process.returncode:
                    sys.exit(f"{process.args!r} failed")
                results.append(json.loads(text.splitlines()[-1]))
                print(json.dumps(results[-1]), file=sys.stderr)
    return results


def table(results: list[dict[str, Any]]) -> str:
    """Mean and standard deviation over seeds, ours beside the peer's, as Markdown."""
    languages = list(results[0]["scores"])
    lines = ["| | " + " | ".join([*languages, "mean", "CPU s", "peak GB"]) + " |", "|---" * (len(languages) + 4) + "|"]
    for who in WHO:
        rows = [row for row in results if row["who"] == who]
        columns = [[row["scores"][language] for row in rows] for language in languages]
        columns.append([mean(row["scores"].values()) for row in rows])
        columns += [[row["cpu_seconds"] for row in rows], [row["peak_bytes"] / 1e9 for row in rows]]
        cells = [f"{mean(column):.2f} ± {stdev(column) if len(column) > 1 else 0:.2f}" for column in columns]
        lines.append(f"| {who} | " + " | ".join(cells) + " |")
    ours, peer = ([row for row in results if row["who"] == who] for who in WHO)
    for key, words in (("cpu_seconds", "CPU time"), ("peak_bytes", "peak memory")):
        ratios = [b[key] / a[key] for a, b in zip(ours, peer, strict=True)]
        lines.append(f"\n{words}, peer over ours: " + ", ".join(f"{ratio:.2f}" for ratio in ratios))
    return "\n".join(lines)


def main() -> None:
    """Read the arguments; without `--who`, run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="data sets in hub layout")
    parser.add_argument("--backbone", type=Path, required=True, help="folder of an encoder")
    parser.add_argument("--task", choices=list(SCORED_ON), required=True)
    parser.add_argument("--limit", type=int, default=6000)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--reduction", type=int, default=16, help="reduction factor of the bottleneck")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=5e-4)
    parser.add_argument("--padding", choices=["longest", "fixed"], default="longest", help="of the peer")
    parser.add_argument("--plain", action="store_true", help="ours with dropout everywhere and batches at random")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="also write all results here, as JSON")
    parser.add_argument("--keep", type=Path, help="keep zoos and checkpoints here")
    parser.add_argument("--who", choices=WHO, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, default=Path(), help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.who:
        names = [field.name for field in fields(Case) if field.name != "out"]
        run_case(Case(out=a.work / a.who, **{name: getattr(a, name) for name in names}))
        return
    results = side_by_side(a)
    if a.out:
        a.out.write_text(json.dumps(results, indent=1))
    print(table(results))


if __name__ == "__main__":
    main()
