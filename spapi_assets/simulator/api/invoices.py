"""The Invoices API 2026-06-25: headers of a window and single invoices with their lines, for vendors and sellers.
What an invoice looks like is in invoice_view.py; the source of all rules is Amazon's model of the operations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from spapi_assets.simulator import paging, validation
from spapi_assets.simulator.api.call import Answer, Call
from spapi_assets.simulator.api.invoice_view import header, line
from spapi_assets.simulator.api.stores import partner
from spapi_assets.simulator.business.invoices import Invoice, find, issued_between
from spapi_assets.simulator.business.marketplaces import BY_ID, Marketplace, utc
from spapi_assets.simulator.errors import invalid_input, not_found

PAGE, LINES = 100, 600
_LONGEST = timedelta(days=90)
_KEPT = 730 * 86_400  # seconds; how long Amazon keeps invoices is not stated


def get_invoice_headers(call: Call) -> Answer:
    query, now = call.query, call.state.clock.timestamp()
    m = _store(call)
    first, last = query.time("fromIssueDate"), query.time("toIssueDate")
    if (first is None) != (last is None):
        raise invalid_input("'fromIssueDate' and 'toIssueDate' must be provided both or not at all.")
    if last is None:
        last = utc(now)
        first = last - _LONGEST
    assert first is not None
    if first > last:
        raise invalid_input("'fromIssueDate' must not be after 'toIssueDate'.")
    if last - first > _LONGEST:
        raise invalid_input("The range between 'fromIssueDate' and 'toIssueDate' must not exceed 90 days.")
    modified = query.time("invoicesModifiedAfter")
    found = [
        invoice
        for invoice in issued_between(call.state.business, partner(call), m, first.timestamp(), min(last.timestamp(), now))
        if modified is None or invoice.last_updated(now) > modified.timestamp()
    ]
    if (after := paging.read(call, "nextToken")) is not None:
        found = [invoice for invoice in found if [invoice.issued, invoice.number] > after]
    page = found[:PAGE]
    answer: dict[str, Any] = {"invoices": [header(invoice, now) for invoice in page], "numOfRecords": len(page)}
    if len(found) > PAGE:
        answer["nextToken"] = paging.write(call, "nextToken", [page[-1].issued, page[-1].number])
    return answer


def get_invoice(call: Call) -> Answer:
    now, invoice = call.state.clock.timestamp(), _one(call, _store(call))
    begin = paging.read(call, "nextTokenForLineItems") or 0
    page = invoice.lines[begin : begin + LINES]
    answer: dict[str, Any] = {"invoiceHeader": header(invoice, now), "invoiceItems": [line(invoice, one, now) for one in page]}
    if begin + LINES < len(invoice.lines):
        answer["nextTokenForLineItems"] = paging.write(call, "nextTokenForLineItems", begin + LINES)
    return answer


def _one(call: Call, m: Marketplace) -> Invoice:
    now, identifier = call.state.clock.timestamp(), call.path["invoiceIdentifier"]
    invoice = find(call.state.business, partner(call), m, identifier, now - _KEPT, now)
    if invoice is None:
        raise not_found(f"Invoice {identifier} was not found.")
    return invoice


def _store(call: Call) -> Marketplace:
    id_ = call.query.text("marketplaceId")
    if id_ is None:
        raise invalid_input("Missing required parameter 'marketplaceId'.")
    validation.marketplaces([id_], call.account, most=1)
    if id_ not in BY_ID:
        raise not_found(f"There are no invoices in marketplace {id_}.")
    return BY_ID[id_]
