"""A simulator with a tiny renderer of its own, so that the server is tested apart from the business; and small client helpers."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from spapi_assets.simulator.accounts import CLIENT_ID, CLIENT_SECRET
from spapi_assets.simulator.rendering import ListedReport, NothingToReport, Refused, Rendered, RenderRequest
from spapi_assets.simulator.server import Simulator

from .amazon import Models

if TYPE_CHECKING:
    from .neighbours import Store

ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
INVENTORY = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"
SETTLEMENT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
RESTRICTED = "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"
VENDOR_SALES = "GET_VENDOR_SALES_REPORT"
DE, UK, US = "A1PA6795UKMFR9", "A1F83G8C2ARO7P", "ATVPDKIKX0DER"
SELLER, VENDOR = "Atzr|simulator-kestrel-eu", "Atzr|simulator-kestrel-vendor-us"
NOTIFICATIONS = "sellingpartnerapi::notifications"


class TinyRenderer:
    """Writes one line per document that says what was asked; options choose the other endings."""

    def __init__(self) -> None:
        self.settlements: list[ListedReport] = []
        self.rendered: list[RenderRequest] = []

    def report_types(self) -> Collection[str]:
        return (ORDERS, LISTINGS, INVENTORY, SETTLEMENT, RESTRICTED, VENDOR_SALES)

    def render(self, request: RenderRequest) -> Rendered:
        self.rendered.append(request)
        if "empty" in request.options:
            raise NothingToReport
        if "refuse" in request.options:
            raise Refused(request.options["refuse"])
        line = f"größe\t{request.report_type}\t{','.join(request.marketplace_ids)}\t{len(self.rendered)}\r\n"
        return Rendered(line.encode("cp1252"), "text/plain; charset=Cp1252")

    def listed(
        self, selling_partner_id: str, report_types: Collection[str] | None, since: datetime, until: datetime
    ) -> list[ListedReport]:
        if selling_partner_id != "A3KESTREL0EU0":
            return []
        return [
            s for s in self.settlements if (report_types is None or s.report_type in report_types) and since <= s.created < until
        ]

    def render_listed(self, selling_partner_id: str, report: ListedReport) -> Rendered:
        return Rendered(f"settlement {report.report_id}".encode(), "text/plain; charset=UTF-8")

    def transforms(self) -> Collection[str]:
        return ("shout",)

    def transform(self, name: str, document: Rendered) -> Rendered:
        return replace(document, body=document.body.upper())

    def add_settlement(self, created: datetime, report_id: str = "77000000001") -> ListedReport:
        report = ListedReport(report_id, SETTLEMENT, (DE,), created, created - timedelta(days=14), created)
        self.settlements.append(report)
        return report


class Client:
    """A bare HTTP client of one selling partner (or of a grantless scope): no retries, no limits, no opinions."""

    def __init__(self, simulator: Simulator, refresh_token: str = SELLER, scope: str | None = None) -> None:
        self.simulator = simulator
        form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        form |= (
            {"grant_type": "client_credentials", "scope": scope}
            if scope
            else {"grant_type": "refresh_token", "refresh_token": refresh_token}
        )
        answer = requests.post(f"{simulator.url}/auth/o2/token", data=form, timeout=10)
        answer.raise_for_status()
        self.token = answer.json()["access_token"]

    def call(self, method: str, path: str, *, token: str | None = None, prefix: str = "", **more: Any) -> requests.Response:
        headers = {"x-amz-access-token": token or self.token, "user-agent": "tests/1.0 (Language=Python)"} | more.pop(
            "headers", {}
        )
        return requests.request(method, f"{self.simulator.url}{prefix}{path}", headers=headers, timeout=30, **more)

    def create(self, report_type: str = ORDERS, marketplaces: tuple[str, ...] = (DE,), **body: Any) -> str:
        answer = self.call(
            "POST", "/reports/2021-06-30/reports", json={"reportType": report_type, "marketplaceIds": list(marketplaces)} | body
        )
        assert answer.status_code == 202, answer.text
        return answer.json()["reportId"]

    def report(self, report_id: str) -> dict[str, Any]:
        answer = self.call("GET", f"/reports/2021-06-30/reports/{report_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def finished(self, report_id: str) -> dict[str, Any]:
        """Let simulated time pass until the report is final."""
        self.simulator.clock.advance(self.simulator.state.book.processing_seconds + 1)
        report = self.report(report_id)
        assert report["processingStatus"] in ("DONE", "CANCELLED", "FATAL"), report
        return report

    def document(self, document_id: str, **more: Any) -> dict[str, Any]:
        answer = self.call("GET", f"/reports/2021-06-30/documents/{document_id}", **more)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def renderer() -> TinyRenderer:
    return TinyRenderer()


@pytest.fixture
def simulator(renderer: TinyRenderer) -> Iterator[Simulator]:
    """A simulator whose reports take an hour of simulated time, so that a test decides when they finish (Client.finished).
    Its tokens outlive every jump of the clock; those of Amazon are in test_server_auth.py."""
    with Simulator(renderer=renderer, processing_seconds=3600, token_seconds=10 * 365 * 86400) as running:
        yield running


@pytest.fixture
def seller(simulator: Simulator) -> Client:
    return Client(simulator)


@pytest.fixture
def vendor(simulator: Simulator) -> Client:
    return Client(simulator, VENDOR)


@pytest.fixture
def application(simulator: Simulator) -> Client:
    """A client with a grantless token for notifications."""
    return Client(simulator, scope=NOTIFICATIONS)


@pytest.fixture(scope="session")
def amazon_models(amazon_reference: Path) -> Models:
    return Models(amazon_reference)


@pytest.fixture(scope="module")
def stores(amazon_models: Models) -> Iterator[dict[str, Store]]:
    """Every selling partner of one simulator of the business, shared by a module's tests: they only read."""
    from .neighbours import TOKENS, Store, business_at_now

    with business_at_now() as simulator:
        yield {name: Store(simulator, amazon_models, name) for name in TOKENS}


def eventually(condition: Any, seconds: float = 10.0, pause: float = 0.02) -> Any:
    """The first true value of `condition()`, asked every `pause` seconds; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(pause)
    return value
