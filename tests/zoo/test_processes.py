"""Several processes in one zoo: adding, training and reading at once."""

import threading
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest

from madx_stilts.card import Card
from madx_stilts.errors import Busy, StorageError
from madx_stilts.stack import AdapterRef
from madx_stilts.zoo.store import Zoo

NewCard = Callable[..., Card]
Add = Callable[..., AdapterRef]
Start = Callable[..., Popen[str]]

ADD = """
import sys
from pathlib import Path
from madx_stilts.card import Card
from madx_stilts.stack import Role
from madx_stilts.zoo.store import Zoo

zoo = Zoo([Path(sys.argv[1])])
print("ready", flush=True)
sys.stdin.readline()
for text in sys.argv[2:]:
    card = Card.from_json(text)
    with zoo.adding(card) as folder:
        for name in ("adapter_config.json", "adapter.safetensors"):
            (folder / name).write_bytes(card.id.encode() * 100)
    zoo.name(Role.INTERMEDIATE, "mnli", card.id)
    zoo.folder(card.id)
    assert len(zoo.entries()) > 0
"""

TRAIN = """
import sys
from pathlib import Path
from madx_stilts.zoo.store import Zoo

with Zoo([Path(sys.argv[1])]).work(sys.argv[2]) as folder:
    (folder / "checkpoint").write_text("step 100")
    print("training", flush=True)
    sys.stdin.read()
"""


def go_together(processes: list[Popen[str]]) -> None:
    """Let processes that said they are ready go on at once, and wait until they end well."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0] * len(processes)


def test_processes_that_add_the_same_adapters_end_with_one_of_each(
    zoo: Zoo, root: Path, new_card: NewCard, start: Start
) -> None:
    cards = [new_card(seed=seed).to_json() for seed in range(20)]
    go_together([start(ADD, root, *cards) for _ in range(3)])
    assert len(zoo.entries()) == 20
    assert zoo.verify() == []


def test_processes_that_add_versions_of_one_name_lose_none(
    zoo: Zoo, root: Path, new_card: NewCard, start: Start
) -> None:
    cards = [[new_card(seed=10 * process + seed).to_json() for seed in range(10)] for process in range(3)]
    go_together([start(ADD, root, *own) for own in cards])
    assert len(zoo.entries()) == 30
    assert zoo.verify() == []


@pytest.fixture
def trainer(root: Path, start: Start) -> Popen[str]:
    """Another process that is training the adapter of id 000...0."""
    process = start(TRAIN, root, "0" * 64)
    assert process.stdout is not None
    assert process.stdout.readline() == "training\n"
    return process


def test_an_adapter_in_training_is_busy_for_others(zoo: Zoo, root: Path, trainer: Popen[str]) -> None:
    with pytest.raises(Busy, match=r"Another process is training the adapter 0000") as error, zoo.work("0" * 64):
        pass
    assert error.value.exit_code == 3
    with pytest.raises(Busy):
        zoo.discard_work("0" * 64)
    assert (root / "work" / ("0" * 64) / "checkpoint").exists()


def test_another_adapter_may_be_trained_meanwhile(zoo: Zoo, trainer: Popen[str]) -> None:
    with zoo.work("1" * 64) as folder:
        assert list(folder.iterdir()) == []


def test_who_waits_goes_on_when_the_other_is_done(zoo: Zoo, trainer: Popen[str]) -> None:
    assert trainer.stdin is not None
    trainer.stdin.close()
    with zoo.work("0" * 64, wait_seconds=60) as folder:
        assert (folder / "checkpoint").read_text() == "step 100"
    trainer.stdin = None


def test_a_killed_training_is_free_to_be_taken_up(zoo: Zoo, root: Path, trainer: Popen[str]) -> None:
    trainer.kill()
    trainer.wait()
    with zoo.work("0" * 64) as folder:
        assert (folder / "checkpoint").read_text() == "step 100"
    zoo.discard_work("0" * 64)
    assert list((root / "work").iterdir()) == []


def test_work_may_be_discarded_by_who_does_it(zoo: Zoo, root: Path) -> None:
    with zoo.work("0" * 64) as folder:
        (folder / "checkpoint").touch()
        zoo.discard_work("0" * 64)
        with pytest.raises(Busy):
            in_another_thread(lambda: zoo.discard_work("0" * 64))
    assert list((root / "work").iterdir()) == []
    zoo.discard_work("0" * 64)


def test_unfinished_work_stays_when_training_fails(zoo: Zoo) -> None:
    def fail(folder: Path) -> None:
        (folder / "checkpoint").touch()
        (folder / "half.partial").touch()
        raise RuntimeError

    with pytest.raises(RuntimeError), zoo.work("0" * 64) as folder:
        fail(folder)
    with zoo.work("0" * 64) as folder:
        assert [path.name for path in folder.iterdir()] == ["checkpoint"]


def test_no_work_without_a_place_for_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError), Zoo([tmp_path / "file"]).work("0" * 64):
        pass


def in_another_thread(action: Callable[[], None]) -> None:
    """Do it in another thread and raise here what it raises there."""
    raised: list[Busy] = []

    def attempt() -> None:
        try:
            action()
        except Busy as error:
            raised.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    for error in raised:
        raise error


def test_work_that_stopped_before_it_began_leaves_nothing(zoo: Zoo) -> None:
    with zoo.work("2" * 64) as empty, zoo.work("3" * 64) as begun:
        (begun / "checkpoint").write_text("half")
    assert (empty.exists(), begun.exists()) == (False, True)
    with pytest.raises(RuntimeError, match="no data"), zoo.work("2" * 64):
        raise RuntimeError("no data")
    assert not empty.exists()
