"""Amazon's envelopes are understood in every form, and nothing that is no notification does more than say so."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spapi_assets.ingest.notifications.envelope import MalformedNotification, parse
from spapi_assets.ingest.notifications.facts import new_secret, query_finished, report_finished, secret_expiry
from spapi_assets.ingest.notifications.secrecy import holds_secret, may_hold_secret
from spapi_assets.ingest.notifications.types import TYPES, known
from tests.notifications.messages import envelopes, examples, finished, made


def test_every_example_of_amazons_is_the_same_notification_in_every_envelope(amazon_reference: Path) -> None:
    for name, message in examples(amazon_reference):
        plain = parse(json.dumps(message))
        assert known(plain.type) is not None, f"{name}: nobody here knows the type {plain.type}"
        for envelope, body in envelopes(message):
            told = parse(body)
            seen = (told.type, told.notification_id, told.subscription_id, told.event_time, told.payload_version)
            assert seen == (plain.type, plain.notification_id, plain.subscription_id, plain.event_time, plain.payload_version), (
                name,
                envelope,
            )


def test_every_schema_of_amazons_has_its_type_and_the_two_that_have_none_are_known_too(amazon_reference: Path) -> None:
    told = {known(parse(json.dumps(message)).type) for _, message in examples(amazon_reference)}
    more = {"ACCOUNT_STATUS_CHANGED", "EXTERNAL_FULFILLMENT_SHIPMENT_STATUS_CHANGE"}
    ours = {t for t in TYPES.values() if t.urgency > 0 and t.name not in more}
    assert told == ours
    assert more <= set(TYPES)


def test_eventbridge_names_the_type_where_the_notification_does_not() -> None:
    body = {"version": "0", "detail-type": "ITEM_PRODUCT_TYPE_CHANGE", "detail": {"Payload": {"Asin": "B0"}}}
    assert parse(json.dumps(body)).type == "ITEM_PRODUCT_TYPE_CHANGE"


def test_the_facts_of_the_types_that_act_are_read_in_either_casing_and_without_their_wrapper() -> None:
    report = report_finished(parse(finished("5")))
    assert (report.selling_partner_id, report.report_id, report.status) == ("A3KESTREL0EU0", "5", "DONE")
    bare = {"AccountId": "amzn1.vg.1", "ReportId": 5, "ReportType": "GET_X", "ProcessingStatus": "FATAL"}
    assert report_finished(parse(made("REPORT_PROCESSING_FINISHED", bare))).selling_partner_id == "amzn1.vg.1"
    page = {"QueryId": "7", "ProcessingStatus": "DONE", "AccountId": "a", "DataDocumentId": "d", "Pagination": {"NextToken": "t"}}
    query = query_finished(parse(made("DATA_KIOSK_QUERY_PROCESSING_FINISHED", page)))
    assert (query.query_id, query.data_document_id, query.next_token) == ("7", "d", "t")
    ends = {"clientId": "app", "clientSecretExpiryTime": "2026-05-01T00:00:00Z"}
    told = secret_expiry(parse(made("APPLICATION_OAUTH_CLIENT_SECRET_EXPIRY", {"ApplicationOAuthClientSecretExpiry": ends})))
    assert (told.client_id, told.ends) == ("app", datetime(2026, 5, 1, tzinfo=UTC))


def test_a_new_secret_is_in_no_text_of_what_was_read() -> None:
    facts = {"clientId": "app", "newClientSecret": "very-secret", "newClientSecretExpiryTime": "2026-09-01T00:00:00Z"}
    told = new_secret(parse(made("APPLICATION_OAUTH_CLIENT_NEW_SECRET", {"applicationOAuthClientNewSecret": facts})))
    assert (told.secret, told.ends) == ("very-secret", datetime(2026, 9, 1, tzinfo=UTC))
    assert "very-secret" not in repr(told)


@pytest.mark.parametrize(
    "body", ["", "not json", "[]", '"text"', "{}", "1" * 5000, "[" * 3000, '{"notificationType": 5, "payload": {}}']
)
def test_a_body_that_is_no_notification_is_named_without_being_quoted(body: str) -> None:
    with pytest.raises(MalformedNotification) as caught:
        parse(body)
    assert body[:20] not in str(caught.value) or not body


@pytest.mark.parametrize(
    "body",
    [
        '{"x": {"newClientSecret": "s"}}',
        '{"x": {"NEW_CLIENT_SECRET": "s"}}',
        '{"x": {"newClient\\u0053ecret": "s"}}',
        '{"x": "amzn1.oa2-cs.v1.0123"}',
        "APPLICATION_OAUTH_CLIENT_NEW_SECRET, broken",
        '{"x": {"newClientSecret": "s"}, "x": 1}',
        json.dumps({"Message": '{"newClient\\\\u0053ecret": "s"'}),
        '{"x": "newClientSecret=s"}',
        '{"refresh": "Atzr|IwEB"}',
    ],
)
def test_a_client_secret_is_suspected_however_it_is_written(body: str) -> None:
    assert holds_secret(body)
    assert may_hold_secret(body)


def test_words_and_page_tokens_in_the_values_make_no_message_suspect() -> None:
    body = made("SOMETHING_NEW", {"Title": "Victoria's secret garden", "pagination": {"nextToken": "AAMA"}})
    assert not may_hold_secret(body)
    assert not holds_secret(made("FBA_INVENTORY_AVAILABILITY_CHANGES", {"ItemName": "The Client Secret: a novel"}))
    assert may_hold_secret(body[:-1])  # broken: nobody can tell names from values


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["notificationType", "NotificationType", "payload", "Payload", "detail", "Message", "TopicArn", "eventTime"]
        )
        | st.text(max_size=5),
        JSON | st.sampled_from(sorted(TYPES)),
        max_size=6,
    )
)
def test_whatever_comes_it_is_a_notification_or_malformed(content: dict[str, Any]) -> None:
    body = json.dumps(content)
    try:
        told = parse(body)
    except MalformedNotification:
        return
    assert told.type.strip()
    assert isinstance(told.payload, dict)
