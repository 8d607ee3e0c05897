"""What the marts of the reconciliation answered, as the tests ask for it."""

from __future__ import annotations

from datetime import date
from typing import Any

from dbt_runner import Warehouse


def told(
    warehouse: Warehouse, check: str, day: date, store: str = "DE", columns: str = "left_value, right_value, state"
) -> dict[str, Any]:
    """What a check says of a store's day, by measure (money with its currency)."""
    rows = warehouse.query(
        f"select measure || coalesce(' ' || currency, ''), {columns} from marts.data_reconciliation"
        f" where check_name = '{check}' and date = '{day}' and marketplace = '{store}'"
    )
    return {name: values[0] if len(values) == 1 else tuple(values) for name, *values in rows}


def differing(warehouse: Warehouse, check: str, day: date, state: str = "different") -> list[tuple[Any, ...]]:
    return warehouse.query(
        "select measure, row_key, left_value, right_value, lacking_source from marts.data_reconciliation_rows"
        f" where check_name = '{check}' and date = '{day}' and state = '{state}' order by measure, row_key, currency"
    )


def states(warehouse: Warehouse, check: str, day: date, store: str = "DE") -> dict[str, str]:
    return told(warehouse, check, day, store, "state")


def reasons(warehouse: Warehouse, check: str, day: date) -> set[str | None]:
    return set(told(warehouse, check, day, columns="reason").values())
