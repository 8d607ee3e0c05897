"""Sales and traffic: valid by Amazon's schema, equal to the orders of the marketplace's own day, provisional for two weeks."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from spapi_assets.simulator.business import Business
from spapi_assets.simulator.business.marketplaces import BY_CODE
from spapi_assets.simulator.documents import BadRequest, NoData

from .kestrel import BY_ORDER_DATE, IDS, NOW, SELLER_OF, TRAFFIC, amount, ask, table

BUSINESS = Business()


def content(code: str, first: str, last: str, *, now: datetime = NOW, **options: str) -> dict[str, Any]:
    document = ask(BUSINESS, TRAFFIC, [code], f"{first}T00:00:00", f"{last}T23:59:59", now=now, options=options)
    assert document.content_type == "application/json; charset=UTF-8"
    return json.loads(document.body, parse_float=Decimal)


@pytest.mark.parametrize("code", ["DE", "UK", "US", "JP"])
def test_units_and_revenue_of_a_final_day_are_those_of_the_orders_of_the_local_day(code: str) -> None:
    first, days = date(2026, 10, 21), 8  # the clocks change in Europe on the 25th
    units: Counter = Counter()
    revenue: Counter = Counter()
    # Amazon's business reports count cancelled orders, whose quantity the orders report gives as 0: the books still know it.
    account = BUSINESS.account(SELLER_OF[code])
    cancelled = [
        (order, line)
        for order in BUSINESS.purchased_between(account, BY_CODE[code], first, first + timedelta(days=days - 1))
        if order.cancelled
        for line in order.lines
    ]
    assert cancelled
    for order, line in cancelled:
        day = datetime.fromtimestamp(order.purchased, BY_CODE[code].tz).date()
        units[day.isoformat()] += line.units
        revenue[day.isoformat()] += Decimal(line.price).scaleb(-BY_CODE[code].digits)
    start, end = first - timedelta(days=1), first + timedelta(days=days + 1)
    for row in table(ask(BUSINESS, BY_ORDER_DATE, [code], start.isoformat(), end.isoformat())):
        if row["order-status"] == "Shipped":
            day = datetime.fromisoformat(row["purchase-date"]).astimezone(BY_CODE[code].tz).date()
            units[day.isoformat()] += int(row["quantity"])
            revenue[day.isoformat()] += amount(row["item-price"])
    found = content(code, first.isoformat(), (first + timedelta(days=days - 1)).isoformat())
    assert len(found["salesAndTrafficByDate"]) == days
    for entry in found["salesAndTrafficByDate"]:
        sales = entry["salesByDate"]
        assert sales["unitsOrdered"] == units[entry["date"]] > 0
        assert sales["orderedProductSales"]["amount"] == revenue[entry["date"]]


@pytest.mark.parametrize(("dates", "asins"), product(["DAY", "WEEK", "MONTH"], ["PARENT", "CHILD", "SKU"]))
def test_every_granularity_is_valid_by_amazons_schema(amazon_reference: Path, dates: str, asins: str) -> None:
    schema = json.loads((amazon_reference / "schemas/reports/sellerSalesAndTrafficReport.json").read_text())
    found = json.loads(
        ask(
            BUSINESS, TRAFFIC, ["DE"], "2026-09-02", "2026-09-20", options={"dateGranularity": dates, "asinGranularity": asins}
        ).body
    )
    jsonschema.validate(found, schema)
    for name in ("SalesByAsin", "TrafficByAsin"):
        known = set(schema["definitions"][name]["properties"])
        assert all(set(r[name[0].lower() + name[1:]]) == known for r in found["salesAndTrafficByAsin"])
    for name in ("SalesByDate", "TrafficByDate"):
        known = set(schema["definitions"][name]["properties"])
        assert all(set(r[name[0].lower() + name[1:]]) == known for r in found["salesAndTrafficByDate"])
    names = {"PARENT": 12, "CHILD": 23, "SKU": 24}
    assert len(found["salesAndTrafficByAsin"]) == names[asins]
    specification = found["reportSpecification"]
    assert (specification["dataStartTime"], specification["dataEndTime"]) == {
        "DAY": ("2026-09-02", "2026-09-20"),
        "WEEK": ("2026-08-30", "2026-09-26"),
        "MONTH": ("2026-09-01", "2026-09-30"),
    }[dates]
    starts = [entry["date"] for entry in found["salesAndTrafficByDate"]]
    assert len(starts) == {"DAY": 19, "WEEK": 4, "MONTH": 1}[dates]
    assert starts[0] == specification["dataStartTime"]


def test_the_asin_section_sums_the_window_and_has_no_date() -> None:
    whole = content("DE", "2026-09-01", "2026-09-03", asinGranularity="SKU")
    days = [content("DE", f"2026-09-0{n}", f"2026-09-0{n}", asinGranularity="SKU") for n in (1, 2, 3)]
    total = sum(r["salesByAsin"]["unitsOrdered"] for d in days for r in d["salesAndTrafficByAsin"])
    assert sum(r["salesByAsin"]["unitsOrdered"] for r in whole["salesAndTrafficByAsin"]) == total
    assert sum(e["salesByDate"]["unitsOrdered"] for e in whole["salesAndTrafficByDate"]) == total
    assert sum(e["trafficByDate"]["sessions"] for e in whole["salesAndTrafficByDate"]) == sum(
        r["trafficByAsin"]["sessions"] for r in whole["salesAndTrafficByAsin"]
    )
    assert not any("date" in r for r in whole["salesAndTrafficByAsin"])


def test_the_dates_are_taken_as_written_so_a_window_that_is_not_whole_days_sums_two() -> None:
    shifted = json.loads(ask(BUSINESS, TRAFFIC, ["DE"], "2026-09-01T22:00:00", "2026-09-02T21:59:59").body)
    assert [e["date"] for e in shifted["salesAndTrafficByDate"]] == ["2026-09-01", "2026-09-02"]
    local = json.loads(ask(BUSINESS, TRAFFIC, ["DE"], "2026-09-02T00:00:00+02:00", "2026-09-02T23:59:59+02:00").body)
    assert [e["date"] for e in local["salesAndTrafficByDate"]] == ["2026-09-02"]


def test_young_days_are_a_little_low_grow_and_then_never_change() -> None:
    day = "2026-10-12"
    closes = datetime(2026, 10, 12, 22, tzinfo=UTC)
    seen = [content("DE", day, day, now=closes + timedelta(days=age)) for age in (1, 4, 9, 14, 15, 40)]
    sessions = [s["salesAndTrafficByDate"][0]["trafficByDate"]["sessions"] for s in seen]
    units = [s["salesAndTrafficByDate"][0]["salesByDate"]["unitsOrdered"] for s in seen]
    assert sessions[0] < sessions[3]
    assert sessions == sorted(sessions)
    assert units[0] < units[3]
    assert units[0] > 0.7 * units[3]
    # Refunds belong to the day they are made and never change it; all of the document is final.
    assert seen[3] == seen[4] == seen[5]


def test_a_day_is_absent_until_it_is_published_half_a_day_after_it_closed() -> None:
    closes = datetime(2026, 11, 20, 23, tzinfo=UTC)
    before = content("DE", "2026-11-19", "2026-11-20", now=closes + timedelta(hours=11, minutes=59))
    after = content("DE", "2026-11-19", "2026-11-20", now=closes + timedelta(hours=12))
    assert [e["date"] for e in before["salesAndTrafficByDate"]] == ["2026-11-19"]
    assert [e["date"] for e in after["salesAndTrafficByDate"]] == ["2026-11-19", "2026-11-20"]
    nothing = content("DE", "2026-11-22", "2026-11-22", now=closes)
    assert nothing["salesAndTrafficByDate"] == nothing["salesAndTrafficByAsin"] == []


def test_conversion_and_buy_box_are_believable() -> None:
    found = content("DE", "2026-08-01", "2026-10-31")
    for entry in found["salesAndTrafficByDate"]:
        traffic = entry["trafficByDate"]
        assert 3 < traffic["orderItemSessionPercentage"] < 30
        assert 70 < traffic["buyBoxPercentage"] <= 100
        assert traffic["sessions"] <= traffic["pageViews"]
    assert sum(e["salesByDate"]["unitsRefunded"] for e in found["salesAndTrafficByDate"]) > 50


def test_requests_that_amazon_refuses_are_refused() -> None:
    with pytest.raises(BadRequest, match="multiple marketplaces"):
        ask(BUSINESS, TRAFFIC, ["DE", "UK"], "2026-09-01", "2026-09-01")
    with pytest.raises(BadRequest, match="dateGranularity"):
        content("DE", "2026-09-01", "2026-09-01", dateGranularity="HOUR")
    with pytest.raises(NoData, match="two years"):
        content("DE", "2024-09-01", "2024-09-01")
    assert content("DE", "2024-12-01", "2024-12-01")["reportSpecification"]["marketplaceIds"] == [IDS["DE"]]
