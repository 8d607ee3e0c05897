"""Messages from Amazon's queue: nothing is lost, nothing comes back for ever, and a client secret goes where it belongs only."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from spapi_assets.aws.secrets import read_credentials, write_credentials
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.notifications.take import take_notifications
from spapi_assets.ingest.notifications.taken import Taken
from spapi_assets.ingest.requesting import ask
from spapi_assets.ingest.sweep import sweep
from spapi_assets.spapi.auth import LwaClient, LwaCredentials
from spapi_assets.spapi.errors import ConfigurationError, ReauthorizationNeeded, Throttled
from tests.flow.amazon import Amazon, Clock
from tests.flow.conftest import SELLER, VENDOR
from tests.flow.test_upkeep import ORDERS, back

SECRET = "amzn1.oa2-cs.v1.the-new-secret"
SETTLEMENT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"


def send(ctx: IngestContext, kind: str, payload: Any) -> None:
    url = ctx.clients.sqs.get_queue_url(QueueName=ctx.settings.queue_name)["QueueUrl"]
    ctx.clients.sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"notificationType": kind, "payload": payload}))


def send_secret(ctx: IngestContext, client_id: str = "app") -> None:
    facts = {"clientId": client_id, "newClientSecret": SECRET, "oldClientSecretExpiryTime": "2026-03-27T00:00:00Z"}
    send(ctx, "APPLICATION_OAUTH_CLIENT_NEW_SECRET", {"applicationOAuthClientNewSecret": facts})


def send_finished(ctx: IngestContext, report_id: str, report_type: str, status: str = "DONE") -> None:
    facts = {
        "sellerId": SELLER.selling_partner_id,
        "reportId": report_id,
        "reportType": report_type,
        "processingStatus": status,
        "reportDocumentId": f"document-{report_id}",
    }
    send(ctx, "REPORT_PROCESSING_FINISHED", {"reportProcessingFinishedNotification": facts})


def take(ctx: IngestContext) -> Taken:
    return take_notifications(ctx, ctx.monotonic() + 30)


def left(ctx: IngestContext) -> dict[str, int]:
    return ctx.queue.counts()


@pytest.fixture
def connected(ctx: IngestContext) -> IngestContext:
    """Two accounts of one application."""
    for account in (SELLER, VENDOR):
        write_credentials(ctx.clients, account.secret, LwaCredentials("app", "the-old-secret", f"token of {account.name}"))
    return ctx


@pytest.fixture
def proved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Login with Amazon accepts everything and remembers what it was shown."""
    shown: list[str] = []

    def accept(self: LwaClient, scope: str | None = None, **_: Any) -> str:
        shown.append(self.credentials(fresh=True).client_secret)
        return "token"

    monkeypatch.setattr(LwaClient, "access_token", accept)
    return shown


def test_a_new_client_secret_is_proved_stored_for_all_accounts_of_the_application_and_its_message_deleted(
    connected: IngestContext, proved: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    send_secret(connected)
    taken = take(connected)
    for account in (SELLER, VENDOR):
        assert read_credentials(connected.clients, account.secret) == LwaCredentials("app", SECRET, f"token of {account.name}")
    assert proved == [SECRET]
    assert left(connected) == {"waiting": 0, "in_flight": 0, "dead": 0}
    assert SELLER.name in " ".join(taken.problems)
    assert SECRET not in " ".join(taken.problems) + taken.sentence
    assert SECRET not in "".join(r.getMessage() for r in caplog.records if r.name.startswith("spapi_assets"))
    assert list(connected.lake.list()) == []


def test_the_same_secret_twice_changes_nothing_more(connected: IngestContext, proved: list[str]) -> None:
    send_secret(connected)
    send_secret(connected)
    assert take(connected).counts == {"new client secret": 2}
    assert proved == [SECRET]


def test_the_message_of_an_older_secret_that_comes_again_replaces_nothing(connected: IngestContext, proved: list[str]) -> None:
    def told(secret: str, ends: str) -> None:
        facts = {"clientId": "app", "newClientSecret": secret, "newClientSecretExpiryTime": ends}
        send(connected, "APPLICATION_OAUTH_CLIENT_NEW_SECRET", {"applicationOAuthClientNewSecret": facts})

    for secret, ends in (("first", "2026-09-01T00:00:00Z"), (SECRET, "2026-09-03T00:00:00Z"), ("first", "2026-09-01T00:00:00Z")):
        told(secret, ends)
        taken = take(connected)
    assert read_credentials(connected.clients, SELLER.secret).client_secret == SECRET
    assert proved == ["first", SECRET]
    assert "older than the one stored" in taken.problems[0]
    assert left(connected) == {"waiting": 0, "in_flight": 0, "dead": 0}


def test_a_secret_of_an_unknown_application_is_deleted_and_named_by_its_client_id(connected: IngestContext) -> None:
    send_secret(connected, "other-app")
    taken = take(connected)
    assert read_credentials(connected.clients, SELLER.secret).client_secret == "the-old-secret"
    assert "other-app" in taken.problems[0]
    assert left(connected) == {"waiting": 0, "in_flight": 0, "dead": 0}


def test_a_secret_that_amazon_refuses_replaces_nothing_and_never_reaches_the_dead_letters(
    connected: IngestContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: LwaClient, scope: str | None = None, **_: Any) -> str:
        raise ConfigurationError("Login with Amazon refuses the client (invalid_client).")

    monkeypatch.setattr(LwaClient, "access_token", refuse)
    monkeypatch.setattr("spapi_assets.ingest.notifications.client_secrets.RELEASE_SECONDS", 0)
    send_secret(connected)
    words = [word for _ in range(8) for word in take(connected).counts]
    assert words[-1] == "deleted (client secret)"
    assert words.count("deleted (client secret)") == 1
    assert read_credentials(connected.clients, SELLER.secret).client_secret == "the-old-secret"
    assert left(connected) == {"waiting": 0, "in_flight": 0, "dead": 0}


def test_a_secrets_message_that_cannot_be_understood_is_deleted_and_not_copied(connected: IngestContext) -> None:
    send(connected, "APPLICATION_OAUTH_CLIENT_NEW_SECRET", {"something": {"newClientSecret": SECRET}})
    send(connected, "APPLICATION_OAUTH_CLIENT_NEW_SECRET", SECRET)
    taken = take(connected)
    assert left(connected) == {"waiting": 0, "in_flight": 0, "dead": 0}
    assert SECRET not in " ".join(taken.problems)


def test_the_warning_before_a_secret_ends_is_a_sentence(ctx: IngestContext) -> None:
    facts = {"clientId": "app", "clientSecretExpiryTime": "2026-05-01T00:00:00Z"}
    send(ctx, "APPLICATION_OAUTH_CLIENT_SECRET_EXPIRY", {"applicationOAuthClientSecretExpiry": facts})
    assert "app ends at 2026-05-01" in take(ctx).problems[0]
    assert left(ctx)["waiting"] == 0


@pytest.mark.parametrize("error", [Throttled("Spent.", retry_after=60.0), ReauthorizationNeeded("The authorization is gone.")])
def test_a_report_of_others_that_cannot_be_looked_up_now_is_found_by_the_list_and_its_message_does_not_come_back(
    ctx: IngestContext, amazon: Amazon, clock: Clock, error: Exception
) -> None:
    made = amazon.add("kestrel_eu", SETTLEMENT, ("A1PA6795UKMFR9",), status="DONE", document_id="d")
    amazon.faults["getReport"] = [error]
    send_finished(ctx, made.report_id, SETTLEMENT)
    assert take(ctx).counts == {"left to the sweep's list": 1}
    assert left(ctx) == {"waiting": 0, "in_flight": 0, "dead": 0}
    clock.forward(minutes=31)
    assert [r.report_id for r in sweep(ctx, 10).adopted] == [made.report_id]


def test_the_outcome_of_our_own_report_is_kept_even_when_its_reason_cannot_be_read_yet(
    ctx: IngestContext, amazon: Amazon, clock: Clock
) -> None:
    (asked,) = ask(ctx, ctx.registry.reports[ORDERS], back(ctx, 5), deadline=ctx.monotonic() + 1).created
    amazon.finish(str(asked.report_id), "FATAL", b"why")
    amazon.faults["getReportDocument"] = [Throttled("Spent.", retry_after=60.0)]
    send_finished(ctx, str(asked.report_id), asked.report_type, "FATAL")
    assert take(ctx).counts == {"FATAL": 1}
    assert left(ctx) == {"waiting": 0, "in_flight": 0, "dead": 0}
    assert [r.report_id for r in ctx.ledger.unjudged()] == [asked.report_id]
    sweep(ctx, 10)
    assert ctx.ledger.unjudged() == []


def test_a_message_whose_account_has_a_broken_ledger_entry_comes_back_and_the_others_are_taken(
    ctx: IngestContext, amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spapi_assets.aws.ledger import LedgerError

    records = ask(ctx, ctx.registry.reports[ORDERS], [*back(ctx, 9), *back(ctx, 5)], deadline=ctx.monotonic() + 1).created
    real = ctx.ledger.outcome

    def broken(account: str, info: Any, source: str) -> Any:
        if info.report_id == records[0].report_id:
            raise LedgerError("Its ledger item is being changed all the time.")
        return real(account, info, source)

    monkeypatch.setattr(ctx.ledger, "outcome", broken)
    for record in records:
        send_finished(ctx, str(record.report_id), record.report_type)
    taken = take(ctx)
    assert taken.counts == {"given back (error)": 1, "DONE": 1}
    assert "being changed all the time" in taken.problems[0]
    assert left(ctx)["in_flight"] == 1
