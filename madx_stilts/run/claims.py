"""Which jobs a worker does next: those that can be done at once, and no more of them than is its share. No torch."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from madx_stilts.errors import Busy
from madx_stilts.grid.job import JobId
from madx_stilts.run.compatible import kin
from madx_stilts.run.ledger import Ledger
from madx_stilts.run.worker_brief import WorkerBrief

_BUSY_SECONDS = 2.0
"""Until a job is tried again whose adapter another program trains."""


class JobClaims:
    """Takes jobs from a ledger, for one worker.

    Of jobs that can be done at once a worker takes at most as many as are its share of those that were open when it
    began, so that the others are not left without work. Make it after a look at the ledger.
    """

    def __init__(self, brief: WorkerBrief, ledger: Ledger) -> None:
        self._ledger = ledger
        self._kin = kin(ledger.plan)
        self._alone = brief.alone
        counts = Counter(self._kin[id] for id in ledger.open())
        self._share = {kind: min(brief.site.together, -(-count // brief.workers)) for kind, count in counts.items()}
        self._put_off: dict[JobId, float] = {}

    @contextmanager
    def taken(self, at_hand: str) -> Iterator[list[JobId]]:
        """Jobs that are kin, that can be done and that nobody does, locked inside the block; none if there are none.

        Args:
            at_hand: The backbone that is loaded; empty if none is.
        """
        with ExitStack() as locks:
            yield next((some for some in self._tried(locks, at_hand) if some), [])

    def put_off(self, id: JobId) -> None:
        """Do not try a job again at once."""
        self._put_off[id] = time.monotonic() + _BUSY_SECONDS

    def _tried(self, locks: ExitStack, at_hand: str) -> Iterator[list[JobId]]:
        """What could be locked of each kind, in the order in which kinds are wanted."""
        ledger, jobs = self._ledger, self._ledger.plan.jobs
        ready: dict[object, list[JobId]] = {}
        growing = set()
        for id in ledger.open():
            if ledger.lacking(id):
                growing.add(self._kin[id])
            elif self._put_off.get(id, 0.0) <= time.monotonic():
                ready.setdefault((self._kin[id], id if id in self._alone else ""), []).append(id)

        def disadvantages(members: list[JobId]) -> tuple[bool, bool]:
            """Another backbone than the one at hand; more of the kind to come, with which they could be done later."""
            return at_hand not in ("", jobs[members[0]].job.backbone), self._kin[members[0]] in growing

        for members in sorted(ready.values(), key=disadvantages):
            yield self._locked(locks, members)

    def _locked(self, locks: ExitStack, members: list[JobId]) -> list[JobId]:
        """Those of them that nobody does and that are still to be done, not more than the share."""
        found: list[JobId] = []
        for id in members:
            if len(found) == self._share.get(self._kin[id], 1):
                break
            try:
                with ExitStack() as held:
                    held.enter_context(self._ledger.records.lock(id))
                    # Another worker may have done it between the last look and now.
                    if not self._ledger.look_at(id) and id not in self._ledger.failed:
                        locks.enter_context(held.pop_all())
                        found.append(id)
            except Busy:
                continue
        return found
