"""What the open jobs of a plan need is not pruned while a process works on the plan, also between two jobs. No torch.

A job holds what it uses as long as it is done. From the end of one to the beginning of another, this does.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from resource import RLIMIT_NOFILE, getrlimit

from madx_stilts.errors import AdapterError, StorageError
from madx_stilts.run.events import Event, Watcher
from madx_stilts.run.ledger import Ledger
from madx_stilts.zoo.store import Zoo

_SHARE = 2
"""Each adapter that is held takes an open file: of those that a process may have, one in so many."""


@contextmanager
def reserving(zoo: Zoo, ledger: Ledger, watch: Watcher) -> Iterator[Watcher]:
    """Hold inside the block the adapters that open jobs need, which changes with what is told.

    Those that are missing are not held: the worker that needs one makes it again.

    Args:
        ledger: Looked at before; it is kept up with what is told.
        watch: Told all that is told to what this gives, after it is taken into account.

    Yields:
        What to tell what happens.
    """
    with ExitStack() as all_held:
        reserve = _Reserve(zoo, ledger, watch)
        all_held.callback(reserve.release)
        reserve.renew()

        def note(event: Event) -> None:
            if event.kind in ("began", "ended") and event.job in ledger.plan.jobs:
                reserve.note(event)
            watch(event)

        yield note


class _Reserve:
    """The adapters that are held.

    Args:
        watch: Told once if there are too many.
    """

    def __init__(self, zoo: Zoo, ledger: Ledger, watch: Watcher) -> None:
        self._zoo, self._ledger, self._watch = zoo, ledger, watch
        self._held: dict[str, ExitStack] = {}
        self._most = getrlimit(RLIMIT_NOFILE)[0] // _SHARE
        self._said = False

    def note(self, event: Event) -> None:
        """A job begins or has ended."""
        ledger = self._ledger
        if event.kind == "ended" and event.job in ledger.done:  # made again: what was held of it is gone
            self._let_go(str(ledger.done[event.job].adapter))
            ledger.forget(event.job)
        if ledger.lacking(event.job):  # what another worker has told of those is still on its way
            ledger.look()
        elif event.job not in ledger.done:
            ledger.look_at(event.job)
        self.renew()

    def renew(self) -> None:
        """Hold what is needed, and nothing else."""
        needed = self._ledger.needed()
        for id in self._held.keys() - needed:
            self._let_go(id)
        for id in sorted(needed - self._held.keys()):
            if len(self._held) >= self._most:
                self._say_once(f"Of {len(needed)} adapters that are needed, only {self._most} can be held.")
                return
            self._hold(id)

    def release(self) -> None:
        """Hold nothing any more."""
        for id in list(self._held):
            self._let_go(id)

    def _hold(self, id: str) -> None:
        with ExitStack() as holding:
            try:
                holding.enter_context(self._zoo.holding([id]))
            except AdapterError:
                return
            except StorageError as error:
                self._say_once(f"The adapter {id[:8]} cannot be held: {error.message}")
                return
            self._held[id] = holding.pop_all()

    def _let_go(self, id: str) -> None:
        if id in self._held:
            self._held.pop(id).close()

    def _say_once(self, text: str) -> None:
        if not self._said:
            self._said = True
            self._watch(Event(kind="said", text=f"{text} Prune nothing until this run has ended."))
