"""`spapi plan`: the cost of a back-fill before anything is spent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_assets.aws.allowance import DailyAllowance
from spapi_assets.aws.quota import DynamoThrottle
from spapi_assets.aws.refreshes import Refreshes
from spapi_assets.ingest.forecast import Bucket
from spapi_assets.settings import load_settings
from spapi_assets.simulator.accounts import CLIENT_ID
from spapi_assets.spapi.operations import CREATE_REPORT
from spapi_assets.spapi.throttle import BucketKey, BucketState, RatePlan, gcra

from .conftest import Deployment

TODAY = datetime.now(UTC).date()
LAST = TODAY - timedelta(days=3)  # published everywhere
YEAR = ["--from", str(LAST - timedelta(days=364)), "--to", str(LAST)]
EU = "kestrel_eu"


def plan(d: Deployment, *arguments: str) -> dict:
    answer = d.json("plan", *arguments)
    assert isinstance(answer, dict)
    return answer


def test_a_year_of_orders_is_13_requests_and_fits_the_burst(healthy: Deployment) -> None:
    told = plan(healthy, "--report", "orders_by_last_update", "--account", EU, *YEAR)
    (cost,) = told["reports"]
    assert (cost["requests"], cost["document_calls"], cost["one_a_day"], cost["days"]) == (13, 13, 365, 365)
    (account,) = told["accounts"]
    assert account["requests"] == 13
    assert account["create_available_now"] == 15


def test_a_year_of_sales_and_traffic_is_a_request_per_day_and_marketplace(healthy: Deployment) -> None:
    told = plan(healthy, "--report", "sales_and_traffic", "--account", EU, *YEAR)
    assert [(c["account_key"], c["requests"]) for c in told["reports"]] == [("kestrel_eu.DE", 365), ("kestrel_eu.UK", 365)]
    (account,) = told["accounts"]
    assert account["requests"] == 730


def test_a_types_limit_a_day_sets_the_pace_and_leaves_what_fresh_days_need(healthy: Deployment) -> None:
    told = plan(healthy, "--report", "sales_and_traffic", "--account", EU, *YEAR)
    (account,) = told["accounts"]
    # 96 a day, of which two marketplaces' new day and its five renewals take 12: 84 are left for 730 requests.
    assert account["limit"] == "96 a day of GET_SALES_AND_TRAFFIC_REPORT"
    assert account["hours"] == pytest.approx((730 - 84) / 84 * 24, rel=1e-3)
    for _ in range(50):
        settings = load_settings()
        DailyAllowance(healthy.clients, settings.quota_table).take("A3KESTREL0EU0#eu#GET_SALES_AND_TRAFFIC_REPORT", 96)
    (later,) = plan(healthy, "--report", "sales_and_traffic", "--account", EU, *YEAR)["accounts"]
    assert later["hours"] == pytest.approx((730 - 34) / 84 * 24, rel=1e-3)


def test_without_any_table_everything_counts_as_unknown_and_the_published_rate_sets_the_hours(deployment: Deployment) -> None:
    deployment.write_accounts(kestrel_eu={"reports": ["search_terms", "default"]})
    told = plan(deployment, "--report", "search_terms", "--from", str(LAST - timedelta(days=299)), "--to", str(LAST))
    assert "every day counts as unknown" in told["notes"][0]
    (account,) = told["accounts"]
    assert not account["create_rate_learned"]
    # 600 requests at 0.0167/s with 1 % margin, of which the burst of 15 less a third is free.
    assert account["hours"] == pytest.approx((600 - 15 * 0.66) / (0.0167 * 0.99) / 3600, rel=1e-3)
    assert account["limit"] == "createReport"
    # A limit a day stands in the registry and needs no table.
    (account,) = plan(deployment, "--report", "sales_and_traffic", *YEAR)["accounts"]
    assert account["limit"] == "96 a day of GET_SALES_AND_TRAFFIC_REPORT"


def test_reports_of_one_type_wait_for_each_others_cool_down(deployment: Deployment) -> None:
    names = ["ledger_summary", "ledger_summary_weekly"]
    deployment.write_accounts(kestrel_eu={"reports": names, "marketplaces": ["DE"]})
    told = plan(deployment, *(f"--report={name}" for name in names), *YEAR)
    requests = [cost["requests"] for cost in told["reports"]]
    assert len(requests) == 2
    (account,) = told["accounts"]
    assert account["limit"] == "cool-down"
    assert account["hours"] == pytest.approx((sum(requests) - 1) * 4, rel=1e-3)


def test_a_report_that_must_name_products_says_what_it_waits_for(healthy: Deployment) -> None:
    healthy.write_accounts(kestrel_eu={"reports": ["search_query_performance_weekly"], "marketplaces": ["DE"]})
    (cost,) = plan(healthy, "--report", "search_query_performance_weekly", *YEAR)["reports"]
    assert cost["requests"] == 0
    assert "until merchant_listings is loaded" in cost["note"]


def test_planning_asks_amazon_nothing_and_writes_nothing(healthy: Deployment) -> None:
    before = len(healthy.simulator.journal.entries())
    items = healthy.clients.dynamodb.scan(TableName="spapi-ledger")["Count"]
    assert healthy.run("plan", *YEAR).exit_code == 0
    assert len(healthy.simulator.journal.entries()) == before
    assert healthy.clients.dynamodb.scan(TableName="spapi-ledger")["Count"] == items


def test_days_that_are_loaded_are_not_paid_for_again(healthy: Deployment) -> None:
    healthy.load("orders_by_last_update", EU, LAST - timedelta(days=30), LAST - timedelta(days=1))
    told = plan(healthy, "--report", "orders_by_last_update", "--account", EU, *YEAR)
    (cost,) = told["reports"]
    assert cost["held"] == 30
    assert cost["asked_days"] == 335
    assert cost["requests"] == 1 + 12  # the newest day stands alone, 334 days lie before the loaded ones


def test_a_learned_rate_and_an_emptied_burst_make_the_forecast_longer(healthy: Deployment) -> None:
    wanted = ["--report", "sales_and_traffic", "--account", EU, *YEAR]
    settings = load_settings()
    throttle = DynamoThrottle(healthy.clients, settings.quota_table)
    key = BucketKey(CLIENT_ID, settings.account(EU).selling_partner_id, "eu", CREATE_REPORT.name)
    throttle.learn(key, 0.0011)
    throttle.penalize(key, CREATE_REPORT.plan)
    (account,) = plan(healthy, *wanted)["accounts"]
    assert account["create_rate_learned"]
    assert account["create_available_now"] == 0
    assert account["hours"] == pytest.approx((730 + 15 - 15 * 0.66) / (0.0011 * 0.99) / 3600, rel=1e-2)


def test_accounts_are_totalled_apart_because_their_quotas_are(healthy: Deployment) -> None:
    accounts = {a["account"]: a["requests"] for a in plan(healthy, *YEAR)["accounts"]}
    assert set(accounts) == {EU, "kestrel_vendor_us"}
    assert accounts["kestrel_vendor_us"] == 25  # 365 days in requests of 15


def test_it_prints_a_table_for_people(healthy: Deployment) -> None:
    out = healthy.run("plan", "--report", "orders_by_last_update", *YEAR).output
    assert "orders_by_last_update" in out
    assert "createReport" in out
    assert " 13 " in out


def test_an_unknown_report_is_a_sentence_that_lists_the_known_ones(healthy: Deployment) -> None:
    result = healthy.run("plan", "--report", "orders")
    assert result.exit_code == 1
    assert "known are: " in str(result.exception)


def test_a_vendor_that_is_asked_for_a_sellers_report_is_told_so(healthy: Deployment) -> None:
    result = healthy.run("plan", "--report", "settlements", "--account", "kestrel_vendor_us")
    assert "sellers and vendors have different reports" in str(result.exception)


def test_days_the_wrong_way_round_are_refused(deployment: Deployment) -> None:
    result = deployment.run("plan", "--from", "2026-03-02", "--to", "2026-03-01")
    assert result.exit_code == 2
    assert "lies before" in result.output


@given(
    calls=st.integers(1, 60),
    rate=st.floats(0.001, 5),
    burst=st.integers(1, 30),
    reserve=st.floats(0, 1),
    behind=st.floats(-100, 5000),
)
def test_the_closed_form_is_what_waiting_for_each_token_takes(
    calls: int, rate: float, burst: int, reserve: float, behind: float
) -> None:
    now, amazon = 1e9, RatePlan(rate, burst)
    state: BucketState | None = BucketState(now + behind)
    told = Bucket(amazon, state).seconds(calls, now, reserve)
    clock = now
    for _ in range(calls):
        while (decision := gcra(state, amazon, clock, reserve)).wait > 0:
            clock += decision.wait * (1 + 1e-12) + 1e-6
        state = decision.state
    assert clock - now == pytest.approx(told, abs=0.02, rel=1e-3)


def test_a_day_must_be_a_day(deployment: Deployment) -> None:
    result = deployment.run("plan", "--from", "yesterday")
    assert result.exit_code == 2
    assert "2026-03-01" in result.output


def test_the_plan_says_which_operation_reads_the_orders_that_changed(healthy: Deployment) -> None:
    settings = load_settings()
    marks = Refreshes(healthy.clients, settings.identifiers_table)
    marks.ask(
        "orders_api", EU, [f"302-0000000-{n:07d}" for n in range(40)], "ORDER_CHANGE", datetime.now(UTC) - timedelta(minutes=5)
    )
    (orders,) = [o for o in plan(healthy, *YEAR)["orders"] if o["account_key"] == EU]
    (step,) = [s for s in orders["steps"] if s["operation"] == "getOrder"]
    assert (step["orders"], step["calls"]) == (40, 40)
    assert 15 < step["seconds"] < 30, "thirty at once, ten at one in two seconds"
    assert any(sentence.startswith("40 marked orders: getOrder, done in ") for sentence in orders["why"])
    told = " ".join(healthy.run("plan", *YEAR).output.split())
    assert f"Orders of {EU} by the API:" in told
    assert "40 marked orders: getOrder, done in " in told
    assert "by the API" not in healthy.run("plan", "--report", "settlements", *YEAR).output


def test_marks_that_cannot_be_read_are_a_note_and_not_a_failure(healthy: Deployment) -> None:
    healthy.clients.dynamodb.delete_table(TableName=load_settings().identifiers_table)
    told = plan(healthy, *YEAR)
    assert told["orders"] == []
    assert any(note.startswith(f"What orders_api of {EU} would read is not known.") for note in told["notes"])
