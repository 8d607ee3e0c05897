"""One call: its headers, its retries where they are safe, and its errors."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

import pytest
from fake_amazon import Clock, FakeAmazon, Received, Reply, throttled

from spapi_assets.spapi import errors
from spapi_assets.spapi import operations as ops
from spapi_assets.spapi.session import SpApiSession
from spapi_assets.spapi.throttle import InMemoryThrottle, RatePlan
from spapi_assets.spapi.wire import user_agent

OK = Reply(json={"reportId": "50001"})
BODY = {"reportType": "GET_X", "marketplaceIds": ["A1PA6795UKMFR9"]}
GET = {"path": {"reportId": "1"}}


def test_every_call_carries_what_amazon_demands_and_a_get_carries_no_body(amazon: FakeAmazon, session: SpApiSession) -> None:
    amazon.script(OK, OK)
    session.call(ops.GET_REPORT, path={"reportId": "a/b c"})
    session.call(ops.CREATE_REPORT, json=BODY)
    get, post = amazon.received
    assert get.path == "/reports/2021-06-30/reports/a/b c"  # decoded; on the wire it is one segment
    assert get.headers["x-amz-access-token"] == post.headers["x-amz-access-token"] == "Atza|1"
    assert re.fullmatch(r"\d{8}T\d{6}Z", get.headers["x-amz-date"])
    assert re.fullmatch(r"spapi-assets/\S+ \(Language=Python/3\S+; Platform=\S+/\S+\)", get.headers["user-agent"])
    assert not {"content-length", "content-type", "transfer-encoding", "authorization"} & set(get.headers)
    assert post.headers["content-type"] == "application/json"
    assert post.json == BODY


def test_a_netrc_password_for_the_host_is_not_sent(
    amazon: FakeAmazon, session: SpApiSession, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    amazon.script(OK)
    session.call(ops.GET_REPORT, **GET)
    assert "authorization" not in amazon.received[0].headers


def test_the_user_agent_escapes_what_has_a_meaning_and_stays_short() -> None:
    agent = user_agent("we(ird);na/me=" + "x" * 1000)
    assert agent.startswith(r"we\(ird\)\;na\/me\=")
    assert len(agent) < 500


def test_an_expired_token_is_refreshed_once_and_the_call_repeated(amazon: FakeAmazon, session: SpApiSession) -> None:
    expired = Reply.error(
        403, "Unauthorized", "Access to requested resource is denied. The access token you provided has expired."
    )
    amazon.script(expired, OK)
    assert session.call(ops.GET_REPORT, **GET) == {"reportId": "50001"}
    assert [r.headers["x-amz-access-token"] for r in amazon.received] == ["Atza|1", "Atza|2"]
    amazon.script(expired, expired)
    with pytest.raises(errors.TransientError, match="clock"):
        session.call(ops.GET_REPORT, **GET)
    assert len(amazon.exchanges) == 3


@pytest.mark.parametrize(
    ("status", "code", "message", "kind", "advice"),
    [
        (400, "InvalidInput", "reportType is invalid", errors.ConfigurationError, "correct the parameters"),
        (403, "Unauthorized", "Access to requested resource is denied.", errors.MissingRole, "Add the role"),
        (403, "Unauthorized", "The access token is revoked, malformed or invalid", errors.ReauthorizationNeeded, "authorise"),
        (404, "NotFound", "no such report", errors.NotFound, "does not know"),
        (409, "Conflict", "exists", errors.Conflict, "exists already"),
        (415, "UnsupportedMediaType", "no", errors.ConfigurationError, "rejects"),
    ],
)
def test_a_refusal_is_typed_names_its_request_and_is_not_repeated(
    amazon: FakeAmazon, session: SpApiSession, status: int, code: str, message: str, kind: type, advice: str
) -> None:
    amazon.script(Reply.error(status, code, message))
    with pytest.raises(kind, match=advice) as caught:
        session.call(ops.GET_REPORT, **GET)
    error = caught.value
    assert (error.status, error.code, error.account, error.operation) == (status, code, "kestrel_eu", "getReport")
    assert error.request_id == "req-1"
    assert "req-1" in str(error)
    assert "kestrel_eu" in str(error)
    assert len(amazon.received) == len(amazon.exchanges) == 1


@pytest.mark.parametrize("hiccup", [Reply(503, body=b"<html>Service Unavailable</html>"), Reply(500), Reply(drop=True),
                                    Reply(502, body=b"\xff\xfe"), Reply(200, {"reportId": "x"}, cut=3)])  # fmt: skip
def test_a_read_survives_server_errors_html_bodies_and_lost_connections(
    amazon: FakeAmazon, session: SpApiSession, clock: Clock, hiccup: Reply
) -> None:
    amazon.script(hiccup, hiccup, OK)
    assert session.call(ops.GET_REPORT, **GET) == {"reportId": "50001"}
    assert clock.slept > 0.5


def test_a_read_gives_up_after_bounded_tries(amazon: FakeAmazon, session: SpApiSession) -> None:
    amazon.always = lambda got: Reply(503, body=b"<html>Service Unavailable</html>")
    with pytest.raises(errors.TransientError, match="Service Unavailable") as caught:
        session.call(ops.GET_REPORT, **GET)
    assert not isinstance(caught.value, errors.OutcomeUnknown)
    assert len(amazon.received) == 5


def test_when_quota_ends_between_tries_the_error_is_why_the_call_failed(amazon: FakeAmazon, session: SpApiSession) -> None:
    amazon.script(Reply(503), OK)
    operation = ops.Operation("getThing", "GET", "/thing", RatePlan(0.01, 1))
    with pytest.raises(errors.TransientError):
        session.call(operation, max_wait=5)
    assert len(amazon.received) == 1


@pytest.mark.parametrize("loss", [Reply(drop=True), Reply(delay=1.0, json={}), Reply(500), Reply(503, body=b"<html/>")])
def test_a_lost_createreport_is_never_sent_twice(
    amazon: FakeAmazon, session_factory: Callable[..., SpApiSession], loss: Reply
) -> None:
    amazon.script(loss)
    amazon.always = lambda got: OK
    with pytest.raises(errors.OutcomeUnknown, match="before asking again"):
        session_factory(timeout=(1.0, 0.3)).call(ops.CREATE_REPORT, json=BODY)
    assert len(amazon.received) == 1


def test_a_createreport_that_could_not_even_connect_is_not_of_unknown_outcome(
    session_factory: Callable[..., SpApiSession], amazon: FakeAmazon
) -> None:
    session = session_factory()
    amazon.script(OK)
    session.call(ops.GET_REPORT, **GET)  # the access token is at hand now
    amazon.stop()
    with pytest.raises(errors.TransientError) as caught:
        session.call(ops.CREATE_REPORT, json=BODY)
    assert not isinstance(caught.value, errors.OutcomeUnknown)


def test_after_429_the_call_waits_at_least_one_refill_and_the_bucket_is_empty_for_everybody(
    amazon: FakeAmazon, session_factory: Callable[..., SpApiSession], clock: Clock
) -> None:
    throttle = InMemoryThrottle(clock, clock.sleep)
    session = session_factory(throttle=throttle, max_wait=300.0)
    amazon.script(throttled(), OK)
    started = clock.now
    assert session.call(ops.CREATE_REPORT, json=BODY) == {"reportId": "50001"}
    assert clock.now - started >= 1 / 0.0167
    with pytest.raises(errors.Throttled):
        session_factory(throttle=throttle).call(ops.CREATE_REPORT, json=BODY, max_wait=1)
    assert len(amazon.received) == 2


def test_quota_that_takes_longer_than_allowed_is_an_error_with_a_waiting_time(amazon: FakeAmazon, session: SpApiSession) -> None:
    amazon.script(throttled())
    with pytest.raises(errors.Throttled) as caught:
        session.call(ops.CREATE_REPORT, json=BODY, max_wait=10)
    assert caught.value.retry_after >= 1 / 0.0167
    assert caught.value.account == "kestrel_eu"
    assert caught.value.status == 429


def test_a_type_that_answers_429_for_ever_does_not_hold_the_call_for_ever(
    amazon: FakeAmazon, session_factory: Callable[..., SpApiSession]
) -> None:
    amazon.always = lambda got: throttled()
    with pytest.raises(errors.Throttled):
        session_factory(max_wait=1e6).call(ops.CREATE_REPORT, json=BODY)
    assert len(amazon.received) == 3


def test_the_rate_header_changes_the_pace_for_the_next_calls(
    amazon: FakeAmazon, session_factory: Callable[..., SpApiSession], clock: Clock
) -> None:
    throttle = InMemoryThrottle(clock, clock.sleep)
    session = session_factory(throttle=throttle, max_wait=1e6)
    rate = ["0.5"]
    amazon.always = lambda got: Reply(json={}, headers={"x-amzn-RateLimit-Limit": rate[0]})
    operation = ops.Operation("getThing", "GET", "/thing", RatePlan(2.0, 2))

    def pace() -> float:
        for _ in range(4):
            session.call(operation)
        started = clock.now
        for _ in range(10):
            session.call(operation)
        return (clock.now - started) / 10

    assert pace() == pytest.approx(2.0, rel=0.05)
    rate[0] = "5.0"
    assert pace() == pytest.approx(0.2, rel=0.1)
    rate[0] = "nonsense"
    assert pace() == pytest.approx(0.2, rel=0.1)


def test_back_fills_leave_the_reserve_to_fresh_data(amazon: FakeAmazon, session_factory: Callable[..., SpApiSession]) -> None:
    session = session_factory(reserve=0.34, max_wait=2.0)
    amazon.always = lambda got: OK

    def calls_until_refused(reserve: float | None) -> int:
        for made in range(20):
            try:
                session.call(ops.CREATE_REPORT, json=BODY, reserve=reserve)
            except errors.Throttled:
                return made
        return 20

    back_fill = calls_until_refused(None)
    assert back_fill in (9, 10)
    assert back_fill + calls_until_refused(0.0) == 15


def test_grantless_calls_use_the_applications_token_and_bucket(amazon: FakeAmazon, session: SpApiSession) -> None:
    def lwa(got: Received) -> Reply:
        return Reply(json={"access_token": f"Atc|{got.form['grant_type']}", "expires_in": 3600})

    amazon.lwa = lwa
    amazon.script(Reply(json={"payload": []}))
    session.call(ops.GET_DESTINATIONS)
    assert amazon.received[0].headers["x-amz-access-token"] == "Atc|client_credentials"


def test_a_restricted_token_replaces_the_access_token(amazon: FakeAmazon, session: SpApiSession) -> None:
    amazon.script(OK)
    session.call(ops.GET_REPORT, restricted_token="Atz.sprdt|x", **GET)
    assert amazon.received[0].headers["x-amz-access-token"] == "Atz.sprdt|x"
    assert amazon.exchanges == []


@pytest.mark.parametrize(
    "reply", [Reply(200, body=b"<html>Welcome</html>"), Reply(200, []), Reply(302, headers={"Location": "/"})]
)
def test_an_answer_that_breaks_the_contract_is_amazons_fault(amazon: FakeAmazon, session: SpApiSession, reply: Reply) -> None:
    amazon.script(reply)
    with pytest.raises(errors.AmazonFault):
        session.call(ops.GET_REPORT, **GET)
    assert len(amazon.received) == 1


def test_log_lines_name_account_operation_status_request_id_and_no_secret(
    amazon: FakeAmazon, session: SpApiSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    amazon.script(OK)
    session.call(ops.GET_REPORT, **GET)
    line = next(r.getMessage() for r in caplog.records if r.name == "spapi_assets.spapi" and "getReport" in r.getMessage())
    assert re.fullmatch(r"account=kestrel_eu operation=getReport status=200 request_id=req-1 seconds=\d+\.\d{3}", line)
    assert "Atza|" not in caplog.text


def test_an_error_body_that_repeats_the_token_does_not_leak_it(amazon: FakeAmazon, session: SpApiSession) -> None:
    amazon.script(Reply.error(400, "InvalidInput", "x-amz-access-token Atza|1 of Atzr|refresh-topsecret is odd"))
    with pytest.raises(errors.ConfigurationError) as caught:
        session.call(ops.GET_REPORT, **GET)
    shown = str(caught.value) + str(caught.value.body)
    assert "Atza|1" not in shown
    assert "topsecret" not in shown
