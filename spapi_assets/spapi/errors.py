"""Every way an SP-API or LWA call can fail, typed by what the operator should do about it, and how responses map to it.
No HTTP is done here, and nothing here knows about reports' contents."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

BODY_LIMIT = 2000
# LWA tokens (Atza|, Atzr|, Atc|, Atz.sprdt|), client secrets, and the signature parts of a presigned URL.
_SECRETS = re.compile(
    r"(?:Atz[A-Za-z.]*|Atc|Atna)\|[^\s\"'&<>,;]+|amzn1\.oa2-cs\.[^\s\"'&<>,;]+"
    r"|(?<=[?&])(?:X-Amz-(?:Signature|Credential|Security-Token)|Signature|AWSAccessKeyId)=[^\s\"'&<>]+"
)


def redact(text: str) -> str:
    """The text without tokens, client secrets and URL signatures, fit for logs and errors."""
    return _SECRETS.sub("[redacted]", text)


class SpApiError(Exception):
    """A call failed. `message` is a sentence: what happened and what to do; the attributes say to whom and where."""

    def __init__(
        self,
        message: str,
        *,
        account: str | None = None,
        operation: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        code: str | None = None,
        body: str | None = None,
    ) -> None:
        self.message = redact(message)
        self.account, self.operation, self.status = account, operation, status
        self.request_id, self.code = request_id, code
        self.body = redact(body)[:BODY_LIMIT] if body else None
        super().__init__(self.message)

    def __str__(self) -> str:
        facts = {
            "account": self.account,
            "operation": self.operation,
            "HTTP status": self.status,
            "code": self.code,
            "request id": self.request_id,
        }
        known = ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)
        return f"{self.message} ({known})" if known else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Keyword-only arguments do not survive the default pickling, and errors cross process borders.
        return _restore, (type(self), dict(self.__dict__))


def _restore(kind: type[SpApiError], state: dict[str, Any]) -> SpApiError:
    error = kind.__new__(kind)
    Exception.__init__(error, state["message"])
    error.__dict__.update(state)
    return error


class Throttled(SpApiError):
    """Wait: the quota is spent. `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: float, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.retry_after = retry_after


class TransientError(SpApiError):
    """Retry later: server errors, timeouts, lost connections. The client has already retried where that was safe."""


class OutcomeUnknown(TransientError):
    """A call that must not be repeated blindly was lost: look whether it took effect (getReports) before asking again."""


class DocumentUrlExpired(TransientError):
    """The presigned URL (5 minutes) is over or refused: ask getReportDocument for a new one."""


class IncompleteDownload(TransientError):
    """The document ended before its announced length, or the connection broke: download it again."""


class ConfigurationError(SpApiError):
    """Fix the configuration: Amazon refuses the request or the application's credentials as they are."""


class MissingRole(SpApiError):
    """Ask for a role: the application, or this selling partner's authorization of it, does not cover the operation."""


class ReauthorizationNeeded(SpApiError):
    """Authorise again: the refresh token is revoked, expired or another application's."""


class NotFound(SpApiError):
    """The thing does not exist: a fact about the data, not a fault."""


class Conflict(SpApiError):
    """It exists already."""


class AmazonFault(SpApiError):
    """Call Amazon: the response breaks Amazon's own contract."""


def first_error(body: str) -> tuple[str | None, str]:
    """(code, message) of Amazon's error body, or (None, a short piece of whatever came instead, e.g. a proxy's HTML)."""
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = None
    errors = parsed.get("errors") if isinstance(parsed, dict) else parsed if isinstance(parsed, list) else None
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        first = errors[0]
        text = " ".join(str(first[k]) for k in ("message", "details") if first.get(k))
        return (str(first["code"]) if first.get("code") else None), text
    return None, " ".join(re.sub(r"<[^>]*>", " ", body).split())[:200]


def is_expired_token(status: int, body: str) -> bool:
    """Whether Amazon says that the access token is over its hour (401/403), which one refresh mends."""
    return status in (401, 403) and "expired" in first_error(body)[1].lower()


def error_for(
    status: int, body: str, headers: Mapping[str, str], *, account: str, operation: str, retry_after: float = 60.0
) -> SpApiError:
    """The error for a response that is not a success (source: SP-API documentation, "Error responses")."""
    code, said = first_error(body)
    facts: dict[str, Any] = {
        "account": account,
        "operation": operation,
        "status": status,
        "request_id": headers.get("x-amzn-RequestId"),
        "code": code,
        "body": body,
    }
    quote = f": {said.rstrip('.')}" if said else ""
    if status == 429:
        return Throttled(
            f"Amazon refuses {operation} for account {account} because the quota is spent{quote}. "
            f"Wait at least {retry_after:.0f} s before the next call.",
            retry_after=retry_after,
            **facts,
        )
    if status >= 500:
        return TransientError(f"Amazon could not answer {operation} for account {account}{quote}. Try again later.", **facts)
    if status in (401, 403):
        lowered = said.lower()
        if "expired" in lowered:
            return TransientError(
                f"Amazon says the access token for {operation} of account {account} has expired, although it is new{quote}. "
                "Check this machine's clock and try again.",
                **facts,
            )
        if "revoked" in lowered or "malformed" in lowered:
            return ReauthorizationNeeded(
                f"Amazon rejects the access token of account {account}{quote}. The selling partner has probably withdrawn the "
                "authorization: authorise the application again and store the new refresh token in the account's secret.",
                **facts,
            )
        return MissingRole(
            f"Amazon denies {operation} to account {account}{quote}. The application or its authorization lacks the role, or the "
            "account belongs to another region or kind (seller, vendor). Add the role to the application, have the selling "
            "partner authorise it again, and check region and kind in the accounts file.",
            **facts,
        )
    if status == 404:
        return NotFound(f"Amazon does not know what {operation} of account {account} asks for{quote}.", **facts)
    if status == 409:
        return Conflict(f"What {operation} of account {account} would create exists already{quote}.", **facts)
    if 400 <= status < 500:
        return ConfigurationError(
            f"Amazon rejects the request {operation} of account {account}{quote}. Asking again will not help: "
            "correct the parameters (report type, options, marketplaces, dates).",
            **facts,
        )
    return AmazonFault(f"Amazon answered {operation} of account {account} with the unexpected status {status}{quote}.", **facts)
