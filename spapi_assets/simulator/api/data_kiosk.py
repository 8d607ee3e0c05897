"""The Data Kiosk API 2023-11-15: queries and their documents. The source of all rules is Amazon's model of the operations;
what a query gives is in the kiosk package."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from spapi_assets.simulator import paging, validation
from spapi_assets.simulator.api.call import Answer, Call
from spapi_assets.simulator.clock import iso
from spapi_assets.simulator.errors import ApiError, invalid_input, not_found, quota_exceeded, unauthorized
from spapi_assets.simulator.faults import DOCUMENT_KINDS
from spapi_assets.simulator.kiosk.query import Forbidden, Malformed, check

_LISTED = timedelta(days=90)
_STATUSES = ("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE")


def create_query(call: Call) -> Answer:
    body = call.body(("query",), ("paginationToken",))
    text, book = validation.text(body, "query"), call.state.kiosk
    try:
        checked = check(text, call.account.kind)
    except Malformed as wrong:
        raise invalid_input(str(wrong)) from None
    except Forbidden as wrong:
        raise unauthorized(str(wrong)) from None
    offset = book.offset_of(checked, validation.text(body, "paginationToken")) if "paginationToken" in body else 0
    if offset is None:
        raise invalid_input("'paginationToken' is not valid for this query.", "It must come with the query it was made by.")
    query = book.create(call.account, text, checked, offset)
    if query is None:
        refusal = quota_exceeded()
        raise ApiError(refusal.status, refusal.code, refusal.message, f"{book.concurrent} queries are being processed already.")
    call.state.worker.wake()
    return {"queryId": query.query_id}


def get_query(call: Call) -> Answer:
    query = call.state.kiosk.find(call.account, call.path["queryId"])
    if query is None:
        raise not_found(f"Query {call.path['queryId']} was not found.")
    return query.describe(call.state.clock.now())


def get_queries(call: Call) -> Answer:
    query, now, book = call.query, call.state.clock.now(), call.state.kiosk
    statuses = query.list("processingStatuses", most=len(_STATUSES), allowed=_STATUSES)
    size = query.integer("pageSize", 1, 100, default=10)
    since = query.time("createdSince") or now - _LISTED
    until = query.time("createdUntil") or now
    if since > until:
        raise invalid_input("'createdSince' must not be after 'createdUntil'.")
    # Unlike the tokens of getReports, these come with all the parameters they were made with; only the size may change.
    after = paging.read(call, "paginationToken", free=("pageSize",))
    found = book.search(call.account, statuses, since, until)
    if after is not None:
        found = [one for one in found if [iso(one.created), one.query_id] < after]
    page = found[:size]
    answer: dict[str, Any] = {"queries": [one.describe(now) for one in page]}
    if len(found) > size:
        position = [iso(page[-1].created), page[-1].query_id]
        answer["pagination"] = {"nextToken": paging.write(call, "paginationToken", position, free=("pageSize",))}
    return answer


def cancel_query(call: Call) -> Answer:
    query = call.state.kiosk.find(call.account, call.path["queryId"])
    if query is None:
        raise not_found(f"Query {call.path['queryId']} was not found.")
    if not call.state.kiosk.cancel(query):
        raise invalid_input(f"Query {query.query_id} cannot be cancelled.", f"Its processingStatus is {query.outcome}.")
    return None


def get_document(call: Call) -> Answer:
    document_id = call.path["documentId"]
    stored = call.state.kiosk.document(call.account, document_id)
    if stored is None:
        raise not_found(f"Document {document_id} was not found.")
    names = (call.account.name, call.account.selling_partner_id)
    fault = call.state.faults.strike(DOCUMENT_KINDS, operation=call.operation.name, account=names)
    # The object itself carries its encoding, so the storage always says it.
    url = call.state.storage.sign(stored, content_encoding=True, damage=fault.kind if fault else None)
    return {"documentId": document_id, "documentUrl": url}
