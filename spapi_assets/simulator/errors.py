"""Failures of a simulated call as Amazon writes them: SP-API error lists, LWA errors, S3's XML, a load balancer's HTML.
Which call fails and why is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.sax.saxutils import escape


@dataclass
class ApiError(Exception):
    """A call that SP-API answers with an error list. `code` is Amazon's, `status` is HTTP's."""

    status: int
    code: str
    message: str
    details: str = ""

    def body(self) -> dict[str, list[dict[str, str]]]:
        return {"errors": [{"code": self.code, "message": self.message, "details": self.details}]}


@dataclass
class LwaError(Exception):
    """A token exchange that Login with Amazon refuses (RFC 6749 section 5.2)."""

    error: str
    description: str
    status: int = field(default=400)


def invalid_input(message: str, details: str = "") -> ApiError:
    return ApiError(400, "InvalidInput", message, details)


def unauthorized(details: str) -> ApiError:
    return ApiError(403, "Unauthorized", "Access to requested resource is denied.", details)


def missing_token() -> ApiError:
    text = "Access token is missing in the request header."
    return ApiError(401, "Unauthorized", "Access to requested resource is denied.", text)


TOKEN_EXPIRED = "The access token you provided has expired."
TOKEN_INVALID = "The access token you provided is revoked, malformed or invalid."


def not_found(message: str) -> ApiError:
    return ApiError(404, "NotFound", message)


def quota_exceeded() -> ApiError:
    return ApiError(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")


def internal_failure(message: str = "") -> ApiError:
    return ApiError(500, "InternalFailure", message or "We encountered an internal error. Please try again.")


HTML_503 = (
    "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n"
    "<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n</body>\r\n</html>\r\n"
)
HTML_504 = HTML_503.replace("503 Service Temporarily Unavailable", "504 Gateway Time-out")


def s3_error(code: str, message: str, request_id: str, **more: str) -> str:
    """The XML that S3 answers with instead of the document."""
    extra = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in more.items())
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message>{extra}'
        f"<RequestId>{escape(request_id)}</RequestId></Error>"
    )
