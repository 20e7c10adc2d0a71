"""Adapters that others published without a card of ours: read as data, tried on the backbone, given an honest card."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from madx_stilts.card import BackboneNote, Card, Foreign
from madx_stilts.errors import AdapterError, UsageError
from madx_stilts.files import digest, read_bounded, sha256_of
from madx_stilts.formats import FORMATS
from madx_stilts.hub.address import base_model
from madx_stilts.hub.card_data import ADAPTERHUB, task_of
from madx_stilts.hub.weights import read_weights, write_weights
from madx_stilts.languages import LANGUAGES
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.stacking import load, load_head, name_in_model, remove, save
from madx_stilts.recipe import Method, MethodKind, Part, Recipe
from madx_stilts.stack import AdapterRef, Role
from madx_stilts.strict_json import JsonError, parse
from madx_stilts.strict_yaml import parse as parse_yaml
from madx_stilts.tasks.text import MASKED_LM
from madx_stilts.zoo.bounds import adapter_faults, head_faults, shown
from madx_stilts.zoo.finite import not_finite
from madx_stilts.zoo.imported import note_imported
from madx_stilts.zoo.store import Zoo

NOT_KNOWN: Final = "unknown"
_LARGEST_JSON: Final = 1_000_000
_LARGEST_PAGE: Final = 1_000_000
_LARGEST_FRONT: Final = 50_000
"""Characters of the front matter of a README."""
_TAG: Final = re.compile(r"adapterhub:([\w./-]{1,200})")
_LONGEST_NAME: Final = 200


@dataclass(frozen=True)
class ImportHints:
    """Facts about a foreign adapter that it does not state itself."""

    role: str | None = None
    name: str | None = None
    task: str | None = None
    language: str | None = None
    base: str | None = None


def take_foreign(
    zoo: Zoo, folder: Path, files: Sequence[str], backbone: Backbone, told: ImportHints, source: str
) -> AdapterRef:
    """Put an adapter without a card into the zoo, if it fits the backbone.

    Args:
        files: Names in `folder`: the config and weights of the adapter, then those of its head, if it has one.
        source: Where it comes from, for its card.

    Raises:
        AdapterError: It is damaged, hostile, of a method that is not known, or made for another backbone.
        UsageError: What is told of it is wrong.
    """
    config = _json(folder / files[0])
    _check_backbone(config, backbone, told, source)
    method = _method(config, source)
    head = _json(folder / files[2]) if len(files) > 2 else {}
    role, name, part = _identify(config, head, folder, told, source)
    sums = {file: sha256_of(folder / file) for file in files}
    note = backbone.note()
    identity = digest({"foreign": sums, "backbone": note.fingerprint})
    inner = name_in_model(name, identity)
    kept, why = _head_is_kept(head, part.task, role)
    with TemporaryDirectory() as temporary:
        plain = Path(temporary)
        _rewrite(folder, files if kept else files[:2], plain)
        try:
            load(backbone, plain, identity=identity, name=inner)
            if kept:
                load_head(backbone, plain, name=inner)
            note_imported(zoo.own_root, identity, source)
            card = _card(method, part, note, identity, inner, Foreign(source=source, files=sums), why)
            with zoo.adding(card) as target:
                save(backbone, target, inner, head=kept)
        finally:
            remove(backbone, inner)
    return zoo.name(role, name, identity)


def _card(method: Method, part: Part, note: BackboneNote, identity: str, name: str, foreign: Foreign, why: str) -> Card:
    unknown = (
        f"It was not trained by this package but taken from {foreign.source}; how it was trained is not known.",
        "That it fits the backbone was tried when it was imported: names, shapes and sizes agree.",
    )
    return Card(
        id=identity,
        name=name,
        recipe=Recipe(parts=(part,), method=method),
        backbone=note,
        data={},
        versions={"adapters": version("adapters"), "madx-stilts": version("madx_stilts")},
        notes=(*unknown, *([why] if why else [])),
        foreign=foreign,
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        content = parse(read_bounded(path, limit=_LARGEST_JSON))
    except OSError as error:
        raise AdapterError(f"{path.name} cannot be read: {error.strerror or error}.", hint=_NOTHING) from error
    except JsonError as error:
        raise AdapterError(f"{path.name} cannot be used: {error}.", hint=_NOTHING) from error
    if not isinstance(content, dict) or not isinstance(content.get("config"), dict | str):
        raise AdapterError(
            f"{path.name} is no config of the `adapters` library.",
            hint=f"{_NOTHING} Adapters of peft are another kind.",
        )
    return dict(content)


_NOTHING = "Nothing was written."


def _check_backbone(config: Mapping[str, Any], backbone: Backbone, told: ImportHints, source: str) -> None:
    note = backbone.note()
    known = {"model_type": note.model_type, "hidden_size": note.hidden_size}
    for key, ours in known.items():
        if config.get(key) not in (None, ours):
            raise AdapterError(
                f"{source} was made for a model with {key} {shown(config[key])}, {note.name} has {ours!r}.",
                hint="Name the backbone that it was made for with --backbone.",
            )
    theirs = config.get("model_name")
    ours = told.base or base_model(note.name, None) or note.name
    if theirs and (not isinstance(theirs, str) or _last(theirs) != _last(ours)):
        raise AdapterError(
            f"{source} was made for {shown(theirs)}, not for {ours}.",
            hint=f"Name that backbone with --backbone. If {note.name} is the same model, add --base-model "
            f"{theirs[:_LONGEST_NAME] if isinstance(theirs, str) else 'NAME'}.",
        )


def _last(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2].casefold()


def _method(config: Mapping[str, Any], source: str) -> Method:
    """The method in our words, and nothing that would take more memory than the model itself."""
    inner = config["config"]
    if isinstance(inner, str):
        inner = _NAMED.get(inner, {"architecture": inner})
    elif not inner.get("architecture"):
        for fault in adapter_faults({key: value for key, value in inner.items() if key != "architecture"}):
            raise AdapterError(f"The config of {source} claims what no adapter has: {fault}.", hint=_NOTHING)
    flags = tuple(bool(inner.get(key)) for key in ("mh_adapter", "output_adapter", "inv_adapter"))
    kind = _KINDS.get(flags)
    if inner.get("is_parallel") or inner.get("phm_layer") or inner.get("architecture") or kind is None:
        raise AdapterError(
            f"{source} is of a method that is not imported.",
            hint=f"These are: {', '.join(sorted(set(_KINDS.values())))} (bottleneck adapters).",
        )
    left_out = inner.get("leave_out") or []
    return Method(
        kind=kind,
        reduction_factor=float(inner.get("reduction_factor", 16)),
        leave_out=tuple(sorted(set(left_out))),
    )


_KINDS: Final[Mapping[tuple[bool, ...], MethodKind]] = {
    (False, True, False): "seq_bn",
    (False, True, True): "seq_bn_inv",
    (True, True, False): "double_seq_bn",
}
_PFEIFFER: Final = {"mh_adapter": False, "output_adapter": True, "reduction_factor": 16}
_NAMED: Final[Mapping[str, Mapping[str, object]]] = {
    "pfeiffer": _PFEIFFER,
    "seq_bn": _PFEIFFER,
    "pfeiffer+inv": _PFEIFFER | {"inv_adapter": "nice", "inv_adapter_reduction_factor": 2},
    "seq_bn_inv": _PFEIFFER | {"inv_adapter": "nice", "inv_adapter_reduction_factor": 2},
    "houlsby": _PFEIFFER | {"mh_adapter": True},
    "double_seq_bn": _PFEIFFER | {"mh_adapter": True},
}


def _identify(
    config: Mapping[str, Any], head: Mapping[str, Any], folder: Path, told: ImportHints, source: str
) -> tuple[Role, str, Part]:
    """Role, name and what it was trained on, as far as the user, its tags, its name or its config tell."""
    hub = _tags(folder / "README.md")
    named = config.get("name")
    own = named[:_LONGEST_NAME] if isinstance(named, str) else ""
    inner = config["config"] if isinstance(config["config"], dict) else _NAMED.get(config["config"], {})
    models_language = bool(inner.get("inv_adapter")) or any(tag.endswith("/wiki") for tag in hub)
    role = Role.parse(told.role) if told.role else Role.LANGUAGE if models_language else Role.INTERMEDIATE
    language = told.language or next((tag.partition("/")[0] for tag in hub if tag.endswith("/wiki")), None)
    language = language or (own if own in LANGUAGES else None)
    task = told.task or next((ours for ours, theirs in ADAPTERHUB.items() if theirs in hub), None)
    if role is Role.LANGUAGE:
        if language is None:
            raise UsageError(f"{source} does not say of which language it is.", hint="Add --language CODE.")
        task = MASKED_LM.name
    elif told.task and task_of(told.task) is None:
        raise UsageError(f"There is no task {told.task!r}.", hint="`madx-stilts tasks list` shows them.")
    found = told.name or (language if role is Role.LANGUAGE else task) or re.sub(r"[^\w.+-]", "-", own).strip(".-")
    if not found or not re.fullmatch(r"\w[\w.+-]*", found) or len(found.encode()) > _LONGEST_NAME:
        raise UsageError(f"{source} has no name that can be used.", hint="Add --name NAME.")
    return role, found, Part(task=task or NOT_KNOWN, language=language or "und")


def _tags(readme: Path) -> set[str]:
    """What AdapterHub calls its task or language, from the front matter of its page; nothing without one."""
    try:
        text = read_bounded(readme, limit=_LARGEST_PAGE).decode("utf-8-sig", errors="replace")
    except OSError:  # without a page, or with a book: the user can say it
        return set()
    lines = text[:_LARGEST_FRONT].splitlines()
    if not lines or lines[0].rstrip() != "---":
        return set()
    ends = [at for at, line in enumerate(lines) if at and line.rstrip() == "---"]
    front = parse_yaml("\n".join(lines[1 : ends[0]])).value if ends else None
    tags = front.get("tags") if isinstance(front, dict) else None
    found = (_TAG.fullmatch(tag) for tag in (tags if isinstance(tags, list) else []) if isinstance(tag, str))
    return {match[1] for match in found if match}


def _head_is_kept(head: Mapping[str, Any], name: str, role: Role) -> tuple[bool, str]:
    """Whether its head can answer the task here, and if not, why, as a sentence."""
    task = task_of(name)
    if not head or role is Role.LANGUAGE:
        return False, ""
    if task is None:
        return False, "Its head was left out: it is not known for which task it is."
    inner = head["config"] if isinstance(head["config"], dict) else {}
    if inner.get("head_type") != FORMATS[task.format].head:
        return (
            False,
            f"Its head was left out: it is of the kind {shown(inner.get('head_type'))}, which does not answer {name}.",
        )
    for fault in head_faults(inner, FORMATS[task.format].head):
        raise AdapterError(f"The head of the adapter claims what no head has: {fault}.", hint=_NOTHING)
    labels = inner.get("label2id") or {}
    named = inner["head_type"] in ("classification", "tagging")
    if named and labels != {label: at for at, label in enumerate(task.labels)}:
        return False, f"Its head was left out: its labels are not those of {name}, in this order."
    return True, ""


def _rewrite(folder: Path, files: Sequence[str], target: Path) -> None:
    """Write configs and weights again: what was read as data, and nothing else."""
    for config, weights in zip(files[::2], files[1::2], strict=True):
        (target / config).write_text(json.dumps(_json(folder / config)), encoding="utf-8")
        name = "adapter.safetensors" if config == "adapter_config.json" else "model_head.safetensors"
        write_weights(read_weights(folder / weights), target / name)
        if (tensor := not_finite(target / name)) is not None:
            raise AdapterError(f"{weights} has numbers that are not finite, in {tensor}.", hint=_NOTHING)
