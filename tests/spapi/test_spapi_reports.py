"""Reports, documents and the small APIs, over HTTP."""

from __future__ import annotations

import gzip
import logging
from datetime import UTC, datetime, timedelta, timezone

import pytest
from fake_amazon import FakeAmazon, Reply

from spapi_assets.spapi.errors import (
    AmazonFault,
    ConfigurationError,
    Conflict,
    DocumentUrlExpired,
    IncompleteDownload,
    NotFound,
    TransientError,
)
from spapi_assets.spapi.notifications import NotificationsApi
from spapi_assets.spapi.reports import ReportDocument, ReportsApi
from spapi_assets.spapi.sellers import SellersApi
from spapi_assets.spapi.session import SpApiSession
from spapi_assets.spapi.tokens import TokensApi

REPORT = {
    "reportId": "50001",
    "reportType": "GET_X",
    "createdTime": "2026-11-20T10:00:00+00:00",
    "processingStatus": "DONE",
    "marketplaceIds": ["A1PA6795UKMFR9"],
    "dataStartTime": "2026-11-01T00:00:00Z",
    "reportDocumentId": "amzn1.spdoc.1.4.eu.x",
}
DOCUMENT = "amzn1.spdoc.1.4.eu.x"


def test_a_report_is_asked_for_with_utc_instants_and_text_options(amazon: FakeAmazon, session: SpApiSession) -> None:
    amazon.script(Reply(202, {"reportId": "50001"}))
    berlin = timezone(timedelta(hours=1))
    report_id = ReportsApi(session).create_report(
        "GET_X",
        ["A1PA6795UKMFR9"],
        options={"dateGranularity": "DAY", "custom": True, "n": 3},
        start=datetime(2026, 11, 1, tzinfo=berlin),
        end=datetime(2026, 11, 2, tzinfo=UTC),
    )
    assert report_id == "50001"
    assert amazon.received[0].json == {
        "reportType": "GET_X",
        "marketplaceIds": ["A1PA6795UKMFR9"],
        "reportOptions": {"dateGranularity": "DAY", "custom": "true", "n": "3"},
        "dataStartTime": "2026-10-31T23:00:00Z",
        "dataEndTime": "2026-11-02T00:00:00Z",
    }


def test_requests_that_amazon_would_refuse_are_refused_before_they_cost_quota(amazon: FakeAmazon, session: SpApiSession) -> None:
    reports = ReportsApi(session)
    with pytest.raises(ConfigurationError, match="time zone"):
        reports.create_report("GET_X", ["A"], start=datetime(2026, 11, 1))  # noqa: DTZ001
    with pytest.raises(ConfigurationError, match="1 to 25"):
        reports.create_report("GET_X", [])
    assert amazon.received == []


def test_pages_of_reports_follow_the_token_alone_and_byte_for_byte(amazon: FakeAmazon, session: SpApiSession) -> None:
    token = "VyYkX3Bh/+=&? ü%2B=="
    amazon.script(Reply(json={"reports": [REPORT], "nextToken": token}), Reply(json={"reports": [{**REPORT, "reportId": "2"}]}))
    found = list(
        ReportsApi(session).get_reports(
            ["GET_X", "GET_Y"], statuses=["DONE", "FATAL"], created_since=datetime(2026, 11, 1, tzinfo=UTC), page_size=100
        )
    )
    assert [r.report_id for r in found] == ["50001", "2"]
    assert dict(amazon.received[0].query) == {
        "reportTypes": "GET_X,GET_Y",
        "processingStatuses": "DONE,FATAL",
        "createdSince": "2026-11-01T00:00:00Z",
        "pageSize": "100",
    }
    assert amazon.received[1].query == [("nextToken", token)]


def test_more_than_ten_types_are_asked_for_in_tens(amazon: FakeAmazon, session: SpApiSession) -> None:
    amazon.always = lambda got: Reply(json={"reports": []})
    assert list(ReportsApi(session).get_reports([f"GET_{n}" for n in range(13)])) == []
    assert [len(dict(r.query)["reportTypes"].split(",")) for r in amazon.received] == [10, 3]


def test_a_report_is_read_with_its_times_in_utc(amazon: FakeAmazon, session: SpApiSession) -> None:
    amazon.script(Reply(json={**REPORT, "createdTime": "2026-11-20T02:00:00.250-08:00"}))
    info = ReportsApi(session).get_report("50001")
    assert info.created == datetime(2026, 11, 20, 10, 0, 0, 250000, UTC)
    assert info.created.utcoffset() == timedelta(0)
    assert (info.status, info.finished, info.document_id, info.end) == ("DONE", True, DOCUMENT, None)
    assert info.raw["reportType"] == "GET_X"


@pytest.mark.parametrize("broken", [{"reportId": None}, {"createdTime": "yesterday"}, {"processingStatus": ""}])
def test_a_report_that_breaks_the_model_is_amazons_fault(amazon: FakeAmazon, session: SpApiSession, broken: dict) -> None:
    amazon.script(Reply(json={**REPORT, **broken}))
    with pytest.raises(AmazonFault, match=next(iter(broken))):
        ReportsApi(session).get_report("50001")


def _document(amazon: FakeAmazon) -> ReportDocument:
    return ReportDocument(DOCUMENT, f"{amazon.url}/bucket/doc?X-Amz-Expires=300&X-Amz-Signature=topsecret", "GZIP")


@pytest.mark.parametrize("encoding", [{}, {"Content-Encoding": "gzip"}])
def test_a_document_arrives_as_its_exact_bytes_without_the_access_token(
    amazon: FakeAmazon, session: SpApiSession, encoding: dict[str, str]
) -> None:
    body = gzip.compress(b"sku\tprice\r\n" * 50_000)
    amazon.script(Reply(body=body, headers={"Content-Type": "text/plain; charset=Cp1252", **encoding}))
    with ReportsApi(session).download(_document(amazon), chunk_size=100) as stream:
        assert b"".join(stream.iter_raw()) == body
        assert stream.headers["content-type"] == "text/plain; charset=Cp1252"
        assert stream.received == stream.length == len(body)
    request = amazon.received[0]
    assert not {"x-amz-access-token", "authorization", "x-amz-date"} & set(request.headers)
    assert request.headers["accept-encoding"] == "identity"
    assert amazon.exchanges == []


def test_a_document_that_ends_early_is_an_error_that_names_it(amazon: FakeAmazon, session: SpApiSession) -> None:
    amazon.script(Reply(body=b"x" * 5000, cut=1234))
    with (
        pytest.raises(IncompleteDownload, match=DOCUMENT) as caught,
        ReportsApi(session).download(_document(amazon), chunk_size=500) as stream,
    ):
        for _ in stream.iter_raw():
            pass
    assert "of 5000 bytes" in str(caught.value)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(403, body=b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"), DocumentUrlExpired),
        (Reply(404, body=b"<Error><Code>NoSuchKey</Code></Error>"), NotFound),
        (Reply(503, body=b"<Error><Code>SlowDown</Code></Error>"), TransientError),
        (Reply(drop=True), TransientError),
    ],
)
def test_a_document_that_cannot_be_had_says_why_and_never_shows_its_url(
    amazon: FakeAmazon, session: SpApiSession, reply: Reply, kind: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "spapi_assets")
    amazon.script(reply)
    document = _document(amazon)
    with pytest.raises(kind) as caught, ReportsApi(session).download(document):
        pass
    shown = f"{caught.value} {caught.value.__cause__} {document!r} {caplog.text}"
    assert DOCUMENT in str(caught.value)
    assert "topsecret" not in shown


def test_a_restricted_document_is_fetched_with_the_token_for_its_own_path(amazon: FakeAmazon, session: SpApiSession) -> None:
    amazon.script(
        Reply(json={"restrictedDataToken": "Atz.sprdt|r", "expiresIn": 3600}),
        Reply(json={"reportDocumentId": DOCUMENT, "url": "https://s3.example/doc", "compressionAlgorithm": "GZIP"}),
    )
    token = TokensApi(session).for_report_document(DOCUMENT)
    document = ReportsApi(session).get_report_document(DOCUMENT, token)
    asked, fetched = amazon.received
    assert asked.json == {"restrictedResources": [{"method": "GET", "path": f"/reports/2021-06-30/documents/{DOCUMENT}"}]}
    assert fetched.headers["x-amz-access-token"] == "Atz.sprdt|r"
    assert (document.compression, document.url) == ("GZIP", "https://s3.example/doc")


def test_a_queue_is_registered_once_even_when_two_ask_at_the_same_time(amazon: FakeAmazon, session: SpApiSession) -> None:
    arn = "arn:aws:sqs:eu-west-1:123456789012:spapi-notifications"
    ours = {"name": "n", "destinationId": "d-1", "resource": {"sqs": {"arn": arn}}}
    amazon.script(Reply(json={"payload": []}), Reply.error(409, "Conflict", "exists"), Reply(json={"payload": [ours]}))
    assert NotificationsApi(session).ensure_destination("n", sqs_arn=arn).destination_id == "d-1"
    assert amazon.received[1].json == {"name": "n", "resourceSpecification": {"sqs": {"arn": arn}}}


def test_a_selling_partner_without_subscription_is_subscribed_and_a_second_time_left_alone(
    amazon: FakeAmazon, session: SpApiSession
) -> None:
    payload = {"subscriptionId": "s-1", "payloadVersion": "1.0", "destinationId": "d-1"}
    amazon.script(Reply.error(404, "NotFound", "none"), Reply(json={"payload": payload}), Reply(json={"payload": payload}))
    notifications = NotificationsApi(session)
    first = notifications.ensure_subscription("REPORT_PROCESSING_FINISHED", "d-1", "1.0")
    assert first == notifications.ensure_subscription("REPORT_PROCESSING_FINISHED", "d-1", "1.0")
    assert [r.method for r in amazon.received] == ["GET", "POST", "GET"]
    assert amazon.received[1].json == {"payloadVersion": "1.0", "destinationId": "d-1"}
    amazon.script(Reply.error(409, "Conflict", "exists"))
    with pytest.raises(Conflict):
        notifications.create_subscription("REPORT_PROCESSING_FINISHED", "d-1", "1.0")


def test_marketplaces_outside_amazons_table_are_listed_but_not_taken_for_one_of_it(
    amazon: FakeAmazon, session: SpApiSession
) -> None:
    def entry(id_: str, name: str) -> dict:
        marketplace = {"id": id_, "name": name, "countryCode": "DE", "defaultCurrencyCode": "EUR"}
        return {"marketplace": marketplace, "participation": {"isParticipating": True, "hasSuspendedListings": False}}

    amazon.script(Reply(json={"payload": [entry("A1PA6795UKMFR9", "Amazon.de"), entry("AZMDEXL2RVFNN", "Non-Amazon DE")]}))
    german, other = SellersApi(session).marketplace_participations()
    assert german.marketplace is not None
    assert german.marketplace.code == "DE"
    assert other.marketplace is None
