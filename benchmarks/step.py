"""One training step on a backbone of XLM-R's true shape (random weights, which cost the same): time and peak memory.

    python benchmarks/step.py --shape large --batch 32 --tokens 128 --precision bf16 --device cuda

Three ways side by side, each in a process of its own: a sequence classification adapter on the frozen backbone, the
same with activations recomputed in the backward pass, and full fine-tuning with AdamW. On a GPU the peak is what torch
allocated; on a CPU it is the growth of the process over the loaded libraries.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

WAYS = ("adapter", "adapter, recomputed", "full fine-tuning")
SHAPES = {
    "base": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072},
    "large": {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096},
}


def measure(arguments: argparse.Namespace) -> dict[str, float]:
    """Time and memory of some steps, the first two not counted."""
    import torch

    from madx_stilts.nets.backbone import load_backbone

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    how = {"precision": arguments.precision, "device": arguments.device}
    backbone = load_backbone("benchmark", arguments.folder, **how, offline=True)
    step = (full_step if arguments.way == WAYS[2] else adapter_step)(arguments, backbone)
    seconds = []
    for _ in range(arguments.steps + 2):
        if backbone.device.type == "cuda":
            torch.cuda.synchronize()
        began = time.perf_counter()
        step()
        if backbone.device.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - began)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    peak = torch.cuda.max_memory_allocated() if backbone.device.type == "cuda" else grown
    return {"seconds": median(seconds[2:]), "peak_bytes": peak}


def write_backbone(folder: Path, shape: str) -> None:
    """A random XLM-R of a true shape, with a tiny tokenizer that is not used."""
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaModel

    from madx_stilts.demo.backbone import write_tiny_backbone
    from madx_stilts.demo.sentences import all_text

    write_tiny_backbone(folder, all_text())
    torch.manual_seed(0)
    config = XLMRobertaConfig(vocab_size=250002, max_position_embeddings=514, type_vocab_size=1, **SHAPES[shape])
    XLMRobertaModel(config).save_pretrained(folder)


def batch_of(arguments: argparse.Namespace) -> tuple["dict[str, object]", "object"]:
    """Random pieces and labels."""
    import torch

    ids = torch.randint(5, 250000, (arguments.batch, arguments.tokens), device=arguments.device)
    labels = torch.arange(arguments.batch, device=ids.device) % 3
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}, labels


def adapter_step(arguments: argparse.Namespace, backbone: object) -> Callable[[], object]:
    """A step of our own loop."""
    from madx_stilts.data.batch import Batch
    from madx_stilts.nets.backbone import Backbone
    from madx_stilts.nets.heads import Head, add_head
    from madx_stilts.nets.stacking import adapter_parameters, add_fresh, head_parameters
    from madx_stilts.recipe import Method, TrainSettings
    from madx_stilts.tasks import TASKS
    from madx_stilts.train.assemble import recompute_activations
    from madx_stilts.train.learner import Learner
    from madx_stilts.train.schedule import Schedule

    if not isinstance(backbone, Backbone):
        raise TypeError("no backbone")
    add_fresh(backbone, "a", Method(), seed=0)
    add_head(backbone, "a", "classification", TASKS["mnli"], seed=0)
    parameters = {**adapter_parameters(backbone, "a"), **head_parameters(backbone, "a")}
    backbone.model.requires_grad_(False)
    if arguments.way == WAYS[1]:
        recompute_activations(backbone)
    course = Schedule(TrainSettings(max_steps=1000, precision=arguments.precision), 10**6)
    learner = Learner(backbone, ["a"], [Head("a", "classification", "mnli")], parameters, course)
    inputs, labels = batch_of(arguments)
    batch = Batch(inputs, {"label": labels}, None)  # type: ignore[arg-type, dict-item]
    backbone.model.train()
    return lambda: learner.step([batch], 0)


def full_step(arguments: argparse.Namespace, backbone: object) -> Callable[[], object]:
    """A step that trains every weight with AdamW, weights in fp32 as mixed precision keeps them."""
    import torch

    model = backbone.model.float()  # type: ignore[attr-defined]
    model.add_classification_head("full", num_labels=3)
    model.to(arguments.device).requires_grad_(True).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)
    inputs, labels = batch_of(arguments)
    dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(arguments.precision)

    def step() -> None:
        with torch.autocast(arguments.device, dtype=dtype) if dtype else nullcontext():
            loss = model(**inputs, labels=labels, head="full").loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


def main() -> None:
    """Read the arguments; without `--way`, run all ways and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=list(SHAPES), default="base")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--precision", choices=["fp32", "bf16", "fp16"], default="fp32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(json.dumps(measure(arguments)))
        return
    print("| way | seconds a step | peak GB |\n|---|---|---|")
    with TemporaryDirectory() as folder:
        # Written here, so that the memory this takes is not part of what is measured.
        write_backbone(Path(folder) / "backbone", arguments.shape)
        for way in WAYS:
            command = [sys.executable, __file__, *sys.argv[1:], "--folder", f"{folder}/backbone", "--way", way]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(done.stderr)
            result = json.loads(done.stdout.splitlines()[-1])
            print(f"| {way} | {result['seconds']:.3f} | {result['peak_bytes'] / 1e9:.2f} |")


if __name__ == "__main__":
    main()
