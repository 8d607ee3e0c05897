"""Read, change and write many items of one partition key, safe beside others who do the same: every write is conditional.
What an item means and when it changes is the caller's: `identifiers.py` and `refreshes.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from spapi_assets.aws.clients import AwsError
from spapi_assets.aws.table import MOST_TOGETHER, Table

Item = Mapping[str, Any]
Change = Callable[[str, Item | None], Item | None]
_ATTEMPTS = 20
_OWN = ("pk", "sk", "v")
LONGEST = 1024  # bytes of UTF-8 that DynamoDB takes as a sort key


def change_items(
    table: Table,
    pk: str,
    names: Iterable[str],
    change: Change,
    *,
    known: Mapping[str, Item] | None = None,
) -> int:
    """Give each named item what `change(name, item as it is or None)` returns; returns how many were written or removed.

    An answer equal to the item writes nothing; None removes it. `change` is asked again when another process wrote in between, so
    it must depend on its arguments alone. `known`: the items as read from `table.partition(pk)`, instead of reading them here.
    Killed at any point, the items are each changed or not; the same call ends the work. Raises AwsError.
    """
    waiting, written = list(dict.fromkeys(names)), 0
    for attempt in range(_ATTEMPTS):
        refused: list[str] = []
        for at in range(0, len(waiting), MOST_TOGETHER):
            some = waiting[at : at + MOST_TOGETHER]
            if known is not None and attempt == 0:
                items = {name: known[name] for name in some if name in known}
            else:
                items = {str(item["sk"]): item for item in table.get_many({"pk": pk, "sk": name} for name in some)}
            actions = {}
            for name in some:
                action = _action(table, pk, name, items.get(name), change)
                if action is not None:
                    actions[name] = action
            false = {[*actions][n] for n in table.transact_each([*actions.values()])} if actions else set()
            written += len(actions) - len(false)
            refused += false
        if not refused:
            return written
        waiting = sorted(refused)
    raise AwsError(f"{len(waiting)} items of table {table.name} were changed by others {_ATTEMPTS} times; run fewer workers.")


def plain(item: Item) -> dict[str, Any]:
    """The item without its key and version."""
    return {name: value for name, value in item.items() if name not in _OWN}


def _action(table: Table, pk: str, name: str, item: Item | None, change: Change) -> Mapping[str, Any] | None:
    before = None if item is None else plain(item)
    after = change(name, before)
    if after == before:
        return None
    if item is None:
        return table.put_action({"pk": pk, "sk": name, "v": 1, **(after or {})}, "attribute_not_exists(pk)")
    condition, values = "v = :v", {":v": item["v"]}
    if after is None:
        return table.delete_action({"pk": pk, "sk": name}, condition, values)
    return table.put_action({"pk": pk, "sk": name, "v": item["v"] + 1, **after}, condition, values)
