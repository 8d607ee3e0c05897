"""Data Kiosk queries through the flow of reports: the whole life, pages, ends without data, and nothing asked twice."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest

from spapi_assets.aws.ledger_records import ReportRecord, ReportStatus, Verdict
from spapi_assets.ingest.collect import collect
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.coverage import coverage
from spapi_assets.ingest.data_kiosk.outcomes import finished
from spapi_assets.ingest.load import load_report
from spapi_assets.ingest.notifications.facts import QueryFinished
from spapi_assets.ingest.replaying import plan_replay, replay_all
from spapi_assets.ingest.requesting import ask
from spapi_assets.ingest.sweep import sweep
from spapi_assets.ingest.truth import Truth, TruthState, truth
from spapi_assets.lake.layout import Partition
from spapi_assets.settings import Settings
from spapi_assets.spapi.errors import ConfigurationError, MissingRole, OutcomeUnknown, Throttled
from tests.flow.amazon import Amazon, Clock
from tests.flow.kiosk import Kiosk

BY_DATE, BY_ASIN = "dk_sales_and_traffic_by_date", "dk_sales_and_traffic_by_asin"
TODAY = date(2026, 3, 20)
KEY = "kestrel_eu.DE"


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def kiosk(clock: Clock) -> Kiosk:
    return Kiosk(clock)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    accounts = tuple(a.model_copy(update={"reports": ("default", "data_kiosk")}) for a in settings.accounts)
    return settings.model_copy(update={"accounts": accounts})


@pytest.fixture
def ctx(ctx: IngestContext, amazon: Amazon, kiosk: Kiosk) -> IngestContext:
    def apis(account: Any) -> Any:
        return SimpleNamespace(**vars(amazon.apis(account)), data_kiosk=kiosk.api())

    ctx.make_apis = apis
    return ctx


def days(first: int, last: int) -> list[Partition]:
    return [Partition("kestrel_eu", "DE", TODAY - timedelta(days=n)) for n in range(last, first + 1)]


def ask_for(ctx: IngestContext, partitions: list[Partition], name: str = BY_ASIN, **how: Any):
    return ask(ctx, ctx.registry.reports[name], partitions, deadline=ctx.monotonic() + 5, **how)


def records(ctx: IngestContext, name: str = BY_ASIN) -> list[ReportRecord]:
    return ctx.ledger.records(name, KEY, date(2024, 1, 1), TODAY)


def pages(ctx: IngestContext, name: str = BY_ASIN) -> list[ReportRecord]:
    """Every page's own record, oldest request first."""
    items = ctx.ledger.table.query(f"REQUEST#{name}#{KEY}", "2", "3")
    from spapi_assets.aws.ledger_records import decode

    return [decode(item) for item in items]


def row(day: date, sku: str = "A", **more: Any) -> dict[str, Any]:
    amount = {"amount": 5.5, "currencyCode": "EUR"}
    sales = {"unitsOrdered": 2, "orderedProductSales": amount, **more}
    facts = {"parentAsin": "B0PARENT", "childAsin": "B0CHILD", "sku": sku, "marketplaceId": "A1PA6795UKMFR9"}
    return {"startDate": str(day), "endDate": str(day), **facts, "sales": sales, "traffic": {"sessions": 7}}


def tables(ctx: IngestContext, day: date, dataset: str = BY_ASIN) -> dict[str, list[dict[str, Any]]]:
    """Rows by object of a partition."""
    found = {}
    for path in ctx.lake.list(f"raw/{dataset}"):
        if f"date={day}" in path:
            with ctx.lake.open_input(path) as file:
                found[path.rsplit("/", 1)[1].removesuffix(".parquet")] = pq.read_table(file).to_pylist()
    return found


def told(ctx: IngestContext, day: date, name: str = BY_ASIN) -> Truth:
    report = ctx.registry.reports[name]
    facts = ctx.ledger.partitions(report.datasets[0].name, KEY, day, day)
    return truth(report, report.datasets[0].name, Partition("kestrel_eu", "DE", day), records(ctx, name), facts, ctx.now())


def turn(ctx: IngestContext, clock: Clock) -> None:
    """A sweep a while later, and a load of what it found."""
    clock.forward(minutes=6)
    for record in sweep(ctx, 5.0).ready:
        load_report(ctx, record)


def test_days_become_one_query_and_its_lines_become_days(ctx: IngestContext, kiosk: Kiosk, clock: Clock) -> None:
    asked = ask_for(ctx, days(20, 2), BY_DATE)
    assert [(r.start, r.end) for r in asked.created] == [(TODAY - timedelta(days=20), TODAY - timedelta(days=2))]
    query = kiosk.queries["q1"].query
    assert 'startDate:"2026-02-28"' in query
    assert 'marketplaceIds:["A1PA6795UKMFR9"]' in query
    assert "aggregateBy:DAY" in query
    lines = [{k: v for k, v in row(p.day).items() if not k.endswith(("Asin", "sku"))} for p in days(20, 2)]
    kiosk.finish("q1", lines)
    turn(ctx, clock)
    (record,) = records(ctx, BY_DATE)
    assert (record.report_id, record.rows, record.quota) == (
        "query-q1", {BY_DATE: 19}, {"createQuery": 1, "getDocument": 1},
    )  # fmt: skip
    assert told(ctx, days(20, 20)[0].day, BY_DATE).state is TruthState.FINAL
    assert tables(ctx, days(3, 3)[0].day, BY_DATE)["data"][0]["units_ordered"] == 2
    assert kiosk.calls["createQuery"] == 1


def test_a_materialization_asks_waits_follows_every_page_and_loads_them(ctx: IngestContext, kiosk: Kiosk, clock: Clock) -> None:
    day = days(3, 3)[0]

    def sleep(seconds: float) -> None:
        clock.forward(seconds=seconds)
        for number, query in enumerate([*kiosk.queries.values()], 1):
            if query.status == "IN_QUEUE":
                kiosk.finish(
                    query.query_id, [row(day.day, f"{number}-{n}") for n in range(3)], f"t{number + 1}" if number < 3 else None
                )

    ctx.sleep = sleep
    report = ctx.registry.reports[BY_ASIN]
    found = collect(ctx, report, [day], deadline=ctx.monotonic() + 300)
    assert found.settled(day)
    assert not found.problems
    assert {part: len(rows) for part, rows in tables(ctx, day.day).items()} == {"data": 3, "page-0002": 3, "page-0003": 3}
    assert [kiosk.tokens[q] for q in kiosk.queries] == [None, "t2", "t3"]
    assert len({q.query for q in kiosk.queries.values()}) == 1
    assert found.summary(report.datasets[0])["run: rows loaded"] == 9
    assert records(ctx)[0].rows == {BY_ASIN: 9}
    assert found.metadata(report.datasets[0], day, preview=False)["dagster/partition_row_count"] == 9


def test_a_request_in_pages_is_loaded_only_when_all_are_there(ctx: IngestContext, kiosk: Kiosk, clock: Clock) -> None:
    ask_for(ctx, days(3, 3))
    kiosk.finish("q1", [row(days(3, 3)[0].day)], "t2")
    turn(ctx, clock)  # finds page 1
    turn(ctx, clock)  # asks for page 2
    assert kiosk.tokens == {"q1": None, "q2": "t2"}
    assert not tables(ctx, days(3, 3)[0].day)
    state = told(ctx, days(3, 3)[0].day)
    assert (state.state, state.ask) == (TruthState.REQUESTED, False)
    assert not ask_for(ctx, days(3, 3)).created
    kiosk.finish("q2", [row(days(3, 3)[0].day, "B")])
    turn(ctx, clock)
    assert {part: [r["sku"] for r in rows] for part, rows in tables(ctx, days(3, 3)[0].day).items()} == {
        "data": ["A"], "page-0002": ["B"],
    }  # fmt: skip
    assert told(ctx, days(3, 3)[0].day).state is TruthState.PROVISIONAL
    turn(ctx, clock)
    assert kiosk.calls["createQuery"] == 2


def test_a_finished_query_without_a_document_is_a_day_without_data(ctx: IngestContext, kiosk: Kiosk, clock: Clock) -> None:
    day = days(20, 20)[0].day
    ask_for(ctx, days(20, 20))
    kiosk.finish("q1", None)
    turn(ctx, clock)
    assert tables(ctx, day) == {"data": []}
    assert told(ctx, day).state is TruthState.EMPTY_CONFIRMED
    assert kiosk.calls["getDocument"] == 0
    for path in list(ctx.lake.list("raw")):
        ctx.lake.delete(path)
    assert [r.problem for r in replay_all(ctx, plan_replay(ctx, [BY_ASIN], ["kestrel_eu"]))] == [None]
    assert tables(ctx, day) == {"data": []}
    turn(ctx, clock)
    assert kiosk.calls["createQuery"] == 1


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("Daily Inventory metrics are only available on the following dates: [20260318, 20260317]", Verdict.NOT_PUBLISHED),
        ("The same start and end dates must be requested for Daily Inventory metrics.", Verdict.CONFIGURATION),
        ("Internal Server Error", Verdict.RETRYABLE),
    ],
)
def test_the_reason_of_a_fatal_query_is_kept_and_classified(
    ctx: IngestContext, kiosk: Kiosk, clock: Clock, said: str, verdict: Verdict
) -> None:
    ask_for(ctx, days(3, 3))
    root = "analytics_salesAndTraffic_2024_04_24"
    kiosk.kill("q1", [{"message": f"Exception while fetching data (/{root}) : {said}", "path": [root], "extensions": {}}])
    turn(ctx, clock)
    (record,) = records(ctx)
    assert (record.status, record.verdict) == (ReportStatus.FATAL, verdict)
    assert said in str(record.reason)
    kept = str(record.reason_uri).partition("/archive/")[2]
    assert ctx.lake.exists(f"archive/{kept}")
    assert (record.retry_at is None) == (verdict is Verdict.CONFIGURATION)


def test_a_cancelled_query_is_asked_again_and_never_taken_for_an_empty_day(
    ctx: IngestContext, kiosk: Kiosk, clock: Clock
) -> None:
    ask_for(ctx, days(20, 20))
    kiosk.cancel("q1")
    turn(ctx, clock)
    assert records(ctx)[0].verdict is Verdict.RETRYABLE
    clock.forward(minutes=20)
    turn(ctx, clock)
    assert kiosk.calls["createQuery"] == 2
    kiosk.finish("q2", [row(days(20, 20)[0].day)])
    turn(ctx, clock)
    assert told(ctx, days(20, 20)[0].day).state is TruthState.FINAL


def test_a_lost_answer_is_found_by_its_text_although_a_twin_is_under_way(ctx: IngestContext, kiosk: Kiosk, clock: Clock) -> None:
    kiosk.lost = [OutcomeUnknown("lost")]
    asked = ask_for(ctx, days(4, 3))  # two queries that differ in their day only
    assert not asked.created
    assert "looked up before it is asked again" in asked.problems[0]
    kiosk.queries["q0"] = kiosk.queries["q1"].__class__(**{**vars(kiosk.queries["q1"]), "query_id": "q0", "query": "{other}"})
    turn(ctx, clock)
    assert [r.report_id for r in records(ctx)].count("query-q1") == 1
    assert kiosk.calls["createQuery"] == 2
    assert {r.status for r in records(ctx)} == {ReportStatus.IN_QUEUE}
    turn(ctx, clock)
    assert kiosk.calls["createQuery"] == 2


def test_a_lost_answer_that_made_nothing_is_asked_again_once_that_is_certain(
    ctx: IngestContext, kiosk: Kiosk, clock: Clock
) -> None:
    kiosk.faults["createQuery"] = [OutcomeUnknown("lost before it arrived")]
    ask_for(ctx, days(3, 3))
    clock.forward(seconds=60)
    sweep(ctx, 5.0)
    assert not kiosk.queries
    turn(ctx, clock)
    assert list(kiosk.queries) == ["q1"]
    assert records(ctx)[0].report_id == "query-q1"


def test_of_two_queries_with_the_text_of_a_lost_page_none_is_taken_for_it(ctx: IngestContext, kiosk: Kiosk, clock: Clock) -> None:
    """Another deployment of the same selling partner asks the same, and nobody tells which page a query is."""
    ask_for(ctx, days(20, 20))
    kiosk.finish("q1", [row(days(20, 20)[0].day)], "t2")
    turn(ctx, clock)
    kiosk.lost = [OutcomeUnknown("lost")]
    turn(ctx, clock)
    theirs = replace(kiosk.queries["q2"], query_id="q0")
    kiosk.queries = {"q0": theirs, **kiosk.queries}
    for _ in range(3):
        turn(ctx, clock)
    assert kiosk.tokens == {"q1": None, "q2": "t2", "q3": "t2"}
    assert [(r.page, r.report_id) for r in pages(ctx)] == [(1, "query-q1"), (2, "query-q3")]


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_kill_between_the_call_and_its_binding_asks_for_no_page_twice(
    ctx: IngestContext, kiosk: Kiosk, clock: Clock, page: int
) -> None:
    bind, bound = ctx.ledger.created, 0

    def dies(*args: Any, **more: Any) -> Any:
        nonlocal bound
        bound += 1
        if bound == page:
            raise Killed
        return bind(*args, **more)

    ctx.ledger.created = dies  # type: ignore[method-assign]
    day = days(3, 3)[0].day
    deaths = 0
    for turns in range(12):
        try:
            if turns == 0:
                ask_for(ctx, days(3, 3))
            turn(ctx, clock)
        except Killed:
            deaths += 1
        for number, query in enumerate([*kiosk.queries.values()], 1):
            if query.status == "IN_QUEUE":
                kiosk.finish(query.query_id, [row(day, f"S{number}")], f"t{number + 1}" if number < 3 else None)
    assert deaths == 1
    assert [kiosk.tokens[q] for q in kiosk.queries] == [None, "t2", "t3"]
    assert {part: rows[0]["sku"] for part, rows in tables(ctx, day).items()} == {
        "data": "S1",
        "page-0002": "S2",
        "page-0003": "S3",
    }
    assert records(ctx)[0].rows == {BY_ASIN: 3}


def paged(ctx: IngestContext, kiosk: Kiosk, clock: Clock, day: date, *pages: list[str]) -> None:
    """Brings a request in pages of these SKUs to the state in which only its load is missing."""
    for number, skus in enumerate(pages, 1):
        query = next(q for q in reversed(kiosk.queries.values()) if q.status == "IN_QUEUE")
        kiosk.finish(query.query_id, [row(day, sku) for sku in skus], f"t{number + 1}" if number < len(pages) else None)
        clock.forward(minutes=6)
        sweep(ctx, 5.0)
        clock.forward(minutes=6)
        sweep(ctx, 5.0)


def test_a_kill_between_two_pages_of_a_load_downloads_no_page_twice(ctx: IngestContext, kiosk: Kiosk, clock: Clock) -> None:
    day = days(20, 20)[0].day
    ask_for(ctx, days(20, 20))
    paged(ctx, kiosk, clock, day, ["A"], ["B"], ["C"])
    (head,) = ctx.ledger.done_not_loaded()
    kiosk.faults["download"] = [None, Killed()]  # type: ignore[list-item]
    kiosk.fail = lambda operation, fail=kiosk.fail: _either(kiosk, operation)  # type: ignore[method-assign]
    with pytest.raises(Killed):
        load_report(ctx, head)
    clock.forward(minutes=5)
    load_report(ctx, head)
    assert sum(map(len, tables(ctx, day).values())) == 3
    assert kiosk.calls["download"] == 4
    assert records(ctx)[0].rows == {BY_ASIN: 3}
    assert told(ctx, day).state is TruthState.FINAL


def _either(kiosk: Kiosk, operation: str) -> None:
    kiosk.calls[operation] += 1
    fault = kiosk.faults[operation].pop(0) if kiosk.faults.get(operation) else None
    if fault is not None:
        raise fault


def test_an_answer_with_fewer_pages_leaves_nothing_of_the_older_one(ctx: IngestContext, kiosk: Kiosk, clock: Clock) -> None:
    day = days(3, 3)[0].day
    ask_for(ctx, days(3, 3))
    paged(ctx, kiosk, clock, day, ["A"], ["B"], ["C"])
    turn(ctx, clock)
    assert sum(map(len, tables(ctx, day).values())) == 3
    clock.forward(days=2)
    ask_for(ctx, days(3, 3), force=True)
    paged(ctx, kiosk, clock, day, ["A"], ["D"])
    turn(ctx, clock)
    expected = {"data": ["A"], "page-0002": ["D"], "page-0003": []}
    assert {part: [r["sku"] for r in rows] for part, rows in tables(ctx, day).items()} == expected
    facts = ctx.ledger.partitions(BY_ASIN, KEY, day, day)
    assert {f.part: f.rows for f in facts} == {"data": 1, "page-0002": 1, "page-0003": 0}
    covered = next(c for c in coverage(ctx, datasets=[BY_ASIN]) if c.account_key == KEY and c.date == day)
    assert covered.rows == 2
    for _ in replay_all(ctx, plan_replay(ctx, [BY_ASIN], ["kestrel_eu"])):
        pass
    assert {part: [r["sku"] for r in rows] for part, rows in tables(ctx, day).items()} == expected


def test_pages_survive_a_lost_ledger(ctx: IngestContext, kiosk: Kiosk, clock: Clock) -> None:
    day = days(20, 20)[0].day
    ask_for(ctx, days(20, 20))
    paged(ctx, kiosk, clock, day, ["A"], ["B"])
    turn(ctx, clock)
    before = tables(ctx, day)
    for path in list(ctx.lake.list("raw")):
        ctx.lake.delete(path)
    for item in [*ctx.ledger.table.query(f"REQUEST#{BY_ASIN}#{KEY}", "!", "~")]:
        ctx.ledger.table.delete({"pk": item["pk"], "sk": item["sk"]}, "attribute_exists(pk)", None)
    for fact in ctx.ledger.partitions(BY_ASIN, KEY, day, day):
        ctx.ledger.table.delete({"pk": f"PARTITION#{BY_ASIN}#{KEY}", "sk": f"{day}#{fact.part}"}, "attribute_exists(pk)", None)
    for number in (1, 2):
        ctx.ledger.table.delete({"pk": "REPORT#kestrel_eu", "sk": f"query-q{number}"}, "attribute_exists(pk)", None)
    replayed = [*replay_all(ctx, plan_replay(ctx, [BY_ASIN], ["kestrel_eu"]))]
    assert [r.problem for r in replayed] == [None, None]
    assert {k: [r["sku"] for r in v] for k, v in tables(ctx, day).items()} == {
        k: [r["sku"] for r in v] for k, v in before.items()
    }
    assert told(ctx, day).state is TruthState.FINAL
    assert records(ctx)[0].rows == {BY_ASIN: 2}


def test_a_page_that_fails_makes_the_request_anew_from_its_first_page(ctx: IngestContext, kiosk: Kiosk, clock: Clock) -> None:
    day = days(3, 3)[0].day
    ask_for(ctx, days(3, 3))
    kiosk.finish("q1", [row(day)], "t2")
    turn(ctx, clock)
    kiosk.faults["createQuery"] = [ConfigurationError("The pagination token has expired.", operation="createQuery")]
    turn(ctx, clock)
    state = told(ctx, day)
    assert state.state is TruthState.FAILED
    assert "from its first page" in state.reason
    clock.forward(minutes=20)
    turn(ctx, clock)
    assert kiosk.tokens == {"q1": None, "q2": None}
    kiosk.finish("q2", [row(day, "NEW")])
    turn(ctx, clock)
    assert {part: [r["sku"] for r in rows] for part, rows in tables(ctx, day).items()} == {"data": ["NEW"]}


def test_pages_that_are_refused_again_and_again_end_with_a_person(ctx: IngestContext, kiosk: Kiosk, clock: Clock) -> None:
    day = days(20, 20)[0].day
    ask_for(ctx, days(20, 20))
    for _ in range(40):
        for query in [q for q in kiosk.queries.values() if q.status == "IN_QUEUE"]:
            kiosk.finish(query.query_id, [row(day)], "t2")
        turn(ctx, clock)
        if any(r.next_token for r in ctx.ledger.unfinished_pages()):
            kiosk.faults["createQuery"] = [ConfigurationError("No such token.", operation="createQuery")]
        turn(ctx, clock)
        clock.forward(hours=7)
    assert len(kiosk.queries) == 6
    assert [r.verdict for r in records(ctx)] == [*[Verdict.RETRYABLE] * 5, Verdict.AMAZON_FAULT]
    assert (told(ctx, day).state, told(ctx, day).ask) == (TruthState.FAILED, False)


def test_two_workers_ask_for_each_page_once(ctx: IngestContext, kiosk: Kiosk, clock: Clock) -> None:
    day = days(3, 3)[0].day
    for page in range(3):
        if not page:
            work = [threading.Thread(target=ask_for, args=(ctx, days(3, 3))) for _ in range(2)]
        else:
            clock.forward(minutes=6)
            work = [threading.Thread(target=sweep, args=(ctx, 5.0)) for _ in range(4)]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
        assert len(kiosk.queries) == page + 1
        kiosk.finish(f"q{page + 1}", [row(day, str(page))], f"t{page + 2}" if page < 2 else None)
        clock.forward(minutes=6)
        sweep(ctx, 0.0)  # only what must be: the next page is asked for above
        clock.forward(minutes=6)
        for record in [r for r in ctx.ledger.open_records() if r.report_id]:
            from spapi_assets.ingest.sweep import poll

            poll(ctx, record)
    turn(ctx, clock)
    assert sum(map(len, tables(ctx, day).values())) == 3


def test_a_role_that_is_missing_is_told_and_the_quotas_of_reports_and_queries_are_apart(
    ctx: IngestContext, kiosk: Kiosk, amazon: Amazon, clock: Clock
) -> None:
    kiosk.faults["createQuery"] = [MissingRole("Unauthorized to access requested fields.")]
    assert "Unauthorized" in ask_for(ctx, days(3, 3)).problems[0]
    assert told(ctx, days(3, 3)[0].day).state is TruthState.DENIED
    amazon.tokens = 0
    ask_for(ctx, days(5, 5), "sales_and_traffic")
    ask_for(ctx, days(3, 3), BY_DATE)
    assert list(kiosk.queries) == ["q1"]
    kiosk.faults["createQuery"] = [Throttled("The quota is spent.", retry_after=3600.0, status=429)] * 3
    asked = ask_for(ctx, days(40, 38), "dk_economics")
    assert (len(asked.created), len(asked.waiting), kiosk.calls["createQuery"]) == (0, 1, 3)
    report = ctx.registry.reports["dk_economics"]
    assert ctx.allowance.state(f"A3KESTREL0EU0#eu#{report.report_type}").learned is None


def test_a_message_says_that_a_query_is_finished_as_often_as_it_likes(ctx: IngestContext, kiosk: Kiosk, clock: Clock) -> None:
    day = days(3, 3)[0].day
    ask_for(ctx, days(3, 3))
    kiosk.finish("q1", [row(day)], "t2")
    message = QueryFinished("q1", "DONE", data_document_id="data-q1", next_token="t2")
    for _ in range(2):
        record = finished(ctx, "kestrel_eu", message)
        assert record is not None
        assert (record.status, record.next_token, record.source) == (ReportStatus.DONE, "t2", "notification")
    assert finished(ctx, "kestrel_eu", QueryFinished("stranger", "DONE")) is None
    assert kiosk.calls["getQuery"] == 0
    turn(ctx, clock)
    kiosk.kill("q2", {"errorDetails": "Internal Server Error"})
    failed = finished(ctx, "kestrel_eu", QueryFinished("q2", "FATAL", error_document_id="error-q2"))
    assert failed is not None
    assert failed.verdict is Verdict.RETRYABLE
