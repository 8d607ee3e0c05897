"""Access tokens: which grant is sent, how long a token lives, and what an operator reads when Amazon refuses."""

from __future__ import annotations

import logging
import pickle
from typing import Any

import pytest
from fake_amazon import CREDENTIALS, Clock, FakeAmazon, Reply

from spapi_assets.spapi.auth import (
    LWA_ENDPOINT,
    NOTIFICATIONS_SCOPE,
    AccessToken,
    InMemoryTokenCache,
    LwaClient,
    LwaCredentials,
    token_url,
)
from spapi_assets.spapi.errors import ConfigurationError, ReauthorizationNeeded, SpApiError, TransientError


def _client(amazon: FakeAmazon, clock: Clock, cache: InMemoryTokenCache | None = None, read: Any = None) -> LwaClient:
    return LwaClient(
        "kestrel_eu",
        read or (lambda: CREDENTIALS),
        cache or InMemoryTokenCache(clock),
        amazon.url,
        clock=clock,
        sleep=clock.sleep,
    )


def test_the_refresh_token_is_exchanged_once_and_the_token_reused_until_a_minute_before_its_end(
    amazon: FakeAmazon, clock: Clock
) -> None:
    client = _client(amazon, clock)
    assert [client.access_token(), client.access_token()] == ["Atza|1", "Atza|1"]
    clock.now += 3539
    assert client.access_token() == "Atza|1"
    clock.now += 2
    assert client.access_token() == "Atza|2"
    request = amazon.exchanges[0]
    assert request.path == "/auth/o2/token"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded;charset=UTF-8"
    assert request.form == {
        "grant_type": "refresh_token",
        "refresh_token": CREDENTIALS.refresh_token,
        "client_id": CREDENTIALS.client_id,
        "client_secret": CREDENTIALS.client_secret,
    }


def test_grantless_scopes_have_tokens_of_their_own(amazon: FakeAmazon, clock: Clock) -> None:
    client = _client(amazon, clock)
    assert client.access_token() != client.access_token(NOTIFICATIONS_SCOPE)
    assert amazon.exchanges[1].form == {
        "grant_type": "client_credentials",
        "scope": NOTIFICATIONS_SCOPE,
        "client_id": CREDENTIALS.client_id,
        "client_secret": CREDENTIALS.client_secret,
    }


def test_a_token_with_a_short_life_is_used_for_nine_tenths_of_it(amazon: FakeAmazon, clock: Clock) -> None:
    amazon.lwa = lambda got: Reply(json={"access_token": f"Atza|{len(amazon.exchanges)}", "expires_in": 60})
    client = _client(amazon, clock)
    client.access_token()
    clock.now += 53
    assert client.access_token() == "Atza|1"
    clock.now += 2
    assert client.access_token() == "Atza|2"


def test_a_rejected_token_is_replaced_by_the_one_another_process_has_fetched_meanwhile(amazon: FakeAmazon, clock: Clock) -> None:
    cache = InMemoryTokenCache(clock)
    one, other = _client(amazon, clock, cache), _client(amazon, clock, cache)
    assert one.access_token() == other.access_token() == "Atza|1"
    assert one.access_token(refresh=True) == "Atza|2"
    assert other.access_token(refresh=True) == "Atza|2"
    assert len(amazon.exchanges) == 2


@pytest.mark.parametrize(
    ("status", "code", "kind", "advice"),
    [
        (400, "invalid_grant", ReauthorizationNeeded, "authorise the application again"),
        (401, "invalid_client", ConfigurationError, "store the current one"),
        (400, "invalid_scope", ConfigurationError, "Check its roles"),
        (400, "unsupported_grant_type", ConfigurationError, "unsupported_grant_type"),
    ],
)
def test_a_refusal_says_what_to_do_and_is_not_repeated(
    amazon: FakeAmazon, clock: Clock, status: int, code: str, kind: type[SpApiError], advice: str
) -> None:
    amazon.lwa = lambda got: Reply(status, {"error": code, "error_description": "Because."})
    with pytest.raises(kind, match=advice) as caught:
        _client(amazon, clock).access_token(NOTIFICATIONS_SCOPE)
    assert len(amazon.exchanges) == 1
    assert "kestrel_eu" in str(caught.value)
    assert caught.value.code == code
    assert pickle.loads(pickle.dumps(caught.value)).__dict__ == caught.value.__dict__


@pytest.mark.parametrize("hiccup", [Reply(503, body=b"<html>Service Unavailable</html>"), Reply(429), Reply(drop=True),
                                    Reply(400, {"error": "temporarily_unavailable"})])  # fmt: skip
def test_hiccups_of_the_token_endpoint_are_retried(amazon: FakeAmazon, clock: Clock, hiccup: Reply) -> None:
    amazon.lwa = lambda got: hiccup if len(amazon.exchanges) < 3 else Reply(json={"access_token": "Atza|x", "expires_in": 3600})
    assert _client(amazon, clock).access_token() == "Atza|x"
    assert clock.slept > 0


def test_an_endpoint_that_stays_down_is_a_transient_error_in_bounded_time(amazon: FakeAmazon, clock: Clock) -> None:
    amazon.lwa = lambda got: Reply(500)
    with pytest.raises(TransientError):
        _client(amazon, clock).access_token()
    assert len(amazon.exchanges) <= 5
    assert clock.slept < 30


def test_a_secret_rotated_in_its_store_is_picked_up_without_a_restart(amazon: FakeAmazon, clock: Clock) -> None:
    stored = [CREDENTIALS]
    client = _client(amazon, clock, read=lambda: stored[0])
    client.access_token()
    stored[0] = LwaCredentials(CREDENTIALS.client_id, "new-secret", CREDENTIALS.refresh_token)
    amazon.lwa = lambda got: (
        Reply(json={"access_token": "Atza|new", "expires_in": 3600})
        if got.form["client_secret"] == "new-secret"
        else Reply(401, {"error": "invalid_client"})
    )
    assert client.access_token(refresh=True) == "Atza|new"


def test_a_holder_of_the_lease_that_dies_is_replaced_when_its_lease_ends(amazon: FakeAmazon, clock: Clock) -> None:
    cache = InMemoryTokenCache(clock)
    assert cache.lease(CREDENTIALS.fingerprint(), 30)
    assert _client(amazon, clock, cache).access_token() == "Atza|1"
    assert 29 < clock.slept < 32


def test_secrets_are_in_no_repr_message_or_log_line(amazon: FakeAmazon, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = _client(amazon, clock)
    shown = [repr(CREDENTIALS), repr(AccessToken("Atza|1", 1.0)), client.access_token() and repr(client)]
    echo = f"bad token {CREDENTIALS.refresh_token} with {CREDENTIALS.client_secret}"
    amazon.lwa = lambda got: Reply(400, {"error": "invalid_grant", "error_description": echo})
    with pytest.raises(ReauthorizationNeeded) as caught:
        client.access_token(refresh=True)
    text = " ".join([*shown, str(caught.value), repr(caught.value), caplog.text])
    assert "topsecret" not in text
    assert "Atza|1" not in text


def test_the_override_may_be_an_origin_or_a_full_address() -> None:
    assert token_url(None) == LWA_ENDPOINT
    assert token_url("http://127.0.0.1:1/") == "http://127.0.0.1:1/auth/o2/token"
    assert token_url("http://127.0.0.1:1/auth/o2/token") == "http://127.0.0.1:1/auth/o2/token"


def test_credentials_that_differ_never_share_a_cached_token() -> None:
    others = [
        CREDENTIALS.fingerprint(NOTIFICATIONS_SCOPE),
        LwaCredentials("other", "s", CREDENTIALS.refresh_token).fingerprint(),
        LwaCredentials(CREDENTIALS.client_id, "s", "Atzr|other").fingerprint(),
    ]
    assert len({CREDENTIALS.fingerprint(), *others}) == 4
    assert LwaCredentials(CREDENTIALS.client_id, "rotated", CREDENTIALS.refresh_token).fingerprint() == CREDENTIALS.fingerprint()
