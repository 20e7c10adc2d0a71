"""One loop for one learner or many: the same batches, one optimiser each, exact resume.

It counts steps, not epochs; where an epoch begins follows from the course.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from madx_stilts.errors import Interrupted
from madx_stilts.nets.anatomy import Trunk
from madx_stilts.nets.backbone import Backbone
from madx_stilts.score.judge import Judge
from madx_stilts.train.checkpoint import load_checkpoint, save_checkpoint
from madx_stilts.train.feed import Dealt
from madx_stilts.train.learner import Learner
from madx_stilts.train.listen import Listener
from madx_stilts.train.signals import StopRequest, stop_on_signals


@dataclass(frozen=True)
class Session:
    """What the loop needs around the learners; none of it changes the result.

    Args:
        backbone: Shared by all learners.
        trunk: The part below them, kept without dropout.
        folder: For the checkpoint; a run that finds one there goes on from it.
        listener: Told about progress.
        checkpoint_every: Steps between two checkpoints.
    """

    backbone: Backbone
    trunk: Trunk
    folder: Path
    listener: Listener
    checkpoint_every: int = 500

    @property
    def checkpoint(self) -> Path:
        """The checkpoint's file."""
        return self.folder / "checkpoint.safetensors"

    def train_mode(self) -> None:
        """Dropout on above the trunk, off in it."""
        self.backbone.model.train()
        for module in self.trunk.modules(self.backbone.base, self.backbone.anatomy):
            module.eval()


def run(session: Session, learners: Sequence[Learner], batch_at: Callable[[int], Dealt], judge: Judge | None) -> int:
    """Train learners that share a course until it or early stopping ends.

    Args:
        learners: At least one; all with the same course and the same parts.
        batch_at: The batch of a step, counted from 0: a pure function.
        judge: Scores the dev data; none: the last (or averaged) weights are kept.

    Returns:
        Steps done.

    Raises:
        Interrupted: A signal asked to stop; a checkpoint was written.
        JobFailed: The loss is not finite.
    """
    course = learners[0].course
    done = load_checkpoint(session.checkpoint, learners)
    session.listener.started(learners[0].name, done, course.steps)
    try:
        with stop_on_signals() as stop:
            session.train_mode()
            while done < course.steps and not all(learner.finished for learner in learners):
                _one_step(session, learners, batch_at(done), done)
                done += 1
                if judge is not None and course.looks_at_dev(done):
                    _look(session, learners, judge, done)
                _keep(session, learners, done, stop)
    finally:
        session.listener.ended()
    return done


def _one_step(session: Session, learners: Sequence[Learner], dealt: Dealt, step: int) -> None:
    on_device = [micro.to(session.backbone.device) for micro in dealt.batches]
    losses = [learner.step(on_device, step, dealt.part) for learner in learners if not learner.finished]
    values = {"loss": sum(losses) / len(losses), "learning_rate": learners[0].course.rate(step)}
    heads = learners[0].heads
    if len(heads) > 1:
        # Losses of different tasks are not alike, so each has a curve of its own beside the common one.
        values[f"loss.{heads[dealt.part].task}"] = values["loss"]
    session.listener.stepped(step + 1, values)


def _look(session: Session, learners: Sequence[Learner], judge: Judge, done: int) -> None:
    for learner in learners:
        if not learner.finished:
            scores = judge.score(list(learner.stack))
            learner.note(scores[judge.metric], done)
            session.listener.scored(done, scores)
    session.train_mode()


def _keep(session: Session, learners: Sequence[Learner], done: int, stop: StopRequest) -> None:
    if stop or done % session.checkpoint_every == 0:
        save_checkpoint(session.checkpoint, learners, done=done)
    if stop:
        raise Interrupted(
            f"Stopped after step {done} of {learners[0].course.steps}; nothing is lost.",
            hint="Run the same command again to go on from here.",
        )
