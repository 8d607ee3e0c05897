"""The identifiers that a request must name (ASINs of search query performance): those listed now, as the store knows them.
How they are packed into requests is `fanout.py`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from spapi_assets.aws.denials import denial_of
from spapi_assets.datasets.model import Identifiers, Scope, Source
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.fanout import Fan, fan_of
from spapi_assets.ingest.feeding import LISTINGS
from spapi_assets.lake.layout import Partition, partition_object

_NEWEST = timedelta(days=100)


def fan(ctx: IngestContext, report: Source, account_key: str) -> Fan:
    """How this account key's partitions of a report are split into requests, and whether Amazon takes any.

    Reads the lake only for identifiers."""
    account = ctx.settings.account(account_key.partition(".")[0])
    denial = denial_of(ctx.ledger, report.report_type, account_key)
    return replace(_split(ctx, report, account_key), denial=denial, stands_by=account.stands_by(report))


def _split(ctx: IngestContext, report: Source, account_key: str) -> Fan:
    place = Partition.of(account_key, ctx.now().date())
    limits = ctx.settings.account(place.account).fan_out
    if report.fan_out is None or report.fan_out.identifiers is None:
        return fan_of(report, place.marketplace, limits=limits)
    return fan_of(report, place.marketplace, identifiers=known_identifiers(ctx, report.fan_out.identifiers, place))


def known_identifiers(ctx: IngestContext, source: Identifiers, place: Partition) -> tuple[str, ...]:
    """The listed identifiers of the store that the source's column names, sorted.

    Where the store has none (of other datasets, or none was loaded since it exists): those in the newest loaded partition of the
    source's dataset; none when nothing was loaded.
    """
    if source.dataset not in ctx.registry.datasets:
        return ()
    by_marketplace = ctx.registry.source_of(source.dataset).scope is Scope.MARKETPLACE
    if by_marketplace and place.marketplace is None:
        return ()
    kind = ctx.registry.datasets[source.dataset].column(source.column).identifies
    if kind is not None and source.dataset == LISTINGS:  # the only one that tells which of its values are listed
        listed = ctx.identifiers.listed(kind, place.account, place.marketplace)
        if listed:
            return tuple(listed)
    where = place if by_marketplace else Partition(place.account, None, place.day)
    known = ctx.ledger.partitions(source.dataset, where.account_key, place.day - _NEWEST, place.day)
    facts = [f for f in known if f.rows and f.day]
    if not facts:
        return ()
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    newest = max(f.day for f in facts if f.day is not None)
    found: set[str] = set()
    for fact in facts:
        if fact.day == newest:
            path = partition_object(source.dataset, Partition(where.account, where.marketplace, newest), fact.part)
            with ctx.lake.open_input(path) as file:
                column = pq.read_table(file, columns=[source.column]).column(source.column)
            found.update(value for value in pc.unique(column).to_pylist() if value)
    return tuple(sorted(found))
