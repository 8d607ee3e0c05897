"""Listings, orders, returns, settlements and taxes from the simulator through the registry: what our own requests bring, and what
is found without one, loads whole, in columns the registry knows, and its keys are keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import Period, Report, Scope, WindowKind
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.ingest.fanout import fan_of
from spapi_assets.ingest.windows import option_window, period, snapshot_start, to_instants
from spapi_assets.lake.store import Lake
from spapi_assets.simulator.business import Business
from spapi_assets.simulator.documents import REPORT_TYPES, Document, NoData, listed, render, render_listed
from spapi_assets.spapi.marketplaces import MARKETPLACES
from tests.documents.conftest import make_context, rows
from tests.simulator.kestrel import SELLER_OF

REGISTRY = load_registry()
BUSINESS = Business(7)
# Early in a month: the reports of one whole month are about the month before.
NOW = datetime(2026, 10, 7, 10, tzinfo=UTC)
FAMILIES = ("listings", "orders", "returns", "settlement", "tax")
REPORTS = [r for family in FAMILIES for r in REGISTRY.families[family] if r.report_type in REPORT_TYPES]
STORES = ("DE", "US", "IN", "JP")
TRIES = 24
# No order of the simulated business is older than two years.
SILENT = {"archived_orders"}


def _window(report: Report, now: datetime) -> tuple[date, date]:
    """The newest window that has been published for certain, as long as one request may be; the day itself for a snapshot."""
    if report.window.kind is WindowKind.SNAPSHOT:
        return now.date(), now.date()
    first, last = period(report, now.date())
    while datetime.combine(last, time(), UTC) + timedelta(hours=report.window.lag_hours + 48) > now:
        first, last = period(report, first - timedelta(days=1))
    longest = 30 if report.window.kind is WindowKind.HARVEST else min(report.window.max_days, 30)
    return (last - timedelta(days=longest - 1) if report.window.period is Period.DAY else first), last


def _asked(report: Report, code: str, now: datetime) -> Iterator[tuple[Document, date, date, dict[str, str]]]:
    """The answers to our own requests of one store and day."""
    start, end = _window(report, now)
    for unit in fan_of(report, code, limits={}, identifiers=[]).units_for([]):
        first, last = to_instants(report, start, end, code)
        if first is None or last is None:
            first, last = snapshot_start(report, now) or now - timedelta(days=1), now
        options: dict[str, str] = {**unit.options, **option_window(report, start, end, now)}
        asked: dict[str, Any] = {"report_type": report.report_type, "marketplace_ids": (MARKETPLACES[code].id,)}
        try:
            document = render(
                BUSINESS, selling_partner_id=SELLER_OF[code], options=options, start=first, end=last, now=now, **asked
            )
        except NoData:
            continue
        yield document, start, end, dict(unit.options)


def _found(report: Report, code: str, now: datetime) -> Iterator[tuple[Document, date, date, dict[str, str]]]:
    """Documents that exist without a request."""
    for one in listed(BUSINESS, SELLER_OF[code], [report.report_type], now - timedelta(days=30), now):
        if one.marketplace_ids == (MARKETPLACES[code].id,):
            yield render_listed(BUSINESS, SELLER_OF[code], one), one.start.date(), one.end.date(), {}


def _first(report: Report) -> tuple[str, Document, date, date, dict[str, str]] | None:
    """The first store and day with something to say."""
    answers = _found if report.name.startswith("settlements") else _asked
    stores = [code for code in STORES if not report.marketplaces or code in report.marketplaces]
    days = range(TRIES if report.window.period is Period.DAY else 1)
    found = (a for n in days for code in stores for a in ((code, *x) for x in answers(report, code, NOW - timedelta(days=n))))
    return next(found, None)


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_every_document_of_the_simulated_business_is_what_the_registry_describes(report: Report, tmp_path: Path) -> None:
    found = _first(report)
    assert (found is None) == (report.name in SILENT)
    if found is None:
        return
    code, document, start, end, options = found
    context = make_context(
        report, marketplace=None if report.scope is Scope.ACCOUNT else code, start=start, end=end, created=NOW,
        content_type=document.content_type, marketplace_ids=(MARKETPLACES[code].id,), options=options,
    )  # fmt: skip
    lake = Lake(tmp_path / "lake")
    result = load_document([document.body], context, lake)
    assert result.quarantined == 0
    assert not [d.unknown_columns for d in result.datasets.values() if d.unknown_columns]
    assert sum(result.rows.values()) > 0
    for dataset in report.datasets:
        loaded = rows(lake, dataset.name)
        keys = {tuple(row[c] for c in dataset.row_key) for row in loaded}
        assert not dataset.row_key or len(keys) == len(loaded), f"{dataset.name}: {dataset.row_key} is no key"
