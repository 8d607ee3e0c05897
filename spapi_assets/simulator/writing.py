"""Getting a report's document written: by the renderer, from Amazon's cache of listings, or damaged by a fault.
When that happens, and what becomes of the report, is the report book's decision."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta

from spapi_assets.simulator.faults import TRANSFORM, Faults
from spapi_assets.simulator.rendering import Rendered, Renderer, RenderRequest
from spapi_assets.simulator.report import Report
from spapi_assets.simulator.report_types import rules_of


class Writer:
    """Safe to call from several threads."""

    def __init__(self, renderer: Renderer, faults: Faults) -> None:
        self.renderer, self.faults = renderer, faults
        self._cache: dict[tuple[object, ...], tuple[datetime, Rendered]] = {}
        self._lock = threading.Lock()

    def write(self, report: Report) -> Rendered:
        """The document as it will be stored; NothingToReport or Refused as the renderer decides."""
        rendered = self._render(report)
        names = (report.account.name, report.account.selling_partner_id)
        fault = self.faults.strike((TRANSFORM,), report_type=report.report_type, account=names)
        return self.renderer.transform(fault.kind.removeprefix(TRANSFORM), rendered) if fault else rendered

    def _render(self, report: Report) -> Rendered:
        partner = report.account.selling_partner_id
        if report.listed:
            return self.renderer.render_listed(partner, report.listed)
        # The locale is not part of the key: Amazon's cache of listings does not know it either.
        asked = tuple((name, value) for name, value in sorted(report.options.items()) if name != "preferredReportDocumentLocale")
        key = (partner, report.report_type, report.marketplace_ids, asked)
        with self._lock:
            kept = self._cache.get(key)
        if kept and timedelta(0) <= report.finishes_at - kept[0] < rules_of(report.report_type).cached:
            return kept[1]
        rendered = self.renderer.render(
            RenderRequest(
                selling_partner_id=partner,
                report_type=report.report_type,
                marketplace_ids=report.marketplace_ids,
                options=report.options,
                start=report.start,
                end=report.end,
                now=report.finishes_at,
            )
        )
        if rules_of(report.report_type).cached:
            with self._lock:
                self._cache[key] = (report.finishes_at, rendered)
        return rendered


def reason(text: str) -> Rendered:
    """The reason document of a FATAL report; a text that is JSON already stays as it is."""
    if text.startswith("{"):
        return Rendered(text.encode(), "application/json; charset=UTF-8")
    return Rendered(json.dumps({"errorDetails": text}).encode(), "application/json; charset=UTF-8")
