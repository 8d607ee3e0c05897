"""The simulator's calendar: wall-clock time that can run faster and be moved forward, read by everything that has a time.
It does not schedule work: the worker asks it how long to sleep."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """Simulated time. `speed` is simulated seconds per real second; `now` is where it starts (default: the real time)."""

    def __init__(self, speed: float = 1.0, now: datetime | None = None) -> None:
        if speed <= 0:
            raise ValueError(f"the clock's speed must be greater than 0, not {speed}")
        self.speed = speed
        self._lock = threading.Lock()
        self._real = time.monotonic()
        self._simulated = now.timestamp() if now else time.time()
        self._listeners: list[Callable[[], None]] = []

    def timestamp(self) -> float:
        """Simulated seconds since the epoch."""
        with self._lock:
            return self._simulated + (time.monotonic() - self._real) * self.speed

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.timestamp(), UTC)

    def advance(self, seconds: float) -> datetime:
        """Move the calendar forward; everything that becomes due has happened when this returns."""
        if seconds < 0:
            raise ValueError("the clock only moves forward; start the simulator with --now to begin in the past")
        with self._lock:
            self._simulated += seconds
        for listener in self._listeners:
            listener()
        return self.now()

    def set(self, when: datetime) -> datetime:
        """Move the calendar forward to `when` (an aware datetime)."""
        return self.advance(when.timestamp() - self.timestamp())

    def real_seconds_until(self, timestamp: float) -> float:
        """How long a thread must really sleep until the simulated `timestamp` (never negative)."""
        return max(0.0, (timestamp - self.timestamp()) / self.speed)

    def on_move(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever the calendar is moved by hand."""
        self._listeners.append(listener)


def iso(when: datetime) -> str:
    """ISO 8601 in UTC with an explicit offset, as Amazon writes createdTime."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def iso_millis(when: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and Z, as Amazon writes times in notifications."""
    when = when.astimezone(UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"
