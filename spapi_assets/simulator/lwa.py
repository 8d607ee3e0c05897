"""Login with Amazon: the token endpoint with its two grants and its errors (RFC 6749 shape, not SP-API's).
What an issued token opens is checked by the gateway."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from spapi_assets.simulator.errors import LwaError
from spapi_assets.simulator.faults import LWA_KINDS
from spapi_assets.simulator.operations import SCOPES
from spapi_assets.simulator.state import State

_STATUS = {"invalid_client": 401, "unauthorized_client": 401, "server_error": 500, "temporarily_unavailable": 503}
_DESCRIPTIONS = {
    "invalid_client": "Client authentication failed",
    "invalid_grant": "The request has an invalid grant parameter : refresh_token. The user may have revoked the permission.",
    "unauthorized_client": "Not authorized for requested operation",
    "server_error": "The authorization server encountered an unexpected condition that prevented it from fulfilling the request",
    "temporarily_unavailable": "The service is temporarily unavailable",
}


def parse(raw: bytes, content_type: str) -> dict[str, Any]:
    """The parameters of a form or JSON body."""
    if content_type.split(";")[0].strip().lower() == "application/json":
        try:
            body = json.loads(raw)
        except ValueError:
            raise LwaError("invalid_request", "The request body is not valid JSON") from None
        if not isinstance(body, dict):
            raise LwaError("invalid_request", "The request body must be a JSON object")
        return body
    return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))


def exchange(state: State, body: dict[str, Any]) -> dict[str, Any]:
    """Trade a refresh token, or an application's own credentials, for an access token."""
    grant = body.get("grant_type")
    account = state.directory.by_refresh_token(str(body.get("refresh_token")))
    names = (account.name, account.selling_partner_id) if account else ()
    if fault := state.faults.strike(LWA_KINDS, account=names):
        raise _error(fault.kind, fault.message)
    for name in ("grant_type", "client_id", "client_secret"):
        if not body.get(name):
            raise LwaError("invalid_request", f"The request is missing a required parameter : {name}")
    application = state.directory.applications.get(body["client_id"])
    if application is None or application.client_secret != body["client_secret"]:
        raise _error("invalid_client")
    if grant == "refresh_token":
        if not body.get("refresh_token"):
            raise LwaError("invalid_request", "The request is missing a required parameter : refresh_token")
        if account is None or account.client_id != application.client_id:
            raise _error("invalid_grant")
        token = state.tokens.issue(application, account=account)
        return _answer(state, token.value) | {"refresh_token": account.refresh_token}
    if grant == "client_credentials":
        scope = body.get("scope")
        if scope not in SCOPES:
            raise LwaError("invalid_scope", "The request has an invalid parameter : scope")
        return _answer(state, state.tokens.issue(application, scope=scope).value)
    raise LwaError("unsupported_grant_type", "The authorization grant type is not supported by the authorization server")


def _answer(state: State, value: str) -> dict[str, Any]:
    return {"access_token": value, "token_type": "bearer", "expires_in": state.tokens.lifetime_seconds}


def _error(code: str, message: str = "") -> LwaError:
    return LwaError(code, message or _DESCRIPTIONS[code], _STATUS.get(code, 400))
