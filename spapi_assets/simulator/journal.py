"""What happened in the simulator: one entry per request and per notification, and the counts of them.
Secrets and tokens never enter; the entries are kept in memory, newest last."""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import Any

from spapi_assets.simulator.clock import Clock, iso_millis

SECRET_FIELDS = frozenset({"client_secret", "refresh_token", "access_token", "code", "restrictedDataToken"})


class Journal:
    """The last `keep` entries, and counts since the start that forget nothing."""

    def __init__(self, clock: Clock, keep: int = 20_000) -> None:
        self.clock = clock
        self._entries: deque[dict[str, Any]] = deque(maxlen=keep)
        self._counts: Counter[tuple[str, int]] = Counter()
        self._events: Counter[str] = Counter()
        self._lock = threading.Lock()

    def request(self, operation: str, status: int, **facts: Any) -> None:
        """Record one answered HTTP request."""
        body = facts.get("body")
        if isinstance(body, dict):
            facts["body"] = {name: "(secret)" if name in SECRET_FIELDS else value for name, value in body.items()}
        entry = {"time": iso_millis(self.clock.now()), "operation": operation, "status": status, **facts}
        with self._lock:
            self._entries.append(entry)
            self._counts[operation, status] += 1

    def event(self, kind: str, **facts: Any) -> None:
        """Record something that is not a request: a report finished, a notification sent, lost or undeliverable."""
        entry = {"time": iso_millis(self.clock.now()), "event": kind, **facts}
        with self._lock:
            self._entries.append(entry)
            self._events[kind] += 1

    def entries(self, operation: str | None = None, last: int | None = None) -> list[dict[str, Any]]:
        """Entries, oldest first; only those of an operation (or event) when named."""
        with self._lock:
            found = [e for e in self._entries if operation is None or operation in (e.get("operation"), e.get("event"))]
        return found[-last:] if last else found

    def count(self, operation: str, status: int | None = None) -> int:
        """Requests of an operation since the start, optionally of one status only."""
        with self._lock:
            return sum(n for (name, code), n in self._counts.items() if name == operation and status in (None, code))

    def stats(self) -> dict[str, Any]:
        """Counts per operation and status, throttled calls, exchanges and events."""
        with self._lock:
            operations: dict[str, dict[str, int]] = {}
            for (name, status), n in sorted(self._counts.items()):
                operations.setdefault(name, {})[str(status)] = n
            return {
                "requests": sum(self._counts.values()),
                "operations": operations,
                "throttled": sum(n for (_, status), n in self._counts.items() if status == 429),
                "lwa_exchanges": sum(n for (name, _), n in self._counts.items() if name == "exchangeToken"),
                "events": dict(sorted(self._events.items())),
            }
