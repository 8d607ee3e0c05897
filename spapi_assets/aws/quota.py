"""The quota that all processes share: one DynamoDB item per bucket, changed by conditional writes, and report cool-downs.
The arithmetic is spapi/throttle.py's; here is only how its state is kept so that no two processes take the same token."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from spapi_assets.aws.clients import AwsClients, AwsError, explained
from spapi_assets.spapi.throttle import BucketKey, BucketState, RatePlan, emptied, gcra, relearn, wait_for_token

CONFLICTS = 200  # lost races for one bucket after which something else must be wrong


@dataclass(frozen=True)
class _Item:
    """A bucket as read: its state and the item's version, on which the next write depends."""

    state: BucketState | None
    version: int


class DynamoThrottle:
    """Implements spapi.throttle.Throttle on a DynamoDB table with the hash key `pk`.

    An item holds `tat` (microseconds since the epoch), the learned `rate` (1/s), `burst`, `learned_at` and a `version`. Every
    take is one write on condition that the version is the one the decision was made on; the loser of a race gets the winner's
    item back with the refusal and decides again. Machines must keep their clocks within about half a second of each other.
    """

    def __init__(
        self,
        clients: AwsClients,
        table: str = "spapi-quota",
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clients, self._table, self._clock, self._sleep = clients, table, clock, sleep
        self._seen: dict[BucketKey, _Item] = {}
        self._plans: dict[BucketKey, RatePlan] = {}
        self._lock = threading.Lock()

    def acquire(self, key: BucketKey, plan: RatePlan, *, reserve: float = 0.0, max_wait: float) -> float:
        self._plans[key] = plan

        def step() -> float:
            item = self._recall(key)
            for _ in range(CONFLICTS):
                decision = gcra(item.state, plan, self._clock(), reserve)
                if decision.wait > 0:
                    fresh = self._read(key)  # what we remembered may be old: another process may have learned a higher rate
                    if fresh == item:
                        return decision.wait
                    item = fresh
                    continue
                written, item = self._write(key, item, decision.state, plan)
                if written:
                    return 0.0
                # Threads and processes that collide once would collide again in step.
                self._sleep(random.uniform(0.0, 0.02))
            raise self._contended(key)

        return wait_for_token(step, key, max_wait, self._sleep)

    def learn(self, key: BucketKey, rate: float) -> None:
        """Write the rate when it differs from the known one: in the steady state this costs nothing."""
        plan = self._plans.get(key, RatePlan(rate, 1))
        self._change(
            key, self._recall(key), plan, lambda state: _unless_known(state, rate, relearn(state, plan, rate, self._clock()))
        )

    def penalize(self, key: BucketKey, plan: RatePlan) -> None:
        self._change(key, self._read(key), plan, lambda state: emptied(state, plan, self._clock()))

    def peek(self, key: BucketKey, plan: RatePlan) -> float:
        return gcra(self._read(key).state, plan, self._clock()).wait

    def state(self, key: BucketKey) -> BucketState | None:
        """The bucket as it is kept now, for forecasts; None when nobody has used it yet (it is full)."""
        return self._read(key).state

    def cool_down(self, key: str, seconds: float) -> None:
        """Nobody should ask for `key` (e.g. account and report type) for so long. A longer cool-down in force stays."""
        until = self._clock() + seconds
        with explained(f"writing a cool-down to table {self._table}"):
            try:
                self._clients.dynamodb.put_item(
                    TableName=self._table,
                    Item={
                        "pk": {"S": f"cooldown#{key}"},
                        "until": {"N": f"{until:.3f}"},
                        "expires_at": {"N": str(int(until) + 3600)},
                    },
                    ConditionExpression="attribute_not_exists(pk) OR #until < :until",
                    ExpressionAttributeNames={"#until": "until"},
                    ExpressionAttributeValues={":until": {"N": f"{until:.3f}"}},
                )
            except ClientError as error:
                if not _refused(error):
                    raise

    def cool_down_left(self, key: str) -> float:
        """Seconds until `key` may be asked for again; 0 when it may now."""
        found = self._get(f"cooldown#{key}")
        return max(0.0, float(found["until"]["N"]) - self._clock()) if found else 0.0

    def _change(
        self, key: BucketKey, item: _Item, plan: RatePlan, change: Callable[[BucketState | None], BucketState | None]
    ) -> None:
        for _ in range(CONFLICTS):
            state = change(item.state)
            if state is None:
                return
            written, item = self._write(key, item, state, plan)
            if written:
                return
            self._sleep(random.uniform(0.0, 0.02))
        raise self._contended(key)

    def _recall(self, key: BucketKey) -> _Item:
        with self._lock:
            known = self._seen.get(key)
        return known or self._read(key)

    def _read(self, key: BucketKey) -> _Item:
        return self._remember(key, self._get(f"bucket#{key}"))

    def _get(self, pk: str) -> dict[str, Any] | None:
        with explained(f"reading the quota in table {self._table}"):
            answer = self._clients.dynamodb.get_item(TableName=self._table, Key={"pk": {"S": pk}}, ConsistentRead=True)
        found: dict[str, Any] | None = answer.get("Item")
        return found

    def _remember(self, key: BucketKey, found: dict[str, Any] | None) -> _Item:
        if found:
            rate = float(found["rate"]["N"]) if "rate" in found else None
            item = _Item(BucketState(int(found["tat"]["N"]) / 1e6, rate), int(found["version"]["N"]))
        else:
            item = _Item(None, 0)
        with self._lock:
            self._seen[key] = item
        return item

    def _write(self, key: BucketKey, before: _Item, state: BucketState, plan: RatePlan) -> tuple[bool, _Item]:
        """Whether the write won, and the item as it now is."""
        item: dict[str, Any] = {
            "pk": {"S": f"bucket#{key}"},
            "tat": {"N": str(int(state.tat * 1e6) + 1)},
            "burst": {"N": str(plan.burst)},
            "version": {"N": str(before.version + 1)},
        }
        if state.rate is not None:
            item |= {"rate": {"N": repr(state.rate)}, "learned_at": {"N": f"{self._clock():.0f}"}}
        condition = "version = :version" if before.version else "attribute_not_exists(pk)"
        values = {":version": {"N": str(before.version)}} if before.version else None
        with explained(f"writing the quota to table {self._table}"):
            try:
                self._clients.dynamodb.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression=condition,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **({"ExpressionAttributeValues": values} if values else {}),
                )
            except ClientError as error:
                if not _refused(error):
                    raise
                current: Any = error.response.get("Item")
                return False, self._remember(key, current) if current else self._read(key)
        return True, self._remember(key, item)

    def _contended(self, key: BucketKey) -> AwsError:
        return AwsError(
            f"The bucket of {key.operation} for selling partner {key.selling_partner} in table {self._table} was changed by "
            f"others {CONFLICTS} times while this process tried to. Run fewer workers at once against this account."
        )


def _unless_known(state: BucketState | None, rate: float, changed: BucketState) -> BucketState | None:
    return None if state is not None and state.rate == rate else changed


def _refused(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException"
