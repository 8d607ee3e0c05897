"""The life of a report over HTTP: statuses, endings, cool-downs, listings, pages, cancelling, schedules, and the 90 days."""

from __future__ import annotations

import gzip
from datetime import timedelta
from urllib.parse import quote

import pytest
import requests

from spapi_assets.simulator.server import Simulator

from .conftest import (
    DE,
    INVENTORY,
    LISTINGS,
    ORDERS,
    RESTRICTED,
    SETTLEMENT,
    UK,
    US,
    VENDOR_SALES,
    Client,
    TinyRenderer,
    eventually,
)

REPORTS = "/reports/2021-06-30"


def text_of(client: Client, document_id: str) -> str:
    document = client.document(document_id)
    body = requests.get(document["url"], timeout=10).content
    return gzip.decompress(body).decode("cp1252")


def test_a_report_waits_runs_and_is_done_on_the_simulated_clock(seller: Client) -> None:
    report_id = seller.create(dataStartTime="2026-03-01T00:00:00Z", dataEndTime="2026-03-02T00:00:00+01:00")
    assert seller.report(report_id)["processingStatus"] == "IN_QUEUE"
    seller.simulator.clock.advance(1800)
    running = seller.report(report_id)
    assert running["processingStatus"] == "IN_PROGRESS"
    assert "reportDocumentId" not in running
    done = seller.finished(report_id)
    assert done["processingStatus"] == "DONE"
    assert (done["dataStartTime"], done["dataEndTime"]) == ("2026-03-01T00:00:00+00:00", "2026-03-01T23:00:00+00:00")
    assert done["createdTime"] < done["processingStartTime"] < done["processingEndTime"]
    assert ORDERS in text_of(seller, done["reportDocumentId"])


def test_time_passes_without_anyone_asking(renderer: TinyRenderer) -> None:
    with Simulator(renderer=renderer, processing_seconds=0.2) as simulator:
        seller = Client(simulator)
        report_id = seller.create()
        assert eventually(lambda: seller.report(report_id).get("reportDocumentId"))


def test_a_fast_clock_makes_a_slow_report_quick(renderer: TinyRenderer) -> None:
    with Simulator(renderer=renderer, processing_seconds=3600, speed=20_000, token_seconds=10**9) as simulator:
        seller = Client(simulator)
        report_id = seller.create()
        assert eventually(lambda: seller.report(report_id).get("reportDocumentId"))


def test_the_renderer_is_told_the_offset_the_client_sent(seller: Client, renderer: TinyRenderer) -> None:
    seller.finished(seller.create(dataStartTime="2026-03-01T00:00:00-08:00", dataEndTime="2026-03-02T00:00:00-08:00"))
    assert renderer.rendered[0].start.utcoffset() == timedelta(hours=-8)


def test_no_data_is_cancelled_without_a_document(seller: Client) -> None:
    report = seller.finished(seller.create(reportOptions={"empty": "true"}))
    assert report["processingStatus"] == "CANCELLED"
    assert "reportDocumentId" not in report


def test_a_refused_report_is_fatal_and_its_document_says_why(seller: Client) -> None:
    report = seller.finished(seller.create(reportOptions={"refuse": "The requested data is unavailable."}))
    assert report["processingStatus"] == "FATAL"
    document = seller.document(report["reportDocumentId"])
    body = requests.get(document["url"], timeout=10).content
    assert gzip.decompress(body) == b'{"errorDetails": "The requested data is unavailable."}'


def test_fba_inventory_is_made_at_most_once_in_30_minutes_for_a_marketplace(simulator: Simulator, seller: Client) -> None:
    first, again, elsewhere = seller.create(INVENTORY), seller.create(INVENTORY), seller.create(INVENTORY, (UK,))
    simulator.clock.advance(31 * 60)
    later = seller.create(INVENTORY)
    simulator.clock.advance(7200)
    found = [seller.report(report_id)["processingStatus"] for report_id in (first, again, elsewhere, later)]
    assert found == ["DONE", "CANCELLED", "DONE", "DONE"]


def test_a_fatal_report_does_not_start_the_cool_down(simulator: Simulator, seller: Client) -> None:
    simulator.state.book.processing_seconds = 60
    simulator.faults.add("fatal", times=1)
    assert seller.finished(seller.create(INVENTORY))["processingStatus"] == "FATAL"
    assert seller.finished(seller.create(INVENTORY))["processingStatus"] == "DONE"


def test_listings_are_cached_for_an_hour_whatever_the_locale(simulator: Simulator, seller: Client) -> None:
    simulator.state.book.processing_seconds = 60
    first = text_of(seller, seller.finished(seller.create(LISTINGS))["reportDocumentId"])
    other = seller.create(LISTINGS, reportOptions={"preferredReportDocumentLocale": "en_US"})
    assert text_of(seller, seller.finished(other)["reportDocumentId"]) == first
    simulator.clock.advance(3600)
    assert text_of(seller, seller.finished(seller.create(LISTINGS))["reportDocumentId"]) != first


def test_settlements_cannot_be_requested_only_found(simulator: Simulator, seller: Client, renderer: TinyRenderer) -> None:
    renderer.add_settlement(simulator.clock.now() - timedelta(days=3))
    refused = seller.call("POST", f"{REPORTS}/reports", json={"reportType": SETTLEMENT, "marketplaceIds": [DE]})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (429, "QuotaExceeded")
    found = seller.call("GET", f"{REPORTS}/reports?reportTypes={SETTLEMENT}").json()["reports"]
    assert [report["processingStatus"] for report in found] == ["DONE"]
    assert seller.report(found[0]["reportId"]) == found[0]
    url = seller.document(found[0]["reportDocumentId"])["url"]
    assert gzip.decompress(requests.get(url, timeout=10).content) == b"settlement 77000000001"


def test_a_listed_report_is_the_same_after_a_restart_and_a_requested_one_never(renderer: TinyRenderer) -> None:
    seen, requested = [], []
    for _ in range(2):
        with Simulator(renderer=renderer) as simulator:
            renderer.settlements.clear()
            renderer.add_settlement(simulator.clock.now() - timedelta(days=1))
            client = Client(simulator)
            seen.append(client.report("77000000001")["reportDocumentId"])
            requested.append(client.create())
    assert seen[0] == seen[1]
    assert requested[0] != requested[1]


def test_another_applications_fba_snapshot_uses_up_the_cool_down(
    simulator: Simulator, seller: Client, renderer: TinyRenderer
) -> None:
    settlement = renderer.add_settlement(simulator.clock.now() - timedelta(minutes=10))
    renderer.settlements = [type(settlement)(**(vars(settlement) | {"report_type": INVENTORY}))]
    assert seller.finished(seller.create(INVENTORY))["processingStatus"] == "CANCELLED"


def test_pages_together_hold_every_report_once_newest_first(simulator: Simulator, seller: Client) -> None:
    created = []
    for _ in range(7):
        created.append(seller.create())
        simulator.clock.advance(1)
    path = f"{REPORTS}/reports?reportTypes={ORDERS}&pageSize=3&processingStatuses=IN_QUEUE,IN_PROGRESS&marketplaceIds={DE}"
    found, pages = [], 0
    while path:
        page = seller.call("GET", path).json()
        seller.create()  # a report made between two pages must not shift the next
        found += [report["reportId"] for report in page["reports"]]
        pages += 1
        path = f"{REPORTS}/reports?nextToken={quote(page['nextToken'], safe='')}" if "nextToken" in page else ""
    assert (found, pages) == (created[::-1], 3)


def test_a_next_token_allows_no_other_parameter_and_no_other_selling_partner(seller: Client, vendor: Client) -> None:
    for _ in range(2):
        seller.create()
    token = seller.call("GET", f"{REPORTS}/reports?reportTypes={ORDERS}&pageSize=1").json()["nextToken"]
    path = f"{REPORTS}/reports?nextToken={quote(token, safe='')}"
    assert seller.call("GET", path + "&pageSize=1").status_code == 400
    assert seller.call("GET", path).status_code == 200
    assert vendor.call("GET", path).status_code == 400


def test_another_selling_partner_sees_nothing(seller: Client, vendor: Client) -> None:
    report = seller.finished(seller.create())
    assert vendor.call("GET", f"{REPORTS}/reports/{report['reportId']}").status_code == 404
    assert vendor.call("GET", f"{REPORTS}/documents/{report['reportDocumentId']}").status_code == 404
    assert vendor.call("GET", f"{REPORTS}/reports?reportTypes={ORDERS}").json()["reports"] == []


def test_only_a_queued_report_can_be_cancelled(simulator: Simulator, seller: Client) -> None:
    queued, running = seller.create(), seller.create()
    assert seller.call("DELETE", f"{REPORTS}/reports/{queued}").status_code == 200
    simulator.clock.advance(1800)
    assert seller.call("DELETE", f"{REPORTS}/reports/{running}").status_code == 400
    simulator.clock.advance(3600)
    assert seller.report(queued)["processingStatus"] == "CANCELLED"
    assert seller.report(running)["processingStatus"] == "DONE"


def test_reports_and_documents_are_gone_after_90_days(simulator: Simulator, seller: Client) -> None:
    report = seller.finished(seller.create())
    simulator.clock.advance(90 * 86400)
    assert seller.call("GET", f"{REPORTS}/reports/{report['reportId']}").status_code == 404
    assert seller.call("GET", f"{REPORTS}/documents/{report['reportDocumentId']}").status_code == 404
    assert seller.call("GET", f"{REPORTS}/reports?reportTypes={ORDERS}").json()["reports"] == []


def test_a_schedule_makes_reports_of_its_period_and_a_new_one_replaces_it(simulator: Simulator, seller: Client) -> None:
    body = {"reportType": RESTRICTED, "marketplaceIds": [DE], "period": "PT8H", "reportOptions": {"a": "b"}}
    first = seller.call("POST", f"{REPORTS}/schedules", json=body).json()["reportScheduleId"]
    second = seller.call("POST", f"{REPORTS}/schedules", json=body | {"period": "P1D"}).json()["reportScheduleId"]
    listed = seller.call("GET", f"{REPORTS}/schedules?reportTypes={RESTRICTED}").json()["reportSchedules"]
    assert [schedule["reportScheduleId"] for schedule in listed] == [second]
    assert seller.call("GET", f"{REPORTS}/schedules/{first}").status_code == 404
    simulator.clock.advance(2 * 86400 + 7200)
    found = seller.call("GET", f"{REPORTS}/reports?reportTypes={RESTRICTED}").json()["reports"]
    assert {(report["reportScheduleId"], report["processingStatus"]) for report in found} == {(second, "DONE")}
    assert len(found) == 2
    assert found[0]["dataStartTime"] == found[1]["dataEndTime"]


def test_a_restricted_document_needs_a_token_that_names_it(seller: Client) -> None:
    mine, other = (seller.finished(seller.create(RESTRICTED))["reportDocumentId"] for _ in range(2))
    plain = seller.finished(seller.create())["reportDocumentId"]
    assert seller.call("GET", f"{REPORTS}/documents/{mine}").status_code == 403

    def ask(path: str) -> requests.Response:
        body = {"restrictedResources": [{"method": "GET", "path": path}]}
        return seller.call("POST", "/tokens/2021-03-01/restrictedDataToken", json=body)

    assert ask(f"{REPORTS}/documents/{{reportDocumentId}}").status_code == 400
    assert ask(f"{REPORTS}/documents/{plain}").status_code == 400
    token = ask(f"{REPORTS}/documents/{mine}").json()["restrictedDataToken"]
    assert seller.document(mine, token=token)["compressionAlgorithm"] == "GZIP"
    assert seller.call("GET", f"{REPORTS}/documents/{other}", token=token).status_code == 403
    assert seller.call("GET", f"{REPORTS}/reports?reportTypes={ORDERS}", token=token).status_code == 403


def test_a_vendor_gets_its_own_reports(vendor: Client) -> None:
    assert vendor.finished(vendor.create(VENDOR_SALES, (US,)))["processingStatus"] == "DONE"


def test_a_bug_in_the_renderer_ends_fatal_with_its_text(
    seller: Client, renderer: TinyRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("by hand")

    monkeypatch.setattr(renderer, "render", broken)
    report = seller.finished(seller.create())
    assert report["processingStatus"] == "FATAL"
    url = seller.document(report["reportDocumentId"])["url"]
    assert b"by hand" in gzip.decompress(requests.get(url, timeout=10).content)
