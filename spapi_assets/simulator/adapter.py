"""Lets the fictitious business write the server's documents: its refusals become the server's, nothing else is decided here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from spapi_assets.simulator import documents
from spapi_assets.simulator.accounts import Directory
from spapi_assets.simulator.business import Business
from spapi_assets.simulator.rendering import ListedReport, NothingToReport, Refused, Rendered, RenderRequest


class BusinessRenderer:
    """The renderer of the simulator that users start."""

    def __init__(self, directory: Directory, business: Business) -> None:
        self._business = business
        for account in directory.accounts:
            try:
                self._business.account(account.selling_partner_id)
            except KeyError as error:
                raise ValueError(f"account {account.name}: {error.args[0]}") from None

    def report_types(self) -> Collection[str]:
        return documents.REPORT_TYPES

    def render(self, request: RenderRequest) -> Rendered:
        try:
            document = documents.render(
                self._business,
                selling_partner_id=request.selling_partner_id,
                report_type=request.report_type,
                marketplace_ids=request.marketplace_ids,
                options=request.options,
                start=request.start,
                end=request.end,
                now=request.now,
            )
        except documents.NoData as nothing:
            raise NothingToReport(str(nothing)) from None
        except (documents.NotAvailableYet, documents.BadRequest) as refusal:
            raise Refused(str(refusal)) from None
        return Rendered(document.body, document.content_type)

    def listed(
        self, selling_partner_id: str, report_types: Collection[str] | None, since: datetime, until: datetime
    ) -> list[ListedReport]:
        wanted = documents.REPORT_TYPES if report_types is None else report_types
        return [
            ListedReport(
                report_id=found.report_id,
                report_type=found.report_type,
                marketplace_ids=tuple(found.marketplace_ids),
                created=found.created,
                start=found.start,
                end=found.end,
                options=dict(found.options),
            )
            for found in documents.listed(self._business, selling_partner_id, wanted, since, until)
        ]

    def render_listed(self, selling_partner_id: str, report: ListedReport) -> Rendered:
        return self.render(
            RenderRequest(
                selling_partner_id=selling_partner_id,
                report_type=report.report_type,
                marketplace_ids=report.marketplace_ids,
                options=report.options,
                start=report.start,
                end=report.end,
                now=report.created,
            )
        )

    def transforms(self) -> Collection[str]:
        return documents.TRANSFORMS

    def transform(self, name: str, document: Rendered) -> Rendered:
        changed = documents.TRANSFORMS[name](documents.Document(document.body, document.content_type))
        return Rendered(changed.body, changed.content_type)
