"""The doctor: a healthy deployment passes; one broken thing is one failing line with its fix."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from spapi_assets.aws.setup import queue_policy
from spapi_assets.cli.doctor import _variables, examine
from spapi_assets.ingest.context import build_context
from spapi_assets.ingest.diagnosis import (
    Level,
    denied_types,
    judge_clock,
    judge_environment,
    judge_notifications,
    judge_queue_policy,
    judge_removals,
    judge_secret_age,
)
from spapi_assets.settings import load_settings
from spapi_assets.simulator.accounts import CLIENT_SECRET

from .conftest import TOKENS, Deployment

EU = "kestrel_eu"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def only(unhealthy: dict, about: str, check: str) -> dict:
    assert list(unhealthy) == [(about, check)], unhealthy
    return unhealthy[about, check]


def queue_url(d: Deployment) -> str:
    return d.clients.sqs.get_queue_url(QueueName="spapi-notifications")["QueueUrl"]


def test_a_healthy_deployment_passes_every_line_and_exits_with_zero(healthy: Deployment) -> None:
    result = healthy.run("doctor")
    assert result.exit_code == 0, result.output
    assert "FAIL" not in result.output
    assert "WARN" not in result.output
    for check in ("identity", "queue policy", "Login with Amazon", "clock", "roles", "marketplaces", "notifications"):
        assert check in result.output


def test_it_spends_no_createreport_quota_and_prints_no_secret(healthy: Deployment) -> None:
    result = healthy.run("doctor")
    assert "createReport" not in {e["operation"] for e in healthy.simulator.journal.entries() if "operation" in e}
    for secret in (CLIENT_SECRET, *TOKENS.values()):
        assert secret not in result.output


def test_before_setup_everything_of_aws_fails_and_names_the_command(deployment: Deployment) -> None:
    for account in TOKENS:
        deployment.store(account)
    unhealthy = deployment.unhealthy()
    missing = {check for about, check in unhealthy if about == "aws"}
    assert missing == {"ledger table", "quota table", "identifiers table", "queue", "dead letters", "Glue database"}
    assert all(unhealthy["aws", check]["fix"] == "Run `spapi setup`." for check in missing)
    assert deployment.run("doctor").exit_code == 1


def test_a_missing_secret_is_one_failing_line(healthy: Deployment) -> None:
    healthy.clients.secrets.delete_secret(SecretId=f"spapi/{EU}", ForceDeleteWithoutRecovery=True)
    line = only(healthy.unhealthy(), EU, "credentials")
    assert f"spapi connect {EU}" in line["fix"]


def test_an_incomplete_secret_is_one_failing_line(healthy: Deployment) -> None:
    healthy.clients.secrets.put_secret_value(SecretId=f"spapi/{EU}", SecretString=json.dumps({"client_id": "x"}))
    assert "client_secret" in only(healthy.unhealthy(), EU, "credentials")["sentence"]


def test_a_wrong_client_secret_is_found_although_a_cached_token_still_works(healthy: Deployment) -> None:
    healthy.store(EU, client_secret="an-old-one")
    line = only(healthy.unhealthy(), EU, "Login with Amazon")
    assert "--client-secret-file" in line["fix"]
    assert "an-old-one" not in str(line)


def test_a_revoked_refresh_token_is_one_failing_line(healthy: Deployment) -> None:
    healthy.store(EU, refresh_token="Atzr|revoked")
    line = only(healthy.unhealthy(), EU, "Login with Amazon")
    assert "Authorise the application again" in line["fix"]
    assert "Atzr|revoked" not in str(line)


def test_a_wrong_region_is_one_failing_line(healthy: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPAPI_ENDPOINT_URL", f"{healthy.simulator.url}/na")
    line = only(healthy.unhealthy("--account", EU), EU, "authorization")
    assert "region (eu)" in line["fix"]


def test_a_queue_that_amazon_may_not_send_to_is_one_failing_line(healthy: Deployment) -> None:
    healthy.clients.sqs.set_queue_attributes(QueueUrl=queue_url(healthy), Attributes={"Policy": ""})
    line = only(healthy.unhealthy(), "aws", "queue policy")
    assert "437568002678" in line["sentence"]
    assert line["fix"].startswith("Run `spapi setup`")
    assert healthy.run("setup").exit_code == 0
    assert not healthy.unhealthy()


def test_messages_that_were_put_aside_are_a_warning_and_no_failure(healthy: Deployment) -> None:
    url = healthy.clients.sqs.get_queue_url(QueueName="spapi-notifications-dlq")["QueueUrl"]
    healthy.clients.sqs.send_message(QueueUrl=url, MessageBody="{}")
    assert only(healthy.unhealthy(), "aws", "dead letters")["level"] == "WARN"
    assert healthy.run("doctor").exit_code == 0


def test_a_missing_subscription_is_one_failing_line_for_a_seller(healthy: Deployment) -> None:
    book = healthy.simulator.state.subscriptions
    for subscription in list(book._subscriptions.values()):
        book.remove(subscription.subscription_id)
    line = only(healthy.unhealthy(), EU, "notifications")
    assert f"spapi connect {EU}" in line["fix"]


def test_a_subscription_that_delivers_elsewhere_fails_and_connect_redirects_it(
    healthy: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPAPI_QUEUE_NAME", "another-queue")
    assert healthy.run("setup").exit_code == 0
    line = only(healthy.unhealthy("--account", EU), EU, "notifications")
    assert "--redirect" in line["fix"]
    assert "was left alone" in healthy.run("connect", EU).output
    assert "subscribed to" in healthy.run("connect", EU, "--redirect").output
    assert not healthy.unhealthy("--account", EU)


def test_a_missing_role_names_report_and_role(healthy: Deployment) -> None:
    # The packed call is denied, and then the first type alone: GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA.
    healthy.simulator.faults.add("403_denied", operation="getReports", account=EU, times=2)
    line = only(healthy.unhealthy(), EU, "roles")
    assert "fba_inventory" in line["sentence"]
    assert "Amazon Fulfillment" in line["fix"]


def test_a_marketplace_without_participation_is_one_failing_line(healthy: Deployment) -> None:
    healthy.write_accounts(kestrel_eu={"marketplaces": ["DE", "UK", "PL"]})
    assert "PL" in only(healthy.unhealthy(), EU, "marketplaces")["sentence"]


def test_an_unreachable_endpoint_is_one_failing_line(healthy: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPAPI_ENDPOINT_URL", "http://127.0.0.1:9")
    assert "SPAPI_ENDPOINT_URL" in only(healthy.unhealthy("--account", EU), EU, "endpoint")["fix"]


def test_a_lake_that_cannot_be_written_is_one_failing_line(healthy: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPAPI_LAKE_URI", "/proc/nowhere")
    assert "SPAPI_LAKE_URI" in only(healthy.unhealthy(), "aws", "lake")["fix"]


def test_a_clock_ten_minutes_ahead_is_one_failing_line_for_each_account(healthy: Deployment) -> None:
    context = build_context(load_settings())
    context.now = lambda: datetime.now(UTC) + timedelta(minutes=10)
    bad = [line for line in examine(context, context.settings.accounts[:1]) if line.level is Level.FAIL]
    assert [(line.about, line.check) for line in bad] == [(EU, "clock")]
    assert "NTP" in str(bad[0].fix)


def test_aws_that_cannot_be_reached_is_one_failing_line_and_the_rest_is_skipped(
    healthy: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    lines = healthy.json("doctor")
    assert [(x["about"], x["check"]) for x in lines if x["level"] == "FAIL"] == [("aws", "identity")]
    assert sum(x["level"] == "SKIP" for x in lines) > 5


def test_settings_that_cannot_be_read_are_the_only_line(deployment: Deployment) -> None:
    deployment.accounts_file.write_text("accounts: []")
    lines = deployment.json("doctor")
    assert [x["level"] for x in lines] == ["FAIL"]


def test_a_clock_two_minutes_behind_passes_and_three_fail() -> None:
    header = "Mon, 23 Nov 2026 12:00:00 GMT"
    assert judge_clock("a", header, NOW - timedelta(seconds=119)).level is Level.PASS
    assert judge_clock("a", header, NOW - timedelta(minutes=3)).level is Level.FAIL
    assert judge_clock("a", None, NOW).level is Level.WARN


def test_a_misspelt_variable_is_a_warning_with_the_right_name() -> None:
    (line,) = judge_environment(["SPAPI_LAKE_URL", "SPAPI_ATHENA_SCHEMA", "HOME"], ["SPAPI_LAKE_URI"])
    assert line.level is Level.WARN
    assert line.fix == "Rename it to SPAPI_LAKE_URI."


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("SPAPI_DBT_TARGT", "SPAPI_DBT_TARGET"),
        ("SPAPI_ATHENA_WORKGROUPS", "SPAPI_ATHENA_WORKGROUP"),
        ("LWA_ENDPOINT_URI", "LWA_ENDPOINT_URL"),
    ],
)
def test_a_misspelt_variable_of_dbt_or_of_login_with_amazon_is_found_too(wrong: str, right: str) -> None:
    (line,) = judge_environment([wrong], ["SPAPI_DBT_TARGET", "LWA_ENDPOINT_URL"])
    assert line.fix == f"Rename it to {right}."


def test_every_variable_that_the_dbt_project_reads_is_known_to_the_doctor() -> None:
    project = Path(__file__).resolve().parents[2] / "dbt_project"
    read = {
        name
        for file in [*project.glob("*.yml"), *project.glob("macros/**/*.sql")]
        for name in re.findall(r"env_var\('(SPAPI_[A-Z_]+)'", file.read_text("utf-8"))
    }
    assert "SPAPI_DBT_THREADS" in read
    assert [x.level for x in judge_environment(read, _variables())] == [Level.PASS]


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ({}, Level.PASS),
        ({"Action": "SQS:*", "Principal": "*"}, Level.PASS),
        ({"Action": ["sqs:SendMessage"]}, Level.FAIL),
        ({"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}, Level.FAIL),
        ({"Effect": "Deny"}, Level.FAIL),
    ],
)
def test_a_queue_policy_must_let_amazon_send_and_look(change: dict, level: Level) -> None:
    policy = queue_policy("arn:aws:sqs:eu-west-1:1:q")
    policy["Statement"][0] |= change
    assert judge_queue_policy(json.dumps(policy), "q").level is level


def test_denied_types_are_found_one_by_one_only_when_the_pack_is_denied() -> None:
    calls: list[list[str]] = []

    def allowed(types) -> str | None:
        calls.append(list(types))
        return "denied" if "B" in types else None

    assert denied_types(["A", "B", "C"], allowed) == {"B": "denied"}
    assert calls == [["A", "B", "C"], ["A"], ["B"], ["C"]]
    calls.clear()
    assert denied_types([f"T{n}" for n in range(12)], allowed) == {}
    assert [len(c) for c in calls] == [10, 2]


def test_a_report_that_amazon_removes_within_90_days_is_a_warning_and_afterwards_a_failure(healthy: Deployment) -> None:
    report = build_context(load_settings()).registry.reports["settlements"]

    def level(day: str | None) -> Level:
        return judge_removals([report.model_copy(update={"removal_date": day})], NOW.date())[0].level

    assert [level(d) for d in (None, "2027-06-01", "2027-01-01", "2026-11-23")] == [
        Level.PASS,
        Level.PASS,
        Level.WARN,
        Level.FAIL,
    ]


def test_a_client_secret_near_its_end_is_a_warning(healthy: Deployment) -> None:
    account = load_settings().account(EU)
    assert judge_secret_age(account, NOW - timedelta(days=100), NOW) is None
    line = judge_secret_age(account, NOW - timedelta(days=160), NOW)
    assert line is not None
    assert line.level is Level.WARN


def test_silence_of_the_queue_is_a_warning_only_when_reports_finished_meanwhile() -> None:
    long_ago = NOW - timedelta(days=5)
    assert judge_notifications(long_ago, 1, 3, NOW).level is Level.WARN
    assert judge_notifications(long_ago, 1, 0, NOW).level is Level.PASS
    assert judge_notifications(None, 0, 3, NOW).level is Level.PASS
    assert judge_notifications(NOW - timedelta(hours=1), 1, 3, NOW).level is Level.PASS
