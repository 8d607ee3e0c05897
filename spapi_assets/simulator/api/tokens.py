"""The Tokens API 2021-03-01: restricted data tokens for documents that hold personal data."""

from __future__ import annotations

import re
from typing import Any

from spapi_assets.simulator.api.call import Answer, Call
from spapi_assets.simulator.credentials import Resource
from spapi_assets.simulator.errors import invalid_input
from spapi_assets.simulator.report_types import rules_of

_DOCUMENT = re.compile(r"/reports/2021-06-30/documents/([^/]+)")
_ORDERS = re.compile(r"/orders/v0/orders(/[^/]+)*")
_ELEMENTS = {"buyerInfo", "shippingAddress", "buyerTaxInformation"}


def create_restricted_data_token(call: Call) -> Answer:
    body = call.body(("restrictedResources",), ("targetApplication",))
    resources = body["restrictedResources"]
    if not isinstance(resources, list) or not 1 <= len(resources) <= 50:
        raise invalid_input("'restrictedResources' must hold 1 to 50 resources.")
    granted = tuple(_resource(call, resource) for resource in resources)
    token = call.state.tokens.issue(call.token.application, account=call.account, resources=granted)
    return {"restrictedDataToken": token.value, "expiresIn": call.state.tokens.lifetime_seconds}


def _resource(call: Call, resource: Any) -> Resource:
    if not isinstance(resource, dict) or not set(resource) <= {"method", "path", "dataElements"}:
        raise invalid_input("A restricted resource holds 'method', 'path' and optionally 'dataElements'.")
    method, path, elements = resource.get("method"), resource.get("path"), resource.get("dataElements")
    if method not in ("GET", "PUT", "POST", "DELETE") or not isinstance(path, str):
        raise invalid_input("A restricted resource needs a method (GET, PUT, POST, DELETE) and a path.")
    document, order = _DOCUMENT.fullmatch(path), _ORDERS.fullmatch(path)
    if not document and not order:
        raise invalid_input(f"The path {path!r} is not a restricted operation.")
    if elements is not None and (not order or not isinstance(elements, list) or not set(elements) <= _ELEMENTS):
        raise invalid_input(f"Invalid 'dataElements' for {path!r}.", f"Only orders have them: {', '.join(sorted(_ELEMENTS))}.")
    if document:
        # Unlike other paths, this one must hold the actual id, and of a restricted report.
        report = call.state.book.find_document(call.account, document[1])
        if report is None or not rules_of(report.report_type).restricted:
            raise invalid_input(f"The path {path!r} does not name a report document that needs a Restricted Data Token.")
    return Resource(method, path)
