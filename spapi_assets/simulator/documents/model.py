"""What rendering a report gives or refuses, as types. No rendering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..business.accounts import Account
from ..business.business import Business
from ..business.marketplaces import Marketplace


@dataclass(frozen=True)
class Document:
    """A plain (uncompressed) report document and its Content-Type as S3 would say it."""

    body: bytes
    content_type: str


class Unrenderable(Exception):
    """The report gives no document; subclasses say what Amazon would answer."""


class NoData(Unrenderable):
    """There is nothing to report: Amazon cancels such a report (CANCELLED, no document)."""


class NotAvailableYet(Unrenderable):
    """The period is not published yet: FATAL, with this message in the reason document."""


class BadRequest(Unrenderable):
    """The request cannot be served as it is: FATAL, with this message in the reason document."""


@dataclass(frozen=True)
class ListedReport:
    """A report that exists without being asked for: Amazon's settlements, or another application's snapshots."""

    report_id: str
    report_type: str
    marketplace_ids: tuple[str, ...]
    start: datetime
    end: datetime
    created: datetime
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """A validated report request. `now` is the instant whose knowledge the document holds."""

    business: Business
    account: Account
    report_type: str
    marketplaces: tuple[Marketplace, ...]
    options: Mapping[str, str]
    start: datetime
    end: datetime
    now: datetime

    def one_marketplace(self) -> Marketplace:
        """The request's only marketplace; some types refuse more."""
        if len(self.marketplaces) != 1:
            raise BadRequest(
                f"This report type does not support multiple marketplaces: {len(self.marketplaces)} marketplaceIds were given."
            )
        return self.marketplaces[0]

    def option(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        """An option's value; Amazon refuses values it does not know."""
        value = self.options.get(name, default)
        if value not in allowed:
            raise BadRequest(f"The {name} reportOption has the invalid value {value}. Valid values are: {', '.join(allowed)}.")
        return value
