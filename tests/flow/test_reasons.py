"""The reasons of FATAL reports: every text that was seen, whatever it comes in, and a deployment's own rules."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from spapi_assets.aws.ledger import Verdict
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.reason_documents import reason_text
from spapi_assets.ingest.reasons import BUILT_IN, ReasonsError, classify, read_rules
from spapi_assets.settings import load_settings
from tests.flow.amazon import Amazon, Clock
from tests.flow.outcome_steps import end, request

RULES = read_rules(BUILT_IN)
SEEN = [(number, text) for number, rule in enumerate(RULES) for text in rule.seen]


@pytest.mark.parametrize(("number", "text"), SEEN, ids=[text[:50] for _, text in SEEN])
def test_every_text_that_was_seen_is_known_by_its_own_rule(number: int, text: str) -> None:
    assert next(n for n, rule in enumerate(RULES) if rule.pattern.search(text)) == number
    assert classify(text).verdict is RULES[number].verdict


def test_the_table_says_what_to_do_and_where_every_text_is_from() -> None:
    for rule in RULES:
        assert rule.means.endswith("."), rule
        assert rule.source, rule
        assert rule.verdict not in (Verdict.EMPTY_CONFIRMED, Verdict.SUPERSEDED)
    assert len(SEEN) >= 20


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The requested data is unavailable. The report data is not yet available.", Verdict.NOT_PUBLISHED),
        ("This report type requires the reportPeriod, sellingProgram reportOption", Verdict.CONFIGURATION),
        ("Date range exceeded", Verdict.CONFIGURATION),
        ("This report supports only one marketplace per request.", Verdict.CONFIGURATION),
        ("dataStartTime must align with the reportPeriod WEEK", Verdict.CONFIGURATION),
        ("The seller is not authorized to access this report.", Verdict.MISSING_ROLE),
        ("Too many requests for this report type, try again in 30 minutes", Verdict.THROTTLED),
        ("The ASIN B000000001 is not owned by the seller", Verdict.CONFIGURATION),
        ("There is no data for the requested dates", Verdict.EMPTY_SUSPECTED),
        ("Etwas ganz Neues", Verdict.RETRYABLE),
        ("", Verdict.RETRYABLE),
    ],
)
def test_reason_texts_are_classified(text: str, verdict: Verdict) -> None:
    assert classify(text).verdict is verdict


def test_only_a_text_that_no_rule_knows_is_unknown() -> None:
    assert not classify("Etwas ganz Neues").known
    assert classify("InternalFailure").known
    assert classify("").known
    assert "Etwas ganz Neues" in classify(" Etwas\n ganz  Neues ").sentence


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"errorDetails": "Zu früh", "reportSpecification": {"reportType": "X"}}, ensure_ascii=False).encode(),
        gzip.compress(json.dumps({"errors": [{"message": "Zu früh", "code": "1"}]}).encode()),
        json.dumps({"errors": ["Zu früh"]}).encode(),
        json.dumps({"messages": [{"code": "E1", "details": "Zu früh"}]}).encode(),
        json.dumps({"body": json.dumps({"error_message": "Zu früh"})}).encode(),
        json.dumps("Zu früh").encode(),
        json.dumps({"text": "Zu früh"}).encode(),
        b"\xef\xbb\xbf" + "Zu früh".encode(),
        "Zu früh".encode("utf-16"),
        "Zu früh\r\n".encode("cp1252"),
        "<Error><Message>Zu früh</Message></Error>".encode(),
        b"<html><head><title>503</title></head><body><p>Zu fr&uuml;h</p></body></html>",
    ],
    ids=["JSON", "gzip", "strings", "details", "nested", "string", "other key", "BOM", "UTF-16", "Windows", "XML", "HTML"],
)
def test_a_reason_is_read_from_any_container(body: bytes) -> None:
    assert reason_text(body).strip() == "Zu früh"


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"\x1f\x8bbroken", b"<html></html>"])
def test_a_document_without_a_sentence_is_no_reason(body: bytes) -> None:
    assert reason_text(body).strip() in ("", "null")


def test_japanese_documents_are_read_in_their_own_charset() -> None:
    assert reason_text("データがありません".encode("cp932"), "cp932") == "データがありません"


OWN = """
rules:
  - verdict: not_published
    pattern: etwas ganz neues
    means: Our supplier said that this means waiting.
"""


def test_a_deployment_adds_rules_before_the_built_in_ones(
    ctx: IngestContext, amazon: Amazon, clock: Clock, tmp_path: Path
) -> None:
    own = tmp_path / "reasons.yaml"
    own.write_text(OWN)
    ctx.settings = ctx.settings.model_copy(update={"reasons_file": own})
    record = end(ctx, amazon, clock, "FATAL", request(ctx), b"Etwas ganz Neues")
    assert record.verdict is Verdict.NOT_PUBLISHED
    assert record.reason.startswith("Our supplier said")
    assert load_settings({"SPAPI_REASONS_FILE": str(own)}).reasons_file == own


@pytest.mark.parametrize("content", ["rules: [{verdict: maybe, pattern: x, means: y}]", "rules: [{pattern: '('}]", "a: [", "x"])
def test_broken_rules_of_a_deployment_are_named_and_stop_nothing(tmp_path: Path, content: str) -> None:
    own = tmp_path / "reasons.yaml"
    own.write_text(content)
    with pytest.raises(ReasonsError, match=r"reasons\.yaml"):
        read_rules(own)
    found = classify("Date range exceeded", own)
    assert found.verdict is Verdict.CONFIGURATION
    assert "SPAPI_REASONS_FILE were left out" in found.sentence
