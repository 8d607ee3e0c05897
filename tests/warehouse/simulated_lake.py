"""A lake made as in production: the simulator's documents through `load_document`, day by day, so that orders are reported again
when they change. Asking for reports over HTTP is left out: that is tested with the flow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from handmade_lake import HandmadeLake

from spapi_assets.datasets.loader import load_registry
from spapi_assets.ingest.documents.context import DocumentContext, LoadResult
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.ingest.fanout import fan_of
from spapi_assets.lake.store import Lake
from spapi_assets.simulator.business.business import Business
from spapi_assets.simulator.documents.model import Document, NoData, NotAvailableYet
from spapi_assets.simulator.documents.render import listed, render, render_listed
from spapi_assets.spapi.marketplaces import MARKETPLACES

SELLER, SELLER_ID = "kestrel_eu", "A3KESTREL0EU0"
VENDOR, VENDOR_ID = "kestrel_vendor_us", "amzn1.vg.1000001"
STORES = ("DE", "UK")
VENDOR_VIEW = {"distributorView": ("MANUFACTURING",), "sellingProgram": ("RETAIL",)}


class SimulatedLake:
    """`fill` loads `days` days up to the day before `now`; `loads` keeps what each document brought."""

    def __init__(self, folder: Path, now: datetime, days: int, seed: int = 7) -> None:
        self.folder, self.now = folder, now
        self.business = Business(seed)
        self.days = [now.date() - timedelta(days=n) for n in range(days, 0, -1)]
        self.loads: list[LoadResult] = []
        self.coverage: list[dict[str, Any]] = []
        self._lake = Lake(str(folder))
        self._count = 0

    def fill(self) -> SimulatedLake:
        for day in self.days:
            self._orders(day)
            for store in STORES:
                self._traffic(store, day)
                self._snapshot("merchant_listings", store, day)
                self._snapshot("fba_inventory", store, day)
            self._vendor(day)
        self._settlements()
        HandmadeLake(self.folder).finish(self.coverage)
        return self

    def _orders(self, day: date) -> None:
        start = datetime.combine(day, time(0), UTC)
        made = start + timedelta(days=1, hours=2)
        self._request("orders_by_last_update", SELLER, SELLER_ID, None, day, start, start + timedelta(days=1, seconds=-1), made)

    def _traffic(self, store: str, day: date) -> None:
        start, end = self._local(store, day)
        self._request("sales_and_traffic", SELLER, SELLER_ID, store, day, start, end, self.now)

    def _vendor(self, day: date) -> None:
        start, end = self._local("US", day)
        self._request("vendor_sales", VENDOR, VENDOR_ID, "US", day, start, end, self.now)

    def _snapshot(self, report: str, store: str, day: date) -> None:
        made = datetime.combine(day, time(4, 30), UTC)
        self._request(report, SELLER, SELLER_ID, store, day, made, made, made)

    def _local(self, store: str, day: date) -> tuple[datetime, datetime]:
        start = datetime.combine(day, time(0), ZoneInfo(MARKETPLACES[store].time_zone))
        return start, start + timedelta(days=1, seconds=-1)

    def _request(
        self, name: str, account: str, partner: str, store: str | None, day: date, start: datetime, end: datetime, made: datetime
    ) -> None:
        report = load_registry().reports[name]
        (unit,) = fan_of(report, store, limits=VENDOR_VIEW).units
        ids = tuple(MARKETPLACES[s].id for s in ((store,) if store else STORES))
        try:
            document = render(
                self.business,
                selling_partner_id=partner,
                report_type=report.report_type,
                marketplace_ids=ids,
                options=dict(unit.options),
                start=start,
                end=end,
                now=made,
            )
        except (NoData, NotAvailableYet) as answer:
            state = "not_published" if isinstance(answer, NotAvailableYet) else "empty_confirmed"
            self._cover(name, account, store, day, state, None, str(answer) or "Amazon has nothing to report for this day.")
            return
        self._count += 1
        self._load(document, name, account, store, f"R{self._count:05d}", ids, day, made, unit.options)
        restated = (self.now.date() - day).days <= report.window.restated_days
        state = "provisional" if restated else "final"
        reason = (
            f"Amazon restates this report for {report.window.restated_days} days." if restated else "Loaded; nothing will change."
        )
        self._cover(name, account, store, day, state, sum(self.loads[-1].rows.values()), reason)

    def _load(
        self,
        document: Document,
        name: str,
        account: str,
        store: str | None,
        report_id: str,
        ids: tuple[str, ...],
        day: date,
        made: datetime,
        options: Mapping[str, str] | None = None,
    ) -> None:
        context = DocumentContext(
            report=load_registry().reports[name],
            account=account,
            marketplace=store,
            report_id=report_id,
            document_id=f"amzn1.spdoc.{report_id}",
            start=day,
            end=day,
            created=made,
            content_type=document.content_type,
            marketplace_ids=ids,
            options=options or {},
            loaded_at=made,
        )
        self.loads.append(load_document([document.body], context, self._lake, archive=False))

    def settlements(self) -> Iterator[Any]:
        """The settlement reports that Amazon made in these days."""
        since = datetime.combine(self.days[0], time(0), UTC)
        return iter(listed(self.business, SELLER_ID, [load_registry().reports["settlements"].report_type], since, self.now))

    def _settlements(self) -> None:
        ids = {MARKETPLACES[s].id for s in STORES}
        for report in self.settlements():
            if not set(report.marketplace_ids) <= ids:
                continue
            document = render_listed(self.business, SELLER_ID, report)
            day = report.end.date()
            self._load(document, "settlements", SELLER, None, report.report_id, report.marketplace_ids, day, report.created)

    def _cover(self, name: str, account: str, store: str | None, day: date, state: str, rows: int | None, reason: str) -> None:
        for dataset in load_registry().reports[name].datasets:
            self.coverage.append(
                {
                    "dataset": dataset.name,
                    "report": name,
                    "account": account,
                    "marketplace": store,
                    "date": day,
                    "state": state,
                    "rows": rows,
                    "report_id": None,
                    "last_loaded_at": self.now if rows is not None else None,
                    "reason": reason,
                    "next_action": "None." if state == "final" else "Asked for again tomorrow.",
                    "next_at": None,
                }
            )
