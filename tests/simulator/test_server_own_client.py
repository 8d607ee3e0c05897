"""The platform's own SP-API client against the simulator and its whole business: the pairing that the demo uses."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from spapi_assets.simulator.accounts import CLIENT_ID, CLIENT_SECRET
from spapi_assets.simulator.server import Simulator
from spapi_assets.spapi.auth import InMemoryTokenCache, LwaClient, LwaCredentials
from spapi_assets.spapi.errors import DocumentUrlExpired, MissingRole, OutcomeUnknown, ReauthorizationNeeded, Throttled
from spapi_assets.spapi.notifications import NotificationsApi
from spapi_assets.spapi.reports import ReportInfo, ReportsApi
from spapi_assets.spapi.sellers import SellersApi
from spapi_assets.spapi.session import SpApiSession
from spapi_assets.spapi.throttle import InMemoryThrottle

from .conftest import DE, ORDERS, SELLER, SETTLEMENT, US, VENDOR, VENDOR_SALES, eventually

ARN = "arn:aws:sqs:eu-west-1:123456789012:spapi-notifications"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(processing_seconds=0.3, quota_scale=100) as running:
        yield running


def connect(simulator: Simulator, refresh_token: str = SELLER, region: str = "eu") -> SpApiSession:
    credentials = LwaCredentials(CLIENT_ID, CLIENT_SECRET, refresh_token)
    lwa = LwaClient("kestrel", lambda: credentials, InMemoryTokenCache(), f"{simulator.url}/auth/o2/token")
    return SpApiSession(
        "kestrel",
        region,
        "A3KESTREL0EU0",
        lwa,
        InMemoryThrottle(),
        application_id=CLIENT_ID,
        endpoint_url=simulator.url,
        max_wait=0,
    )


def finished(reports: ReportsApi, report_id: str) -> ReportInfo:
    return eventually(lambda: (report := reports.get_report(report_id)).finished and report, pause=0.2)


def test_orders_from_request_to_bytes(simulator: Simulator) -> None:
    reports = ReportsApi(connect(simulator))
    start, end = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 9, 8, tzinfo=UTC)
    report = finished(reports, reports.create_report(ORDERS, [DE], start=start, end=end))
    assert (report.status, report.start, report.end, report.marketplace_ids) == ("DONE", start, end, (DE,))
    assert report.document_id
    with reports.download(reports.get_report_document(report.document_id)) as stream:
        text = gzip.decompress(b"".join(stream.iter_raw())).decode("cp1252")
    assert text.startswith("amazon-order-id\t")
    assert {row.split("\t")[6] for row in text.splitlines()[1:]} == {"Amazon.de"}


def test_a_vendor_report_too_young_is_fatal_with_a_reason(simulator: Simulator) -> None:
    reports = ReportsApi(connect(simulator, VENDOR, "na"))
    today = simulator.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    options = {"reportPeriod": "DAY", "distributorView": "MANUFACTURING", "sellingProgram": "RETAIL"}
    report = finished(reports, reports.create_report(VENDOR_SALES, [US], options=options, start=today, end=today))
    assert report.status == "FATAL"
    assert report.document_id
    with reports.download(reports.get_report_document(report.document_id)) as stream:
        assert b"errorDetails" in gzip.decompress(b"".join(stream.iter_raw()))


def test_every_page_of_settlements_is_found(simulator: Simulator) -> None:
    found = list(ReportsApi(connect(simulator)).get_reports([SETTLEMENT], page_size=10))
    assert len(found) > 20
    assert len({report.report_id for report in found}) == len(found)
    assert simulator.journal.count("getReports", 200) == -(-len(found) // 10)


def test_marketplaces_and_subscriptions(simulator: Simulator) -> None:
    session = connect(simulator)
    participations = SellersApi(session).marketplace_participations()
    assert {p.marketplace.code for p in participations if p.marketplace} == {"DE", "UK", "FR", "IT", "ES"}
    notifications = NotificationsApi(session)
    for _ in range(2):  # the second time everything exists already
        destination = notifications.ensure_destination("queue", sqs_arn=ARN)
        made = notifications.ensure_subscription("REPORT_PROCESSING_FINISHED", destination.destination_id, "1.0")
        assert made.destination_id == destination.destination_id
    assert simulator.state.subscriptions.count() == (1, 1)


def test_what_the_client_makes_of_the_simulators_faults(simulator: Simulator) -> None:
    session = connect(simulator)
    reports = ReportsApi(session)
    simulator.faults.add("429", operation="createReport")
    with pytest.raises(Throttled):
        reports.create_report(ORDERS, [DE])
    simulator.faults.clear()
    simulator.faults.add("403_denied", operation="getReport", message="no role")
    with pytest.raises(MissingRole):
        reports.get_report("1")
    simulator.faults.add("response_lost", operation="createReport", times=1, seconds=0)
    with pytest.raises(OutcomeUnknown):
        ReportsApi(connect(simulator)).create_report(ORDERS, [DE])
    simulator.faults.add("invalid_grant")
    with pytest.raises(ReauthorizationNeeded):
        ReportsApi(connect(simulator)).create_report(ORDERS, [DE])


def test_an_expired_token_is_replaced_and_an_expired_url_told_apart(simulator: Simulator) -> None:
    reports = ReportsApi(connect(simulator))
    start = datetime(2026, 9, 1, tzinfo=UTC)
    report = finished(reports, reports.create_report(ORDERS, [DE], start=start, end=datetime(2026, 9, 2, tzinfo=UTC)))
    assert report.status == "DONE"
    simulator.clock.advance(4000)  # the client's clock does not move: it learns from the 403
    assert reports.get_report(report.report_id).status == report.status
    assert simulator.journal.count("exchangeToken") == 2
    assert report.document_id
    document = reports.get_report_document(report.document_id)
    simulator.clock.advance(301)
    with pytest.raises(DocumentUrlExpired), reports.download(document):
        pass
