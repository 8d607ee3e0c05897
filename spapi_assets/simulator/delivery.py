"""Documents in storage and the five-minute URLs that open them, as presigned S3 URLs do.
Which report a document belongs to is the report book's business; HTTP is the gateway's."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import secrets
import threading
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlencode

from spapi_assets.simulator.clock import Clock, iso_millis
from spapi_assets.simulator.documents.faults import WIRE_TRANSFORMS
from spapi_assets.simulator.errors import s3_error
from spapi_assets.simulator.rendering import Rendered

URL_SECONDS = 300
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class StoredDocument:
    """The stored bytes; `compression` is GZIP or None, as getReportDocument will say."""

    document_id: str
    key: str
    body: bytes
    content_type: str
    compression: str | None


@dataclass(frozen=True)
class Download:
    """What the storage answers to a URL. `broken` means that the connection closes before the body is complete."""

    status: int
    body: bytes
    headers: dict[str, str]
    broken: bool = False


class Storage:
    """Keeps documents in memory and signs URLs. `base_url` is set once the server knows its port."""

    def __init__(self, clock: Clock, region: str = "eu-west-1") -> None:
        self.clock = clock
        self.region = region
        self.base_url = ""
        self._secret = secrets.token_bytes(32)
        self._documents: dict[str, StoredDocument] = {}
        self._by_key: dict[str, StoredDocument] = {}
        self._damage: dict[str, str] = {}
        self._lock = threading.Lock()

    def put(self, document_id: str, rendered: Rendered, *, compress: bool = True) -> StoredDocument:
        body = gzip.compress(rendered.body, compresslevel=5, mtime=0) if compress else rendered.body
        key = f"reports/{uuid.uuid4()}"
        stored = StoredDocument(document_id, key, body, rendered.content_type, "GZIP" if compress else None)
        with self._lock:
            self._documents[document_id] = self._by_key[key] = stored
        return stored

    def get(self, document_id: str) -> StoredDocument | None:
        with self._lock:
            return self._documents.get(document_id)

    def forget(self, document_id: str) -> None:
        with self._lock:
            stored = self._documents.pop(document_id, None)
            if stored:
                self._by_key.pop(stored.key, None)

    def sign(self, stored: StoredDocument, *, content_encoding: bool = False, damage: str | None = None) -> str:
        """A URL valid for five minutes. `damage` is a document fault that this URL (only) will show."""
        issued = self.clock.now()
        if damage == "expired_url":
            issued -= timedelta(seconds=URL_SECONDS + 1)
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"AKIASIMULATOR/{issued:%Y%m%d}/{self.region}/s3/aws4_request",
            "X-Amz-Date": issued.strftime(_STAMP),
            "X-Amz-Expires": str(URL_SECONDS),
            "X-Amz-SignedHeaders": "host",
        }
        if content_encoding and stored.compression:
            query["response-content-encoding"] = "gzip"
        # Two URLs of one second must differ, or the damage of one would show in the other.
        query["X-Amz-Security-Token"] = secrets.token_hex(8)
        path = "/documents/" + quote(stored.key)
        signature = self._signature(path, query)
        if damage:
            with self._lock:
                self._damage[signature] = damage
        return f"{self.base_url}{path}?{urlencode({**query, 'X-Amz-Signature': signature})}"

    def open(self, path: str, query_string: str, headers: dict[str, str], request_id: str) -> Download:
        """Answer a download as S3 does: the bytes, or an XML error."""
        query = dict(parse_qsl(query_string, keep_blank_values=True))
        signature = query.pop("X-Amz-Signature", "")
        if unsigned := [name for name in headers if name.lower().startswith("x-amz-")]:
            text = "There were headers present in the request which were not signed"
            return _refusal(403, "AccessDenied", text, request_id, HeadersNotSigned=", ".join(unsigned))
        if "authorization" in headers:
            text = "Only one auth mechanism allowed: the X-Amz-Algorithm query parameter or the Authorization header"
            return _refusal(400, "InvalidArgument", text, request_id)
        if not hmac.compare_digest(signature, self._signature(path, query)):
            text = "The request signature we calculated does not match the signature you provided."
            return _refusal(403, "SignatureDoesNotMatch", text, request_id)
        now = self.clock.now()
        expires = datetime.strptime(query["X-Amz-Date"], _STAMP).replace(tzinfo=UTC) + timedelta(seconds=URL_SECONDS)
        if now >= expires:
            times = {"X-Amz-Expires": str(URL_SECONDS), "Expires": iso_millis(expires), "ServerTime": iso_millis(now)}
            return _refusal(403, "AccessDenied", "Request has expired", request_id, **times)
        with self._lock:
            stored = self._by_key.get(path.removeprefix("/documents/"))
            damage = self._damage.get(signature)
        if stored is None:
            return _refusal(404, "NoSuchKey", "The specified key does not exist.", request_id)
        body = stored.body
        if damage == "plain_instead_of_gzip" and stored.compression:
            body = gzip.decompress(body)
        elif damage in WIRE_TRANSFORMS and stored.compression:
            body = WIRE_TRANSFORMS[damage](body)
        answer = {"Content-Type": stored.content_type, "ETag": f'"{hashlib.md5(stored.body, usedforsecurity=False).hexdigest()}"'}
        if "response-content-encoding" in query:
            answer["Content-Encoding"] = query["response-content-encoding"]
        return Download(200, body, answer, broken=damage == "broken_download")

    def _signature(self, path: str, query: dict[str, str]) -> str:
        message = path + "?" + urlencode(sorted(query.items()))
        return hmac.new(self._secret, message.encode(), hashlib.sha256).hexdigest()


def _refusal(status: int, code: str, message: str, request_id: str, **more: str) -> Download:
    xml = s3_error(code, message, request_id, **more)
    return Download(status, xml.encode(), {"Content-Type": "application/xml"})
