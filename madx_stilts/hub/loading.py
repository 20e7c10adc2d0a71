"""How a published adapter is loaded: code for plain `adapters`, commands for this package."""

from collections.abc import Iterator, Sequence

from madx_stilts.hub.card_data import AdapterCardData
from madx_stilts.zoo.folder import FUSION, LINEAGE

_FOLDER = "FOLDER"
"""Stands for where the reader has put the files, if they are not on the hub."""


def loading_adapter(story: AdapterCardData) -> str:
    """The section of one adapter."""
    return _section(story, "\n".join([*_adapter_code(story), *_question(story)]), extra=_heads(story))


def loading_stack(stories: Sequence[AdapterCardData]) -> str:
    """The section of a whole stack."""
    top = stories[-1]
    loading = f'model.load_adapter_setup("{top.repository or _FOLDER}", set_active=True)'
    code = [*_imports(top, composed=False), *_model(top), loading, *_question(top)]
    return _section(top, "\n".join(code), extra="")


def _adapter_code(story: AdapterCardData) -> Iterator[str]:
    beneath = [*story.below, *story.fused]
    yield from _imports(story, composed=bool(beneath))
    yield from _model(story)
    if not beneath:
        yield f'model.load_adapter("{story.repository or _FOLDER}", set_active=True)'
        return
    yield f'folder = snapshot_download("{story.repository}")' if story.repository else f'folder = "{_FOLDER}"'
    names = [f"{story.titles[card.id].partition('/')[0]}_{at}" for at, card in enumerate(beneath, start=1)]
    for name, card in zip(names, beneath, strict=True):
        yield f"{name} = model.load_adapter("
        yield f'    f"{{folder}}/{LINEAGE}/{card.name}", use_safetensors=True, with_head=False'
        yield ")"
    yield f"{story.ref.role} = model.load_adapter(folder)"
    below, fused = names[: len(story.below)], names[len(story.below) :]
    if fused:
        yield f'model.load_adapter_fusion(f"{{folder}}/{FUSION}", use_safetensors=True)'
        below.append(f"Fuse({', '.join(fused)})")
    yield f"model.active_adapters = Stack({', '.join([*below, str(story.ref.role)])})"


def _imports(story: AdapterCardData, *, composed: bool) -> Iterator[str]:
    yield "from adapters import AutoAdapterModel"
    if composed:
        yield f"from adapters.composition import {'Fuse, ' if story.fused else ''}Stack"
        if story.repository:
            yield "from huggingface_hub import snapshot_download"
    yield "from transformers import AutoTokenizer"
    yield ""


def _model(story: AdapterCardData) -> Iterator[str]:
    base = story.base or "FOLDER_OF_THE_BACKBONE"
    yield f'model = AutoAdapterModel.from_pretrained("{base}")'
    yield f'tokenizer = AutoTokenizer.from_pretrained("{base}")'


def _question(story: AdapterCardData) -> list[str]:
    """An example of use, where the head labels whole texts."""
    if story.head.get("head_type") != "classification":
        return ["model.eval()"]
    return [
        "model.eval()",
        "",
        'logits = model(**tokenizer("first text", "second text", return_tensors="pt")).logits',
        f'print(model.get_labels_dict("{story.card.name}")[int(logits.argmax())])',
    ]


def _heads(story: AdapterCardData) -> str:
    """Where the heads are, if there are several."""
    folders = sorted({name.rpartition("/")[0] for name in story.card.files if name.startswith("heads/")})
    if not folders:
        return ""
    return f"Its heads are in {', '.join(f'`{folder}`' for folder in folders)}; `model.load_head` loads one.\n\n"


def _section(story: AdapterCardData, code: str, *, extra: str) -> str:
    take = f"pull hub:{story.repository}" if story.repository else f"import {_FOLDER}"
    return (
        '## How to load it\n\nWith plain `adapters` (`pip install "adapters~=1.3.0"`):\n\n'
        f"```python\n{code}\n```\n\n{extra}"
        "With madx-stilts, which compares every file with its checksum:\n\n"
        f"```bash\nmadx-stilts zoo {take}\nmadx-stilts zoo show {story.ref}\n```"
    )
