"""From an HTTP request to a reply: routing, tokens, faults, quota, validation, the handler, and the journal.
It knows bytes and headers, no web framework; what operations do is in api/."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from spapi_assets.simulator import errors, lwa
from spapi_assets.simulator.accounts import Account
from spapi_assets.simulator.api.call import Call
from spapi_assets.simulator.api.table import HANDLERS
from spapi_assets.simulator.credentials import Token
from spapi_assets.simulator.errors import ApiError, LwaError
from spapi_assets.simulator.faults import CALL_KINDS
from spapi_assets.simulator.marketplaces import REGIONS
from spapi_assets.simulator.operations import DOWNLOAD_DOCUMENT, EXCHANGE_TOKEN, Operation, find
from spapi_assets.simulator.state import State
from spapi_assets.simulator.validation import Query

_log = logging.getLogger(__name__)
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names are lower case, `path` is as sent (percent-encoded)."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """One HTTP reply; `delay` is real seconds to wait before it is sent. `facts` go into the journal."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)
    broken: bool = False  # close the connection half-way through the body


class Gateway:
    """Answers everything that is not the control plane."""

    def __init__(self, state: State) -> None:
        self.state = state

    def answer(self, request: Request) -> Reply:
        began, request_id = time.perf_counter(), str(uuid.uuid4())
        # http://host/eu/... is the European endpoint and refuses tokens of other regions; without a prefix any is answered.
        region, path = None, request.path
        if (first := path.split("/")[1:2]) and first[0] in REGIONS:
            region, path = first[0], path[len(first[0]) + 1 :]
        if path == "/auth/o2/token" and request.method == "POST":
            name, reply = EXCHANGE_TOKEN, self._exchange(request)
        elif path.startswith("/documents/") and request.method == "GET":
            name, reply = DOWNLOAD_DOCUMENT, self._download(request, path, request_id)
        elif found := find(request.method, path):
            name, reply = found[0].name, self._call(request, path, region, *found)
        else:
            name, reply = "unknown", _refused(errors.not_found(f"There is no resource {request.method} {path}."))
        # Documents come from S3, which names the header differently.
        reply.headers["x-amz-request-id" if name == DOWNLOAD_DOCUMENT else "x-amzn-RequestId"] = request_id
        self.state.journal.request(
            name,
            reply.status,
            method=request.method,
            path=path,
            request_id=request_id,
            milliseconds=round((time.perf_counter() - began) * 1000, 1),
            **reply.facts,
        )
        return reply

    def _exchange(self, request: Request) -> Reply:
        body: dict[str, Any] = {}
        try:
            body = lwa.parse(request.body, request.headers.get("content-type", ""))
            account = self.state.directory.by_refresh_token(str(body.get("refresh_token")))
            facts = {"account": account.name if account else None, "body": body}
            if fault := self._fault(EXCHANGE_TOKEN, None, (account.name, account.selling_partner_id) if account else ()):
                return Reply(fault.status, fault.body, fault.headers, fault.delay, facts)
            return Reply(200, _dump(lwa.exchange(self.state, body)), _JSON | {"Cache-Control": "no-store"}, facts=facts)
        except LwaError as error:
            answer = {"error": error.error, "error_description": error.description}
            return Reply(error.status, _dump(answer), dict(_JSON), facts={"body": body, "error": error.error})

    def _download(self, request: Request, path: str, request_id: str) -> Reply:
        if fault := self._fault(DOWNLOAD_DOCUMENT, None, ()):
            return fault
        download = self.state.storage.open(unquote(path), request.query, request.headers, request_id)
        facts = {"bytes": len(download.body)} | ({"fault": "broken_download"} if download.broken else {})
        return Reply(download.status, download.body, dict(download.headers), broken=download.broken, facts=facts)

    def _call(self, request: Request, path: str, region: str | None, operation: Operation, names: dict[str, str]) -> Reply:
        facts: dict[str, Any] = {"params": request.query}
        limit: dict[str, str] = {}
        try:
            _check_user_agent(request)
            token = self.state.tokens.verify(request.headers.get("x-amz-access-token"))
            _authorize(token, operation, request.method, path, region)
            account = token.account
            aliases = (account.name, account.selling_partner_id) if account else ()
            facts |= {"account": account.name if account else None, "application": token.application.application_id}
            body = _peek(request.body)
            facts |= {"body": body} if body else {}
            fault = self._fault(operation.name, self._report_type(account, names, body), aliases)
            if fault and not fault.facts.get("perform"):
                return Reply(fault.status, fault.body, fault.headers, fault.delay, facts | fault.facts)
            partner = account.selling_partner_id if account else "(grantless)"
            client = token.application.client_id
            self._spend(client, partner, operation)
            limit = {"x-amzn-RateLimit-Limit": self.state.buckets.header(operation.rate)}
            _check_no_body(request)
            query = Query(parse_qsl(request.query, keep_blank_values=True), operation.query)
            decoded = {name: unquote(value) for name, value in names.items()}
            call = Call(self.state, operation, token, decoded, query, request.body, request.headers.get("content-type", ""))
            answer = HANDLERS[operation.name](call)
        except ApiError as error:
            # The models promise the rate with 200, 400 and 404 only.
            headers = limit if error.status in (400, 404) else {}
            return _refused(error, headers, facts)
        except Exception:
            _log.exception("the simulator failed in %s", operation.name)
            return _refused(errors.internal_failure("The simulator itself failed; see its log."), {}, facts)
        if fault:  # the call was performed, and its answer is lost
            return Reply(fault.status, fault.body, fault.headers, fault.delay, facts | fault.facts)
        if isinstance(answer, dict) and (made := {k: v for k, v in answer.items() if k.endswith("Id")}):
            facts["answer"] = made
        return Reply(operation.success, b"" if answer is None else _dump(answer), _JSON | limit, facts=facts)

    def _report_type(self, account: Account | None, names: dict[str, str], body: dict[str, Any] | None) -> str | None:
        """The report type a call is about, for faults that are bound to one."""
        identifier = names.get("reportId") or names.get("reportDocumentId")
        if account and identifier:
            return self.state.book.type_of(account, identifier)
        return str(body["reportType"]) if body and "reportType" in body else None

    def _spend(self, client: str, partner: str, operation: Operation) -> None:
        if not self.state.buckets.take(client, partner, operation.name, operation.rate, operation.burst):
            raise errors.quota_exceeded()

    def _fault(self, operation: str, report_type: str | None, aliases: Collection[str]) -> Reply | None:
        """The reply of a fault that replaces this call's own; `perform` in its facts means the call happens all the same."""
        fault = self.state.faults.strike(CALL_KINDS, operation=operation, report_type=report_type, account=aliases)
        if fault is None:
            return None
        facts = {"fault": fault.kind}
        if fault.kind == "429":
            return _refused(errors.quota_exceeded(), {}, facts)
        if fault.kind == "500":
            return _refused(errors.internal_failure(fault.message), {}, facts)
        if fault.kind.startswith("403"):
            texts = {"403_expired": errors.TOKEN_EXPIRED, "403_denied": fault.message}
            return _refused(errors.unauthorized(texts[fault.kind]), {}, facts)
        html = {"Content-Type": "text/html"}
        if fault.kind == "503_html":
            return Reply(503, errors.HTML_503.encode(), html, facts=facts)
        perform = {"perform": True} if fault.kind == "response_lost" else {}
        return Reply(504, errors.HTML_504.encode(), html, delay=fault.seconds, facts=facts | perform)


def _authorize(token: Token, operation: Operation, method: str, path: str, region: str | None) -> None:
    if token.scope != operation.scope:
        raise errors.unauthorized("")
    account = token.account
    if account and region and account.region != region:
        raise errors.unauthorized(f"The selling partner is not authorized in region {region}.")
    if account and operation.sellers_only and account.kind != "seller":
        raise errors.unauthorized("This operation is for sellers only.")
    if account and operation.vendors_only and account.kind != "vendor":
        raise errors.unauthorized("This operation is for vendors only.")
    if token.resources and not any(resource.covers(method, path) for resource in token.resources):
        raise errors.unauthorized("The Restricted Data Token does not cover this resource.")


def _check_user_agent(request: Request) -> None:
    agent = request.headers.get("user-agent", "")
    if not agent.strip():
        raise errors.invalid_input("The user-agent header is required.")
    if len(agent) > 500:
        raise errors.invalid_input("The user-agent header must not be longer than 500 characters.")


def _check_no_body(request: Request) -> None:
    if request.method == "GET" and ("content-length" in request.headers or request.body):
        raise errors.invalid_input("A GET request must have neither a body nor a Content-Length header.")


def _refused(error: ApiError, headers: dict[str, str] | None = None, facts: dict[str, Any] | None = None) -> Reply:
    said = {"error": f"{error.message} {error.details}".strip()}
    return Reply(error.status, _dump(error.body()), _JSON | (headers or {}), facts=(facts or {}) | said)


def _peek(raw: bytes) -> dict[str, Any] | None:
    """The JSON object of a body, if it is one: for the journal and for faults bound to a report type."""
    try:
        body = json.loads(raw) if raw else None
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _dump(answer: Any) -> bytes:
    return json.dumps(answer).encode()
