"""The border between the server and whatever writes the documents: what is asked, and what may come back.
The server knows nothing of the business; adapter.py joins the two."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class RenderRequest:
    """One report to write. Times are aware; `now` is the simulated time at which processing ends."""

    selling_partner_id: str
    report_type: str
    marketplace_ids: tuple[str, ...]
    options: dict[str, str]
    start: datetime
    end: datetime
    now: datetime


@dataclass(frozen=True)
class Rendered:
    """A finished document: plain bytes, and the Content-Type (with charset) that S3 will state."""

    body: bytes
    content_type: str


@dataclass(frozen=True)
class ListedReport:
    """A report that exists though this application never asked for it; its id is the same at every start."""

    report_id: str
    report_type: str
    marketplace_ids: tuple[str, ...]
    created: datetime
    start: datetime
    end: datetime
    options: dict[str, str] = field(default_factory=dict)


class NothingToReport(Exception):
    """There are no data in the window: the report ends CANCELLED."""


class Refused(Exception):
    """The report ends FATAL; the text goes into its reason document."""


class Renderer(Protocol):
    """Writes documents. Must be safe to call from several threads."""

    def report_types(self) -> Collection[str]:
        """Every type that can be requested or listed."""

    def render(self, request: RenderRequest) -> Rendered:
        """The document, or NothingToReport, or Refused."""

    def listed(
        self, selling_partner_id: str, report_types: Collection[str] | None, since: datetime, until: datetime
    ) -> list[ListedReport]:
        """Reports created in [since, until) that nobody asked for; None means every type."""

    def render_listed(self, selling_partner_id: str, report: ListedReport) -> Rendered:
        """The document of a listed report, as it was when the report was made."""

    def transforms(self) -> Collection[str]:
        """The names that `transform` knows."""

    def transform(self, name: str, document: Rendered) -> Rendered:
        """Damage a document in a named way (faults of kind document_transform:<name>); ValueError for an unknown name."""
