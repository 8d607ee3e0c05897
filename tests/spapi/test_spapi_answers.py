"""What `fetch` gives back: Amazon's text to the character, what it says, and when and under which request id it came."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from fake_amazon import Clock, FakeAmazon, Reply, throttled
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spapi_assets.spapi import errors
from spapi_assets.spapi import operations as ops
from spapi_assets.spapi.session import SpApiSession

ITEM = {"path": {"sellerId": "A3KESTREL0EU0", "sku": "MUG-1"}, "params": {"marketplaceIds": ["A1PA6795UKMFR9"]}}
EXACT = [
    '{"amount": 12.10, "rate":1e2, "tiny": 0.1000000000000000055511151231257827}',
    '{"id": 9007199254740993, "more": 123456789012345678901234567890}',
    '{ "title" : "Kännchen – 茶碗 🫖", "escaped": "\\u00e4\\ud83e\\uded6 \\/ \\u2028" }\n',
    '{"b": 1, "a": 2, "b": 3}',
    "[]",
    '[{"Status": "Success", "Amount": 5.00}]',
]


@pytest.mark.parametrize("text", EXACT)
def test_the_text_of_an_answer_is_amazons_to_the_character(amazon: FakeAmazon, session: SpApiSession, text: str) -> None:
    amazon.script(Reply(body=text.encode()))
    answer = session.fetch(ops.GET_LISTINGS_ITEM, **ITEM)
    assert answer.text == text
    assert answer.content == json.loads(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.dictionaries(st.text(), JSON, max_size=3), ascii_only=st.booleans(), spaced=st.booleans())
def test_any_object_arrives_unchanged_however_it_is_spelled(
    amazon: FakeAmazon, session: SpApiSession, content: dict, ascii_only: bool, spaced: bool
) -> None:
    text = json.dumps(content, ensure_ascii=ascii_only, indent=2 if spaced else None)
    amazon.script(Reply(body=text.encode("utf-8")))
    answer = session.fetch(ops.GET_LISTINGS_ITEM, **ITEM)
    assert (answer.text, answer.content) == (text, content)


def test_an_answer_says_status_request_id_headers_and_when_it_came(
    amazon: FakeAmazon, session: SpApiSession, clock: Clock
) -> None:
    amazon.script(Reply(202, {"queryId": "7"}, headers={"x-amzn-RequestId": "r-1", "x-amzn-RateLimit-Limit": "0.0167"}))
    answer = session.fetch(ops.CREATE_QUERY, json={"query": "{x}"})
    assert (answer.status, answer.request_id, answer.headers["X-AMZN-RATELIMIT-LIMIT"]) == (202, "r-1", "0.0167")
    assert answer.answered_at == datetime.fromtimestamp(clock.now, UTC)


def test_the_time_of_an_answer_is_that_of_the_try_that_succeeded(amazon: FakeAmazon, session: SpApiSession, clock: Clock) -> None:
    amazon.script(Reply(503), Reply(json={}))
    began = clock.now
    answer = session.fetch(ops.GET_LISTINGS_ITEM, **ITEM)
    assert answer.answered_at == datetime.fromtimestamp(clock.now, UTC)
    assert answer.answered_at > datetime.fromtimestamp(began, UTC)


def test_an_array_is_an_answer_for_those_who_expect_one_and_a_fault_for_those_who_do_not(
    amazon: FakeAmazon, session: SpApiSession
) -> None:
    amazon.always = lambda got: Reply(json=[{"Status": "Success"}])
    assert session.fetch(ops.GET_MY_FEES_ESTIMATES, json=[]).content == [{"Status": "Success"}]
    with pytest.raises(errors.AmazonFault, match="without a JSON object"):
        session.call(ops.GET_MY_FEES_ESTIMATES, json=[])


def test_no_body_is_no_content(amazon: FakeAmazon, session: SpApiSession) -> None:
    amazon.always = lambda got: Reply(204)
    answer = session.fetch(ops.CANCEL_QUERY, path={"queryId": "7"})
    assert (answer.status, answer.text, answer.content) == (204, "", None)
    assert session.call(ops.CANCEL_QUERY, path={"queryId": "7"}) == {}


@pytest.mark.parametrize("body", [b'{"a": NaN}', b"null", b"12", b'"text"', b'{"a": 1', b'{"a": "\xff"}', b"<html/>", b""])
def test_a_success_that_is_no_json_object_or_array_is_amazons_fault(
    amazon: FakeAmazon, session: SpApiSession, body: bytes
) -> None:
    amazon.script(Reply(body=body))
    with pytest.raises(errors.AmazonFault, match="kestrel_eu") as caught:
        session.fetch(ops.GET_LISTINGS_ITEM, **ITEM)
    assert caught.value.request_id == "req-1"


def test_a_fetch_waits_refreshes_and_repeats_as_a_call_does(
    amazon: FakeAmazon, session_factory: Callable[..., SpApiSession]
) -> None:
    expired = Reply.error(403, "Unauthorized", "The access token you provided has expired.")
    amazon.script(Reply(drop=True), throttled(), expired, Reply(json={"sku": "MUG-1"}))
    answer = session_factory(max_wait=300.0).fetch(ops.GET_LISTINGS_ITEM, **ITEM)
    assert answer.content == {"sku": "MUG-1"}
    assert (len(amazon.received), len(amazon.exchanges)) == (4, 2)


def test_a_lost_creation_is_of_unknown_outcome_and_a_lost_question_asked_with_post_is_repeated(
    amazon: FakeAmazon, session: SpApiSession
) -> None:
    amazon.script(Reply(drop=True))
    with pytest.raises(errors.OutcomeUnknown):
        session.fetch(ops.CREATE_QUERY, json={"query": "{x}"})
    amazon.script(Reply(drop=True), Reply(json=[]))
    assert session.fetch(ops.GET_MY_FEES_ESTIMATES, json=[]).content == []


@pytest.mark.parametrize("sku", ["a/b", "a b+c%2F", "ü&?#=;", "a,b", "...", "100%"])
def test_any_sku_is_one_segment_of_the_path(amazon: FakeAmazon, session: SpApiSession, sku: str) -> None:
    amazon.script(Reply(json={}))
    session.fetch(ops.GET_LISTINGS_ITEM, path={"sellerId": "A3", "sku": sku}, params={"marketplaceIds": ["A1"]})
    assert amazon.received[0].path == f"/listings/2021-08-01/items/A3/{sku}"
    assert amazon.received[0].query == [("marketplaceIds", "A1")]


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        (ops.GET_LISTINGS_ITEM, {"path": {"sellerId": "A3", "sku": ".."}}),
        (ops.GET_LISTINGS_ITEM, {"path": {"sellerId": "A3", "sku": ""}}),
        (ops.SEARCH_LISTINGS_ITEMS, {"path": {"sellerId": "A3"}, "params": {"identifiers": ["MUG-1", "MUG,2"]}}),
    ],
)
def test_a_value_that_would_mean_something_else_in_a_url_is_not_sent(
    amazon: FakeAmazon, session: SpApiSession, operation: ops.Operation, request_: dict
) -> None:
    with pytest.raises(errors.ConfigurationError, match=f"{operation.name} of account kestrel_eu was not sent"):
        session.fetch(operation, **request_)
    assert amazon.received == []
    assert amazon.exchanges == []
