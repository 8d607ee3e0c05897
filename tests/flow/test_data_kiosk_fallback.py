"""When a report's limit a day is used up: the days are asked of Data Kiosk where it stands by, and coverage says so."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from spapi_assets.aws.ledger_records import ReportStatus
from spapi_assets.datasets.loader import load_registry
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.coverage import coverage
from spapi_assets.ingest.data_kiosk.fallback import decide, stand_ins_of, standing_by
from spapi_assets.ingest.load import load_report
from spapi_assets.ingest.requesting import ask
from spapi_assets.ingest.states import Truth, TruthState
from spapi_assets.ingest.sweep import sweep
from spapi_assets.lake.layout import Partition
from spapi_assets.settings import Account, Settings, SettingsError, check_reports
from tests.flow.amazon import Amazon, Clock
from tests.flow.kiosk import Kiosk

REPORTS = load_registry().reports
SALES = REPORTS["sales_and_traffic"]
BY_ASIN, BY_DATE = REPORTS["dk_sales_and_traffic_by_asin"], REPORTS["dk_sales_and_traffic_by_date"]
TODAY = date(2026, 3, 20)


@pytest.mark.parametrize(
    ("wait", "ahead", "asked", "says"),
    [
        (900.0, 0, False, "in 15 min, so Data Kiosk is not troubled"),
        (900.0, 2, False, "in 45 min, so Data Kiosk is not troubled"),
        (900.0, 3, True, "in about 1 h. Data Kiosk is asked for the same numbers meanwhile"),
        (0.0, 96, True, "in about 24 h"),
        (7200.0, 0, True, "in about 2 h"),
    ],
)
def test_a_query_is_made_only_where_the_reports_turn_is_far_away(wait: float, ahead: int, asked: bool, says: str) -> None:
    found = decide(SALES, [BY_ASIN, BY_DATE], 96, wait, ahead)
    assert (found.ask == (BY_ASIN, BY_DATE)) == asked
    assert says in found.sentence
    assert found.sentence.startswith("GET_SALES_AND_TRAFFIC_REPORT can be made 96 times in 24 h and that is used up; ")


def test_without_a_source_that_stands_in_the_day_waits_its_turn() -> None:
    found = decide(SALES, [], 96, 90_000.0, 0)
    assert found.ask == ()
    assert found.sentence.endswith("this day's turn comes in about 25 h.")


def test_only_sources_of_the_same_period_stand_in() -> None:
    everything = list(REPORTS.values())
    assert stand_ins_of(SALES, everything) == [BY_ASIN, BY_DATE]
    assert [r.name for r in stand_ins_of(REPORTS["sales_and_traffic_weekly"], everything)] == [f"{BY_DATE.name}_weekly"]
    assert stand_ins_of(REPORTS["vendor_sales"], everything) == []
    assert all(r.stands_in_for in REPORTS for r in everything if r.stands_in_for)


def test_a_day_nobody_asked_a_standing_by_source_for_is_no_gap_and_can_be_had_by_hand() -> None:
    idle = standing_by(Truth(TruthState.MISSING, "due", "The next scheduled run asks for it.", ask=True), BY_DATE)
    assert (idle.state, idle.ask) == (TruthState.NOT_DUE, True)
    assert "stands by for sales_and_traffic" in idle.reason
    loaded = standing_by(Truth(TruthState.PROVISIONAL, "2 rows", "The next scheduled run asks.", ask=True), BY_DATE)
    assert (loaded.state, loaded.next_action) == (
        TruthState.PROVISIONAL, "sales_and_traffic brings newer versions; this one only by hand.",
    )  # fmt: skip
    failed = Truth(TruthState.FAILED, "broken", "Look.")
    assert standing_by(failed, BY_DATE) is failed


def account(**more: Any) -> Account:
    values = {"name": "kestrel_eu", "kind": "seller", "region": "eu", "selling_partner_id": "A", "secret": "s"}
    return Account(**{**values, "marketplaces": ("DE", "UK"), **more})


def test_a_fallback_has_partitions_and_is_not_asked_for_by_itself() -> None:
    settings = Settings(accounts=(account(fallbacks=(BY_DATE.name,)),), lake_uri="/tmp/lake", first_date="2026-01-01")
    assert settings.partition_keys(BY_DATE) == ["kestrel_eu.DE", "kestrel_eu.UK"]
    assert settings.asked_keys(BY_DATE) == []
    assert settings.partition_keys(BY_ASIN) == []
    both = settings.model_copy(update={"accounts": (account(fallbacks=(BY_DATE.name,), reports=("data_kiosk",)),)})
    assert both.asked_keys(BY_DATE) == both.partition_keys(BY_DATE) == ["kestrel_eu.DE", "kestrel_eu.UK"]
    assert account(fallbacks=(BY_DATE.name,), reports=("default", f"-{BY_DATE.name}")).wants(BY_DATE) is False


def test_a_fallback_that_stands_in_for_nothing_is_refused() -> None:
    with pytest.raises(SettingsError, match="names dk_economics; what can stand in for a report is dk_sales_and_traffic_by_asin"):
        check_reports([account(fallbacks=("dk_economics",))], REPORTS.values())
    check_reports([account(fallbacks=(BY_ASIN.name, BY_DATE.name))], REPORTS.values())


@pytest.fixture
def settings(settings: Settings) -> Settings:
    seller = settings.accounts[0].model_copy(update={"fallbacks": (BY_ASIN.name, BY_DATE.name)})
    limits = {"GET_SALES_AND_TRAFFIC_REPORT": 2}
    return settings.model_copy(update={"accounts": (seller, *settings.accounts[1:]), "daily_limits": limits})


@pytest.fixture
def kiosk(ctx: IngestContext, amazon: Amazon, clock: Clock) -> Kiosk:
    found = Kiosk(clock)
    ctx.make_apis = lambda account: SimpleNamespace(**vars(amazon.apis(account)), data_kiosk=found.api())  # type: ignore[assignment]
    return found


def days(first: int, last: int) -> list[Partition]:
    return [Partition("kestrel_eu", "DE", TODAY - timedelta(days=n)) for n in range(last, first + 1)]


def state(ctx: IngestContext, dataset: str, day: date) -> Any:
    rows = coverage(ctx, datasets=[dataset])
    return next(r for r in rows if r.account_key == "kestrel_eu.DE" and r.date == day)


def test_days_beyond_the_limit_are_asked_of_data_kiosk_once_and_coverage_says_why(
    ctx: IngestContext, kiosk: Kiosk, amazon: Amazon, clock: Clock
) -> None:
    wanted = days(6, 3)
    asked = ask(ctx, SALES, wanted, deadline=ctx.monotonic() + 5)
    assert len(amazon.made("kestrel_eu")) == 2
    queries = [q.query for q in kiosk.queries.values()]
    for day in days(6, 5):
        assert sum(f'startDate:"{day.day}"' in q for q in queries if "ByAsin" in q) == 1
    (of_the_store,) = (q for q in queries if "ByDate" in q)  # which may cover many days
    assert f'startDate:"{days(6, 6)[0].day}"' in of_the_store
    assert f'endDate:"{days(5, 5)[0].day}"' in of_the_store
    assert {r.report for r in asked.created} == {"sales_and_traffic", BY_ASIN.name, BY_DATE.name}
    waiting = state(ctx, "sales_and_traffic_by_asin", days(6, 6)[0].day)
    assert waiting.state == TruthState.THROTTLED
    assert "Data Kiosk is asked for the same numbers meanwhile: dk_sales_and_traffic_by_asin and dk_" in waiting.reason

    for query in list(kiosk.queries.values()):
        day = query.query.partition('startDate:"')[2][:10]
        row = {"startDate": day, "endDate": day, "marketplaceId": "A1PA6795UKMFR9", "sales": {"unitsOrdered": 3}, "traffic": {}}
        kiosk.finish(
            query.query_id, [{**row, "parentAsin": "B0P", "childAsin": "B0C", "sku": "S"} if "ByAsin" in query.query else row]
        )
    clock.forward(minutes=6)
    for record in sweep(ctx, 5.0).ready:
        load_report(ctx, record)
    stood_in = state(ctx, BY_ASIN.name, days(6, 6)[0].day)
    assert (stood_in.state, stood_in.rows) == (TruthState.PROVISIONAL, 1)
    assert state(ctx, BY_ASIN.name, days(4, 4)[0].day).state == TruthState.NOT_DUE

    for _ in range(3):  # the sweeps look again; nothing is asked of Data Kiosk twice, nor for days nobody wanted
        clock.forward(hours=3)
        sweep(ctx, 5.0)
    assert len(kiosk.queries) == 3


def test_the_report_is_still_made_when_its_turn_comes(ctx: IngestContext, kiosk: Kiosk, amazon: Amazon, clock: Clock) -> None:
    ask(ctx, SALES, days(6, 3), deadline=ctx.monotonic() + 5)
    clock.forward(hours=25)
    sweep(ctx, 5.0)
    assert len(amazon.made("kestrel_eu")) == 4
    mine = ctx.ledger.records("sales_and_traffic", "kestrel_eu.DE", date(2026, 3, 1), TODAY)
    assert {r.status for r in mine} == {ReportStatus.IN_QUEUE}
    assert len(kiosk.queries) == 3


def test_accounts_without_a_fallback_ask_data_kiosk_nothing(
    ctx: IngestContext, kiosk: Kiosk, amazon: Amazon, clock: Clock
) -> None:
    plain = tuple(a.model_copy(update={"fallbacks": ()}) for a in ctx.settings.accounts)
    ctx.settings = ctx.settings.model_copy(update={"accounts": plain})
    ask(ctx, SALES, days(6, 3), deadline=ctx.monotonic() + 5)
    assert not kiosk.queries
    waiting = state(ctx, "sales_and_traffic_by_asin", days(6, 6)[0].day)
    assert waiting.state == TruthState.THROTTLED
    assert "turn comes in about" in waiting.reason
