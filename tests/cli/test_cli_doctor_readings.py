"""The doctor on what should go on by itself with APIs: refusals, unfinished readings, changes and messages that wait."""

from __future__ import annotations

from datetime import timedelta

from spapi_assets.aws.ledger_records import Verdict
from spapi_assets.aws.queue import Message
from spapi_assets.ingest.context import build_context
from spapi_assets.ingest.diagnosis_readings import look_at_readings, look_at_spool
from spapi_assets.ingest.notifications.keeping import spool
from spapi_assets.ingest.notifications.route import Row
from spapi_assets.ingest.reading.document import refused
from spapi_assets.ingest.reading.spool import Spool
from spapi_assets.ingest.reading.tasks import Task
from spapi_assets.settings import load_settings

from .conftest import Deployment


def test_what_waits_too_long_is_a_warning_and_a_refused_api_a_failure_each_with_its_fix(healthy: Deployment) -> None:
    ctx = build_context(load_settings())
    account = ctx.settings.account("kestrel_eu")
    assert [line.fix for line in look_at_readings(ctx, account)] == [None]
    now, hours = ctx.now(), timedelta(hours=3)
    today = now.date()
    refused(
        ctx, ctx.registry.apis["finance_transactions"], account.name, now, today, today, Verdict.MISSING_ROLE, "Access is denied."
    )
    Spool.begin(ctx.lake, "listings_items", "kestrel_eu.DE", now - hours, today, today, {}, [Task(1)])
    ctx.refreshes.ask("catalog_items", "kestrel_eu.UK", ["B01"], "ITEM_PRODUCT_TYPE_CHANGE", now - hours)
    spool(ctx.lake, [(Row("any_offer_changed", "kestrel_eu"), Message("m", "r", "{}", 1, now))], now - hours)
    found = {line.check: line for line in (*look_at_readings(ctx, account), look_at_spool(ctx))}
    assert "denies finance_transactions of kestrel_eu (listTransactions)" in found["APIs"].sentence
    assert "spapi connect kestrel_eu" in str(found["APIs"].fix)
    assert "listings_items of kestrel_eu.DE since" in found["readings"].sentence
    assert "1 of catalog_items (kestrel_eu.UK) since" in found["changes"].sentence
    assert "1 messages are not rows yet" in found["message rows"].sentence
    lines = healthy.unhealthy()
    assert {("kestrel_eu", check) for check in ("APIs", "readings", "changes")} | {("aws", "message rows")} <= set(lines)
