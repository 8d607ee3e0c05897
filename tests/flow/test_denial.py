"""A type that Amazon denies is asked for once, shown as denied everywhere, and asked for again when that can have changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from spapi_assets.aws.denials import lift_all
from spapi_assets.ingest.completeness import judge
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.coverage import coverage
from spapi_assets.ingest.diagnosis_accounts import Heard, look_at_account
from spapi_assets.ingest.diagnosis_aws import AwsSide
from spapi_assets.ingest.requesting import ask
from spapi_assets.ingest.sweep import sweep
from spapi_assets.lake.layout import Partition
from spapi_assets.simulator.server import Simulator

pytestmark = pytest.mark.end_to_end
KEY = "kestrel_eu.DE"
NAMES = ("search_terms", "search_terms_weekly", "market_basket", "repeat_purchase_weekly")


def ask_for(ctx: IngestContext, name: str, first: int, last: int, *, force: bool = False) -> list[str]:
    days = [Partition.of(KEY, ctx.now().date() - timedelta(days=n)) for n in range(last, first + 1)]
    return ask(ctx, ctx.registry.reports[name], days, deadline=ctx.monotonic() + 10, force=force).problems


def calls(simulator: Simulator) -> Counter[str]:
    return Counter(e["body"]["reportType"] for e in simulator.journal.entries("createReport"))


@pytest.fixture
def analytics(real: IngestContext, simulator: Simulator) -> IngestContext:
    """The deployment takes seller analytics, which Amazon keeps for registered brands; this seller has none."""
    mine = real.settings.account("kestrel_eu").model_copy(update={"reports": ("analytics",), "marketplaces": ("DE",)})
    real.settings = real.settings.model_copy(update={"accounts": (mine,)})
    directory = simulator.state.directory
    poor = tuple(replace(account, brand_registered=False) for account in directory.accounts)
    object.__setattr__(directory, "accounts", poor)
    return real


def test_a_denied_family_costs_one_call_a_type_however_many_days_and_periods_are_wanted(
    analytics: IngestContext, simulator: Simulator
) -> None:
    for morning in range(2):  # the days of another morning are new ones
        for name in NAMES:
            ask_for(analytics, name, 30 + morning, 3)
        sweep(analytics, 10)
    types = {analytics.registry.reports[name].report_type for name in NAMES}
    assert calls(simulator) == dict.fromkeys(types, 1)


def test_what_is_denied_is_shown_as_denied_by_coverage_completeness_and_doctor(analytics: IngestContext) -> None:
    ask_for(analytics, "search_terms", 10, 3)
    today = analytics.now().date()
    rows = list(coverage(analytics, today - timedelta(days=10), today - timedelta(days=3), datasets={"search_terms"}))
    assert {row.state for row in rows} == {"denied"}
    assert all("spapi connect" in row.next_action or "re-authorized" in row.next_action for row in rows)
    verdict = judge(rows, analytics.registry.reports, analytics.now())["search_terms"]
    assert list(verdict.wrong) == [KEY]
    side = AwsSide(reachable=True, quota_table=True, ledger_table=True)
    account = analytics.settings.account("kestrel_eu")
    lines = [line for line in look_at_account(analytics, account, side, Heard()) if line.check == "roles" and line.fix]
    (line,) = lines  # one line for the type, whatever its periods
    assert "search_terms_weekly" in line.sentence
    assert "spapi connect kestrel_eu" in str(line.fix)


def test_after_a_new_authorization_everything_denied_is_asked_for_once_more(
    analytics: IngestContext, simulator: Simulator
) -> None:
    ask_for(analytics, "search_terms", 4, 3)
    assert lift_all(analytics.ledger, "kestrel_eu") == ["GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT"]
    for _ in range(2):
        ask_for(analytics, "search_terms", 4, 3)
    assert calls(simulator)["GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT"] == 2  # it is denied again, and that stands again


def test_a_person_may_ask_for_a_denied_report_with_force(analytics: IngestContext, simulator: Simulator) -> None:
    ask_for(analytics, "search_terms", 4, 3)
    ask_for(analytics, "search_terms", 4, 4)
    assert calls(simulator).total() == 1
    ask_for(analytics, "search_terms", 4, 4, force=True)
    assert calls(simulator).total() == 2
