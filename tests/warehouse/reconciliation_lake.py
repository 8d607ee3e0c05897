"""A lake by hand in which two sources tell of the same days: most of them alike, some with a planted difference.
What must come out is each test's business; the comparisons themselves are in dbt_project/."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from handmade_lake import HandmadeLake
from scenario import ACCOUNT, at, order_line

MARKETPLACE_IDS = {"DE": "A1PA6795UKMFR9", "UK": "A1F83G8C2ARO7P"}
CHANNELS = {"DE": "Amazon.de", "UK": "Amazon.co.uk"}
CURRENCIES = {"DE": "EUR", "UK": "GBP"}
ACCOUNT_WIDE = ("orders_by_last_update", "api_orders", "finance_transactions")
BY_STORE = (
    "sales_and_traffic_by_date",
    "merchant_listings",
    "listings",
    "fba_inventory",
    "fba_inventory_summaries",
    "ledger_summary",
)
FIRST, LAST = date(2026, 2, 1), date(2026, 2, 20)


def on(day: int) -> date:
    return date(2026, 2, day)


class ReconciliationLake:
    """Collects rows by dataset, store and day; `write` makes the lake, with coverage that says final unless told otherwise."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str | None, date], list[dict[str, Any]]] = {}
        self._coverage: dict[tuple[str, str | None, date], tuple[str, str]] = {}
        self._absent: set[tuple[str, str | None]] = set()

    def add(self, dataset: str, store: str | None, day: date, *rows: dict[str, Any]) -> None:
        self._rows.setdefault((dataset, store, day), []).extend(rows)

    def covered(self, dataset: str, store: str | None, days: Iterable[date], state: str, reason: str) -> None:
        for day in days:
            self._coverage[dataset, store, day] = (state, reason)

    def not_taken(self, dataset: str, store: str) -> None:
        self._absent.add((dataset, store))

    def order(
        self,
        id_: str,
        bought: datetime,
        *,
        store: str = "DE",
        sku: str = "KES-MUG-BLUE",
        units: int = 1,
        price: object = 20,
        changed: datetime | None = None,
        status: str = "Shipped",
    ) -> None:
        """An order as the report tells it."""
        changed = changed or bought + timedelta(hours=1)
        line = order_line(id_, bought, changed, CHANNELS[store], sku, units, price, order_status=status, item_status=status)
        self.add("orders_by_last_update", None, changed.date(), line)

    def api_order(
        self,
        id_: str,
        bought: datetime,
        *,
        store: str = "DE",
        sku: str = "KES-MUG-BLUE",
        units: int = 1,
        price: object = 20,
        currency: str | None = None,
        changed: datetime | None = None,
        status: str = "SHIPPED",
        tax: object = None,
        read: datetime | None = None,
    ) -> None:
        """The same order as the Orders API tells it: an order, its item and what it brings."""
        changed = changed or bought + timedelta(hours=1)
        read = read or at(changed.date() + timedelta(days=1), 2, 40)
        page = {"order_id": id_, "last_updated_time": changed, "marketplace_id": MARKETPLACE_IDS[store], "read_at": read}
        money = currency or CURRENCIES[store]
        day = changed.date()
        self.add("api_orders", None, day, page | {"created_time": bought, "fulfillment_status": status})
        item = page | {"order_item_id": f"I-{id_}", "seller_sku": sku}
        self.add("api_order_items", None, day, item | {"quantity_ordered": units})
        if price is not None:
            part = {"proceeds_position": 1, "proceeds_type": "ITEM", "subtotal_amount": price, "subtotal_currency": money}
            self.add("api_order_item_proceeds", None, day, item | part)
        if tax is not None:
            detail = {"order_id": id_, "order_item_id": f"I-{id_}", "last_updated_time": changed, "read_at": read}
            detail |= {"proceeds_position": 2, "detail_position": 1, "proceeds_type": "TAX", "subtype": "ITEM"}
            self.add("api_order_item_proceeds_details", None, day, detail | {"detail_amount": tax, "detail_currency": money})

    def both(self, id_: str, bought: datetime, **facts: Any) -> None:
        """An order of which report and API say the same."""
        self.order(id_, bought, **facts)
        self.api_order(id_, bought, **facts | {"status": facts.get("status", "Shipped").upper()})

    def cancelled_item(self, id_: str, bought: datetime, *, units: int, price: object) -> None:
        """One more item of an order of `both`, cancelled alone: the report shows no units and no price of it any more."""
        changed, read = bought + timedelta(hours=1), at((bought + timedelta(hours=1)).date() + timedelta(days=1), 2, 40)
        line = order_line(id_, bought, changed, CHANNELS["DE"], "KES-MUG-RED", 0, None, item_status="Cancelled")
        self.add("orders_by_last_update", None, changed.date(), line)
        page = {"order_id": id_, "order_item_id": "CANCELLED", "last_updated_time": changed, "read_at": read}
        self.add("api_order_items", None, changed.date(), page | {"quantity_ordered": units, "cancelled_by": "BUYER"})
        part = {"proceeds_position": 1, "proceeds_type": "ITEM", "subtotal_amount": price, "subtotal_currency": "EUR"}
        self.add("api_order_item_proceeds", None, changed.date(), page | part)

    def charged(
        self,
        id_: str,
        posted: datetime,
        *,
        store: str = "DE",
        units: int = 1,
        charges: object = 20,
        tax: object = 0,
        currency: str | None = None,
        transaction: str | None = None,
        releases: str | None = None,
    ) -> None:
        """A shipment as Finances posts it."""
        number, money, day = transaction or f"T-{id_}", currency or CURRENCIES[store], posted.date()
        page = {"transaction_id": number, "posted_date": posted, "transaction_type": "Shipment", "read_at": at(LAST, 3)}
        head = page | {"order_id": id_, "marketplace_id": MARKETPLACE_IDS[store]}
        self.add("finance_transactions", None, day, head | {"deferred_transaction_id": releases})
        self.add("finance_items", None, day, head | {"item_position": 1, "quantity_shipped": units})
        amounts = (("1", "Sales/ProductCharges/OurPricePrincipal", charges), ("2", "Sales/Tax/OurPriceTax", tax))
        for place, path, amount in amounts:
            leaf = {"place": place, "path": path, "level": 3, "is_leaf": True, "breakdown_type": path.split("/")[-1]}
            self.add("finance_breakdowns", None, day, head | leaf | {"breakdown_amount": amount, "breakdown_currency": money})

    def sold(self, store: str, day: date, **by_sku: tuple[int, int, object]) -> None:
        """Sales and Traffic of a store's day: SKU (underscores for hyphens) -> order items, units, sales."""
        money, skus = CURRENCIES[store], {sku.replace("_", "-"): facts for sku, facts in by_sku.items()}
        for sku, (items, units, sales) in skus.items():
            row = {"parent_asin": "B0", "child_asin": f"B-{sku}"[:10], "sku": sku, "total_order_items": items}
            row |= {"units_ordered": units, "ordered_product_sales_amount": sales, "ordered_product_sales_currency": money}
            self.add("sales_and_traffic_by_asin", store, day, row)
        total = {"report_date": day, "ordered_product_sales_currency": money}
        for n, name in enumerate(("total_order_items", "units_ordered", "ordered_product_sales_amount")):
            total[name] = sum(float(str(facts[n])) if n == 2 else int(str(facts[n])) for facts in skus.values())  # type: ignore[assignment]
        self.add("sales_and_traffic_by_date", store, day, total)

    def write(self, folder: Path) -> Path:
        lake = HandmadeLake(folder)
        for (dataset, store, day), rows in self._rows.items():
            lake.write(dataset, ACCOUNT, store, day, rows, report_id=_report(dataset, store, day))
        lake.finish(list(self._covered()), reports=list(self._reports()))
        return folder

    def _covered(self) -> Iterable[dict[str, Any]]:
        for dataset in (*ACCOUNT_WIDE, *BY_STORE):
            for store in (None,) if dataset in ACCOUNT_WIDE else tuple(CHANNELS):
                if (dataset, store) in self._absent:
                    continue
                for n in range((LAST - FIRST).days + 1):
                    day = FIRST + timedelta(days=n)
                    state, reason = self._coverage.get((dataset, store, day), ("final", "Loaded; nothing will change."))
                    yield {
                        "dataset": dataset,
                        "report": dataset,
                        "account": ACCOUNT,
                        "marketplace": store,
                        "date": day,
                        "state": state,
                        "report_id": _report(dataset, store, day),
                        "last_loaded_at": at(day + timedelta(days=1), 3),
                        "reason": reason,
                    }

    def _reports(self) -> Iterable[dict[str, Any]]:
        """Snapshots are made at 04:30 UTC of their day."""
        for dataset, store, day in self._rows:
            made = datetime(day.year, day.month, day.day, 4, 30, tzinfo=UTC)
            yield {"account": ACCOUNT, "report": dataset, "report_id": _report(dataset, store, day), "created_at": made}


def _report(dataset: str, store: str | None, day: date) -> str:
    return f"{dataset}-{store}-{day}"
