"""Reads the marts and works out which periods are compared.
No HTML here; what a section asks is in `sections/`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

NEEDED = ("data_coverage", "data_reconciliation", "data_reconciliation_rows", "dim_product", "fct_inventory_daily",
          "fct_marketplace_daily", "fct_order_lines", "fct_settlements", "fct_vendor_sales_daily",
          "sku_profit_weekly")  # fmt: skip
LONGEST = 28


class ReviewError(RuntimeError):
    """The review cannot be written; the message says what to do."""


@dataclass(frozen=True)
class Period:
    """The newest days and as many before them. `days` is 0 when there is nothing to compare."""

    last: date
    days: int

    @property
    def first(self) -> date:
        return self.last - timedelta(days=max(self.days, 1) - 1)

    @property
    def previous_first(self) -> date:
        return self.first - timedelta(days=self.days)

    @property
    def previous_last(self) -> date:
        return self.first - timedelta(days=1)

    @classmethod
    def of(cls, first: date, last: date) -> Period:
        """Four weeks when there are eight; else half of what is there, so that both halves have the same length."""
        return cls(last, min(LONGEST, ((last - first).days + 1) // 2))


class Marts:
    """The marts of one DuckDB file, read-only."""

    def __init__(self, path: Path) -> None:
        import duckdb

        if not path.is_file():
            raise ReviewError(f"There is no DuckDB file at {path}. Build the tables first (dbt build), or name the right file.")
        self._connection = duckdb.connect(str(path), read_only=True)
        present = {
            r[0]
            for r in self._connection.execute(
                "select table_name from information_schema.tables where table_schema = 'marts'"
            ).fetchall()
        }
        missing = sorted(set(NEEDED) - present)
        if missing:
            self._connection.close()
            raise ReviewError(f"{path} lacks the marts {', '.join(missing)}. Run `dbt build` and look for red models.")

    def __enter__(self) -> Marts:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._connection.close()

    def rows(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        """Rows as dictionaries; `$name` in the SQL takes the parameter of that name."""
        cursor = self._connection.execute(sql, parameters) if parameters else self._connection.execute(sql)
        names = [d[0] for d in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def period(self, sql: str) -> Period | None:
        """The period of a query that gives the first and the last day; None when it gives none."""
        first, last = (self.rows(sql) or [{"first": None, "last": None}])[0].values()
        return None if first is None or last is None else Period.of(first, last)

    def why_missing(self, *datasets: str) -> str:
        """What the coverage table says of datasets without rows: the reader should not have to ask."""
        known = self.rows(
            "select dataset, state, count(*) as days, max(date) as last,"
            " arg_max(reason, date) as reason, arg_max(next_action, date) as next from marts.data_coverage"
            " where list_contains($datasets, dataset) group by dataset, state order by days desc",
            datasets=list(datasets),
        )
        if not known:
            return f"Nothing is known about {' and '.join(datasets)}: no account asks for it, or it was never requested."
        worst = known[0]
        return (
            f"{worst['dataset']}: {worst['days']} days are {str(worst['state']).replace('_', ' ')} "
            f"(up to {worst['last']:%d %b %Y}). "
            f"{worst['reason']} {worst['next'] or ''}".strip()
        )
