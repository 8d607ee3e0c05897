"""DynamoDB in memory behind boto3's client interface: the calls this platform makes, with DynamoDB's answers and errors.
Far faster than the emulator; the ledger's, quota's and allowance's own tests run against both (tests/ledger, tests/aws)."""

from __future__ import annotations

import re
import threading
from bisect import bisect_left, insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

Item = dict[str, Any]
Test = Callable[[Mapping[str, Any], Mapping[str, Any], Mapping[str, str]], bool]
PAGE = 250  # items a page, so that paging is met too
_TRANSACTION = 100


@dataclass
class _Table:
    sort_key: bool
    items: dict[str, dict[str, Item]] = field(default_factory=dict)  # partition key -> sort key -> item
    order: dict[str, list[str]] = field(default_factory=dict)  # partition key -> sort keys
    index: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)  # gsi_pk -> (gsi_sk, pk, sk)

    def find(self, pk: str, sk: str) -> Item | None:
        return self.items.get(pk, {}).get(sk)

    def store(self, item: Item) -> None:
        pk, sk = self.key_of(item)
        self.remove(pk, sk, keep_order=True)
        place = self.items.setdefault(pk, {})
        if sk not in place:
            order = self.order.setdefault(pk, [])
            at = bisect_left(order, sk)
            if at == len(order) or order[at] != sk:
                order.insert(at, sk)
        place[sk] = item
        if "gsi_pk" in item and "gsi_sk" in item:
            insort(self.index.setdefault(item["gsi_pk"]["S"], []), (item["gsi_sk"]["S"], pk, sk))

    def remove(self, pk: str, sk: str, *, keep_order: bool = False) -> None:
        old = self.items.get(pk, {}).pop(sk, None)
        if old is None:
            return
        if "gsi_pk" in old and "gsi_sk" in old:
            self.index[old["gsi_pk"]["S"]].remove((old["gsi_sk"]["S"], pk, sk))
        if not keep_order:
            self.order[pk].remove(sk)

    def key_of(self, item: Mapping[str, Any]) -> tuple[str, str]:
        return item["pk"]["S"], item["sk"]["S"] if self.sort_key else ""


class MemoryDynamo:
    """The client. Every method is atomic, as DynamoDB's are; reads are always consistent."""

    def __init__(self) -> None:
        self._tables: dict[str, _Table] = {}
        self._lock = threading.RLock()
        self.exceptions = ClientError

    # --- tables -------------------------------------------------------------------------------------------------------
    def create_table(self, TableName: str, KeySchema: list, **_: Any) -> Item:
        if TableName in self._tables:
            raise _error("ResourceInUseException", "CreateTable")
        self._tables[TableName] = _Table(len(KeySchema) == 2)
        return {}

    def get_waiter(self, _: str) -> Any:
        return self

    def wait(self, **_: Any) -> None: ...

    def update_continuous_backups(self, **_: Any) -> None: ...

    def update_time_to_live(self, **_: Any) -> None: ...

    # --- items --------------------------------------------------------------------------------------------------------
    def get_item(self, TableName: str, Key: Item, ConsistentRead: bool = False) -> Item:
        with self._lock:
            table = self._table(TableName, "GetItem")
            found = table.find(*table.key_of(Key))
            return {"Item": dict(found)} if found is not None else {}

    def put_item(self, **action: Any) -> Item:
        with self._lock:
            self._check(action, action["Item"], "PutItem")
            self._table(action["TableName"], "PutItem").store(dict(action["Item"]))
            return {}

    def delete_item(self, **action: Any) -> Item:
        with self._lock:
            self._check(action, action["Key"], "DeleteItem")
            table = self._table(action["TableName"], "DeleteItem")
            table.remove(*table.key_of(action["Key"]))
            return {}

    def update_item(self, **action: Any) -> Item:
        with self._lock:
            self._check(action, action["Key"], "UpdateItem")
            table = self._table(action["TableName"], "UpdateItem")
            item = dict(table.find(*table.key_of(action["Key"])) or action["Key"])
            _update(item, action)
            table.store(item)
            return {}

    def batch_get_item(self, RequestItems: Item) -> Item:
        """Half of a full batch is left for the next call, as DynamoDB may."""
        with self._lock:
            ((name, request),) = RequestItems.items()
            table, keys = self._table(name, "BatchGetItem"), request["Keys"]
            if len(keys) > _TRANSACTION or len({table.key_of(key) for key in keys}) < len(keys):
                raise _error("ValidationException", "BatchGetItem")
            now, left = (keys, []) if len(keys) < _TRANSACTION else (keys[: _TRANSACTION // 2], keys[_TRANSACTION // 2 :])
            found = [table.find(*table.key_of(key)) for key in now]
            unprocessed = {name: {"Keys": left}} if left else {}
            return {"Responses": {name: [dict(item) for item in found if item is not None]}, "UnprocessedKeys": unprocessed}

    def transact_write_items(self, TransactItems: list[Item]) -> Item:
        with self._lock:
            if len(TransactItems) > _TRANSACTION:
                raise _error("ValidationException", "TransactWriteItems")
            touched, reasons = set(), []
            for entry in TransactItems:
                ((kind, action),) = entry.items()
                table = self._table(action["TableName"], "TransactWriteItems")
                key = (action["TableName"], *table.key_of(action.get("Item") or action["Key"]))
                if key in touched:  # DynamoDB: "Transaction request cannot include multiple operations on one item"
                    raise _error("ValidationException", "TransactWriteItems")
                touched.add(key)
                reasons.append({"Code": "None" if _holds(action, table.find(*key[1:])) else "ConditionalCheckFailed"})
            if any(r["Code"] != "None" for r in reasons):
                raise _error("TransactionCanceledException", "TransactWriteItems", CancellationReasons=reasons)
            for entry in TransactItems:
                ((kind, action),) = entry.items()
                if kind == "Put":
                    self._table(action["TableName"], "TransactWriteItems").store(dict(action["Item"]))
                elif kind == "Delete":
                    table = self._table(action["TableName"], "TransactWriteItems")
                    table.remove(*table.key_of(action["Key"]))
                elif kind != "ConditionCheck":
                    raise NotImplementedError(kind)
            return {}

    def query(self, TableName: str, KeyConditionExpression: str, ExpressionAttributeValues: Item, **more: Any) -> Item:
        with self._lock:
            table, values = self._table(TableName, "Query"), {k: v["S"] for k, v in ExpressionAttributeValues.items()}
            start = more.get("ExclusiveStartKey")
            if "IndexName" in more:
                found = table.index.get(values[":v"], [])
                low = 0 if start is None else bisect_left(found, (start["gsi_sk"]["S"], *table.key_of(start))) + 1
                if KeyConditionExpression == "gsi_pk = :v AND gsi_sk < :below":
                    high = bisect_left(found, (values[":below"],))
                elif KeyConditionExpression == "gsi_pk = :v":
                    high = len(found)
                else:
                    raise NotImplementedError(KeyConditionExpression)
                page = [table.items[pk][sk] for _, pk, sk in found[low : min(high, low + PAGE)]]
            elif KeyConditionExpression in ("pk = :pk AND sk BETWEEN :low AND :high", "pk = :pk"):
                order = table.order.get(values[":pk"], [])
                low = bisect_left(order, values.get(":low", "") if start is None else start["sk"]["S"] + "\0")
                high = bisect_left(order, values[":high"] + "\0") if ":high" in values else len(order)
                page = [table.items[values[":pk"]][sk] for sk in order[low : min(high, low + PAGE)]]
            else:
                raise NotImplementedError(KeyConditionExpression)
            answer: Item = {"Count": len(page)}
            if more.get("Select") != "COUNT":
                only = more.get("ProjectionExpression")
                answer["Items"] = [{k: v for k, v in item.items() if only is None or k in only.split(", ")} for item in page]
            if low + PAGE < high:
                answer["LastEvaluatedKey"] = {k: page[-1][k] for k in ("pk", "sk", "gsi_pk", "gsi_sk") if k in page[-1]}
            return answer

    # --- inside -------------------------------------------------------------------------------------------------------
    def _table(self, name: str, operation: str) -> _Table:
        if name not in self._tables:
            raise _error("ResourceNotFoundException", operation)
        return self._tables[name]

    def _check(self, action: Mapping[str, Any], key: Mapping[str, Any], operation: str) -> None:
        table = self._table(action["TableName"], operation)
        found = table.find(*table.key_of(key))
        if not _holds(action, found):
            more = {}
            if action.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and found is not None:
                more["Item"] = dict(found)
            raise _error("ConditionalCheckFailedException", operation, **more)


def _update(item: Item, action: Mapping[str, Any]) -> None:
    expression = action["UpdateExpression"]
    if expression == "REMOVE gsi_pk, gsi_sk":
        item.pop("gsi_pk", None)
        item.pop("gsi_sk", None)
    elif expression == "ADD #map.#entry :n":
        names = action["ExpressionAttributeNames"]
        held = item.get(names["#map"])
        if held is None or "M" not in held:
            raise _error("ValidationException", "UpdateItem")
        counted = dict(held["M"])
        before = Decimal(counted.get(names["#entry"], {"N": "0"})["N"])
        counted[names["#entry"]] = {"N": str(before + Decimal(action["ExpressionAttributeValues"][":n"]["N"]))}
        item[names["#map"]] = {"M": counted}
    else:
        raise NotImplementedError(expression)


def _holds(action: Mapping[str, Any], item: Mapping[str, Any] | None) -> bool:
    condition = action.get("ConditionExpression")
    if condition is None:
        return True
    return _compiled(condition)(
        item or {}, action.get("ExpressionAttributeValues") or {}, action.get("ExpressionAttributeNames") or {}
    )


@cache
def _compiled(condition: str) -> Test:
    """OR of ANDs of attribute_exists, attribute_not_exists, =, <, IN: all that this platform writes."""
    ways = [[_term(term.strip()) for term in way.split(" AND ")] for way in condition.split(" OR ")]
    return lambda item, values, names: any(all(term(item, values, names) for term in way) for way in ways)


def _term(text: str) -> Test:
    if match := re.fullmatch(r"attribute_(not_)?exists\(([\w#]+)\)", text):
        wanted, name = match[1] is None, match[2]
        return lambda item, values, names: (names.get(name, name) in item) is wanted
    if match := re.fullmatch(r"([\w#]+) (=|<) (:\w+)", text):
        name, compare, value = match.groups()
        if compare == "=":
            return lambda item, values, names: _equal(item.get(names.get(name, name)), values[value])
        return lambda item, values, names: _less(item.get(names.get(name, name)), values[value])
    if match := re.fullmatch(r"([\w#]+) IN \(([^)]+)\)", text):
        name, wanted_values = match[1], [v.strip() for v in match[2].split(",")]
        return lambda item, values, names: any(_equal(item.get(names.get(name, name)), values[v]) for v in wanted_values)
    raise NotImplementedError(text)


def _equal(have: Any, wanted: Any) -> bool:
    if have is None:
        return False
    return _number(have) == _number(wanted) if "N" in have and "N" in wanted else bool(have == wanted)


def _less(have: Any, wanted: Any) -> bool:
    if have is None or have.keys() != wanted.keys():
        return False
    return _number(have) < _number(wanted) if "N" in have else bool(have["S"] < wanted["S"])


def _number(value: Any) -> Decimal:
    return Decimal(value["N"])


def _error(code: str, operation: str, **more: Any) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}, **more}, operation)  # type: ignore[typeddict-item]
