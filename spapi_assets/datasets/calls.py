"""How an API is read: the operation, its parameters, its window, its identifiers and its pages, as a registry entry states them.
Only data and its validation live here; making the calls is `ingest/reading/`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from spapi_assets.datasets.entry import Entry
from spapi_assets.spapi.operations import BY_NAME

IdentifierKind = Literal["asin", "sku", "order_id", "invoice_id", "purchase_order"]


class Span(Entry):
    """How a window of days is sent."""

    after: str = Field(description="Parameter of the window's start; of the whole `start--end` when `form` is interval")
    before: str | None = Field(None, description="Parameter of the window's end; None: the API only knows a start")
    form: Literal["instants", "dates", "interval"] = "instants"
    inclusive: bool = Field(False, description="The API counts the end itself")
    settle_seconds: int = Field(120, description="The end must lie so long before now")
    also: tuple[tuple[str, str], ...] = Field(
        (), description="Start and end of the same window by another time (created as well as changed): a chain of pages each"
    )


class Batch(Entry):
    """Which identifiers the calls name, how many in one, and how the answer names them."""

    kind: IdentifierKind
    size: int = Field(20, ge=1)
    param: str | None = Field(None, description="Query parameter of the identifiers; None: each has a call of its own (`single`)")
    params: dict[str, Any] = Field(default_factory=dict, description="Parameters sent together with identifiers only")
    body: str | None = Field(None, description="POST: key of the list that holds one `element` per identifier; '' is the body")
    element: dict[str, Any] = Field(default_factory=dict)
    found: str | None = Field(None, description="Path of the identifier in an item of the answer: what is absent is missing")
    status: str | None = Field(
        None, description="Path of an item's own status: one with HTTP status 429 or 5xx is no answer about its identifier"
    )
    unanswered: tuple[str, ...] = Field((), description="Statuses in words that are no answer either")
    listed_only: bool = Field(False, description="Leaves out identifiers that the account no longer lists")


class Single(Entry):
    """The operation for one identifier. Its answer (or the member `unwrap`) becomes the only element of the list `wrap`."""

    operation: str
    path: dict[str, str] = Field(default_factory=dict)
    params: dict[str, Any] = Field(default_factory=dict)
    seller: dict[str, Any] = Field(default_factory=dict, description="Parameters instead, for seller accounts")
    vendor: dict[str, Any] = Field(default_factory=dict, description="Parameters instead, for vendor accounts")
    wrap: str
    unwrap: str | None = None


class Paging(Entry):
    """How the next page is asked for."""

    token: str = Field(description="Dotted path of the next page's token in the answer")
    param: str = Field(description="Query parameter that takes it")
    alone: bool = Field(False, description="No other parameter may be sent with a token")
    seconds: int | None = Field(None, description="The token's life; None: not known, it is tried")


class Call(Entry):
    """One operation, read page by page. Values may hold {marketplace_id}, {marketplace_ids}, {country}, {currency}, {time_zone},
    {selling_partner_id}, {identifier}, {identifiers} and facts kept of an identifier such as {price}; a value that is one
    placeholder and nothing else keeps the placeholder's own type."""

    operation: str
    path: dict[str, str] = Field(default_factory=dict)
    params: dict[str, Any] = Field(default_factory=dict)
    seller: dict[str, Any] = Field(default_factory=dict, description="Parameters instead, for seller accounts")
    vendor: dict[str, Any] = Field(default_factory=dict, description="Parameters instead, for vendor accounts")
    items: str = Field("", description="Dotted path of the answer's list; '': the answer itself")
    total: str | None = Field(None, description="Dotted path of Amazon's own count of what the call finds on all its pages")
    span: Span | None = None
    batch: Batch | None = None
    single: Single | None = None
    paging: Paging | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Call:
        for name in (self.operation, self.single.operation if self.single else self.operation):
            if name not in BY_NAME:
                raise ValueError(f"call: {name!r} is no operation of spapi/operations.py")
        if self.batch and self.batch.param is None and self.batch.body is None and self.single is None:
            raise ValueError("call.batch: identifiers need a 'param', a 'body', or 'single' calls")
        return self
