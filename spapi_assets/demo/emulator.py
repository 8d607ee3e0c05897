"""moto as the demo's AWS, its DynamoDB made fit for some ten thousand items: one call at a time, no copies of whole tables.
moto 5.2 copies the table once for each item of a transaction, while other calls change it, and sorts all of it for each query."""

from __future__ import annotations

import copy
import functools
import inspect
import sys
import threading
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

_LOCK = threading.RLock()


def quicken_dynamodb() -> None:
    """Change moto's DynamoDB in this process; what it answers stays the same. Safe to repeat."""
    from moto.dynamodb import models
    from moto.dynamodb.models.table import Table
    from moto.dynamodb.responses import DynamoHandler

    table: Any = Table
    handler: Any = DynamoHandler
    backend: Any = models.DynamoDBBackend
    if hasattr(table, "only_this_hash_key"):
        return
    table.only_this_hash_key = None
    table.query, table.all_items = _of_one_key(table.query), _only_those(table.all_items)
    handler.call_action = _one_at_a_time(handler.call_action)
    backend.transact_write_items = _with_light_copies(backend.transact_write_items, models)


def _one_at_a_time(call: Any) -> Any:
    @functools.wraps(call)
    def locked(*args: Any, **kwargs: Any) -> Any:
        with _LOCK:
            return call(*args, **kwargs)

    return locked


def _of_one_key(query: Any) -> Any:
    """A query of the table itself looks at the items of its partition key only."""

    signature = inspect.signature(query)

    @functools.wraps(query)
    def of_one(table: Any, hash_key: Any, *args: Any, **kwargs: Any) -> Any:
        index = signature.bind(table, hash_key, *args, **kwargs).arguments.get("index_name")
        table.only_this_hash_key = None if index else hash_key
        try:
            return query(table, hash_key, *args, **kwargs)
        finally:
            table.only_this_hash_key = None

    return of_one


def _only_those(all_items: Any) -> Any:
    @functools.wraps(all_items)
    def those(table: Any) -> Any:
        wanted = table.only_this_hash_key
        if wanted is None or not table.range_key_attr:
            return all_items(table)
        return list(table.items[wanted].values()) if wanted in table.items else []

    return those


def _with_light_copies(transact: Any, models: Any) -> Any:
    """What a failed transaction goes back to: the same items under the same keys. Only an update changes an item in its place."""

    @functools.wraps(transact)
    def light(backend: Any, transact_items: list[dict[str, Any]]) -> Any:
        if any("Update" in item for item in transact_items):
            return transact(backend, transact_items)
        before: dict[int, Any] = {}

        def snapshot(thing: Any) -> Any:
            if not isinstance(thing, models.Table):
                return copy.deepcopy(thing)
            if id(thing) not in before:
                kept = copy.copy(thing)
                ranged = thing.range_key_attr
                kept.items = defaultdict(dict, {key: dict(held) if ranged else held for key, held in thing.items.items()})
                before[id(thing)] = kept
            return before[id(thing)]

        models.copy = SimpleNamespace(deepcopy=snapshot, copy=copy.copy)
        try:
            return transact(backend, transact_items)
        finally:
            models.copy = copy

    return light


if __name__ == "__main__":
    from moto.server import main

    quicken_dynamodb()
    main(sys.argv[1:])
