"""Analytics from the simulator through the registry: the answers to our own requests load whole, and their keys are keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import Kind, Report, Scope, WindowKind
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.ingest.fanout import fan_of
from spapi_assets.ingest.windows import option_window, period, reachable, to_instants
from spapi_assets.lake.store import Lake
from spapi_assets.simulator.business.business import Business
from spapi_assets.simulator.business.search import asins
from spapi_assets.simulator.documents.model import NoData
from spapi_assets.simulator.documents.render import render
from spapi_assets.spapi.marketplaces import MARKETPLACES
from tests.documents.conftest import make_context, rows

REGISTRY = load_registry()
NOW = datetime(2026, 8, 20, 12, tzinfo=UTC)
BUSINESS = Business(7)
PARTNERS = {Kind.SELLER: ("A3KESTREL0EU0", "DE"), Kind.VENDOR: ("amzn1.vg.1000001", "US")}


def _shortest_periods() -> Iterator[Report]:
    """One report of each type and kind: the one with the shortest period, which the registry names first."""
    seen = set()
    for report in REGISTRY.reports.values():
        if report.family in ("analytics", "vendor") and (report.report_type, report.kind) not in seen:
            seen.add((report.report_type, report.kind))
            yield report


def _window(report: Report, store: str) -> tuple[date, date]:
    """The newest whole period that has been published for certain."""
    if report.window.kind is WindowKind.SNAPSHOT:
        return NOW.date(), NOW.date()
    first, last = period(report, NOW.date())
    while datetime.combine(last, time(), UTC) + timedelta(hours=report.window.lag_hours + 48) > NOW:
        first, last = period(report, first - timedelta(days=1))
    assert reachable(report, first, NOW, store)
    return first, last


@pytest.mark.parametrize("report", _shortest_periods(), ids=lambda report: report.name)
def test_every_request_of_ours_is_answered_with_what_the_registry_describes(report: Report, tmp_path: Path) -> None:
    partner, store = PARTNERS[report.kind]
    start, end = _window(report, store)
    fan = fan_of(report, store, limits={"productType": ["TENT", "CHAIR"]}, identifiers=list(asins()))
    first, last = to_instants(report, start, end, store)
    lake, loaded = Lake(tmp_path / "lake"), Counter[str]()
    for number, unit in enumerate(fan.units_for([])):
        options: dict[str, str] = {**unit.options, **option_window(report, start, end, NOW)}
        asked: dict[str, Any] = {"report_type": report.report_type, "marketplace_ids": (MARKETPLACES[store].id,)}
        try:
            document = render(BUSINESS, selling_partner_id=partner, options=options, start=first, end=last, now=NOW, **asked)
        except NoData:
            continue
        context = make_context(
            report, marketplace=None if report.scope is Scope.ACCOUNT else store, report_id=f"r{number}", start=start, end=end,
            created=NOW, content_type=document.content_type, marketplace_ids=asked["marketplace_ids"], options=dict(unit.options),
        )  # fmt: skip
        result = load_document([document.body], context, lake)
        assert result.quarantined == 0
        assert not [d.unknown_columns for d in result.datasets.values() if d.unknown_columns]
        loaded.update(result.rows)
    for dataset in report.datasets:
        found = rows(lake, dataset.name)
        assert len(found) == loaded[dataset.name] > 0
        keys = {tuple(row[c] for c in dataset.row_key) for row in found}
        assert not dataset.row_key or len(keys) == len(found), f"{dataset.name}: {dataset.row_key} is no key"


def test_all_hours_of_a_day_are_answered(tmp_path: Path) -> None:
    """The window ends with the next midnight: a second less would lose the hour before it."""
    report, day = REGISTRY.reports["vendor_real_time_inventory"], date(2026, 8, 18)
    first, last = to_instants(report, day, day, "US")
    document = render(
        BUSINESS, selling_partner_id=PARTNERS[Kind.VENDOR][0], report_type=report.report_type,
        marketplace_ids=(MARKETPLACES["US"].id,), options={}, start=first, end=last, now=NOW,
    )  # fmt: skip
    lake = Lake(tmp_path / "lake")
    context = make_context(report, marketplace="US", start=day, end=day, marketplace_ids=(MARKETPLACES["US"].id,))
    load_document([document.body], context, lake)
    assert {row["start_time"].hour for row in rows(lake, "vendor_real_time_inventory")} == set(range(24))
