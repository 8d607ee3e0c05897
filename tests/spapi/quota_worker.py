"""A worker process of test_spapi_processes.py: takes its part of the calls with the shared quota and the shared token."""

from __future__ import annotations

import json
import sys
import time

from spapi_assets.aws.clients import AwsClients
from spapi_assets.aws.quota import DynamoThrottle
from spapi_assets.aws.secrets import SecretsTokenCache
from spapi_assets.spapi.auth import LwaClient, LwaCredentials
from spapi_assets.spapi.operations import Operation
from spapi_assets.spapi.session import SpApiSession
from spapi_assets.spapi.throttle import RatePlan


def main(url: str, table: str, start_at: float, calls: int, rate: float, burst: int) -> None:
    clients = AwsClients()
    credentials = LwaCredentials("client", "secret", "Atzr|refresh")
    lwa = LwaClient("kestrel_eu", lambda: credentials, SecretsTokenCache(clients, table), url)
    session = SpApiSession(
        "kestrel_eu", "eu", "A3", lwa, DynamoThrottle(clients, table), application_id="app", endpoint_url=url, max_wait=60.0
    )
    operation = Operation("getThing", "GET", "/thing", RatePlan(rate, burst))
    time.sleep(max(0.0, start_at - time.time()))
    token = lwa.access_token()
    for _ in range(calls):
        session.call(operation)
    print(json.dumps({"token": token}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]), int(sys.argv[6]))
