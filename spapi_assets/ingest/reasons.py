"""Reads and classifies the reason document of a FATAL report by the table in `reasons.yaml`, and keeps its exact bytes.
What follows from a verdict (retry, delay, give up) is `outcomes.py`."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from spapi_assets.aws.ledger_records import ReportRecord, Verdict
from spapi_assets.ingest.context import IngestContext
from spapi_assets.lake.layout import archive_folder
from spapi_assets.spapi.errors import NotFound, SpApiError, Throttled, TransientError

_LARGEST = 1 << 20  # a reason is a sentence; what is longer is cut
_MEASURES = re.compile(r"errordetails?|message|reason|description|details?", re.IGNORECASE)


@dataclass(frozen=True)
class Reason:
    """What Amazon says about a FATAL report. `text` is empty when it gave no document."""

    verdict: Verdict
    text: str
    means: str
    uri: str | None = None

    @property
    def sentence(self) -> str:
        return f'{self.means} Amazon says: "{self.text}"' if self.text else self.means


@dataclass(frozen=True)
class _Rule:
    verdict: Verdict
    pattern: re.Pattern[str]
    means: str


@cache
def _rules() -> tuple[_Rule, ...]:
    content = yaml.safe_load((Path(__file__).parent / "reasons.yaml").read_text("utf-8"))
    return tuple(_Rule(Verdict(r["verdict"]), re.compile(r["pattern"], re.IGNORECASE), r["means"]) for r in content["rules"])


def classify(text: str) -> Reason:
    """The verdict of a reason text. An unknown text is retryable: retries are bounded, and the text is shown."""
    flat = " ".join(text.split())
    for rule in _rules():
        if rule.pattern.search(flat):
            return Reason(rule.verdict, flat[:1000], rule.means)
    if flat:
        return Reason(Verdict.RETRYABLE, flat[:1000], "Amazon gives a reason this platform does not know.")
    return Reason(Verdict.RETRYABLE, "", "Amazon failed to make the report and gave no reason.")


def read_reason(ctx: IngestContext, record: ReportRecord) -> Reason:
    """Fetch, keep and classify the reason. Raises Throttled or TransientError when it cannot be read now."""
    if record.document_id is None:
        return classify("")
    body = _download(ctx, record)
    if body is None:
        return classify("")
    created = record.created_at or ctx.now()
    path = f"{archive_folder(record.account, record.report, str(record.report_id), created.date())}/reason.bin"
    with ctx.lake.open_output(path) as file:
        file.write(body)
    found = classify(reason_text(body))
    return Reason(found.verdict, found.text, found.means, ctx.lake.uri(path))


def _download(ctx: IngestContext, record: ReportRecord) -> bytes | None:
    assert record.document_id is not None
    apis = ctx.apis(record.account)
    for attempt in (1, 2):
        try:
            token = None
            if ctx.registry.reports[record.report].restricted:
                token = apis.tokens.for_report_document(record.document_id)
            document = apis.reports.get_report_document(record.document_id, token, max_wait=2.0)
            ctx.ledger.spent(record, "getReportDocument")
            with apis.reports.download(document) as stream:
                return b"".join(_first(stream.iter_raw(), _LARGEST))
        except Throttled:
            raise
        except TransientError:
            if attempt == 2:
                raise
        except NotFound:
            return None
        except SpApiError as error:  # denied or refused: that is the best reason to be had
            return str(error).encode()
    return None


def _first(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        yield chunk
        size += len(chunk)
        if size > limit:
            return


def reason_text(body: bytes) -> str:
    """The human part of a reason document: Amazon publishes no schema, so any JSON, XML or plain text is taken."""
    if body[:2] == b"\x1f\x8b":
        try:
            body = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, _LARGEST)
        except (zlib.error, gzip.BadGzipFile):
            return ""
    text = body.decode("utf-8-sig", "replace").strip()
    try:
        content = json.loads(text)
    except ValueError:
        return re.sub(r"<[^>]*>", " ", text)
    preferred = [value for key, value in _strings(content) if _MEASURES.search(key)]
    return " ".join(preferred or [value for _, value in _strings(content)])


def _strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(inner, f"{key}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, key)
