"""Setting up the AWS side: everything is made once, and Amazon may send to the queue."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spapi_assets.aws.clients import AwsClients
from spapi_assets.aws.setup import queue_policy, set_up_aws
from spapi_assets.settings import Account, Settings

ACCOUNT = Account(name="a", kind="seller", region="eu", selling_partner_id="A", marketplaces=("DE",), secret="s")


@pytest.fixture(params=["folder", "s3"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    uri = "s3://brand-lake/amazon" if request.param == "s3" else str(tmp_path / "lake")
    return Settings(accounts=(ACCOUNT,), lake_uri=uri, first_date="2026-01-01")


def test_everything_is_made_once_and_then_found(aws: str, settings: Settings) -> None:
    clients = AwsClients()
    made = set_up_aws(clients, settings)
    assert len(made) == (7 if settings.lake_uri.startswith("s3") else 6)
    assert all(sentence.endswith(" made") for sentence in made)
    assert all(sentence.endswith(" was there") for sentence in set_up_aws(clients, settings))


def test_tables_cost_nothing_idle_and_list_by_status_without_scans(aws: str, settings: Settings) -> None:
    clients = AwsClients()
    set_up_aws(clients, settings)
    ledger = clients.dynamodb.describe_table(TableName="spapi-ledger")["Table"]
    assert ledger["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert [i["IndexName"] for i in ledger["GlobalSecondaryIndexes"]] == ["by_status"]
    lifetime = clients.dynamodb.describe_time_to_live(TableName="spapi-quota")["TimeToLiveDescription"]
    assert lifetime["AttributeName"] == "expires_at"


def test_the_queue_lets_amazon_send_and_puts_poison_aside(aws: str, settings: Settings) -> None:
    clients = AwsClients()
    set_up_aws(clients, settings)
    url = clients.sqs.get_queue_url(QueueName="spapi-notifications")["QueueUrl"]
    attributes = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    (statement,) = json.loads(attributes["Policy"])["Statement"]
    assert statement == queue_policy(attributes["QueueArn"])["Statement"][0]
    assert "437568002678" in json.dumps(statement["Principal"])
    assert sorted(statement["Action"]) == ["sqs:GetQueueAttributes", "sqs:SendMessage"]
    redrive = json.loads(attributes["RedrivePolicy"])
    assert int(redrive["maxReceiveCount"]) == 5
    assert redrive["deadLetterTargetArn"].endswith(":spapi-notifications-dlq")


def test_a_bucket_is_encrypted_and_closed(aws: str, settings: Settings) -> None:
    if not settings.lake_uri.startswith("s3://"):
        pytest.skip("the lake is a folder here: no bucket is made")
    clients = AwsClients()
    set_up_aws(clients, settings)
    rules = clients.s3.get_bucket_encryption(Bucket="brand-lake")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert all(clients.s3.get_public_access_block(Bucket="brand-lake")["PublicAccessBlockConfiguration"].values())
