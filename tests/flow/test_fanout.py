"""Partitions that several requests fill: every combination once, identifiers in batches, nothing asked twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from spapi_assets.aws.ledger_records import PartitionFacts, ReportRecord, ReportStatus, Verdict
from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import FanOut, Identifiers, Period, Report, Scope, WindowKind
from spapi_assets.ingest.fanout import fan_of, filled, in_batches, part_of
from spapi_assets.ingest.planning import plan_requests
from spapi_assets.ingest.truth import TruthState, truth
from spapi_assets.lake.layout import Partition

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
WEEK = date(2026, 3, 1)  # a Sunday
PLACE = Partition("kestrel", "DE", WEEK)
SOURCE = Identifiers(option="asin", dataset="merchant_listings", column="asin1", separator=" ", longest=200)
ASINS = [f"B0{n:08d}" for n in range(40)]
_BASE = load_registry().reports["sales_and_traffic"]


def report(fan_out: FanOut | None, **options: str) -> Report:
    window = _BASE.window.model_copy(update={"period": Period.WEEK, "restated_days": 0, "lag_hours": 48, "kind": WindowKind.DAYS})
    changes = {"fan_out": fan_out, "options": options, "window": window, "scope": Scope.MARKETPLACE}
    return _BASE.model_copy(update=changes)


VIEWS = report(
    FanOut(options={"distributorView": ("MANUFACTURING", "SOURCING"), "sellingProgram": ("RETAIL", "FRESH")}), reportPeriod="WEEK"
)
QUERIES = report(FanOut(identifiers=SOURCE), reportPeriod="WEEK")


def done(record: ReportRecord, number: str) -> tuple[ReportRecord, PartitionFacts]:
    """The request as it stands when its document was loaded, and the facts of what it filled."""
    loaded = replace(record, status=ReportStatus.DONE, report_id=number, created_at=NOW, loaded_at=NOW, rows={})
    part = part_of(_report_of(record), record.options)
    return loaded, PartitionFacts(3, number, record.request_id, "sha", NOW, NOW, part, day=record.start)


def _report_of(record: ReportRecord) -> Report:
    return QUERIES if "asin" in record.options else VIEWS


def test_every_combination_of_options_is_one_request_for_the_whole_week() -> None:
    created = plan_requests(VIEWS, [PLACE], [], {}, NOW).create
    assert len(created) == 4
    assert {(r.options["distributorView"], r.options["sellingProgram"]) for r in created} == {
        ("MANUFACTURING", "RETAIL"), ("MANUFACTURING", "FRESH"), ("SOURCING", "RETAIL"), ("SOURCING", "FRESH"),
    }  # fmt: skip
    assert {(r.start, r.end) for r in created} == {(WEEK, WEEK + timedelta(days=6))}
    assert len({r.request_id for r in created}) == 4


def test_an_account_asks_only_for_the_option_values_it_has_use_for() -> None:
    fans = {PLACE.account_key: fan_of(VIEWS, "DE", limits={"sellingProgram": ["RETAIL"]})}
    created = plan_requests(VIEWS, [PLACE], [], {}, NOW, fans=fans).create
    assert sorted(r.options["distributorView"] for r in created) == ["MANUFACTURING", "SOURCING"]
    assert {r.options["sellingProgram"] for r in created} == {"RETAIL"}


def test_values_that_only_the_account_knows_come_from_its_settings_and_without_them_nothing_is_asked() -> None:
    views = report(FanOut(options={"productType": ()}))
    assert fan_of(views, "DE").units == ()
    named = fan_of(views, "DE", limits={"productType": ["LUGGAGE", "SHOES"]})
    assert [u.options["productType"] for u in named.units] == ["LUGGAGE", "SHOES"]


def test_what_is_loaded_is_not_asked_again_and_the_partition_is_as_good_as_its_worst_request() -> None:
    created = plan_requests(VIEWS, [PLACE], [], {}, NOW).create
    first, fact = done(created[0], "1")
    rest = plan_requests(VIEWS, [PLACE], [first], {PLACE: [fact]}, NOW).create
    assert {tuple(r.options.items()) for r in rest} == {tuple(r.options.items()) for r in created[1:]}
    found = truth(VIEWS, "d", PLACE, [first], [fact], NOW)
    assert (found.state, found.ask) == (TruthState.MISSING, True)
    denied = replace(created[1], status=ReportStatus.FATAL, verdict=Verdict.MISSING_ROLE, reason="No role.", report_id="2")
    loaded = [done(r, str(n)) for n, r in enumerate(created) if r is not created[1]]
    found = truth(VIEWS, "d", PLACE, [denied, *(r for r, _ in loaded)], [f for _, f in loaded], NOW)
    assert (found.state, found.ask) == (TruthState.DENIED, False)
    assert "No role." in found.reason
    assert "3 final" in found.reason


def test_all_requests_loaded_make_the_partition_final() -> None:
    loaded = [done(r, str(n)) for n, r in enumerate(plan_requests(VIEWS, [PLACE], [], {}, NOW).create)]
    records, facts = [r for r, _ in loaded], [f for _, f in loaded]
    assert truth(VIEWS, "d", PLACE, records, facts, NOW).state is TruthState.FINAL
    assert plan_requests(VIEWS, [PLACE], records, {PLACE: facts}, NOW).create == []


def test_asins_are_asked_for_eighteen_at_a_time() -> None:
    fans = {PLACE.account_key: fan_of(QUERIES, "DE", identifiers=ASINS)}
    created = plan_requests(QUERIES, [PLACE], [], {}, NOW, fans=fans).create
    assert [len(r.options["asin"].split()) for r in sorted(created, key=lambda r: r.options["asin"])] == [18, 18, 4]
    assert all(len(r.options["asin"]) <= 200 for r in created)


def test_a_new_asin_is_asked_for_in_new_periods_only_and_repeats_nothing() -> None:
    fans = {PLACE.account_key: fan_of(QUERIES, "DE", identifiers=ASINS)}
    loaded = [done(r, str(n)) for n, r in enumerate(plan_requests(QUERIES, [PLACE], [], {}, NOW, fans=fans).create)]
    records, facts = [r for r, _ in loaded], {PLACE: [f for _, f in loaded]}
    assert plan_requests(QUERIES, [PLACE], records, facts, NOW, fans=fans).create == []
    more = {PLACE.account_key: fan_of(QUERIES, "DE", identifiers=["B0NEW00001", *ASINS])}
    assert plan_requests(QUERIES, [PLACE], records, facts, NOW, fans=more).create == []
    before = replace(PLACE, day=PLACE.day - timedelta(days=7))
    named = " ".join(r.options["asin"] for r in plan_requests(QUERIES, [before], records, facts, NOW, fans=more).create)
    assert sorted(named.split()) == sorted(["B0NEW00001", *ASINS])
    forced = plan_requests(QUERIES, [PLACE], records, facts, NOW, fans=more, force=True).create
    assert "B0NEW00001" in {r.options["asin"] for r in forced}


def test_without_known_asins_nothing_is_asked_and_the_reason_names_what_to_load() -> None:
    plan = plan_requests(QUERIES, [PLACE], [], {}, NOW)
    assert plan.create == []
    assert plan.truths[PLACE].state is TruthState.MISSING
    assert "merchant_listings" in plan.skipped[PLACE]


@given(st.lists(st.text("AB0", min_size=1, max_size=30), unique=True), st.integers(30, 90))
def test_batches_hold_every_identifier_once_and_none_is_too_long(identifiers: list[str], longest: int) -> None:
    batches = in_batches(identifiers, SOURCE.model_copy(update={"longest": longest}))
    assert [i for batch in batches for i in batch.split(" ")] == identifiers
    assert all(len(batch) <= longest for batch in batches)


def test_options_name_the_marketplace_asked_for() -> None:
    options = {"MarketplaceId": "{marketplace_id}", "currencyCode": "{currency}", "other": "{unknown}"}
    assert filled(options, "UK") == {"MarketplaceId": "A1F83G8C2ARO7P", "currencyCode": "GBP", "other": "{unknown}"}
