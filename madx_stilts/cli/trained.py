"""The result of a training, on stdout."""

import json
import shlex
from collections.abc import Sequence

from madx_stilts.api.adapter import Adapter
from madx_stilts.api.workspace import Workspace
from madx_stilts.card import Card
from madx_stilts.cli.options import CommonOptions
from madx_stilts.cli.output import echo
from madx_stilts.cli.places import print_caveat, world_facts
from madx_stilts.stack import Role
from madx_stilts.zoo.imported import origin_of
from madx_stilts.zoo.lookup import full_stack
from madx_stilts.zoo.store import Zoo


def report(workspace: Workspace, adapter: Adapter, trained: Sequence[str], *, task: str, as_json: bool) -> None:
    """Print the new adapter's references, dev scores and cost, and what to do next.

    Args:
        trained: Names of the trainings that were begun, in order; none were if the zoo had all.
        task: The task that was named.
    """
    zoo, card = workspace.zoo, adapter.card
    world = workspace.places.data.world_of(card.recipe.parts[0].language)
    refs = [str(ref) for ref in zoo.refs_of(card.id)]
    if as_json:
        facts = {"refs": refs, "id": card.id, "trained": [*trained], "scores": card.scores, "steps": card.steps}
        facts |= {"imported_from": origin_of(zoo, card.id)}
        facts |= {"wall_seconds": card.wall_seconds, "peak_bytes": card.peak_bytes}
        echo(json.dumps(facts | world_facts(world)))
        return
    echo(" = ".join(refs))
    if not trained:
        echo(f"  {_already(zoo, card)}")
    scores = ", ".join(f"{name} {value:.2f}" for name, value in card.scores.items()) or "none"
    echo(f"  dev scores: {scores}")
    echo(f"  {card.steps} steps, {card.wall_seconds:.0f} s, peak memory {card.peak_bytes / 1e9:.2f} GB")
    named = workspace.places.backbone
    backbone = "" if named == CommonOptions().backbone else f" --backbone {shlex.quote(named)}"
    echo(f"  next: madx-stilts {_next(zoo, card, adapter.role, task)}{backbone}")
    print_caveat(world)


def _already(zoo: Zoo, card: Card) -> str:
    """Why nothing was trained."""
    origin, root = origin_of(zoo, card.id), zoo.root_of(card.id)
    if origin is not None:
        return (
            f"It was in the zoo already, imported from {origin}, not trained here. Nothing was trained; with "
            "--replace-imported it is trained and put in the place of that one."
        )
    where = "the zoo" if root == zoo.own_root else str(root)
    return f"It was in {where} already; nothing was trained."


def _next(zoo: Zoo, card: Card, role: Role, task: str) -> str:
    stack = full_stack(zoo, card, role)
    refs = [str(ref) for ref in stack.refs]
    if role is Role.TARGET:
        return f"evaluate {task} --stack {stack.written}"
    if role is Role.INTERMEDIATE:
        return f"train target TASK --on {refs[-1]}" + (f" --language-adapter {refs[0]}" if len(refs) > 1 else "")
    return f"train target TASK --language-adapter {refs[-1]}"
