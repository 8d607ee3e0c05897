"""What somebody changed of a listing or a catalogue item by hand (the simulator's control plane), with the instant it holds from.
What listings and items are without such changes is in listings.py and items.py; nothing is published here."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

# Fields of a listing: price and quantity (numbers), title, product_type, buyable, discoverable, deleted, issue, issue_closed.
# Fields of a catalogue item: title, product_type, present. `issue` holds an Issue, `issue_closed` a code.
Key = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One field as it is from `at` (epoch seconds) on."""

    at: float
    field: str
    value: Any


NOTHING: tuple[Change, ...] = ()


class Changes:
    """All changes by what they change, oldest first. Threads may share it."""

    def __init__(self) -> None:
        self._changes: dict[Key, tuple[Change, ...]] = {}
        self._skus: dict[tuple[int, str], dict[str, None]] = defaultdict(dict)
        self._lock = threading.Lock()

    def listing(self, account: int, code: str, sku: str, change: Change) -> None:
        """Change a field of an account's listing in a marketplace."""
        with self._lock:
            self._add(("listing", account, code, sku), change)
            self._skus[account, code][sku] = None

    def item(self, code: str, asin: str, change: Change) -> None:
        """Change a field of a marketplace's catalogue item."""
        with self._lock:
            self._add(("item", code, asin), change)

    def _add(self, key: Key, change: Change) -> None:
        self._changes[key] = tuple(sorted((*self._changes.get(key, ()), change), key=lambda c: c.at))

    def of_listing(self, account: int, code: str, sku: str, now: float) -> tuple[Change, ...]:
        """What has changed by `now`, oldest first."""
        return self._of(("listing", account, code, sku), now)

    def of_item(self, code: str, asin: str, now: float) -> tuple[Change, ...]:
        """What has changed by `now`, oldest first."""
        return self._of(("item", code, asin), now)

    def _of(self, key: Key, now: float) -> tuple[Change, ...]:
        found = self._changes.get(key)
        return tuple(c for c in found if c.at <= now) if found else NOTHING

    def changed_skus(self, account: int, code: str) -> tuple[str, ...]:
        """SKUs of listings that were ever changed by hand."""
        with self._lock:
            return tuple(self._skus.get((account, code), ()))
