"""Fetches the reason document of a FATAL report, keeps its exact bytes beside the archive, and takes the human part out.
What the text means is `reasons.py`."""

from __future__ import annotations

import gzip
import html
import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

from spapi_assets.aws.ledger_records import ReportRecord
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.reasons import Reason, classify
from spapi_assets.lake.layout import archive_folder
from spapi_assets.spapi.errors import NotFound, SpApiError, Throttled, TransientError
from spapi_assets.spapi.marketplaces import MARKETPLACES

_LARGEST = 1 << 20  # a reason is a sentence; what is longer is cut
_SAYS = re.compile(r"error_?details?|errors?|messages?|error_?messages?|reasons?|description|details?", re.IGNORECASE)
_MARKUP = re.compile(r"<(script|style|head)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)


def read_reason(ctx: IngestContext, record: ReportRecord) -> Reason:
    """Fetch, keep and classify the reason. Raises Throttled or TransientError when it cannot be read now."""
    own = ctx.settings.reasons_file
    body = _download(ctx, record) if record.document_id is not None else None
    if body is None:
        return classify("", own)
    created = record.created_at or ctx.now()
    path = f"{archive_folder(record.account, record.report, str(record.report_id), created.date())}/reason.bin"
    with ctx.lake.open_output(path) as file:
        file.write(body)
    home = MARKETPLACES[record.marketplace].charset if record.marketplace else "cp1252"
    found = classify(reason_text(body, home), own)
    return Reason(found.verdict, found.text, found.means, found.later, found.known, ctx.lake.uri(path))


def _download(ctx: IngestContext, record: ReportRecord) -> bytes | None:
    assert record.document_id is not None
    apis = ctx.apis(record.account)
    for attempt in (1, 2):
        try:
            report, token = ctx.registry.reports[record.report], None
            api = apis.reports if report.query is None else apis.data_kiosk
            if report.query is not None:
                document = apis.data_kiosk.get_document(record.document_id, max_wait=2.0)
            else:
                if report.restricted:
                    token = apis.tokens.for_report_document(record.document_id)
                document = apis.reports.get_report_document(record.document_id, token, max_wait=2.0)
            ctx.ledger.spent(record, "getReportDocument" if report.query is None else "getDocument")
            with api.download(document) as stream:
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


def reason_text(body: bytes, charset: str = "cp1252") -> str:
    """The human part of a reason document: Amazon publishes no schema, so any JSON, XML, HTML or plain text is taken.

    `charset`: what the marketplace's documents are in where they are not Unicode.
    """
    if body[:2] == b"\x1f\x8b":
        try:
            body = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, _LARGEST)
        except (zlib.error, gzip.BadGzipFile):
            return ""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _human(body.decode("utf-16", "replace"))
    try:
        return _human(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return _human(body.decode(charset, "replace"))


def _human(text: str) -> str:
    text = text.strip()
    try:
        content = json.loads(text)
    except ValueError:
        return html.unescape(_MARKUP.sub(" ", text)).strip()
    said = list(_strings(content))
    preferred = [value for keys, value in said if keys and _SAYS.fullmatch(keys[-1])]
    beneath = [value for keys, value in said if any(_SAYS.fullmatch(key) for key in keys)]
    return " ".join(preferred or beneath or [value for _, value in said])


def _strings(value: Any, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, str):
        if value.lstrip()[:1] in ("{", "["):  # a document inside a document
            yield keys, _human(value)
        else:
            yield keys, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(inner, (*keys, str(name)))
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, keys)
