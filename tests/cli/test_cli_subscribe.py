"""`spapi subscribe` and `spapi rotate`: every account subscribed once, nothing of others touched, a message seen to arrive."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from spapi_assets.aws.delivery import KEY_ACTIONS, key_statement, missing_grants, queue_policy
from spapi_assets.aws.heard import SecretEnd, remember_secret_end, secret_ends, subscriptions
from spapi_assets.aws.table import Table
from spapi_assets.ingest.context import IngestContext, build_context
from spapi_assets.ingest.notifications.types import Transport, subscribable
from spapi_assets.ingest.onboarding import connect, set_up
from spapi_assets.ingest.secret_expiry import secret_expiry_findings
from spapi_assets.settings import load_settings
from spapi_assets.simulator.accounts import CLIENT_ID, CLIENT_SECRET
from spapi_assets.spapi.auth import LwaCredentials
from tests.model_server import ModelServer

from .conftest import ACCOUNTS, TOKENS, Deployment

EU, VENDOR = "kestrel_eu", "kestrel_vendor_us"
BUS = "111122223333:eu-west-1"
BURST = {"change": "burst", "skus": 20, "changes": 60}


def context() -> IngestContext:
    return build_context(load_settings())


def ledger(deployment: Deployment) -> Table:
    return Table(deployment.clients, "spapi-ledger")


@pytest.fixture
def ready(deployment: Deployment) -> Deployment:
    """Set up and with credentials, but not subscribed to anything."""
    set_up(context())
    for account in ACCOUNTS:
        deployment.store(account)
    return deployment


def held(deployment: Deployment, account: str) -> set[str]:
    """The notification types an account is subscribed to at Amazon."""
    book = deployment.simulator.state.subscriptions
    return {s.notification_type for s in book._subscriptions.values() if s.account.name == account}


def test_every_account_gets_what_its_kind_can_have_once_and_the_message_arrives(ready: Deployment) -> None:
    dry = ready.run("subscribe", "--dry-run", "--event-bridge", BUS, "--account", EU)
    assert f"{EU}: would be subscribed to ORDER_CHANGE 1.0 on arn:" in dry.output
    assert f"{EU}: a destination for EventBridge 111122223333 in eu-west-1 would be made" in dry.output
    assert held(ready, EU) == set()
    assert context().queue.counts()["waiting"] == 0
    first = ready.run("subscribe")
    assert first.exit_code == 0, first.output
    assert "The self-test was taken" in first.output
    for account, fields in ACCOUNTS.items():
        wanted = {t.name for t in subscribable(fields["kind"], Transport.SQS)}  # type: ignore[arg-type]
        assert held(ready, account) == wanted
    assert "ORDER_CHANGE" not in held(ready, VENDOR)
    assert "ITEM_SALES_EVENT_CHANGE" in held(ready, VENDOR)
    assert set(subscriptions(ledger(ready)).values()) == {EU, VENDOR}
    again = ready.run("subscribe", "--verify", "0")
    assert again.exit_code == 0
    assert ": subscribed to" not in again.output
    assert f"{EU}: already subscribed to REPORT_PROCESSING_FINISHED, " in again.output
    assert "not without EventBridge (--event-bridge ACCOUNT_ID:REGION): LISTINGS_ITEM_STATUS_CHANGE" in again.output
    assert json.dumps(queue_policy(context().queue.arn), indent=2) in again.output
    assert json.dumps(key_statement(), indent=2) in again.output


def test_listings_come_through_eventbridge_and_the_way_from_there_is_printed(ready: Deployment) -> None:
    result = ready.run("subscribe", "--account", EU, "--event-bridge", BUS, "--types", "LISTINGS_ITEM_ISSUES_CHANGE,order_change")
    assert result.exit_code == 1  # the queue's policy does not let the rule in yet
    assert "does not let EventBridge's rules send to it" in result.output
    assert held(ready, EU) == {"LISTINGS_ITEM_ISSUES_CHANGE", "ORDER_CHANGE"}
    book = ready.simulator.state.subscriptions
    (made,) = [s for s in book._subscriptions.values() if s.notification_type == "LISTINGS_ITEM_ISSUES_CHANGE"]
    assert made.payload_version == "2023-12-13"
    source = "aws.partner/sellingpartnerapi.amazon.com/111122223333/amzn1.sp.solution.simulator"
    assert f"aws events put-targets --region eu-west-1 --event-bus-name {source} --rule" in result.output
    arn = context().queue.arn
    url = ready.clients.sqs.get_queue_url(QueueName="spapi-notifications")["QueueUrl"]
    policy = json.dumps(queue_policy(arn, event_bridge=True))
    ready.clients.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    set_up(context())  # which must not take the rule's permission away again
    assert (
        ready.run("subscribe", "--account", EU, "--event-bridge", BUS, "--types", "ORDER_CHANGE", "--verify", "0").exit_code == 0
    )


def test_a_subscription_that_delivers_elsewhere_is_left_alone_and_said(
    ready: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ready.run("subscribe", "--account", EU, "--types", "ORDER_CHANGE", "--verify", "0").exit_code == 0
    monkeypatch.setenv("SPAPI_QUEUE_NAME", "another-queue")
    set_up(context())
    before = dict(ready.simulator.state.subscriptions._subscriptions)
    result = ready.run("subscribe", "--account", EU, "--types", "ORDER_CHANGE", "--verify", "0")
    assert "its subscription to ORDER_CHANGE delivers to another destination" in result.output
    assert "left alone" in " ".join(result.output.split())
    assert ready.simulator.state.subscriptions._subscriptions == before
    result = ready.run("subscribe", "--account", EU, "--types", "ORDER_CHANGE", "--verify", "0", "--redirect")
    assert "subscribed to ORDER_CHANGE on arn:aws:sqs:eu-west-1:123456789012:another-queue" in result.output


def test_an_unknown_type_and_a_bad_event_bus_are_sentences(ready: Deployment) -> None:
    assert "'ORDERS' is no notification type" in str(ready.run("subscribe", "--types", "ORDERS").exception)
    assert "111122223333:eu-west-1" in ready.run("subscribe", "--event-bridge", "eu-west-1").output


def test_what_the_real_policies_lack_is_said_and_fails(ready: Deployment) -> None:
    url = ready.clients.sqs.get_queue_url(QueueName="spapi-notifications")["QueueUrl"]
    kms = ready.clients.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    ready.clients.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": "", "KmsMasterKeyId": key})
    result = ready.run("subscribe", "--account", EU, "--types", "REPORT_PROCESSING_FINISHED", "--verify", "0")
    assert result.exit_code == 1
    told = " ".join(result.output.split())
    assert "does not let Amazon (437568002678) SendMessage and GetQueueAttributes" in told
    assert f"does not let Amazon (437568002678) {' and '.join(KEY_ACTIONS)}" in told
    root = {
        "Sid": "root",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = {"Version": "2012-10-17", "Statement": [root, key_statement()]}
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    ctx = context()
    assert [s for s in missing_grants(ctx.clients, ctx.queue) if "Key" in s] == []
    ready.clients.sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "alias/aws/sqs"})
    assert any("no other account may use" in s for s in missing_grants(ctx.clients, ctx.queue))


def test_a_message_that_does_not_arrive_is_said_with_what_to_do(ready: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    from spapi_assets.ingest.notifications import arriving
    from spapi_assets.ingest.notifications.taken import Taken

    monkeypatch.setattr(arriving, "take_notifications", lambda *_: Taken())  # as if this process were given nothing
    result = ready.run("subscribe", "--account", EU, "--types", "REPORT_PROCESSING_FINISHED", "--verify", "1")
    assert result.exit_code == 1
    assert "It was not taken within 1 s" in result.output
    assert "sqs:ReceiveMessage" in result.output


@pytest.fixture
def amazon(ready: Deployment, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The application at a server built from Amazon's models alone."""
    monkeypatch.setenv("SPAPI_ENDPOINT_URL", model_server.url)
    monkeypatch.setenv("LWA_ENDPOINT_URL", model_server.url)
    return model_server


def test_rotating_asks_once_in_amazons_words_and_a_dry_run_not_at_all(deployment: Deployment, amazon: ModelServer) -> None:
    dry = deployment.run("rotate", EU, "--dry-run")
    assert f"Application {CLIENT_ID} is used by {EU}, {VENDOR}" in dry.output
    assert amazon.calls["rotateApplicationClientSecret"] == 0
    result = deployment.run("rotate", EU)
    assert result.exit_code == 0, result.output
    assert "It comes by the application's queue" in result.output
    assert amazon.calls["rotateApplicationClientSecret"] == 1
    amazon.legal()


def test_an_application_without_a_queue_at_amazon_is_told_where_to_register_one(
    deployment: Deployment, amazon: ModelServer
) -> None:
    said = "Application is not enrolled for rotation notification."
    text = json.dumps({"errors": [{"code": "InvalidInput", "message": said}]})
    amazon.fail("rotateApplicationClientSecret", 1, status=400, text=text)
    result = deployment.run("rotate", EU)
    assert result.exit_code == 1
    assert "not enrolled" in str(result.exception)
    assert "Register spapi-notifications" in str(result.exception)


def test_the_sandboxs_test_notification_is_asked_for_in_amazons_words(deployment: Deployment, amazon: ModelServer) -> None:
    context().apis(EU).notifications.send_test("REPORT_PROCESSING_FINISHED", "d-1", "1.0")
    (request,) = amazon.requests
    assert request.body == {"destinationId": "d-1", "testNotification": {"payloadVersion": "1.0"}}
    amazon.legal()


def test_a_client_secret_that_ends_within_thirty_days_fails_with_its_accounts_until_another_is_stored(
    healthy: Deployment,
) -> None:
    now = datetime.now(UTC)
    table = ledger(healthy)
    assert remember_secret_end(table, SecretEnd(CLIENT_ID, now + timedelta(days=40), now - timedelta(days=2)))
    assert remember_secret_end(table, SecretEnd("another-application", now, now))
    (finding,) = secret_expiry_findings(context(), now)
    assert finding.passed
    assert not healthy.unhealthy()
    (finding,) = secret_expiry_findings(context(), now + timedelta(days=11))
    assert not finding.passed
    assert finding.accounts == (EU, VENDOR)
    assert f"in 29 days: run `spapi rotate {EU}`" in finding.sentence
    assert remember_secret_end(table, SecretEnd(CLIENT_ID, now + timedelta(days=5), now - timedelta(days=1)))
    assert not remember_secret_end(table, SecretEnd(CLIENT_ID, now + timedelta(days=90), now - timedelta(days=3)))  # came late
    from spapi_assets.assets.client_secrets import client_secrets_check

    checked = client_secrets_check()(platform=SimpleNamespace(context=context))
    assert not checked.passed
    assert f"({EU}, {VENDOR}) ends at" in checked.description
    line = healthy.unhealthy()["aws", "client secrets"]
    assert (line["level"], line["fix"]) == ("FAIL", f"Run `spapi rotate {EU}`.")
    healthy.store(EU, client_secret="the-one-that-ends")
    credentials = LwaCredentials(CLIENT_ID, CLIENT_SECRET, TOKENS[EU])
    list(connect(context(), load_settings().account(EU), credentials))
    assert [e.client_id for e in secret_ends(table)] == ["another-application"]
    assert not healthy.unhealthy()


def test_the_doctor_names_types_nobody_knows_and_how_many_came(healthy: Deployment) -> None:
    from spapi_assets.ingest.notifications.take import take_notifications

    ctx = context()
    for number in range(3):
        ctx.queue.send(json.dumps({"notificationType": "BRAND_NEW", "payload": {"n": number}}))
    taken = take_notifications(ctx, ctx.monotonic() + 10)
    assert "3 of the unknown type BRAND_NEW" in taken.sentence
    line = healthy.unhealthy()["aws", "message types"]
    assert line["level"] == "WARN"
    assert "3 BRAND_NEW (unknown" in line["sentence"]
    assert len(list(ctx.lake.list("archive/notifications/unknown/type=BRAND_NEW"))) == 1


def test_what_changes_at_amazon_becomes_marks_and_rows_by_queue_and_event_bus(ready: Deployment) -> None:
    from spapi_assets.ingest.notifications.tables import load_batches
    from spapi_assets.ingest.notifications.take import take_notifications

    types = "LISTINGS_ITEM_MFN_QUANTITY_CHANGE,LISTINGS_ITEM_ISSUES_CHANGE,BRANDED_ITEM_CONTENT_CHANGE,ANY_OFFER_CHANGED"
    printed = ready.run(
        *("subscribe", "--account", EU, "--types", types, "--event-bridge", "123456789012:eu-west-1", "--verify", "0")
    )
    events, ctx = ready.clients.client("events"), context()
    for line in (shlex.split(x) for x in printed.output.splitlines() if x.startswith("  aws events")):
        given = dict(zip(line[3::2], line[4::2], strict=True))
        bus = given.get("--event-bus-name", given.get("--name"))
        if line[2] == "create-event-bus":
            events.create_event_bus(Name=given["--name"], EventSourceName=given["--event-source-name"])
        elif line[2] == "put-rule":
            events.put_rule(Name=given["--name"], EventBusName=bus, EventPattern=given["--event-pattern"])
        else:
            target = dict(part.split("=", 1) for part in given["--targets"].split(","))
            events.put_targets(Rule=given["--rule"], EventBusName=bus, Targets=[target])
    for command, body in (("articles", {"account": EU, "count": 20}), ("changes", {**BURST, "account": EU})):
        answer = requests.post(f"{ready.simulator.url}/simulator/{command}", json=body, timeout=30)
        assert answer.ok, answer.text
    assert ready.simulator.state.publisher.flush()
    taken = take_notifications(ctx, ctx.monotonic() + 20)
    landed = load_batches(ctx, ctx.monotonic() + 60, settle=timedelta(0))
    kinds = {"LISTINGS_ITEM_ISSUES_CHANGE", "LISTINGS_ITEM_MFN_QUANTITY_CHANGE"}
    assert (set(taken.counts), sum(taken.counts.values()), taken.marks) == (kinds, answer.json()["notifications"], 40)
    assert {place: count for place, (count, _) in ctx.refreshes.waiting().items()} == {
        ("listings_items", "kestrel_eu.DE"): 20,
        ("listings_items", "kestrel_eu.UK"): 20,
    }
    assert (landed.messages, landed.problems) == (60, [])
    assert {load.quarantined for _, _, result in landed.documents for load in result.datasets.values()} == {0}
    assert not ready.unhealthy("--account", EU).keys() & {("aws", "message types"), ("aws", "dead letters")}
