"""Login with Amazon and the check of access tokens, as a client sees them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from spapi_assets.simulator.accounts import CLIENT_ID, CLIENT_SECRET
from spapi_assets.simulator.server import Simulator

from .conftest import DE, NOTIFICATIONS, ORDERS, SELLER, US, VENDOR, Client, TinyRenderer


@pytest.fixture
def simulator(renderer: TinyRenderer) -> Iterator[Simulator]:
    with Simulator(renderer=renderer) as running:
        yield running


GOOD = {"grant_type": "refresh_token", "refresh_token": SELLER, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
REPORTS = "/reports/2021-06-30/reports"


def exchange(simulator: Simulator, body: dict[str, str], as_json: bool = False) -> requests.Response:
    return requests.post(f"{simulator.url}/auth/o2/token", timeout=10, **({"json": body} if as_json else {"data": body}))


@pytest.mark.parametrize("as_json", [False, True])
def test_a_refresh_token_is_traded_for_an_access_token_by_form_or_json(simulator: Simulator, as_json: bool) -> None:
    answer = exchange(simulator, GOOD, as_json)
    body = answer.json()
    assert answer.status_code == 200
    assert (body["token_type"], body["expires_in"], body["refresh_token"]) == ("bearer", 3600, SELLER)
    assert body["access_token"].startswith("Atza|")


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "rotated"}, 401, "invalid_client"),
        ({"client_id": "amzn1.application-oa2-client.other"}, 401, "invalid_client"),
        ({"refresh_token": "Atzr|revoked"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "profile"}, 400, "invalid_scope"),
        ({"refresh_token": ""}, 400, "invalid_request"),
    ],
)
def test_a_refused_exchange_says_why_in_lwas_shape(simulator: Simulator, change: dict[str, str], status: int, error: str) -> None:
    answer = exchange(simulator, GOOD | change)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_exchanges_are_counted_and_their_secrets_not_logged(simulator: Simulator) -> None:
    exchange(simulator, GOOD)
    exchange(simulator, GOOD, as_json=True)
    assert requests.get(f"{simulator.url}/simulator/stats", timeout=10).json()["lwa_exchanges"] == 2
    log = requests.get(f"{simulator.url}/simulator/log", timeout=10).text
    assert CLIENT_SECRET not in log
    assert SELLER not in log


def test_a_call_without_a_token_is_401_and_with_a_wrong_one_403(seller: Client) -> None:
    url = f"{seller.simulator.url}{REPORTS}/1"
    missing = requests.get(url, headers={"user-agent": "x"}, timeout=10)
    wrong = seller.call("GET", f"{REPORTS}/1", token="Atza|forged")
    assert (missing.status_code, wrong.status_code) == (401, 403)
    assert "revoked, malformed or invalid" in wrong.json()["errors"][0]["details"]
    assert "x-amzn-RateLimit-Limit" not in wrong.headers
    assert wrong.headers["x-amzn-RequestId"]


def test_an_access_token_expires_on_the_simulated_clock(seller: Client) -> None:
    seller.simulator.clock.advance(3599)
    assert seller.call("GET", f"{REPORTS}/1").status_code == 404
    seller.simulator.clock.advance(2)
    answer = seller.call("GET", f"{REPORTS}/1")
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["details"] == "The access token you provided has expired."


def test_grantless_operations_need_a_grantless_token_and_the_others_a_selling_partners(
    seller: Client, application: Client
) -> None:
    assert seller.call("GET", "/notifications/v1/destinations").status_code == 403
    assert application.call("GET", "/notifications/v1/destinations").status_code == 200
    assert application.call("GET", f"{REPORTS}?reportTypes={ORDERS}").status_code == 403
    rotation = Client(seller.simulator, scope="sellingpartnerapi::client_credential:rotation")
    assert rotation.call("GET", "/notifications/v1/destinations").status_code == 403


def test_a_region_prefix_refuses_tokens_of_another_region(seller: Client) -> None:
    path = f"{REPORTS}?reportTypes={ORDERS}"
    assert seller.call("GET", path, prefix="/eu").status_code == 200
    assert seller.call("GET", path, prefix="/na").status_code == 403


def test_a_marketplace_of_another_region_or_vendor_type_is_denied(seller: Client, vendor: Client) -> None:
    wrong_region = seller.call("POST", REPORTS, json={"reportType": ORDERS, "marketplaceIds": [US]})
    wrong_kind = vendor.call("POST", REPORTS, json={"reportType": ORDERS, "marketplaceIds": [US]})
    assert (wrong_region.status_code, wrong_kind.status_code) == (403, 403)
    assert seller.call("POST", REPORTS, json={"reportType": ORDERS, "marketplaceIds": [DE]}).status_code == 202


def test_sellers_operations_are_refused_to_vendors(seller: Client, vendor: Client) -> None:
    path = "/sellers/v1/marketplaceParticipations"
    assert vendor.call("GET", path).status_code == 403
    countries = {row["marketplace"]["countryCode"] for row in seller.call("GET", path).json()["payload"]}
    assert countries == {"DE", "GB", "FR", "IT", "ES"}


def test_a_get_with_content_length_and_a_missing_or_long_user_agent_are_400(seller: Client) -> None:
    path = f"{REPORTS}?reportTypes={ORDERS}"
    assert seller.call("GET", path, data=b"{}").status_code == 400
    assert seller.call("GET", path, headers={"user-agent": ""}).status_code == 400
    assert seller.call("GET", path, headers={"user-agent": "x" * 501}).status_code == 400


@pytest.mark.parametrize("kind", ["invalid_grant", "invalid_client", "temporarily_unavailable"])
def test_an_exchange_can_be_made_to_fail_once(simulator: Simulator, kind: str) -> None:
    simulator.faults.add(kind, operation="exchangeToken", times=1)
    assert exchange(simulator, GOOD).json()["error"] == kind
    assert exchange(simulator, GOOD).status_code == 200


def test_a_scope_or_a_vendors_refresh_token_gives_a_token_of_its_own(simulator: Simulator) -> None:
    tokens = {Client(simulator).token, Client(simulator, VENDOR).token, Client(simulator, scope=NOTIFICATIONS).token}
    assert len(tokens) == 3
