"""`spapi plan` of APIs: calls and minutes of each source and account before anything is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from spapi_assets.aws.identifiers import Found
from spapi_assets.aws.ledger_records import ReportRecord
from spapi_assets.ingest.context import build_context
from spapi_assets.ingest.reading.document import record_of
from spapi_assets.settings import load_settings

from .conftest import Deployment

NOW = datetime.now(UTC)
LAST = NOW.date() - timedelta(days=3)
MONTH = ["--from", str(LAST - timedelta(days=29)), "--to", str(LAST)]
EU = "kestrel_eu"


def costs(d: Deployment, source: str) -> dict[str, dict]:
    told = d.json("plan", "--report", source, "--account", EU, *MONTH)
    assert isinstance(told, dict)
    assert told["reports"] == []
    return {cost["account_key"]: cost for cost in told["apis"]}


def test_identifiers_are_divided_by_what_a_call_takes_at_the_quotas_own_rate(healthy: Deployment) -> None:
    store = build_context(load_settings()).identifiers
    store.put("asin", EU, "DE", [Found(f"B{n:09d}") for n in range(401)], "test")
    told = costs(healthy, "catalog_items")
    assert (told["kestrel_eu.DE"]["identifiers"], told["kestrel_eu.DE"]["calls"]) == (401, 21)
    assert told["kestrel_eu.UK"]["calls"] == 0
    assert "spapi identifiers import" in told["kestrel_eu.UK"]["note"]
    # Two at once and two a second.
    assert told["kestrel_eu.DE"]["seconds"] == pytest.approx((21 - 2) / (2.0 * 0.99), rel=0.1)


def test_days_are_windows_until_earlier_readings_say_how_many_pages_a_day_has(healthy: Deployment) -> None:
    before = costs(healthy, "orders_api")[EU]
    assert (before["days"], before["calls"]) == (30, 5)  # windows of seven days
    assert "a page a window is counted" in before["note"]
    context = build_context(load_settings())
    source = context.registry.apis["orders_api"]
    start, end = LAST - timedelta(days=50), LAST - timedelta(days=41)
    record: ReportRecord = record_of(source, EU, "read-1", NOW, start, end, {})
    context.ledger.restore(replace(record, quota={source.report_type: 30}))
    after = costs(healthy, "orders_api")[EU]
    assert after["calls"] == 90, "three pages a day, as the ten days that were read had"
    assert after["seconds"] > 70 * 178, "twenty at once, then one in three minutes"


def test_the_table_names_calls_and_what_sets_the_pace(healthy: Deployment) -> None:
    out = " ".join(healthy.run("plan", "--report", "orders_api", *MONTH).output.replace("│", " ").split())
    assert "orders_api kestrel_eu searchOrders 30 0 5 " in out
    assert "kestrel_eu: 5 calls, done by " in out
    assert "createReport" not in out


def test_without_tables_nothing_counts_as_read_and_the_plan_says_so(deployment: Deployment) -> None:
    told = deployment.json("plan", "--report", "payouts", "--account", EU, *MONTH)
    assert isinstance(told, dict)
    (cost,) = told["apis"]
    assert cost["calls"] == 1
    assert not cost["learned"]
    assert any("every day counts as unread" in note for note in told["notes"])
