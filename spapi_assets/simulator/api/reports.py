"""The Reports API 2021-06-30: requests, listings and documents.
Schedules are in schedules.py, the life cycle is in the report book."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime, timedelta
from typing import Any

from spapi_assets.simulator import validation
from spapi_assets.simulator.accounts import Account
from spapi_assets.simulator.api.call import Answer, Call
from spapi_assets.simulator.errors import invalid_input, not_found, quota_exceeded, unauthorized
from spapi_assets.simulator.faults import DOCUMENT_KINDS
from spapi_assets.simulator.report import FINAL, Report
from spapi_assets.simulator.report_types import for_kind, rules_of
from spapi_assets.simulator.reports import KEPT

_STATUSES = FINAL | {"IN_QUEUE", "IN_PROGRESS"}
_SKEW = timedelta(minutes=2)  # how far a client's clock may be ahead


def create_report(call: Call) -> Answer:
    body = call.body(("reportType", "marketplaceIds"), ("reportOptions", "dataStartTime", "dataEndTime"))
    report_type = requestable(call, validation.text(body, "reportType"))
    marketplace_ids = tuple(validation.marketplaces(body["marketplaceIds"], call.account, most=25))
    options = validation.report_options(body.get("reportOptions", {}))
    now = call.state.clock.now()
    end = validation.parse_time("dataEndTime", body.get("dataEndTime")) or now
    start = validation.parse_time("dataStartTime", body.get("dataStartTime")) or end
    if end > now + _SKEW:
        raise invalid_input("'dataEndTime' must not be in the future.", f"It is now {now.isoformat(timespec='seconds')}.")
    if start > end:
        raise invalid_input("'dataStartTime' must not be after 'dataEndTime'.")
    allowance = call.state.book.limits.ask(call.account, report_type, now)
    if allowance.verdict == "429":
        raise quota_exceeded()
    report = call.state.book.create(call.account, report_type, marketplace_ids, options, start, end, allowance=allowance)
    call.state.worker.wake()
    return {"reportId": report.report_id}


def get_report(call: Call) -> Answer:
    return _report(call).describe(call.state.clock.now())


def cancel_report(call: Call) -> Answer:
    report = _report(call)
    if not call.state.book.cancel(report):
        status = report.status(call.state.clock.now())
        raise invalid_input(f"Report {report.report_id} cannot be cancelled.", f"Its processingStatus is {status}, not IN_QUEUE.")
    return None


def get_reports(call: Call) -> Answer:
    query, now = call.query, call.state.clock.now()
    filters: dict[str, Any]
    if token := query.text("nextToken"):
        if query.names() != {"nextToken"}:
            raise invalid_input("No other parameter may be specified with 'nextToken'.")
        filters = _read_token(token, call.account)
    else:
        types = query.list("reportTypes", most=10)
        if types is None:
            raise invalid_input("'reportTypes' or 'nextToken' is required.")
        since = query.time("createdSince") or now - KEPT
        until = query.time("createdUntil") or now
        if since < now - KEPT - _SKEW:
            raise invalid_input("'createdSince' must not be more than 90 days ago.")
        if since > until:
            raise invalid_input("'createdSince' must not be after 'createdUntil'.")
        filters = {
            "partner": call.account.selling_partner_id,
            "types": types,
            "statuses": query.list("processingStatuses", most=len(_STATUSES), allowed=_STATUSES),
            "marketplaces": query.list("marketplaceIds", most=10),
            "since": since.isoformat(),
            "until": until.isoformat(),
            "size": query.integer("pageSize", 1, 100, default=10),
            "after": None,
        }
    found = call.state.book.search(
        call.account, filters["types"], datetime.fromisoformat(filters["since"]), datetime.fromisoformat(filters["until"])
    )
    after = tuple(filters["after"]) if filters["after"] else None
    wanted = [
        report
        for report in found
        if (filters["statuses"] is None or report.status(now) in filters["statuses"])
        and (filters["marketplaces"] is None or set(filters["marketplaces"]) & set(report.marketplace_ids))
        and (after is None or _position(report) < after)
    ]
    page = wanted[: filters["size"]]
    answer: dict[str, Any] = {"reports": [report.describe(now) for report in page]}
    if len(wanted) > len(page):
        answer["nextToken"] = _write_token(filters | {"after": list(_position(page[-1]))})
    return answer


def get_report_document(call: Call) -> Answer:
    document_id = call.path["reportDocumentId"]
    content_encoding = call.query.boolean("enableContentEncodingUrlHeader")
    report = call.state.book.find_document(call.account, document_id)
    if report is None:
        raise not_found(f"Report document {document_id} was not found.")
    if rules_of(report.report_type).restricted and not call.token.resources:
        raise unauthorized("A Restricted Data Token for this report document is required.")
    stored = call.state.book.document(report)
    names = (call.account.name, call.account.selling_partner_id)
    fault = call.state.faults.strike(DOCUMENT_KINDS, report_type=report.report_type, account=names)
    url = call.state.storage.sign(stored, content_encoding=content_encoding, damage=fault.kind if fault else None)
    answer = {"reportDocumentId": document_id, "url": url}
    return answer | ({"compressionAlgorithm": stored.compression} if stored.compression else {})


def requestable(call: Call, report_type: str) -> str:
    """The type, if this selling partner may request it; else Amazon's answer."""
    known(call, report_type)
    if not rules_of(report_type).requestable:
        # Misleading, and what Amazon does: such reports cannot be requested, only found by getReports.
        raise quota_exceeded()
    return report_type


def known(call: Call, report_type: str) -> str:
    """The type, if it exists and this selling partner may have it at all."""
    if report_type not in call.state.renderer.report_types():
        raise invalid_input(f"Report type {report_type} is not supported.")
    account = call.account
    if not for_kind(report_type, account.kind) or report_type in account.denied_report_types:
        raise unauthorized(f"The application has no role for report type {report_type} of this selling partner.")
    if rules_of(report_type).brand and not account.brand_registered:
        raise unauthorized(f"Report type {report_type} is for selling partners with a registered brand only.")
    return report_type


def _report(call: Call) -> Report:
    report = call.state.book.find(call.account, call.path["reportId"])
    if report is None:
        raise not_found(f"Report {call.path['reportId']} was not found.")
    return report


def _position(report: Report) -> tuple[str, str]:
    return report.created.isoformat(timespec="microseconds"), report.report_id


def _write_token(filters: dict[str, Any]) -> str:
    """Standard base64, so that it holds `=`, `+` and `/` that a client must encode."""
    return base64.b64encode(("~?>" + json.dumps(filters)).encode()).decode()


def _read_token(token: str, account: Account) -> dict[str, Any]:
    try:
        filters: dict[str, Any] = json.loads(base64.b64decode(token, validate=True).removeprefix(b"~?>"))
        mine = filters["partner"] == account.selling_partner_id
    except (binascii.Error, ValueError, KeyError, TypeError):
        mine = False
    if not mine:
        raise invalid_input("'nextToken' is not valid.")
    return filters
