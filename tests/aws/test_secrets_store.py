"""Credentials and cached access tokens in Secrets Manager."""

from __future__ import annotations

import json
import time

import boto3
import pytest

from spapi_assets.aws.clients import AwsClients
from spapi_assets.aws.secrets import SecretsTokenCache, read_credentials, write_credentials
from spapi_assets.spapi.auth import AccessToken, LwaCredentials
from spapi_assets.spapi.errors import ConfigurationError

CREDENTIALS = LwaCredentials("client", "topsecret", "Atzr|topsecret")


@pytest.fixture
def cache(aws: str) -> SecretsTokenCache:
    boto3.client("dynamodb").create_table(
        TableName="spapi-quota",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return SecretsTokenCache(AwsClients(), "spapi-quota")


def test_credentials_are_read_as_written_and_can_be_replaced(aws: str) -> None:
    clients = AwsClients()
    write_credentials(clients, "spapi/kestrel_eu", CREDENTIALS)
    assert read_credentials(clients, "spapi/kestrel_eu") == CREDENTIALS
    rotated = LwaCredentials("client", "next", "Atzr|topsecret")
    write_credentials(clients, "spapi/kestrel_eu", rotated)
    assert read_credentials(clients, "spapi/kestrel_eu") == rotated


def test_a_line_end_pasted_with_a_secret_is_taken_off(aws: str) -> None:
    text = json.dumps({"client_id": " client", "client_secret": "topsecret\n", "refresh_token": "Atzr|topsecret\r\n"})
    boto3.client("secretsmanager").create_secret(Name="spapi/pasted", SecretString=text)
    assert read_credentials(AwsClients(), "spapi/pasted") == CREDENTIALS


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (None, "no secret spapi/x"),
        ("not JSON topsecret", "missing or empty: client_id"),
        ('{"client_id": "client", "client_secret": ""}', "client_secret"),
    ],
)
def test_a_missing_or_incomplete_secret_is_named_without_its_content(aws: str, stored: str | None, said: str) -> None:
    if stored is not None:
        boto3.client("secretsmanager").create_secret(Name="spapi/x", SecretString=stored)
    with pytest.raises(ConfigurationError, match=said) as caught:
        read_credentials(AwsClients(), "spapi/x")
    assert "topsecret" not in str(caught.value)


def test_a_cached_token_keeps_its_end_and_is_replaced(cache: SecretsTokenCache) -> None:
    assert cache.get("f") is None
    cache.put("f", AccessToken("Atza|1", 1_800_000_000.5, 3600))
    cache.put("f", AccessToken("Atza|2", 1_800_003_600.5, 60))
    assert SecretsTokenCache(AwsClients(), "spapi-quota").get("f") == AccessToken("Atza|2", 1_800_003_600.5, 60)


def test_a_damaged_cache_entry_counts_as_none(cache: SecretsTokenCache) -> None:
    boto3.client("secretsmanager").create_secret(Name="spapi/tokens/f", SecretString="{")
    assert cache.get("f") is None


def test_a_lease_is_exclusive_until_released_or_ended_and_a_late_release_harms_nobody(cache: SecretsTokenCache) -> None:
    other = SecretsTokenCache(AwsClients(), "spapi-quota")
    assert cache.lease("f", 30)
    assert not other.lease("f", 30)
    cache.release("f")
    assert other.lease("f", 0.1)
    time.sleep(0.2)
    assert cache.lease("f", 30)
    other.release("f")
    assert not other.lease("f", 30)
