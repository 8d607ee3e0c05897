"""One DynamoDB table with plain Python values and conditional writes; a refused condition is an answer, not an error.
Nothing here knows what the items mean: see `ledger.py`, `identifiers.py` and `refreshes.py`."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from spapi_assets.aws.clients import AwsError, explained

if TYPE_CHECKING:
    from spapi_assets.aws.clients import AwsClients

_ATTEMPTS = 7  # about 3 s in all: another transaction on the same item is over long before
_FIRST_PAUSE = 0.05
MOST_TOGETHER = 100  # items that one transaction, or one batch of reads, may hold
# Reasons that say nothing about the condition: somebody else was writing, or the table was busy. Repeating is right.
_PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def _wire(item: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _serialize(v) for k, v in item.items()}


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _deserialize(v) for k, v in item.items()}


def _refused(error: ClientError) -> bool:
    """Whether a condition was false. A transaction says so by the reasons of its actions, not by its error code."""
    return _code(error) == "ConditionalCheckFailedException" or "ConditionalCheckFailed" in _reasons(error)


def _passing(error: ClientError) -> bool:
    """Whether nothing was written because of others' writes or load: the same call may succeed in a moment."""
    return _code(error) == "TransactionConflictException" or bool(_PASSING & _reasons(error))


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _reasons(error: ClientError) -> set[str]:
    if _code(error) != "TransactionCanceledException":
        return set()
    reasons: Any = error.response.get("CancellationReasons") or ()
    return {str(reason.get("Code")) for reason in reasons}


class Table:
    """The few DynamoDB calls this platform needs, with plain Python values; a refused condition is `False`, not an error."""

    def __init__(self, clients: AwsClients, name: str) -> None:
        self._clients, self.name = clients, name

    @property
    def _db(self) -> Any:
        return self._clients.dynamodb

    def get(self, key: Mapping[str, str]) -> dict[str, Any] | None:
        with explained(f"reading table {self.name}"):
            found = self._db.get_item(TableName=self.name, Key=_wire(key), ConsistentRead=True).get("Item")
        return _plain(found) if found else None

    def get_many(self, keys: Iterable[Mapping[str, str]]) -> Iterator[dict[str, Any]]:
        """The items that exist, in no order. What DynamoDB leaves out of an answer (load, 16 MB) is asked for again."""
        waiting, failures = list({tuple(sorted(key.items())): _wire(key) for key in keys}.values()), 0
        while waiting:
            now, waiting = waiting[:MOST_TOGETHER], waiting[MOST_TOGETHER:]
            with explained(f"reading table {self.name}"):
                answer = self._db.batch_get_item(RequestItems={self.name: {"Keys": now, "ConsistentRead": True}})
            yield from map(_plain, answer["Responses"].get(self.name, ()))
            left = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            failures = failures + 1 if len(left) == len(now) else 0
            if failures == _ATTEMPTS:
                raise AwsError(f"Table {self.name} answered no read {_ATTEMPTS} times because it was too busy; try again later.")
            if failures:
                time.sleep(_FIRST_PAUSE * 2**failures * random.uniform(0.5, 1.0))
            waiting = [*left, *waiting]

    def partition(self, pk: str, only: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
        """Every item under a partition key, in the order of the sort key. `only`: these attributes of each (none reserved)."""
        query: dict[str, Any] = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": _wire({":pk": pk})}
        if only:
            query["ProjectionExpression"] = ", ".join(only)
        yield from self._pages(**query, ConsistentRead=True)

    def count(self, pk: str) -> int:
        """How many items lie under a partition key; they are read by DynamoDB, but not sent."""
        query: dict[str, Any] = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": _wire({":pk": pk})}
        found = 0
        while True:
            with explained(f"reading table {self.name}"):
                page = self._db.query(TableName=self.name, Select="COUNT", **query)
            found += page["Count"]
            if "LastEvaluatedKey" not in page:
                return found
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def put_action(self, item: Mapping[str, Any], condition: str | None = None, values: Mapping[str, Any] | None = None) -> dict:
        return {"Put": self._with_condition({"TableName": self.name, "Item": _wire(item)}, condition, values)}

    def delete_action(self, key: Mapping[str, str], condition: str, values: Mapping[str, Any]) -> dict:
        return {"Delete": self._with_condition({"TableName": self.name, "Key": _wire(key)}, condition, values)}

    def check_action(self, key: Mapping[str, str], condition: str, values: Mapping[str, Any]) -> dict:
        return {"ConditionCheck": self._with_condition({"TableName": self.name, "Key": _wire(key)}, condition, values)}

    def put(self, item: Mapping[str, Any], condition: str | None = None, values: Mapping[str, Any] | None = None) -> bool:
        return self.do(self.put_action(item, condition, values))

    def do(self, action: Mapping[str, Any]) -> bool:
        """One prepared Put by itself."""
        return self._unless_refused(lambda: self._db.put_item(**action["Put"]))

    def add(self, key: Mapping[str, str], attribute: str, entry: str, amount: int) -> None:
        """Count in a map attribute, e.g. the calls of an operation in `quota`."""
        with explained(f"writing table {self.name}"):
            self._db.update_item(
                TableName=self.name,
                Key=_wire(key),
                UpdateExpression="ADD #map.#entry :n",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames={"#map": attribute, "#entry": entry},
                ExpressionAttributeValues=_wire({":n": amount}),
            )

    def take_off_index(self, key: Mapping[str, str], value: str) -> bool:
        """Remove an item from the index if it stands under `value` there; the item itself stays."""
        change = {"TableName": self.name, "Key": _wire(key), "UpdateExpression": "REMOVE gsi_pk, gsi_sk"}
        self._with_condition(change, "gsi_pk = :value", {":value": value})
        return self._unless_refused(lambda: self._db.update_item(**change))

    def delete(self, key: Mapping[str, str], condition: str, values: Mapping[str, Any]) -> bool:
        action = self._with_condition({"TableName": self.name, "Key": _wire(key)}, condition, values)
        return self._unless_refused(lambda: self._db.delete_item(**action))

    def transact(self, actions: Sequence[Mapping[str, Any]]) -> bool:
        return self._unless_refused(lambda: self._db.transact_write_items(TransactItems=list(actions)))

    def transact_each(self, actions: Sequence[Mapping[str, Any]]) -> list[int]:
        """Write what may be written of at most 100 actions on different items; returns the positions of those refused.

        Not all or none: a transaction is only the cheapest way to send many conditional writes at once.
        """
        left = list(range(len(actions)))
        refused: list[int] = []
        while left:
            false: list[int] = []

            def write(now: list[int] = left, false: list[int] = false) -> None:
                try:
                    self._db.transact_write_items(TransactItems=[actions[n] for n in now])
                except ClientError as error:
                    if _code(error) == "TransactionCanceledException":
                        codes = [str(reason.get("Code")) for reason in error.response.get("CancellationReasons") or ()]
                        false += [n for n, code in zip(now, codes, strict=False) if code == "ConditionalCheckFailed"]
                    raise

            if self._unless_refused(write):
                break
            refused += false
            left = [n for n in left if n not in set(false)]
        return sorted(refused)

    def _unless_refused(self, write: Callable[[], Any]) -> bool:
        """True: written. False: a condition was false. Conflicts with others' writes are repeated, then an AwsError."""
        for attempt in range(_ATTEMPTS):
            with explained(f"writing table {self.name}"):
                try:
                    write()
                except ClientError as error:
                    if _refused(error):
                        return False
                    if not _passing(error):
                        raise
                else:
                    return True
            time.sleep(_FIRST_PAUSE * 2**attempt * random.uniform(0.5, 1.0))
        raise AwsError(
            f"Table {self.name} refused a write {_ATTEMPTS} times because others were writing the same items or it was too busy. "
            "Nothing was written; it is tried again by the next run or tick."
        )

    def query(self, pk: str, low: str, high: str) -> Iterator[dict[str, Any]]:
        yield from self._pages(
            KeyConditionExpression="pk = :pk AND sk BETWEEN :low AND :high",
            ExpressionAttributeValues=_wire({":pk": pk, ":low": low, ":high": high}),
            ConsistentRead=True,
        )

    def index(self, value: str, *, below: str | None = None, most: int | None = None) -> Iterator[dict[str, Any]]:
        """Items of the index under `value`, in its order; only those that sort before `below`, at most `most`."""
        condition, values = "gsi_pk = :v", {":v": value}
        if below is not None:
            condition, values[":below"] = "gsi_pk = :v AND gsi_sk < :below", below
        found = self._pages(IndexName="by_status", KeyConditionExpression=condition, ExpressionAttributeValues=_wire(values))
        yield from found if most is None else islice(found, most)

    def _pages(self, **query: Any) -> Iterator[dict[str, Any]]:
        while True:
            with explained(f"reading table {self.name}"):
                page = self._db.query(TableName=self.name, **query)
            yield from map(_plain, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    @staticmethod
    def _with_condition(action: dict, condition: str | None, values: Mapping[str, Any] | None) -> dict:
        if condition:
            action["ConditionExpression"] = condition
            names = {n: n.lstrip("#") for n in ("#status",) if n in condition}
            if names:
                action["ExpressionAttributeNames"] = names
            if values:
                action["ExpressionAttributeValues"] = _wire(values)
        return action
