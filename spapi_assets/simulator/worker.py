"""The thread that lets time pass: finishes reports and queries when due, runs schedules, announces what nobody asked for.
It sleeps until the next of these; moving the clock by hand does the work at once, in the caller's thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from spapi_assets.simulator.accounts import Directory
from spapi_assets.simulator.clock import Clock
from spapi_assets.simulator.kiosk.book import QueryBook
from spapi_assets.simulator.report import Report
from spapi_assets.simulator.reports import ReportBook
from spapi_assets.simulator.schedules import Schedules
from spapi_assets.simulator.telling import Teller

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 5.0  # real seconds between looks for reports that appeared by themselves


class Worker:
    """Started and stopped with the server."""

    def __init__(
        self,
        clock: Clock,
        book: ReportBook,
        schedules: Schedules,
        kiosk: QueryBook,
        teller: Teller,
        directory: Directory,
        on_finished: Callable[[Report], None],
    ) -> None:
        self.clock, self.book, self.schedules, self.kiosk, self.directory = clock, book, schedules, kiosk, directory
        self.teller, self.on_finished = teller, on_finished
        self._announced = clock.now()
        self._stopped = False
        self._changed = threading.Condition()
        self._working = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="simulator-worker", daemon=True)
        clock.on_move(self.work)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped = True
        self.wake()
        self._thread.join(timeout=30)

    def wake(self) -> None:
        """Something was created that may be due before the worker would wake by itself."""
        with self._changed:
            self._changed.notify_all()

    def work(self) -> None:
        """Do everything that is due now."""
        with self._working:
            now = self.clock.now()
            self.schedules.run_due(now)
            self.book.settle()
            self.kiosk.settle()
            self._announce(now)

    def _announce(self, now: datetime) -> None:
        """Tell subscribers of reports that appeared without being asked for since the last look, and of what else happened."""
        since, self._announced = self._announced, now
        for account in self.directory.accounts:
            for report in self.book.listed(account, None, since, now):
                self.on_finished(report)
        self.teller.tell()

    def _run(self) -> None:
        while not self._stopped:
            with self._changed:
                pause = self.clock.real_seconds_until(self._next_due()) if self._has_due() else _LOOK_SECONDS
                self._changed.wait(min(pause, _LOOK_SECONDS))
            if self._stopped:
                return
            try:
                self.work()
            except Exception:
                # A mistake in one report must not stop time for all others; it is in the log with its place.
                _log.exception("the simulator's worker failed; it goes on")
                time.sleep(1)

    def _has_due(self) -> bool:
        return bool(self._times())

    def _times(self) -> list[float]:
        return [time for part in (self.book, self.schedules, self.kiosk) if (time := part.next_due()) is not None]

    def _next_due(self) -> float:
        times = self._times()
        return min(times, default=datetime.now(UTC).timestamp())
