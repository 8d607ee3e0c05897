"""Credentials and access tokens in Secrets Manager, and the lease by which processes agree on who exchanges a token.
What an exchange is, is spapi/auth.py's business; a secret's value never leaves this module in a message."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from spapi_assets.aws.clients import AwsClients, explained
from spapi_assets.spapi.auth import AccessToken, LwaCredentials
from spapi_assets.spapi.errors import ConfigurationError

TOKEN_SECRET_PREFIX = "spapi/tokens/"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def read_credentials(clients: AwsClients, secret_name: str) -> LwaCredentials:
    """The credentials in a secret. Raises ConfigurationError when it is missing or incomplete, AwsError when AWS refuses."""
    with explained(f"reading the secret {secret_name}"):
        try:
            text = clients.secrets.get_secret_value(SecretId=secret_name).get("SecretString") or ""
        except ClientError as error:
            if _code(error) != "ResourceNotFoundException":
                raise
            text = None
    if text is None:
        raise ConfigurationError(
            f"There is no secret {secret_name} in Secrets Manager: store a JSON object with client_id, client_secret and "
            "refresh_token under this name, or correct the name in the accounts file."
        )
    try:
        fields: Any = json.loads(text)
    except ValueError:
        fields = None
    names = ("client_id", "client_secret", "refresh_token")
    values = [fields.get(name) if isinstance(fields, dict) else None for name in names]
    missing = [name for name, value in zip(names, values, strict=True) if not isinstance(value, str) or not value.strip()]
    if "client_id" in missing or "client_secret" in missing:
        raise ConfigurationError(
            f"The secret {secret_name} is not complete: it must be a JSON object with client_id, client_secret and "
            f"refresh_token; missing or empty: {', '.join(missing)}."
        )
    # A space or line end pasted along is a common cause of invalid_client.
    client_id, client_secret, refresh_token = (value.strip() if isinstance(value, str) else None for value in values)
    return LwaCredentials(str(client_id), str(client_secret), refresh_token or None)


def write_credentials(clients: AwsClients, secret_name: str, credentials: LwaCredentials) -> None:
    """Store credentials, creating the secret or giving it a new version."""
    fields = {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
    if credentials.refresh_token:
        fields["refresh_token"] = credentials.refresh_token
    _put(clients, secret_name, json.dumps(fields), "Login with Amazon credentials of a selling partner")


def _put(clients: AwsClients, name: str, text: str, description: str) -> None:
    with explained(f"writing the secret {name}"):
        try:
            clients.secrets.put_secret_value(SecretId=name, SecretString=text)
        except ClientError as error:
            if _code(error) != "ResourceNotFoundException":
                raise
            try:
                clients.secrets.create_secret(Name=name, SecretString=text, Description=description)
            except ClientError as twin:
                if _code(twin) != "ResourceExistsException":
                    raise
                clients.secrets.put_secret_value(SecretId=name, SecretString=text)


class SecretsTokenCache:
    """Access tokens in Secrets Manager (`spapi/tokens/<fingerprint>`), leases in the quota table (`lease#<fingerprint>`).
    Implements spapi.auth.TokenCache for all processes of a deployment."""

    def __init__(self, clients: AwsClients, quota_table: str, clock: Callable[[], float] = time.time) -> None:
        self._clients, self._table, self._clock = clients, quota_table, clock
        self._owner = uuid.uuid4().hex

    def get(self, key: str) -> AccessToken | None:
        """The cached token, whether or not it has ended; None when there is none that can be read."""
        with explained(f"reading the cached access token {TOKEN_SECRET_PREFIX}{key}"):
            try:
                text = self._clients.secrets.get_secret_value(SecretId=TOKEN_SECRET_PREFIX + key).get("SecretString") or ""
            except ClientError as error:
                # InvalidRequest: the secret is marked for deletion, or another process has just created it without a value.
                if _code(error) in ("ResourceNotFoundException", "InvalidRequestException"):
                    return None
                raise
        try:
            fields = json.loads(text)
            return AccessToken(str(fields["value"]), float(fields["expires_at"]), float(fields["lifetime"]))
        except (ValueError, KeyError, TypeError):
            return None  # damaged: it will be exchanged and written anew

    def put(self, key: str, token: AccessToken) -> None:
        text = json.dumps({"value": token.value, "expires_at": token.expires_at, "lifetime": token.lifetime})
        _put(self._clients, TOKEN_SECRET_PREFIX + key, text, "Cached SP-API access token; may be deleted at any time")

    def lease(self, key: str, seconds: float) -> bool:
        now = self._clock()
        item = {
            "pk": {"S": f"lease#{key}"},
            "owner": {"S": self._owner},
            "until": {"N": f"{now + seconds:.3f}"},
            "expires_at": {"N": str(int(now + seconds) + 3600)},
        }
        with explained(f"taking the lease for an access token in table {self._table}"):
            try:
                self._clients.dynamodb.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(pk) OR #until < :now",
                    ExpressionAttributeNames={"#until": "until"},
                    ExpressionAttributeValues={":now": {"N": f"{now:.3f}"}},
                )
            except ClientError as error:
                if _code(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True

    def release(self, key: str) -> None:
        with explained(f"releasing the lease for an access token in table {self._table}"):
            try:
                self._clients.dynamodb.delete_item(
                    TableName=self._table,
                    Key={"pk": {"S": f"lease#{key}"}},
                    ConditionExpression="#owner = :owner",
                    ExpressionAttributeNames={"#owner": "owner"},
                    ExpressionAttributeValues={":owner": {"S": self._owner}},
                )
            except ClientError as error:
                # Another process took over after our lease had run out: theirs stays.
                if _code(error) != "ConditionalCheckFailedException":
                    raise
