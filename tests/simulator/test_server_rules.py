"""The rules of report types over HTTP: who may ask, how often, what only schedules make, and the habits faults can change."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
import requests

from spapi_assets.simulator.accounts import read_directory
from spapi_assets.simulator.documents import REPORT_TYPES, TRANSFORMS
from spapi_assets.simulator.faults import KINDS, REASONS, Faults
from spapi_assets.simulator.report_types import TYPES, rules_of
from spapi_assets.simulator.server import Simulator

from .conftest import DE, INVENTORY, ORDERS, US, VENDOR, Client, TinyRenderer

REPORTS = "/reports/2021-06-30"
TRAFFIC, QUERIES = "GET_SALES_AND_TRAFFIC_REPORT", "GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT"
SCHEDULED, COUPONS = "GET_ORDER_REPORT_DATA_SHIPPING", "GET_COUPON_PERFORMANCE_REPORT"
FLAT_SCHEDULED = "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"


class AnyRenderer(TinyRenderer):
    """The tiny renderer for every type there is."""

    def report_types(self) -> list[str]:
        return list(TYPES)


@pytest.fixture
def renderer() -> TinyRenderer:
    return AnyRenderer()


@pytest.fixture
def quick(renderer: TinyRenderer) -> Iterator[Simulator]:
    """Reports take a minute of simulated time; the request rates are out of the way, the limits a day are Amazon's."""
    with Simulator(renderer=renderer, processing_seconds=60, token_seconds=10**9) as running:
        yield running


def create(client: Client, report_type: str, marketplace: str = DE) -> requests.Response:
    client.simulator.state.buckets.refill()
    return client.call("POST", f"{REPORTS}/reports", json={"reportType": report_type, "marketplaceIds": [marketplace]})


def status(client: Client, report_id: str) -> str:
    client.simulator.state.buckets.refill()
    return str(client.report(report_id)["processingStatus"])


def reason_of(client: Client, report_id: str) -> str:
    client.simulator.state.buckets.refill()
    url = client.document(client.report(report_id)["reportDocumentId"])["url"]
    return gzip.decompress(requests.get(url, timeout=10).content).decode()


def test_every_type_that_is_served_has_rules_and_its_kind_is_the_renderers() -> None:
    assert not set(REPORT_TYPES) - set(TYPES)
    assert {name: kind for name, (kind, _) in REPORT_TYPES.items()} == {name: rules_of(name).kind for name in REPORT_TYPES}


def test_the_table_has_every_type_of_the_fact_sheet_that_is_marked_restricted(amazon_reference: Path) -> None:
    sheet = (amazon_reference.parent / "spapi.md").read_text("utf-8")
    line = next(line for line in sheet.splitlines() if line.startswith("- Restricted report types (docs mark them)"))
    marked: set[str] = set()
    for word in re.findall(r"[A-Z][A-Z0-9_]+(?:\{[A-Z,]+\})?|/ _TAX", line):
        if "{" in word:
            stem, endings = word.rstrip("}").split("{")
            marked |= {stem + ending for ending in endings.split(",")}
        elif word == "/ _TAX":
            marked.add("GET_AMAZON_FULFILLED_SHIPMENTS_DATA_TAX")
        elif "_" in word:
            marked.add(word)
    assert {name for name, rules in TYPES.items() if rules.restricted} == marked


def test_sales_and_traffic_is_refused_with_429_after_96_requests_in_24_hours(quick: Simulator) -> None:
    seller = Client(quick)
    answers = [create(seller, TRAFFIC).status_code for _ in range(98)]
    assert Counter(answers) == {202: 96, 429: 2}
    assert create(seller, ORDERS).status_code == 202
    quick.clock.advance(86_400)
    assert create(seller, TRAFFIC).status_code == 202


def test_search_query_performance_waits_in_the_queue_after_20(quick: Simulator) -> None:
    seller = Client(quick)
    made = [create(seller, QUERIES).json()["reportId"] for _ in range(23)]
    quick.clock.advance(3600)
    statuses = Counter(status(seller, report_id) for report_id in made)
    assert statuses == {"DONE": 20, "IN_QUEUE": 3}
    assert "processingStartTime" not in seller.report(made[-1])
    quick.clock.advance(86_400)
    assert {status(seller, report_id) for report_id in made} == {"DONE"}


def test_the_limit_and_what_happens_beyond_it_can_be_changed(quick: Simulator) -> None:
    seller = Client(quick)
    quick.faults.add("daily_limit", report_type=TRAFFIC, limit=2)
    quick.faults.add("over_limit_cancelled", report_type=TRAFFIC, times=1)
    answers = [create(seller, TRAFFIC) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    quick.clock.advance(120)
    statuses = [seller.report(answer.json()["reportId"])["processingStatus"] for answer in answers[:3]]
    assert statuses == ["DONE", "DONE", "CANCELLED"]


def test_the_quota_scale_counts_for_limits_a_day_too(renderer: TinyRenderer) -> None:
    with Simulator(renderer=renderer, quota_scale=0.05, token_seconds=10**9) as simulator:
        seller = Client(simulator)
        assert Counter(create(seller, TRAFFIC).status_code for _ in range(7)) == {202: 5, 429: 2}


def test_a_cool_down_can_be_longer_than_documented_and_end_fatal(quick: Simulator) -> None:
    seller = Client(quick)
    quick.faults.add("cool_down", report_type=INVENTORY, seconds=7200)
    first = create(seller, INVENTORY).json()["reportId"]
    quick.clock.advance(3600)
    early = create(seller, INVENTORY).json()["reportId"]
    quick.faults.add("cool_down_fatal", report_type=INVENTORY)
    again = create(seller, INVENTORY).json()["reportId"]
    quick.clock.advance(3600)
    later = create(seller, INVENTORY).json()["reportId"]
    quick.clock.advance(120)
    ended = [seller.report(report_id)["processingStatus"] for report_id in (first, early, again, later)]
    assert ended == ["DONE", "CANCELLED", "FATAL", "DONE"]
    assert "too often" in reason_of(seller, again)


def test_types_that_only_a_schedule_makes_are_made_by_it(quick: Simulator) -> None:
    seller = Client(quick)
    refused = create(seller, SCHEDULED)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (429, "QuotaExceeded")
    body = {"reportType": SCHEDULED, "marketplaceIds": [DE], "period": "P1D"}
    schedule = seller.call("POST", f"{REPORTS}/schedules", json=body).json()["reportScheduleId"]
    quick.clock.advance(3 * 86_400 + 120)
    found = seller.call("GET", f"{REPORTS}/reports?reportTypes={SCHEDULED}").json()["reports"]
    assert [report["reportScheduleId"] for report in found] == [schedule] * 3
    spans = [(report["dataStartTime"], report["dataEndTime"]) for report in reversed(found)]
    assert all(earlier[1] == later[0] for earlier, later in pairwise(spans))
    # The flat file of the same purpose shares the one schedule.
    seller.call("POST", f"{REPORTS}/schedules", json=body | {"reportType": FLAT_SCHEDULED})
    assert seller.call("GET", f"{REPORTS}/schedules/{schedule}").status_code == 404


def test_what_cannot_be_scheduled_is_refused(quick: Simulator) -> None:
    answer = Client(quick).call(
        "POST", f"{REPORTS}/schedules", json={"reportType": ORDERS, "marketplaceIds": [DE], "period": "P1D"}
    )
    assert (answer.status_code, "cannot be scheduled" in answer.text) == (400, True)


def test_order_reports_are_gone_after_30_days(quick: Simulator) -> None:
    seller = Client(quick)
    short, long = create(seller, FLAT_SCHEDULED).json()["reportId"], create(seller, ORDERS).json()["reportId"]
    quick.clock.advance(31 * 86_400)
    assert seller.call("GET", f"{REPORTS}/reports/{short}").status_code == 404
    assert seller.report(long)["processingStatus"] == "DONE"


def test_sellers_and_vendors_have_types_of_their_own_and_some_in_common(quick: Simulator) -> None:
    seller, vendor = Client(quick), Client(quick, VENDOR)
    assert create(seller, "GET_VENDOR_TRAFFIC_REPORT").status_code == 403
    assert create(vendor, TRAFFIC, US).status_code == 403
    assert [create(client, COUPONS, store).status_code for client, store in ((seller, DE), (vendor, US))] == [202, 202]


def test_brand_analytics_need_a_registered_brand(renderer: TinyRenderer) -> None:
    account = {"name": "a", "kind": "seller", "region": "eu", "selling_partner_id": "A1", "marketplaces": ["DE"]}
    directory = read_directory({"accounts": [account | {"brand_registered": False}]})
    with Simulator(renderer=renderer, directory=directory) as simulator:
        seller = Client(simulator, "Atzr|simulator-a")
        assert create(seller, QUERIES).status_code == 403
        assert create(seller, TRAFFIC).status_code == 202


@pytest.mark.parametrize(("message", "text"), [("not_published", REASONS["not_published"]), ("x=1 is wrong", "x=1 is wrong")])
def test_a_fatal_report_tells_the_reason_chosen(quick: Simulator, message: str, text: str) -> None:
    seller = Client(quick)
    quick.faults.add("fatal", message=message, times=1)
    report_id = create(seller, ORDERS).json()["reportId"]
    quick.clock.advance(120)
    assert text in reason_of(seller, report_id)


def test_a_fatal_report_may_have_no_document_or_another_shape_of_it(quick: Simulator) -> None:
    seller = Client(quick)
    quick.faults.add("fatal_silent", times=1)
    quick.faults.add("fatal", times=1, message='{"errors": [{"message": "another shape"}]}')
    silent, other = (create(seller, ORDERS).json()["reportId"] for _ in range(2))
    quick.clock.advance(120)
    report = seller.report(silent)
    assert (report["processingStatus"], "reportDocumentId" in report) == ("FATAL", False)
    assert reason_of(seller, other) == '{"errors": [{"message": "another shape"}]}'


def test_rules_draw_from_generators_of_their_own_and_let_the_first_pass() -> None:
    def struck(faults: Faults, others: bool) -> list[bool]:
        faults.add("stuck", report_type="OTHER", probability=0.5)
        faults.add("cancelled", report_type=ORDERS, probability=0.5, skip=3)
        found = []
        for _ in range(60):
            if others:
                faults.strike(("stuck",), report_type="OTHER")
            found.append(faults.strike(("cancelled",), report_type=ORDERS) is not None)
        return found

    alone, disturbed, other_seed = struck(Faults(7), False), struck(Faults(7), True), struck(Faults(8), False)
    assert alone == disturbed != other_seed
    assert alone[:3] == [False] * 3
    assert 15 < sum(alone) < 45
    seeded = [Faults(n) for n in (1, 2)]
    for faults in seeded:
        faults.add("cancelled", probability=0.5, seed=99)
    draws = [[faults.strike(("cancelled",)) is not None for _ in range(30)] for faults in seeded]
    assert draws[0] == draws[1]


@pytest.mark.parametrize("wrong", [{"kind": "daily_limit"}, {"kind": "429", "skip": -1}, {"kind": "over_limit_500"}])
def test_rules_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"limit of at least 1|must not be negative|there is no fault"):
        Faults().add(**wrong)


def test_the_whole_business_answers_over_http() -> None:
    """One type of each new format, from createReport to the bytes."""
    with Simulator(processing_seconds=1, now=datetime(2026, 11, 23, 11, tzinfo=UTC), token_seconds=10**9) as simulator:
        seller = Client(simulator)
        for report_type, magic in (
            ("GET_B2B_PRODUCT_OPPORTUNITIES_NOT_YET_ON_AMAZON", b"{"),
            ("GET_V1_SELLER_PERFORMANCE_REPORT", b"<?xml"),
            ("FEE_DISCOUNTS_REPORT", b"PK"),
        ):
            report = seller.finished(create(seller, report_type).json()["reportId"])
            assert report["processingStatus"] == "DONE", report_type
            body = requests.get(seller.document(report["reportDocumentId"])["url"], timeout=10).content
            assert gzip.decompress(body).startswith(magic)


def test_every_fault_and_every_oddity_is_described_for_users() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "simulator.md").read_text("utf-8")
    missing = [name for name in sorted(KINDS | set(TRANSFORMS)) if f"`{name}`" not in text]
    assert not missing
