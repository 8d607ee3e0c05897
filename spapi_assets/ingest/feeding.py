"""Loaded rows feed the store of identifiers: which SKUs and ASINs an account has, and which of them are listed.
The store itself is `aws/identifiers.py`; who asks Amazon by them is `ingest/reading/` and `identifiers.py`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from spapi_assets.aws.identifiers import Fact, Found, fits
from spapi_assets.lake.layout import Partition, partition_object
from spapi_assets.spapi.marketplaces import BY_ID, BY_SALES_CHANNEL, MARKETPLACES

if TYPE_CHECKING:
    from spapi_assets.datasets.model import Dataset
    from spapi_assets.ingest.context import IngestContext

ASIN = re.compile(r"[A-Z0-9]{10}")
LISTINGS = "merchant_listings"  # the one report that holds every listing of a store: what it lacks is not listed
_ASINS = ("asin1", "asin2", "asin3")
_OF_LISTINGS = ("seller_sku", *_ASINS, "price", "fulfillment_channel")


def feed(ctx: IngestContext, dataset: Dataset, loaded: Iterable[Partition], part: str, *, gaps: bool = False) -> None:
    """Put the identifiers of just loaded Parquet objects into the store; costs nothing where the dataset names none.

    `gaps`: rows are in the quarantine, so what is not among the loaded ones may be listed all the same. May be
    repeated. When AWS refuses (AwsError) nothing is lost: the load that calls this is not finished and is repeated.
    """
    columns = held_columns(dataset)
    if not columns:
        return
    if dataset.name == LISTINGS:
        for partition in sorted(loaded):
            rows = _distinct(ctx, partition_object(dataset.name, partition, part), _OF_LISTINGS)
            for kind, found in _listed(partition, rows).items():
                account, place, day = partition.account, partition.marketplace, partition.day
                ctx.identifiers.put(kind, account, place, found, dataset.name, day=day, whole=True, gaps=gaps)
        return
    named: dict[tuple[str, str, str | None], dict[str, tuple[date, date]]] = defaultdict(dict)
    wanted = [name for names in columns.values() for name in names]
    for partition in loaded:
        for row in _distinct(ctx, partition_object(dataset.name, partition, part), wanted):
            place = partition.marketplace or _store(row[name] for name in columns.get("marketplace", ()))
            for kind, value in _identifiers(columns, row):
                held = named[kind, partition.account, place]
                first, last = held.get(value, (partition.day, partition.day))
                held[value] = (min(first, partition.day), max(last, partition.day))
    for (kind, account, place), days in named.items():
        found = [Found(value, seen=seen) for value, seen in days.items()]
        for marketplace, some in _places(ctx, kind, account, place, found, dataset.name):
            ctx.identifiers.put(kind, account, marketplace, some, dataset.name)


def held_columns(dataset: Dataset) -> dict[str, list[str]]:
    """The columns of a dataset that feed the store, by kind; `marketplace` among them tells a row's store. Empty: none."""
    held: dict[str, list[str]] = defaultdict(list)
    for column in dataset.columns:
        if column.identifies is not None:
            held[column.identifies].append(column.name)
    return dict(held) if held.keys() - {"marketplace"} else {}


def _distinct(ctx: IngestContext, path: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The distinct rows of a Parquet object's columns; memory for a part of the file and what is distinct."""
    import pyarrow.parquet as pq

    with ctx.lake.open_input(path) as file:
        table = pq.read_table(file, columns=list(dict.fromkeys(columns)))
    for batch in table.group_by(table.column_names).aggregate([]).to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()


def _identifiers(columns: Mapping[str, Sequence[str]], row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for kind, names in columns.items():
        for name in names:
            value = (row[name] or "").strip()
            if kind != "marketplace" and fits(value) and (kind != "asin" or ASIN.fullmatch(value)):
                yield kind, value


def _store(names: Iterable[str | None]) -> str | None:
    """The marketplace a row names (sales channel, id or country code); None: blank, or not a store of Amazon's."""
    for name in names:
        name = (name or "").strip()
        found = BY_SALES_CHANNEL.get(name.lower()) or BY_ID.get(name) or MARKETPLACES.get(name.upper())
        if found is not None:
            return found.code
    return None


def _places(
    ctx: IngestContext, kind: str, account: str, place: str | None, found: list[Found], source: str
) -> Iterator[tuple[str, list[Found]]]:
    """Where identifiers belong: in the store their rows name, if the account sells there as far as we are told.

    Rows that name none (sold elsewhere and shipped by Amazon, fees of the whole account) may be of any: what nobody else has
    named goes to all the account's marketplaces. Asking for one where it does not exist costs a twentieth of a call.
    """
    stores = ctx.settings.account(account).marketplaces
    if place is not None:
        if place in stores:
            yield place, found
        return
    values = [one.value for one in found]
    elsewhere = {
        identifier.value
        for store in stores
        for identifier in ctx.identifiers.some(kind, account, store, values).values()
        if identifier.sources.keys() - {source}
    }
    left = [one for one in found if one.value not in elsewhere]
    for store in stores:
        if left:
            yield store, left


def _listed(partition: Partition, rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Found]]:
    """SKUs and ASINs of a list of listings, with the facts that later requests need.

    An ASIN's facts are those of one of its SKUs: of one in Amazon's stock before others, then the cheapest, then the first.
    """
    skus: dict[str, Found] = {}
    best: dict[str, tuple[tuple[bool, bool, Decimal, str], Mapping[str, Fact]]] = {}
    for row in rows:
        sku, price, channel = (row["seller_sku"] or "").strip(), row["price"], (row["fulfillment_channel"] or "").strip()
        if not fits(sku):
            continue
        asins = [value for _, value in _identifiers({"asin": _ASINS}, row)]
        offer: dict[str, Fact] = {"afn": channel.upper().startswith("AMAZON")} if channel else {}
        if price is not None and partition.marketplace is not None:
            offer |= {"price": price, "currency": MARKETPLACES[partition.marketplace].currency}
        skus[sku] = Found(sku, facts={**offer, "asin": asins[0]} if asins else offer)
        rank = (not offer.get("afn"), price is None, price or Decimal(0), sku)
        for asin in asins:
            if asin not in best or rank < best[asin][0]:
                best[asin] = (rank, offer)
    return {"sku": [*skus.values()], "asin": [Found(asin, facts=facts) for asin, (_, facts) in best.items()]}
