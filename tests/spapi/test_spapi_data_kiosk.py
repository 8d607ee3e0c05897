"""The Data Kiosk client over HTTP: queries, their pages, lost answers, and texts that mean the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fake_amazon import FakeAmazon, Reply
from graphql import parse, strip_ignored_characters
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spapi_assets.spapi.data_kiosk import LONGEST_QUERY, DataKioskApi, normalised
from spapi_assets.spapi.errors import AmazonFault, ConfigurationError, OutcomeUnknown
from spapi_assets.spapi.session import SpApiSession

QUERY = """
query Sales {  # for the morning
  analytics_salesAndTraffic_2024_04_24 {
    salesAndTrafficByDate(aggregateBy: DAY, startDate: "2026-11-01", endDate: "2026-11-02", marketplaceIds: ["A1", "B  2"]) {
      startDate
    }
  }
}
"""
COMPACT = (
    'query Sales{analytics_salesAndTraffic_2024_04_24{salesAndTrafficByDate(aggregateBy:DAY startDate:"2026-11-01"'
    'endDate:"2026-11-02"marketplaceIds:["A1" "B  2"]){startDate}}}'
)
TOLD = {"queryId": "q1", "query": COMPACT, "createdTime": "2026-11-20T10:00:00.123Z", "processingStatus": "IN_QUEUE"}


def test_a_query_goes_without_white_space_and_a_page_with_its_token(amazon: FakeAmazon, session: SpApiSession) -> None:
    amazon.script(Reply(202, {"queryId": "q1"}), Reply(202, {"queryId": "q2"}))
    kiosk = DataKioskApi(session)
    assert [kiosk.create_query(QUERY), kiosk.create_query(QUERY, "page 2")] == ["q1", "q2"]
    assert [r.json for r in amazon.received] == [{"query": COMPACT}, {"query": COMPACT, "paginationToken": "page 2"}]
    assert amazon.received[0].path == "/dataKiosk/2023-11-15/queries"


def test_only_the_characters_that_count_are_counted(amazon: FakeAmazon, session: SpApiSession) -> None:
    amazon.script(Reply(202, {"queryId": "q1"}))
    fields = " ".join(f"f{n:05d}" for n in range(1142))
    assert DataKioskApi(session).create_query("{ a {" + " " * 9000 + fields + "} }") == "q1"
    assert len(amazon.received[0].json["query"]) == LONGEST_QUERY - 2
    with pytest.raises(ConfigurationError, match="8003 characters"):
        DataKioskApi(session).create_query("{abcdef{" + fields + "}}")
    assert len(amazon.received) == 1


def test_a_lost_creation_is_not_sent_again(amazon: FakeAmazon, session: SpApiSession) -> None:
    amazon.script(Reply(drop=True), Reply.error(503, "ServiceUnavailable", "try later"))
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            DataKioskApi(session).create_query(QUERY)
    assert len(amazon.received) == 2


def test_the_list_repeats_every_parameter_beside_the_token(amazon: FakeAmazon, session: SpApiSession) -> None:
    amazon.script(
        Reply(json={"queries": [TOLD], "pagination": {"nextToken": "more"}}), Reply(json={"queries": [{**TOLD, "queryId": "q2"}]})
    )
    since = datetime(2026, 11, 19, tzinfo=UTC)
    found = list(DataKioskApi(session).queries(statuses=["DONE", "FATAL"], created_since=since))
    assert [q.query_id for q in found] == ["q1", "q2"]
    same = {"processingStatuses": "DONE,FATAL", "createdSince": "2026-11-19T00:00:00Z", "pageSize": "100"}
    assert [dict(r.query) for r in amazon.received] == [same, {**same, "paginationToken": "more"}]


def test_a_finished_query_tells_its_documents_and_whether_more_pages_follow(amazon: FakeAmazon, session: SpApiSession) -> None:
    kiosk = DataKioskApi(session)
    amazon.script(
        Reply(json={**TOLD, "processingStatus": "DONE", "dataDocumentId": "d1", "pagination": {"nextToken": "t2"}}),
        Reply(json={**TOLD, "processingStatus": "DONE"}),
        Reply(json={**TOLD, "processingStatus": "FATAL", "errorDocumentId": "e1", "processingEndTime": "2026-11-20T10:01:00Z"}),
    )
    paged, empty, fatal = (kiosk.get_query("q1") for _ in range(3))
    assert (paged.data_document_id, paged.next_token) == ("d1", "t2")
    assert (empty.data_document_id, empty.error_document_id, empty.next_token) == (None, None, None)
    assert (fatal.error_document_id, fatal.processing_end) == ("e1", datetime(2026, 11, 20, 10, 1, tzinfo=UTC))
    assert fatal.created == datetime(2026, 11, 20, 10, 0, 0, 123000, tzinfo=UTC)


def test_a_document_is_downloaded_with_its_own_headers(amazon: FakeAmazon, session: SpApiSession) -> None:
    amazon.script(
        Reply(json={"documentId": "d1", "documentUrl": f"{amazon.url}/store/d1?X-Amz-Signature=s"}),
        Reply(body=b'{"a":1}\n', headers={"Content-Encoding": "gzip"}),
    )
    kiosk = DataKioskApi(session)
    document = kiosk.get_document("d1")
    with kiosk.download(document) as stream:
        assert stream.headers["Content-Encoding"] == "gzip"
        assert b"".join(stream.iter_raw()) == b'{"a":1}\n'
    assert "x-amz-access-token" not in amazon.received[1].headers


def test_cancelling_answers_nothing(amazon: FakeAmazon, session: SpApiSession) -> None:
    amazon.script(Reply(204))
    DataKioskApi(session).cancel_query("q1")
    assert (amazon.received[0].method, amazon.received[0].path) == ("DELETE", "/dataKiosk/2023-11-15/queries/q1")


@pytest.mark.parametrize("broken", [{"queryId": None}, {"createdTime": "yesterday"}, {"createdTime": None}, {"query": ""}])
def test_an_answer_without_what_the_model_demands_is_amazons_fault(
    amazon: FakeAmazon, session: SpApiSession, broken: dict[str, Any]
) -> None:
    amazon.script(Reply(json={**TOLD, **broken}))
    with pytest.raises(AmazonFault, match=next(iter(broken))):
        DataKioskApi(session).get_query("q1")


def test_amazons_own_examples_are_understood(amazon: FakeAmazon, session: SpApiSession, amazon_reference: Path) -> None:
    model = json.loads((amazon_reference / "models/data-kiosk-api-model/dataKiosk_2023-11-15.json").read_text())
    answers = model["paths"]["/dataKiosk/2023-11-15/queries"]["get"]["responses"]["200"]["x-amzn-api-sandbox"]["static"]
    amazon.script(*(Reply(json=a["response"]) for a in answers))
    found = list(DataKioskApi(session).queries(statuses=["DONE", "IN_PROGRESS"], page_size=1))
    assert [q.query_id for q in found] == [q["queryId"] for a in answers for q in a["response"]["queries"]]


_WORDS = st.from_regex(r"[_a-z][_a-z0-9]{0,4}", fullmatch=True)
_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters='"\\\n\r', min_codepoint=32), max_size=6).map(lambda t: f'"{t}"')
_NUMBERS = st.one_of(st.integers(-99, 99).map(str), st.just("1.5e-3"))
_VALUES = st.recursive(
    st.one_of(_WORDS, _TEXTS, _NUMBERS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: ["[", *items, "]"]),
        st.lists(st.tuples(_WORDS, inner), max_size=2).map(lambda pairs: ["{", *([n, ":", v] for n, v in pairs), "}"]),
    ),
    max_leaves=4,
)
_FILLING = st.sampled_from([" ", ",", "\n", " \t", "\r\n", " # so {\n", ",,  "])


def _flat(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [token for item in value for token in _flat(item)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(_WORDS, _VALUES), min_size=1, max_size=3), st.lists(_WORDS, min_size=1, max_size=3), st.data())
def test_texts_that_differ_in_filling_only_are_equal_and_mean_what_they_meant(
    arguments: list[tuple[str, Any]], fields: list[str], data: st.DataObject
) -> None:
    tokens = ["query", "{", "f", "(", *_flat([[n, ":", v] for n, v in arguments]), ")", "{", *fields, "}", "}"]
    spread = "".join(token + data.draw(_FILLING) for token in tokens)
    plain = " ".join(tokens)
    assert normalised(spread) == normalised(plain) == normalised(normalised(plain))
    assert parse(normalised(spread), no_location=True) == parse(plain, no_location=True)
    assert len(normalised(plain)) <= len(strip_ignored_characters(plain)) + plain.count('"')
