"""`spapi setup` and `spapi connect`, and the `spapi` process itself: exit codes, sentences, no secret on any stream."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from spapi_assets.aws.secrets import read_credentials
from spapi_assets.simulator.accounts import CLIENT_ID, CLIENT_SECRET

from .conftest import TOKENS, Deployment

EU = "kestrel_eu"
SPAPI = str(Path(sys.executable).parent / "spapi")


def files(folder: Path, secret: str = CLIENT_SECRET, token: str = TOKENS[EU]) -> list[str]:
    (folder / "secret").write_text(secret + "\n")
    (folder / "token").write_text(token + "\n")
    return [
        *("--client-id", CLIENT_ID),
        *("--client-secret-file", str(folder / "secret")),
        *("--refresh-token-file", str(folder / "token")),
    ]


def test_setup_says_what_it_made_and_the_second_time_that_it_was_there(deployment: Deployment) -> None:
    dry = deployment.run("setup", "--dry-run").output
    assert "DynamoDB table spapi-ledger would be made" in dry
    assert deployment.clients.dynamodb.list_tables()["TableNames"] == []
    first = deployment.run("setup").output
    assert "DynamoDB table spapi-ledger made" in first
    assert "SQS queue spapi-notifications-dlq made" in first
    second = deployment.run("setup").output
    assert "made" not in second
    assert "Glue database spapi_raw was there" in second
    assert "would be made" not in deployment.run("setup", "--dry-run").output


def test_setup_makes_the_bucket_of_a_lake_in_s3(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPAPI_LAKE_URI", "s3://a-new-lake/prefix")
    assert "S3 bucket a-new-lake would be made" in deployment.run("setup", "--dry-run").output
    assert "S3 bucket a-new-lake made" in deployment.run("setup").output


def test_connect_stores_proves_compares_and_subscribes_and_may_be_repeated(deployment: Deployment, tmp_path: Path) -> None:
    deployment.run("setup")
    result = deployment.run("connect", EU, *files(tmp_path))
    assert result.exit_code == 0, result.output
    assert "credentials stored in secret spapi/kestrel_eu" in result.output
    assert "Takes part in DE, UK. It also takes part in ES, FR, IT" in result.output
    assert "subscribed to REPORT_PROCESSING_FINISHED" in result.output
    assert read_credentials(deployment.clients, "spapi/kestrel_eu").refresh_token == TOKENS[EU]
    again = deployment.run("connect", EU)
    assert "already subscribed" in again.output
    assert "stored" not in again.output
    for secret in (CLIENT_SECRET, TOKENS[EU]):
        assert secret not in result.output + again.output


def test_credentials_that_amazon_refuses_do_not_replace_those_that_work(healthy: Deployment, tmp_path: Path) -> None:
    result = healthy.run("connect", EU, *files(tmp_path, secret="wrong-secret"))
    assert result.exit_code == 1
    assert "wrong-secret" not in str(result.exception)
    assert read_credentials(healthy.clients, "spapi/kestrel_eu").client_secret == CLIENT_SECRET


def test_a_rotated_secret_is_replaced_alone_from_stdin_and_the_rest_is_kept(healthy: Deployment) -> None:
    healthy.store(EU, client_secret="outdated")
    result = healthy.run("connect", EU, "--client-secret-file", "-", input=CLIENT_SECRET)
    assert result.exit_code == 0, result.output
    found = read_credentials(healthy.clients, "spapi/kestrel_eu")
    assert (found.client_secret, found.refresh_token) == (CLIENT_SECRET, TOKENS[EU])


def test_the_environment_can_carry_the_credentials(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment.run("setup")
    for name, value in {"ID": CLIENT_ID, "SECRET": CLIENT_SECRET}.items():
        monkeypatch.setenv(f"LWA_CLIENT_{name}", value)
    monkeypatch.setenv("LWA_REFRESH_TOKEN", TOKENS["kestrel_vendor_us"])
    result = deployment.run("connect", "kestrel_vendor_us")
    assert result.exit_code == 0, result.output


def test_without_a_terminal_a_missing_value_is_a_sentence_that_names_the_option(deployment: Deployment) -> None:
    deployment.run("setup")
    result = deployment.run("connect", EU, "--client-id", CLIENT_ID)
    assert result.exit_code == 1
    assert "--client-secret-file" in str(result.exception)


def test_a_queue_that_is_not_there_yet_is_a_sentence_that_names_setup(deployment: Deployment, tmp_path: Path) -> None:
    deployment.run("setup")
    url = deployment.clients.sqs.get_queue_url(QueueName="spapi-notifications")["QueueUrl"]
    deployment.clients.sqs.delete_queue(QueueUrl=url)
    result = deployment.run("connect", EU, *files(tmp_path))
    assert result.exit_code == 1
    assert "spapi setup" in " ".join(result.output.split())


def spapi(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SPAPI, *arguments], capture_output=True, text=True, timeout=120, check=False)


def test_the_process_ends_with_one_and_a_sentence_on_stderr_when_an_account_is_unknown(deployment: Deployment) -> None:
    done = spapi("connect", "nobody")
    assert done.returncode == 1
    assert "known accounts: kestrel_eu, kestrel_vendor_us" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_process_ends_with_one_when_the_doctor_finds_a_failure_and_with_zero_when_all_is_well(deployment: Deployment) -> None:
    done = spapi("doctor", "--json")
    assert done.returncode == 1
    assert any(line["level"] == "FAIL" for line in json.loads(done.stdout))
    deployment.connected()
    well = spapi("doctor")
    assert well.returncode == 0, well.stdout + well.stderr
    assert "\x1b[" not in well.stdout  # plain when piped
    assert "PASS aws: queue policy." in well.stdout


def test_aws_without_a_table_is_a_sentence_and_no_traceback(deployment: Deployment) -> None:
    done = spapi("coverage")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "spapi doctor" in done.stderr


def test_help_is_quick_because_nothing_heavy_is_imported() -> None:
    code = "import sys; sys.argv=['spapi','--help']; from spapi_assets.cli import cli; cli(standalone_mode=False)"
    check = "; assert not {'pyarrow','boto3','dagster','rich'} & set(sys.modules), 'heavy imports'"
    done = subprocess.run([sys.executable, "-c", code + check], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
