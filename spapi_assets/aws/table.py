"""One DynamoDB table with plain Python values and conditional writes; a refused condition is an answer, not an error.
Nothing here knows what the items mean: see `ledger.py`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from spapi_assets.aws.clients import AwsClients

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def _wire(item: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _serialize(v) for k, v in item.items()}


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _deserialize(v) for k, v in item.items()}


def _refused(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") in (
        "ConditionalCheckFailedException",
        "TransactionCanceledException",
        "TransactionConflictException",
    )


class Table:
    """The few DynamoDB calls the ledger needs, with plain Python values; a refused condition is `False`, not an error."""

    def __init__(self, clients: AwsClients, name: str) -> None:
        self._clients, self.name = clients, name

    @property
    def _db(self) -> Any:
        return self._clients.dynamodb

    def get(self, key: Mapping[str, str]) -> dict[str, Any] | None:
        found = self._db.get_item(TableName=self.name, Key=_wire(key), ConsistentRead=True).get("Item")
        return _plain(found) if found else None

    def put_action(self, item: Mapping[str, Any], condition: str | None = None, values: Mapping[str, Any] | None = None) -> dict:
        return {"Put": self._with_condition({"TableName": self.name, "Item": _wire(item)}, condition, values)}

    def check_action(self, key: Mapping[str, str], condition: str, values: Mapping[str, Any]) -> dict:
        return {"ConditionCheck": self._with_condition({"TableName": self.name, "Key": _wire(key)}, condition, values)}

    def put(self, item: Mapping[str, Any], condition: str | None = None, values: Mapping[str, Any] | None = None) -> bool:
        return self.do(self.put_action(item, condition, values))

    def do(self, action: Mapping[str, Any]) -> bool:
        """One prepared Put by itself."""
        try:
            self._db.put_item(**action["Put"])
        except ClientError as error:
            if _refused(error):
                return False
            raise
        return True

    def add(self, key: Mapping[str, str], attribute: str, entry: str, amount: int) -> None:
        """Count in a map attribute, e.g. the calls of an operation in `quota`."""
        self._db.update_item(
            TableName=self.name,
            Key=_wire(key),
            UpdateExpression="ADD #map.#entry :n",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames={"#map": attribute, "#entry": entry},
            ExpressionAttributeValues=_wire({":n": amount}),
        )

    def delete(self, key: Mapping[str, str], condition: str, values: Mapping[str, Any]) -> bool:
        try:
            self._db.delete_item(**self._with_condition({"TableName": self.name, "Key": _wire(key)}, condition, values))
        except ClientError as error:
            if _refused(error):
                return False
            raise
        return True

    def transact(self, actions: Sequence[Mapping[str, Any]]) -> bool:
        try:
            self._db.transact_write_items(TransactItems=list(actions))
        except ClientError as error:
            if _refused(error):
                return False
            raise
        return True

    def query(self, pk: str, low: str, high: str) -> Iterator[dict[str, Any]]:
        yield from self._pages(
            KeyConditionExpression="pk = :pk AND sk BETWEEN :low AND :high",
            ExpressionAttributeValues=_wire({":pk": pk, ":low": low, ":high": high}),
            ConsistentRead=True,
        )

    def index(self, value: str) -> Iterator[dict[str, Any]]:
        yield from self._pages(
            IndexName="by_status", KeyConditionExpression="gsi_pk = :v", ExpressionAttributeValues=_wire({":v": value})
        )

    def _pages(self, **query: Any) -> Iterator[dict[str, Any]]:
        while True:
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
