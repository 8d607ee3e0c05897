"""Limits a day of single report types, shared by all processes: who asked in the last 24 hours, in one DynamoDB item a type.
The general quota of an operation is `quota.py`; these limits of a type are written nowhere and change overnight."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from spapi_assets.aws.clients import AwsClients, AwsError, explained

DAY = 86_400.0
# A limit learned from a refusal is believed for so long; then one request more is tried, because Amazon also raises limits.
BELIEVED = 7 * DAY
KEPT = 200  # calls remembered at most: an item stays small also for types without a limit
REFUSALS = 2  # refusals in a row that cannot be chance
CONFLICTS = 50


@dataclass(frozen=True)
class Allowance:
    """A type's use of the last 24 hours (epoch seconds, oldest first) and the limit learned from Amazon's refusals, if any."""

    taken: tuple[float, ...] = ()
    refusals: int = 0  # answers "too many" in a row
    learned: int | None = None
    learned_at: float = 0.0
    version: int = 0

    def limit(self, registered: int | None, now: float) -> int | None:
        """The limit that holds: the learned one while it is believed, else the registry's; None: no limit is known."""
        if self.learned is not None and now - self.learned_at < BELIEVED:
            return self.learned if registered is None else min(self.learned, registered)
        return registered

    def wait(self, registered: int | None, now: float, reserve: float = 0.0) -> float:
        """Seconds until one more may be asked for, leaving `reserve` (share of the limit) to others; 0: now."""
        limit = self.limit(registered, now)
        if limit is None:
            return 0.0
        usable = max(1, int(limit * (1.0 - reserve)))
        recent = [t for t in self.taken if now - t < DAY]
        return 0.0 if len(recent) < usable else recent[len(recent) - usable] + DAY - now


class DailyAllowance:
    """Counts createReport calls by selling partner and report type over a sliding day."""

    def __init__(self, clients: AwsClients, table: str, *, clock: Callable[[], float] = time.time) -> None:
        self._clients, self._table, self._clock = clients, table, clock

    def state(self, key: str) -> Allowance:
        with explained(f"reading the quota in table {self._table}"):
            answer = self._clients.dynamodb.get_item(TableName=self._table, Key={"pk": {"S": _pk(key)}}, ConsistentRead=True)
        return _decode(answer.get("Item"))

    def take(self, key: str, registered: int | None, *, reserve: float = 0.0) -> float:
        """Count one request now and return 0, or return the seconds to wait without counting."""
        waited = 0.0

        def one_more(known: Allowance) -> Allowance | None:
            nonlocal waited
            now = self._clock()
            waited = known.wait(registered, now, reserve)
            return None if waited > 0 else replace(known, taken=(*known.taken, now))

        self._change(key, one_more)
        return waited

    def made(self, key: str) -> None:
        """Amazon took the counted request: what it refused before was not this limit. Costs a write only after refusals."""
        self._change(key, lambda known: replace(known, refusals=0) if known.refusals else None)

    def give_back(self, key: str) -> None:
        """The newest counted request was not made after all."""
        self._change(key, lambda known: replace(known, taken=known.taken[:-1]) if known.taken else None)

    def refused(self, key: str, *, certain: bool = False) -> int | None:
        """Amazon refused the newest counted request of this type; returns the limit learned from it, if any.

        One refusal may be the operation's own quota, which others share. The second in a row, or a `certain` one (the report's
        reason says so), is the type's limit: as many as were made in the last day.
        """
        learned: int | None = None

        def lower(known: Allowance) -> Allowance:
            nonlocal learned
            now, taken = self._clock(), known.taken[:-1]
            refusals = known.refusals + 1
            if not certain and refusals < REFUSALS:
                learned = None
                return replace(known, taken=taken, refusals=refusals)
            learned = max(1, sum(now - t < DAY for t in taken))
            # With nothing made in the last day the next try is a day away, not at once.
            return replace(known, taken=taken or (now,), refusals=refusals, learned=learned, learned_at=now)

        self._change(key, lower)
        return learned

    def _change(self, key: str, change: Callable[[Allowance], Allowance | None]) -> None:
        for _ in range(CONFLICTS):
            known = self.state(key)
            changed = change(known)
            if changed is None or self._write(key, changed):
                return
        raise AwsError(f"The allowance {key} in table {self._table} was changed by others {CONFLICTS} times; run fewer workers.")

    def _write(self, key: str, new: Allowance) -> bool:
        now = self._clock()
        item: dict[str, Any] = {
            "pk": {"S": _pk(key)},
            "taken": {"L": [{"N": f"{t:.3f}"} for t in new.taken[-KEPT:] if now - t < DAY]},
            "refusals": {"N": str(new.refusals)},
            "version": {"N": str(new.version + 1)},
        }
        if new.learned is not None:
            item |= {"learned": {"N": str(new.learned)}, "learned_at": {"N": f"{new.learned_at:.3f}"}}
        condition = "version = :version" if new.version else "attribute_not_exists(pk)"
        values = {"ExpressionAttributeValues": {":version": {"N": str(new.version)}}} if new.version else {}
        with explained(f"writing the quota to table {self._table}"):
            try:
                self._clients.dynamodb.put_item(TableName=self._table, Item=item, ConditionExpression=condition, **values)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                    raise
                return False
        return True


def _pk(key: str) -> str:
    return f"allowance#{key}"


def _decode(item: Any) -> Allowance:
    if not item:
        return Allowance()
    return Allowance(
        tuple(float(t["N"]) for t in item["taken"]["L"]),
        int(item["refusals"]["N"]),
        int(item["learned"]["N"]) if "learned" in item else None,
        float(item["learned_at"]["N"]) if "learned_at" in item else 0.0,
        int(item["version"]["N"]),
    )
