"""The process's AWS clients, made once each when first needed, with short timeouts; and AWS failures as sentences.
Endpoint and credentials are boto3's own business (AWS_ENDPOINT_URL, AWS_REGION, roles); nothing is configured here."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# Standard mode repeats throttled and failed calls with jitter. The pool serves a threaded in-process run.
CONFIG = Config(
    connect_timeout=3, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 5}, max_pool_connections=32
)


class AwsError(Exception):
    """An AWS call failed; the message says which, on what, and what to do."""


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn boto3's errors inside the block into an AwsError that says what was being done."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        said = error.response.get("Error", {}).get("Message", "")
        advice = {
            "AccessDeniedException": "Give this process's role the permission.",
            "ResourceNotFoundException": "Run `spapi setup` first, or correct the name; `spapi doctor` shows what is missing.",
        }.get(code, "")
        raise AwsError(f"AWS refused {doing}: {code}. {said} {advice}".strip()) from error
    except BotoCoreError as error:
        raise AwsError(f"AWS did not answer while {doing}: {error}. Check AWS_REGION, credentials and network.") from error


class AwsClients:
    """boto3 clients, one per service and process. Thread-safe."""

    def __init__(self, region: str | None = None) -> None:
        self._region = region
        self._session: Any = None  # boto3.Session; its stubs know services by literal name only
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()  # boto3 sessions are not thread-safe, the clients they make are

    def client(self, service: str) -> Any:
        """The client of a service by boto3's name for it."""
        with self._lock:
            if service not in self._clients:
                with explained(f"preparing the client of {service}"):
                    self._session = self._session or boto3.Session(region_name=self._region)
                    self._clients[service] = self._session.client(service, config=CONFIG)
            return self._clients[service]

    @property
    def secrets(self) -> Any:
        return self.client("secretsmanager")

    @property
    def dynamodb(self) -> Any:
        return self.client("dynamodb")

    @property
    def sqs(self) -> Any:
        return self.client("sqs")

    @property
    def glue(self) -> Any:
        return self.client("glue")

    @property
    def s3(self) -> Any:
        return self.client("s3")
