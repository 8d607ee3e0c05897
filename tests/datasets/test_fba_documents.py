"""FBA documents with the values live ones were seen to hold: nothing of them is quarantined, and each means what it says.
Which headers find which columns is `test_fba_family.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from spapi_assets.datasets.loader import load_registry
from spapi_assets.lake.store import Lake
from tests.documents.conftest import lake, load, quarantine, rows

__all__ = ["lake", "load"]  # fixtures

REGISTRY = load_registry()
TODAY = date(2026, 11, 4)
Read = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def read(load: Callable[..., Any], lake: Lake) -> Read:
    """The rows of a document written with | for tabs; the window is the day, or the days, given."""

    def run(name: str, header: str, *lines: str, day: date = TODAY, last: date | None = None, marketplace: str | None = None):
        report = REGISTRY.reports[name]
        made = datetime(2026, 11, 4, 1, tzinfo=UTC)
        tabs = [line.replace("|", "\t") for line in lines]
        load(
            tabs,
            report,
            header=header.replace("|", "\t"),
            start=day,
            end=last or day,
            created=made,
            marketplace=marketplace,
            options=report.options,
        )
        assert quarantine(lake, report.datasets[0].name) == []
        found = rows(lake, report.datasets[0].name)
        assert len(found) == len(lines)
        return found

    return run


def test_a_fee_preview_with_dashes_for_no_value_keeps_its_rows(read: Read) -> None:
    found = read(
        "estimated_fees",
        "sku|fnsku|asin|amazon-store|your-price|longest-side|currency|estimated-fee-total|estimated-pick-pack-fee-per-unit",
        "A-1|X1|B1|US|25.00|7.72|USD|7.80|--",
        "A-1|X1|B1|CA|51.54|19.61|CAD|17.89|--",
    )
    assert [(r["amazon_store"], r["estimated_fee_total"], r["estimated_pick_pack_fee_per_unit"]) for r in found] == [
        ("US", Decimal("7.80"), None),
        ("CA", Decimal("17.89"), None),
    ]


def test_restock_advice_without_a_date_and_beyond_a_year_keeps_its_rows(read: Read) -> None:
    found = read(
        "restock_recommendations",
        "Country|Merchant SKU|Currency code|Days of Supply at Amazon Fulfillment Network|Recommended ship date|Unit storage size",
        "US|A-1|USD|365+|none|0.0356 ft3",
        "US|A-2|USD|12|11/28/2026|0.0319 ft3",
        marketplace="US",
    )
    assert [(r["days_of_supply"], r["recommended_ship_date"]) for r in found] == [("365+", None), ("12", date(2026, 11, 28))]


@pytest.mark.parametrize("marketplace", ["US", "DE"])
def test_ledger_days_are_month_first_in_every_marketplace(marketplace: str, read: Read) -> None:
    line = "11/02/2026|X1|B1|A-1|Shipments||-1|PHL7|SELLABLE|US|2026-11-02T00:00:00-0700"
    found = read(
        "ledger_detail",
        "Date|FNSKU|ASIN|MSKU|Event Type|Reference ID|Quantity|Fulfillment Center|Disposition|Country|Date and Time",
        line,
        line,  # two sales of one product from one warehouse
        day=date(2026, 11, 1),
        last=date(2026, 11, 3),
        marketplace=marketplace,
    )
    assert [r["ledger_date"] for r in found] == [date(2026, 11, 2)] * 2
    assert found[0]["event_at"] == datetime(2026, 11, 2, 7, tzinfo=UTC)


def test_a_ledger_month_is_its_first_day(read: Read) -> None:
    (row,) = read(
        "ledger_summary_monthly",
        "Date|FNSKU|MSKU|Disposition|Starting Warehouse Balance|Customer Shipments|Ending Warehouse Balance|Location",
        "10/2026|X1|A-1|SELLABLE|10|-3|7|US",
        day=date(2026, 10, 1),
        last=date(2026, 10, 31),
        marketplace="US",
    )
    assert (row["ledger_date"], row["customer_shipments"], row["location_level"]) == (date(2026, 10, 1), -3, "COUNTRY")


def test_a_reversed_reimbursement_is_negative_and_its_ids_keep_their_zeros(read: Read) -> None:
    (row,) = read(
        "reimbursements",
        "approval-date|reimbursement-id|reason|currency-unit|amount-total|quantity-reimbursed-cash|original-reimbursement-id",
        "2026-11-02T09:59:13+00:00|00123|Reimbursement_Reversal|USD|-6.38|-1|00077",
        day=date(2026, 11, 2),
    )
    assert (row["amount_total"], row["reimbursement_id"], row["original_reimbursement_id"]) == (
        Decimal("-6.38"),
        "00123",
        "00077",
    )


def test_a_removal_stands_on_the_day_it_was_ordered_whenever_it_shipped(read: Read) -> None:
    (row,) = read(
        "removal_shipments",
        "removal-date|order-id|shipment-date|sku|fnsku|disposition|quantity shipped|carrier|tracking-number",
        "2026-10-02T18:53:56+00:00|my-order|2026-11-03T18:53:56+00:00|A-1|X1|Sellable|99|ABF|1Z861E7F0340512285",
        day=date(2026, 10, 1),
        last=date(2026, 10, 30),
    )
    assert (row["request_date"].date(), row["shipped_quantity"]) == (date(2026, 10, 2), 99)
