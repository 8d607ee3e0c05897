"""A lake in which the simulator answers reports and APIs when the platform would ask them, by the registry's own calls.
Only HTTP, quotas and the ledger are left out: those are tested with the flow and with the readings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from handmade_lake import HandmadeLake
from simulated_lake import SELLER, SELLER_ID, STORES, SimulatedLake

from spapi_assets.datasets.loader import load_registry
from spapi_assets.ingest.documents.context import DocumentContext
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.ingest.reading.call import Caller, page_text
from spapi_assets.ingest.reading.tasks import Task, Wanted, facts_of, for_identifiers, for_window
from spapi_assets.settings import Account
from spapi_assets.simulator.api.call import Call
from spapi_assets.simulator.api.table import HANDLERS
from spapi_assets.simulator.credentials import Token
from spapi_assets.simulator.operations import OPERATIONS
from spapi_assets.simulator.server import Simulator
from spapi_assets.simulator.validation import Query
from spapi_assets.spapi.answer import Answer

LISTED_DAYS = 2  # snapshots of so many days
ACCOUNT = Account(
    name=SELLER, kind="seller", region="eu", selling_partner_id=SELLER_ID, marketplaces=STORES, reports=("all",), secret="none"
)
OPERATION = {operation.name: operation for operation in OPERATIONS}
Json = dict[str, Any]


class _Clock:
    """The simulator's calendar, set by hand."""

    def __init__(self, now: datetime) -> None:
        self.at = now

    def timestamp(self) -> float:
        return self.at.timestamp()

    def now(self) -> datetime:
        return self.at


class _Session:
    """Where the platform's session stands: hands each call to the simulator's handler."""

    def __init__(self, simulator: Simulator, clock: _Clock) -> None:
        self._state, self._clock = simulator.state, clock
        account = simulator.state.directory.by_name(SELLER)
        (application, *_) = simulator.state.directory.applications.values()
        self._token = Token("Atza|test", application, float("inf"), account)

    def fetch(self, operation: Any, *, path: Mapping[str, str] | None = None, params: Mapping[str, Any], **_: Any) -> Answer:
        flat = {
            k: ",".join(map(str, v)) if isinstance(v, list) else str(v).lower() if v in (True, False) else v
            for k, v in params.items()
        }
        theirs = OPERATION[operation.name]
        query = Query(parse_qsl(urlencode(flat), keep_blank_values=True), theirs.query)
        content: Any = HANDLERS[operation.name](Call(self._state, theirs, self._token, dict(path or {}), query, b"", ""))
        return Answer(200, json.dumps(content), content, None, self._clock.at, {})


class SimulatedReadings(SimulatedLake):
    """`fill` loads orders, money and sales of all days, and snapshots of the last ones."""

    def __init__(self, folder: Path, now: datetime, days: int, seed: int = 7) -> None:
        super().__init__(folder, now, days, seed)
        simulator = Simulator(seed=seed, scale=0.4, now=now)
        self.business = simulator.state.business
        self._clock = _Clock(now)
        simulator.state.clock = self._clock  # type: ignore[assignment]
        self._session = _Session(simulator, self._clock)
        self._reports: list[Json] = []

    def fill(self) -> SimulatedReadings:
        for day in self.days:
            self._orders(day)
            self._read("orders_api", None, day, self._after(day, 2, 40))
            for store in STORES:
                self._traffic(store, day)
                if day in self.days[-LISTED_DAYS:]:
                    self._looks(store, day)
            if self._after(day, 0) + timedelta(hours=48) <= self.now:
                self._read("finance_transactions", None, day, self.now)
            else:
                self._cover_api("finance_transactions", None, day, "not_due", None, "Events of the last 48 hours may be missing.")
        HandmadeLake(self.folder).finish(self.coverage, reports=self._reports)
        return self

    def _looks(self, store: str, day: date) -> None:
        """The snapshots of a morning, and the ledger of the day."""
        self._snapshot("merchant_listings", store, day)
        self._snapshot("fba_inventory", store, day)
        self._read("fba_inventory_summaries", store, day, datetime.combine(day, time(5, 30), UTC))
        listed = [Wanted(line.product.sku) for line in self._listed(store, day)]
        self._read("listings_items", store, day, datetime.combine(day, time(5, 45), UTC), listed)
        start, end = self._local(store, day)
        self._request("ledger_summary", SELLER, SELLER_ID, store, day, start, end, self.now)

    def _listed(self, store: str, day: date) -> list[Any]:
        from spapi_assets.simulator.business.listings import listings

        account = self.business.account(SELLER_ID)
        (marketplace,) = [m for m in account.marketplaces if m.code == store]
        return list(listings(self.business, account, marketplace, datetime.combine(day, time(4), UTC)))

    def _after(self, day: date, hour: int, minute: int = 0) -> datetime:
        return datetime.combine(day + timedelta(days=1), time(hour, minute), UTC)

    def _read(self, name: str, store: str | None, day: date, at: datetime, wanted: list[Wanted] | None = None) -> None:
        """One reading of a day, page by page, as a document."""
        self._clock.at = at
        source = load_registry().apis[name]
        caller = Caller(source, ACCOUNT, self._session, facts_of(source, ACCOUNT, store))  # type: ignore[arg-type]
        assert source.call is not None
        tasks = [Task(1)]
        if source.call.span is not None:
            tasks = for_window(source, day, day, store)
        elif wanted is not None:
            tasks, lacking = for_identifiers(source, wanted)
            assert not lacking
        texts = []
        for task in tasks:
            page, found = None, set()
            while page is None or page.next_token:
                page = caller.page(task, page.next_token if page else None, max_wait=0)
                found |= set(page.found)
                missing = () if page.next_token else tuple(one for one in task.identifiers if one not in found)
                texts.append(page_text(page, missing))
        self._count += 1
        reading = f"read-{self._count:05d}"
        context = DocumentContext(
            report=source, account=SELLER, marketplace=store, report_id=reading, document_id=reading,
            start=day, end=day, created=at, content_type="application/json", loaded_at=at,
        )  # fmt: skip
        body = b'{"pages": [' + b",".join(texts) + b"]}"
        self.loads.append(load_document([body], context, self._lake, archive=False))
        self._cover_api(name, store, day, "final", self.loads[-1].report_id, "Loaded; nothing will change.")

    def _cover_api(self, name: str, store: str | None, day: date, state: str, reading: str | None, reason: str) -> None:
        source = load_registry().apis[name]
        for dataset in source.datasets:
            self.coverage.append(
                {
                    "dataset": dataset.name, "report": name, "account": SELLER, "marketplace": store, "date": day, "state": state,
                    "report_id": reading, "last_loaded_at": self._clock.at if reading else None, "reason": reason,
                }
            )  # fmt: skip

    def _load(
        self,
        document: Any,
        name: str,
        account: str,
        store: Any,
        report_id: str,
        ids: Any,
        day: date,
        made: datetime,
        options: Any = None,
    ) -> None:
        super()._load(document, name, account, store, report_id, ids, day, made, options)
        self._reports.append({"account": account, "report": name, "report_id": report_id, "created_at": made})

    def _cover(self, name: str, account: str, store: str | None, day: date, state: str, rows: int | None, reason: str) -> None:
        """As the platform's ledger says it: which document, and when it was loaded."""
        before = len(self.coverage)
        super()._cover(name, account, store, day, state, rows, reason)
        for row in self.coverage[before:]:
            if rows is not None:
                row["report_id"] = self._reports[-1]["report_id"]
                row["last_loaded_at"] = self._reports[-1]["created_at"]
