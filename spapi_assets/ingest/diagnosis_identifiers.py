"""Looks at an account's identifiers for the doctor: how many are known, and whether an API that is switched on has none.
Whether the table is there at all is `diagnosis_aws.py`."""

from __future__ import annotations

from spapi_assets.datasets.model import WindowKind
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.diagnosis import Line, passed, warned
from spapi_assets.ingest.feeding import held_columns
from spapi_assets.settings import Account

_KINDS = {"asin": "ASIN", "sku": "SKU"}  # those that reports and people bring; others only wait to be read


def look_at_identifiers(ctx: IngestContext, account: Account) -> Line:
    """One line: what is known per marketplace and waits to be read again, or which API reads nothing for want of identifiers."""
    told, known = [], set()
    for marketplace in (*account.marketplaces, None):
        counts = {kind: ctx.identifiers.count(kind, account.name, marketplace) for kind in _KINDS}
        known |= {kind for kind, count in counts.items() if count}
        words = ", ".join(f"{count:,} {_KINDS[kind]}{'' if count == 1 else 's'}" for kind, count in counts.items() if count)
        if words:
            told.append(f"{marketplace or 'all marketplaces'}: {words}")
    needing: dict[str, list[str]] = {}
    for source in ctx.registry.apis.values():
        batch = source.call.batch if source.call else None
        whole = source.window.kind is WindowKind.SNAPSHOT  # others are read by window, identifiers only refresh them
        if whole and batch is not None and batch.kind in _KINDS and batch.kind not in known and account.wants(source):
            needing.setdefault(batch.kind, []).append(source.name)
    if needing:
        names = ", ".join(name for some in needing.values() for name in some)
        kinds = " and ".join(f"{_KINDS[kind]}s" for kind in needing)
        wanted = [source for source in ctx.registry.sources.values() if account.wants(source)]
        brought = [s.name for s in wanted if any(kind in held_columns(d) for kind in needing for d in s.datasets)]
        if brought:
            until = (
                f"No {kinds} are known yet; the first load of {brought[0]} brings them. Until then nothing is read of {names}."
            )
            return passed(account.name, "identifiers", until)
        fix = "Switch on merchant_listings (sellers) or vendor_sales, or add them with `spapi identifiers import`."
        return warned(
            account.name, "identifiers", f"No {kinds} are known, and no report brings any: nothing is read of {names}.", fix
        )
    waiting = [
        f"{count:,} wait to be read again by {source} since {since:%Y-%m-%d %H:%M} UTC"
        for (source, account_key), (count, since) in sorted(ctx.refreshes.waiting().items())
        if account_key.partition(".")[0] == account.name
    ]
    return passed(
        account.name, "identifiers", "; ".join([*told, *waiting]) + "." if told or waiting else "None are known, none needed."
    )
