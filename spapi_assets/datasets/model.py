"""The shape of a registry entry: what a report or an API is, when it may be asked for, and the typed columns of its datasets.
Only data and its validation live here; how an API is called is `calls.py`, reading the YAML files is `loader.py`."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import Field, model_validator

from spapi_assets.datasets.calls import Call, IdentifierKind
from spapi_assets.datasets.entry import Entry, Name
from spapi_assets.datasets.queries import Query
from spapi_assets.spapi.marketplaces import MARKETPLACES

# The partition columns of every dataset. A table must not hold them twice (Athena refuses to read such a table).
PARTITION_COLUMNS = ("account", "marketplace", "date")
Format = Literal["tsv", "csv", "json", "jsonl", "xml", "xlsx", "file"]
PATHS = ("json", "jsonl", "xml", "file")  # formats whose columns have a path, not a header


class ColumnType(StrEnum):
    """Types a column may have. Identifiers (ASIN, SKU, order id, postal code) are `text` for ever."""

    TEXT = "text"
    INTEGER = "integer"  # int64
    DECIMAL = "decimal"  # decimal128(precision, scale)
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"  # timestamp[us, UTC]
    DATE = "date"  # date32
    JSON = "json"  # text: the JSON of an object or array whose shape is not ours to fix


class Column(Entry):
    """One column: Amazon's name for it, ours, and its meaning."""

    name: Name
    header: str | None = Field(None, description="Flat files: the header as Amazon writes it in English")
    aliases: tuple[str, ...] = Field((), description="Other spellings and localised headers of the same column")
    path: str | None = Field(
        None,
        description="JSON, XML and files: dotted path below the row's object; `../` is the enclosing array's element, a leading "
        "`/` the page of an API's document, `name[0]` an array's first element; places and choices such as `%number` and "
        "`ids[name=ORDER].value` are explained in `ingest/documents/json_reach.py`",
    )
    option: str | None = Field(None, description="The value of this request option: the rows themselves do not name it")
    type: ColumnType = ColumnType.TEXT
    precision: int = 18
    scale: int = 4
    quoted: bool = Field(False, description="JSON: Amazon writes this number in quotation marks")
    part: Literal["start", "end"] | None = Field(
        None, description="JSON: the value is an interval `start--end`, of which this is one"
    )
    unit: str | None = Field(None, description="currency, units, percent, cubic feet ...")
    pii: bool = Field(False, description="Personal data: dropped unless the deployment names the column")
    required: bool = Field(False, description="Blank or absent is a value that does not fit")
    identifies: IdentifierKind | Literal["fnsku", "marketplace"] | None = Field(
        None,
        description="The values are the account's own ASINs, SKUs and so on: loads feed the store of identifiers. `marketplace`: "
        "names the row's store, where a document covers several",
    )
    description: str

    @model_validator(mode="after")
    def _has_a_source(self) -> Column:
        if sum(source is not None for source in (self.header, self.path, self.option)) != 1:
            raise ValueError(f"column {self.name}: one of 'header' (flat file), 'path' (JSON, XML) and 'option' is needed")
        return self


class DayOf(StrEnum):
    """Which day a row belongs to."""

    COLUMN = "column"  # the day of `date_column`
    WINDOW = "window"  # the (single) day or period that was asked for; the rows carry no date
    DOCUMENT = "document"  # one date in the document decides for all rows (settlement end date)
    FETCH = "fetch"  # a snapshot: the day the report was made


class Dataset(Entry):
    """One table: the rows of one section of a report, one Parquet object per partition."""

    name: Name
    title: str
    description: str
    grain: str = Field(description="What one row is, in words")
    row_key: tuple[str, ...] = Field((), description="Columns that identify a row inside a partition; empty: line number only")
    section: str | None = Field(
        None,
        description="What holds the rows. JSON: dotted path through arrays, one row per innermost element; XML: dotted path of "
        "element names below the root; XLSX: the sheet. None: the document itself (JSON), the first sheet (XLSX)",
    )
    day_of: DayOf = DayOf.COLUMN
    date_column: str | None = Field(None, description="The column whose day is the partition (day_of column or document)")
    columns: tuple[Column, ...]
    excluded: dict[str, str] = Field(default_factory=dict, description="Paths or headers that are deliberately not kept, and why")

    def column(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"dataset {self.name} has no column {name!r}")

    @model_validator(mode="after")
    def _names_exist(self) -> Dataset:
        names = [c.name for c in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"dataset {self.name}: a column name occurs twice")
        if reserved := set(names) & set(PARTITION_COLUMNS):
            raise ValueError(f"dataset {self.name}: {sorted(reserved)} are partition columns, give the columns other names")
        missing = {*self.row_key, *([self.date_column] if self.date_column else [])} - set(names)
        if missing:
            raise ValueError(f"dataset {self.name}: row_key or date_column names unknown columns {sorted(missing)}")
        if self.day_of in (DayOf.COLUMN, DayOf.DOCUMENT) and self.date_column is None:
            raise ValueError(f"dataset {self.name}: day_of '{self.day_of}' needs a date_column")
        return self


class Scope(StrEnum):
    """Whether one document covers the whole account (region) or one marketplace."""

    ACCOUNT = "account"
    MARKETPLACE = "marketplace"


class Kind(StrEnum):
    SELLER = "seller"
    VENDOR = "vendor"
    ANY = "any"  # of a source: both have it; no account is of this kind


class Period(StrEnum):
    """What one partition covers; its first day is the partition's key. A week is Sunday to Saturday, as at Amazon."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class WindowKind(StrEnum):
    """How partitions (days) become the window of one request."""

    DAYS = "days"  # consecutive days share a request, up to max_days
    SNAPSHOT = "snapshot"  # the content ignores the dates: only today can be asked for
    HARVEST = "harvest"  # cannot be requested at all: found by getReports or a notification


class Window(Entry):
    """Legal windows of a report type. All durations in days unless named otherwise."""

    kind: WindowKind
    period: Period = Field(Period.DAY, description="What one partition covers")
    max_days: int = Field(1, ge=1, description="Longest legal span of one request; 1: one period per request")
    lookback_days: int = Field(730, description="Older days cannot be asked for")
    time_zone: Literal["utc", "marketplace"] = Field("utc", description="Whose midnight bounds a day")
    bounds: Literal["instants", "dates", "hours"] = Field(
        "instants",
        description="What Amazon reads of dataStartTime and dataEndTime: the instant, or only the date as written in UTC. "
        "'dates' must be sent as midnight UTC of the day's own date: the local midnight in UTC would name the day before. "
        "'hours' are answered when they lie wholly in the window, so the end is the next midnight and not a second before it",
    )
    lag_hours: int = Field(0, description="A day is published this many hours after it closed")
    restated_days: int = Field(0, description="Days after the day closed during which Amazon still changes it")
    rows_move: bool = Field(
        False,
        description="A row moves to the day of its last change: a later report of a day holds fewer rows, so a loaded day is "
        "never asked for again, not even by force",
    )
    cool_down_minutes: int = Field(0, description="Amazon makes the report at most once in this time")
    daily_limit: int | None = Field(None, ge=1, description="Amazon makes this type so often in 24 h for a selling partner")
    span_hours: int = Field(0, description="Snapshot: the start sent lies this many hours before now; 0: no dates are sent")
    option_names: tuple[str, str] | None = Field(
        None, description="The window's first and last day stand in these two options instead of dataStartTime and dataEndTime"
    )
    report_schedule: str | None = Field(
        None,
        pattern=r"^P(T\d+[MH]|\d+[DM])$",
        description="Harvest: made only by Amazon's own schedule with this period, which the platform creates",
    )

    @property
    def restated_ages(self) -> tuple[int, ...]:
        """Days after the close at which a day that Amazon still changes is asked for again: 1, 2, 4, 8 ... and the last one.

        Corrections come thick at first and thin later. Daily repetition would cost a report per day and age, which types with
        a daily limit do not have.
        """
        ages, age = [], 1
        while age < self.restated_days:
            ages.append(age)
            age *= 2
        return (*ages, self.restated_days) if self.restated_days else ()


class Identifiers(Entry):
    """Where the identifiers that a request must name come from, and how many fit: newest loaded rows of a dataset's column."""

    option: str
    dataset: Name
    column: Name
    separator: str = " "
    longest: int = Field(200, description="Characters of the option's value")


class FanOut(Entry):
    """One partition needs several requests: every combination of option values, or identifiers in batches."""

    options: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    identifiers: Identifiers | None = None

    @model_validator(mode="after")
    def _is_one_kind(self) -> FanOut:
        if bool(self.options) == (self.identifiers is not None):
            raise ValueError("fan_out: exactly one of 'options' and 'identifiers' is needed")
        return self


class Source(Entry):
    """What rows come from: a report type, or an API that is read. It feeds one or more datasets."""

    name: Name
    report_type: str = Field(description="What Amazon calls it: the report type; of an API the operation or notification type")
    title: str
    description: str
    family: str
    kind: Kind
    scope: Scope
    format: Format
    default: bool = Field(False, description="Wanted by an account that names no sources; others are switched on")
    options: dict[str, str] = Field(
        default_factory=dict, description="Values may hold {marketplace_id}, {country}, {currency} of the marketplace asked for"
    )
    fan_out: FanOut | None = None
    window: Window
    marketplaces: tuple[str, ...] | None = Field(None, description="Country codes where Amazon has it; None: everywhere")
    localised: tuple[Literal["headers", "numbers", "dates", "charset"], ...] | None = Field(
        None, description="What follows the marketplace's habits; None: not known, the document's own evidence decides"
    )
    date_order: Literal["mdy", "dmy", "ymd"] | None = Field(None, description="Order of dates, where all marketplaces share it")
    role: str | None = Field(None, description="Role the application needs at Amazon")
    schedule: str = Field("0 6 * * *", description="Cron (UTC) at which fresh partitions are asked for; not used for harvest")
    freshness_hours: int = Field(48, description="Older than this is stale")
    removal_date: str | None = None
    excluded_sections: dict[str, str] = Field(
        default_factory=dict, description="JSON: keys of the document (of an API: of its response) no dataset holds, and why"
    )
    source: str = Field(description="Where these facts come from")
    datasets: tuple[Dataset, ...]

    def serves(self, kind: Kind) -> bool:
        """Whether accounts of this kind can have it."""
        return self.kind in (kind, Kind.ANY)

    @model_validator(mode="after")
    def _fits_its_format(self) -> Source:
        for dataset in self.datasets:
            if dataset.day_of is DayOf.WINDOW and self.window.max_days != 1:
                raise ValueError(f"dataset {dataset.name}: rows without a date need requests of one period (max_days: 1)")
            for column in dataset.columns:
                if column.option is None and (self.format in PATHS) != (column.path is not None):
                    raise ValueError(f"column {dataset.name}.{column.name}: 'path' is for JSON and XML, 'header' for tables")
        if self.window.report_schedule and self.window.kind is not WindowKind.HARVEST:
            raise ValueError(f"{self.name}: report_schedule is for reports that can only be harvested")
        if self.window.span_hours and self.window.kind is not WindowKind.SNAPSHOT:
            raise ValueError(f"{self.name}: span_hours is for snapshots")
        if unknown := set(self.marketplaces or ()) - set(MARKETPLACES):
            raise ValueError(f"{self.name}: {sorted(unknown)} are no marketplaces; country codes are meant, UK and not GB")
        return self


class Report(Source):
    """One thing Amazon can be asked for: a report type with fixed options."""

    siblings: tuple[Name, ...] = Field((), description="Reports that show the same events: they corroborate an empty day")
    adoptable: bool = Field(False, description="Finished reports made by others mean the same (no options): adopt them")
    restricted: bool = Field(False, description="Needs a restricted data token naming the document")
    query: Query | None = Field(None, description="Asked of Data Kiosk, in GraphQL, instead of the Reports API")
    stands_in_for: Name | None = Field(
        None, description="A report with the same numbers: this one is asked for its days when that one's limit a day is used up"
    )

    @model_validator(mode="after")
    def _is_a_query_or_none(self) -> Report:
        if (self.query is not None) != (self.format == "jsonl"):
            raise ValueError(f"report {self.name}: Data Kiosk (query) and JSONL go together")
        if self.query is not None:
            if self.report_type.count(".") != 1:
                raise ValueError(f"report {self.name}: report_type of a query is `root.field`, as in Data Kiosk's schema")
            if self.fan_out or self.adoptable or self.restricted or self.window.kind is not WindowKind.DAYS:
                raise ValueError(f"report {self.name}: a query covers days and is neither fanned out, adopted nor restricted")
        return self

    @model_validator(mode="after")
    def _is_consistent(self) -> Report:
        if self.adoptable and (self.options or self.fan_out):
            raise ValueError(f"report {self.name}: options are never echoed by Amazon, so a report with options is not adoptable")
        for dataset in self.datasets:
            for column in dataset.columns:
                if column.option is not None and column.option not in self.option_names:
                    raise ValueError(f"column {dataset.name}.{column.name}: the report has no option {column.option!r}")
        return self

    @property
    def option_names(self) -> frozenset[str]:
        """Every option that a request of this report carries."""
        fanned = self.fan_out.options if self.fan_out else {}
        named = {self.fan_out.identifiers.option} if self.fan_out and self.fan_out.identifiers else set()
        return frozenset({*self.options, *fanned, *named, *(self.window.option_names or ())})


class ApiSource(Source):
    """Rows that come from an API's answers (`call`), or from the messages Amazon sends by itself (`notification`)."""

    format: Format = "json"
    call: Call | None = None
    notification: str | None = Field(None, description="Amazon's notification type, instead of a call")

    @model_validator(mode="before")
    @classmethod
    def _is_named(cls, entry: Any) -> Any:
        if isinstance(entry, dict) and "report_type" not in entry:
            call = entry.get("call")
            operation = call.get("operation") if isinstance(call, dict) else None
            return {**entry, "report_type": entry.get("notification") or operation}
        return entry

    @model_validator(mode="before")
    @classmethod
    def _reads_quoted_numbers(cls, entry: Any) -> Any:
        """Of messages: they cannot be asked for again, and many of Amazon's schemas were made from one example."""
        if isinstance(entry, dict) and entry.get("notification"):
            for dataset in entry.get("datasets") or ():
                for column in dataset.get("columns") or () if isinstance(dataset, dict) else ():
                    if isinstance(column, dict) and column.get("type") in ("integer", "decimal"):
                        column.setdefault("quoted", True)
        return entry

    @model_validator(mode="after")
    def _has_one_origin(self) -> ApiSource:
        if (self.call is None) == (self.notification is None):
            raise ValueError(f"{self.name}: one of 'call' and 'notification' is needed")
        if self.call and self.window.kind is WindowKind.DAYS and self.call.span is None:
            raise ValueError(f"{self.name}: a window of days needs call.span, which says how the days are sent")
        return self
