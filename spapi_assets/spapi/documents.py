"""Downloads a report document from its presigned URL: the exact bytes that Amazon stored, counted against the length announced.
Nothing is decompressed or decoded here, and the access token is never sent: the URL is the permission."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
import urllib3

from spapi_assets.spapi.errors import (
    AmazonFault,
    DocumentUrlExpired,
    IncompleteDownload,
    NotFound,
    SpApiError,
    TransientError,
    first_error,
)
from spapi_assets.spapi.wire import new_http

TIMEOUT = (5.0, 60.0)  # seconds to connect, seconds between bytes
CHUNK = 1 << 20

log = logging.getLogger("spapi_assets.spapi")


@dataclass(frozen=True)
class ReportDocument:
    """Where a document lies for the next five minutes. `compression` is "GZIP" or None, as Amazon says."""

    document_id: str
    url: str = field(repr=False)
    compression: str | None = None


class DocumentStream:
    """An open download. `headers` ignore case; `received` counts the bytes given so far; `length` is what was announced."""

    def __init__(self, document: ReportDocument, response: requests.Response, account: str, chunk_size: int) -> None:
        self._document, self._response, self._account, self._chunk_size = document, response, account, chunk_size
        self.headers: Mapping[str, str] = response.headers
        self.received = 0
        announced = response.headers.get("Content-Length", "")
        self.length = int(announced) if announced.isdigit() else None

    def iter_raw(self) -> Iterator[bytes]:
        """The body's bytes as sent, still gzip where they are. Raises IncompleteDownload when they end early."""
        try:
            for chunk in self._response.raw.stream(self._chunk_size, decode_content=False):
                self.received += len(chunk)
                yield chunk
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._incomplete(type(error).__name__) from None
        if self.length is not None and self.received != self.length:
            raise self._incomplete("the connection closed early")

    def _incomplete(self, why: str) -> IncompleteDownload:
        of = f" of {self.length}" if self.length is not None else ""
        return IncompleteDownload(
            f"Document {self._document.document_id} of account {self._account} broke off after {self.received}{of} bytes "
            f"({why}). Download it again; when its URL is older than five minutes, ask for a new one.",
            account=self._account,
            operation="download",
        )


@contextmanager
def download(document: ReportDocument, *, account: str, user_agent: str, chunk_size: int = CHUNK) -> Iterator[DocumentStream]:
    """Open the document's URL. Raises DocumentUrlExpired (403), NotFound (404), TransientError (5xx, network)."""
    host = urlsplit(document.url).netloc
    started = time.monotonic()
    with new_http() as http:
        try:
            # identity: whatever compression the stored object has stays, and nobody on the way adds one.
            headers = {"User-Agent": user_agent, "Accept-Encoding": "identity"}
            response = http.get(document.url, headers=headers, stream=True, timeout=TIMEOUT)
        except requests.RequestException as error:
            # The exception's text holds the URL, and the URL is a key to the document: only its type goes on.
            raise TransientError(
                f"{host} did not answer for document {document.document_id} of account {account} ({type(error).__name__}). "
                "Try again.",
                account=account,
                operation="download",
            ) from None
        with response:
            if response.status_code != 200:
                raise _refused(document, response, account, host)
            stream = DocumentStream(document, response, account, chunk_size)
            yield stream
            log.info(
                "account=%s operation=download document=%s status=%s request_id=%s bytes=%d seconds=%.3f",
                account,
                document.document_id,
                response.status_code,
                response.headers.get("x-amz-request-id"),
                stream.received,
                time.monotonic() - started,
            )


def _refused(document: ReportDocument, response: requests.Response, account: str, host: str) -> SpApiError:
    status = response.status_code
    said = first_error(response.raw.read(2000, decode_content=False).decode("utf-8", "replace"))[1]
    subject = f"document {document.document_id} of account {account}"
    kind, message = {
        403: (
            DocumentUrlExpired,
            f"The URL of {subject} is no longer valid (they live five minutes): ask getReportDocument for a new one.",
        ),
        404: (NotFound, f"The store no longer has {subject}: Amazon keeps reports for 90 days. Request the report again."),
    }.get(status, (AmazonFault, f"{host} answered {status} for {subject}: {said}. Ask for a new URL; if it stays, ask Amazon."))
    if status >= 500:
        kind, message = TransientError, f"{host} could not deliver {subject}. Try again."
    return kind(
        message,
        account=account,
        operation="download",
        status=status,
        request_id=response.headers.get("x-amz-request-id"),
        body=said,
    )
