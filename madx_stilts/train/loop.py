"""One loop for one learner or many: the same batches, one optimiser each, exact resume.

It counts steps, not epochs; where an epoch begins follows from the course. Learners that stand at the same step go
together: the trunk below them runs once for all. What each of them learns is what it would learn alone.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path

from madx_stilts.errors import Interrupted, MadxStiltsError
from madx_stilts.nets.architecture import Trunk
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.trunk import run_once
from madx_stilts.score.dev import DevEvaluator
from madx_stilts.train.batches import StepBatch
from madx_stilts.train.callbacks import NullCallback, TrainerCallback
from madx_stilts.train.checkpoint import load_checkpoint, save_checkpoint
from madx_stilts.train.interrupts import Stopped, StopRequest, ended_by, stop_on_signals
from madx_stilts.train.learner import Learner
from madx_stilts.train.trunk_cache import TrunkStates


@dataclass(frozen=True)
class RunFolder:
    """Folder, log and checkpoint of one learner.

    Args:
        folder: For its checkpoint; a run that finds one there goes on from it.
        log: Told about its progress alone.
    """

    folder: Path
    log: TrainerCallback = field(default_factory=NullCallback)

    @property
    def checkpoint(self) -> Path:
        """The checkpoint's file."""
        return self.folder / "checkpoint.safetensors"


@dataclass(frozen=True)
class LoopContext:
    """Services of the training loop; none of it changes the result.

    Args:
        backbone: Shared by all learners.
        trunk: The part below them, kept without dropout; it is the same for each of them.
        folder: Learners without a desk have a folder of their name in it.
        listener: Told about progress, of all learners together.
        checkpoint_every: Steps between two checkpoints.
        desks: By the learner's name.
        states: What leaves the trunk for each example, by the number of the part, where it is kept.
    """

    backbone: Backbone
    trunk: Trunk
    folder: Path
    listener: TrainerCallback
    checkpoint_every: int = 500
    desks: Mapping[str, RunFolder] = field(default_factory=dict)
    states: Mapping[int, TrunkStates] = field(default_factory=dict)

    def desk(self, learner: Learner) -> RunFolder:
        """The desk of a learner."""
        return self.desks.get(learner.name) or RunFolder(self.folder / learner.name)

    def shared(self, dealt: StepBatch, count: int) -> AbstractContextManager[None]:
        """Inside the block the trunk runs as rarely as it can.

        Args:
            dealt: The batch that is computed in it, on the device.
            count: By so many learners.
        """
        kept = self.states.get(dealt.part)
        if kept is not None:
            return run_once(self.backbone, self.trunk, map(kept.known, dealt.batches))
        return run_once(self.backbone, self.trunk) if count > 1 else nullcontext()

    def train_mode(self) -> None:
        """Dropout on above the trunk, off in it."""
        self.backbone.model.train()
        for module in self.trunk.modules(self.backbone.base, self.backbone.anatomy):
            module.eval()


def run(
    session: LoopContext, learners: Sequence[Learner], batch_at: Callable[[int], StepBatch], judge: DevEvaluator | None
) -> int:
    """Train learners that share a course until it or early stopping ends.

    One that fails leaves with its `failure`; the others go on as if it had never been there.

    Args:
        learners: At least one; all with the same course and the same parts.
        batch_at: The batch of a step, counted from 0: a pure function.
        judge: Scores the dev data; None: the last (or averaged) weights are kept.

    Returns:
        Steps done, by the learner that did most.

    Raises:
        Interrupted: A signal asked to stop; checkpoints were written.
    """
    steps = learners[0].course.steps
    for learner in learners:
        load_checkpoint(session.desk(learner).checkpoint, learner)
        session.desk(learner).log.on_train_begin(learner.name, learner.done, steps)
    session.listener.on_train_begin(_called(learners), min(learner.done for learner in learners), steps)
    try:
        with stop_on_signals() as stop:
            session.train_mode()
            if judge is not None and (late := [learner for learner in learners if learner.owes_look]):
                _look(session, late, judge, stop)
                _keep(session, late, stop)
            while active := [learner for learner in learners if learner.active]:
                # Who was interrupted earlier than the others comes first, until it has caught up with them.
                step = min(learner.done for learner in active)
                together = [learner for learner in active if learner.done == step]
                _one_step(session, together, batch_at(step), step)
                if judge is not None and learners[0].course.looks_at_dev(step + 1):
                    _look(session, together, judge, stop)
                _keep(session, together, stop)
    finally:
        for listener in (*(session.desk(learner).log for learner in learners), session.listener):
            listener.on_train_end()
    return max(learner.done for learner in learners)


def settle(session: LoopContext, learners: Sequence[Learner], judge: DevEvaluator | None) -> list[Mapping[str, float]]:
    """Give learners that have ended the weights that become artefacts, and score these on the dev data.

    Returns:
        All metrics for each learner; none where there are no dev data.

    Raises:
        Interrupted: A signal asked to stop; checkpoints were written.
    """
    last = [learner.weights() for learner in learners]
    for learner in learners:
        learner.settle()
    if judge is None:
        return [{} for _ in learners]
    with stop_on_signals() as stop:
        try:
            return judge.score_each(
                [list(learner.stack) for learner in learners],
                session.trunk,
                ended_by(stop, session.listener.on_evaluate_step),
            )
        except Stopped:
            for learner, weights in zip(learners, last, strict=True):
                learner.put(weights)
            _keep(session, learners, stop)
            raise Interrupted("Stopped while the dev data were scored.") from None


def _one_step(session: LoopContext, learners: Sequence[Learner], dealt: StepBatch, step: int) -> None:
    here = StepBatch(dealt.part, [micro.to(session.backbone.device) for micro in dealt.batches])
    losses = []
    with session.shared(here, len(learners)):
        for learner in learners:
            try:
                with learner.own_chance():
                    losses.append(learner.step(here.batches, step, here.part))
            except MadxStiltsError as error:
                learner.failure = error
                continue
            learner.done = step + 1
            session.desk(learner).log.on_step_end(step + 1, _values(learner, dealt, step, losses[-1]))
    if losses:
        session.listener.on_step_end(step + 1, _values(learners[0], dealt, step, sum(losses) / len(losses)))


def _values(learner: Learner, dealt: StepBatch, step: int, loss: float) -> dict[str, float]:
    values = {"loss": loss, "learning_rate": learner.course.rate(step)}
    if len(learner.heads) > 1:
        # Losses of different tasks are not alike, so each has a curve of its own beside the common one.
        values[f"loss.{learner.heads[dealt.part].task}"] = loss
    return values


def _look(session: LoopContext, learners: Sequence[Learner], judge: DevEvaluator, stop: StopRequest) -> None:
    """Score the dev data; a request to stop leaves that for the next run."""
    well = [learner for learner in learners if learner.failure is None]
    with suppress(Stopped):
        scores = judge.score_each(
            [list(learner.stack) for learner in well], session.trunk, ended_by(stop, session.listener.on_evaluate_step)
        )
        for learner, values in zip(well, scores, strict=True):
            learner.note(values[judge.metric], learner.done)
            session.desk(learner).log.on_evaluate(learner.done, values)
        if well:
            means = {name: sum(values[name] for values in scores) / len(scores) for name in scores[0]}
            session.listener.on_evaluate(well[0].done, means)
    session.train_mode()


def _keep(session: LoopContext, learners: Sequence[Learner], stop: StopRequest) -> None:
    for learner in learners:
        due = stop or learner.finished or learner.done % session.checkpoint_every == 0
        if due and learner.failure is None:
            try:
                save_checkpoint(session.desk(learner).checkpoint, learner)
            except MadxStiltsError as error:
                learner.failure = error
    well = [learner for learner in learners if learner.failure is None]
    if stop and well:
        raise Interrupted(
            f"Stopped after step {well[0].done} of {well[0].course.steps}; nothing is lost.",
            hint="Run the same command again to go on from here.",
        )


def _called(learners: Sequence[Learner]) -> str:
    """What a person reads of whom is trained."""
    others = len(learners) - 1
    return learners[0].name + (f" and {others} more" if others else "")
