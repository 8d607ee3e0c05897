"""Each API of the registry, read from Amazon's models: the requests are legal, and what came back is in the tables."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from model_server import ModelServer

from spapi_assets.aws.identifiers import Found
from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import ApiSource, WindowKind
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.reading.run import read
from spapi_assets.ingest.windows import due_range
from spapi_assets.lake.layout import Partition

APIS = [source for source in load_registry().apis.values() if source.call is not None]


def known(ctx: IngestContext, source: ApiSource, account_key: str, number: int = 3) -> list[str]:
    """Identifiers of the kind the source is asked with, and what such a call must know of them."""
    batch = source.call.batch if source.call else None
    if batch is None:
        return []
    place = Partition.of(account_key, ctx.now().date())
    if batch.param is None and batch.body is None:
        number = 1  # a call each: invoices are asked for one in ten seconds
    names = [f"B0TEST{n:04d}" for n in range(number)]
    facts = {"price": Decimal("19.99"), "afn": True}
    ctx.identifiers.put(batch.kind, place.account, place.marketplace, [Found(n, True, facts) for n in names], "test")
    return names


@pytest.mark.parametrize("source", APIS, ids=lambda source: source.name)
def test_an_api_is_read_by_legal_requests_and_every_value_of_the_answer_lands_in_a_typed_column(
    source: ApiSource, ctx: IngestContext, model_server: ModelServer
) -> None:
    model_server.unlimited()
    account_key = ctx.settings.partition_keys(source)[0]
    known(ctx, source, account_key)
    today = ctx.now().date()
    day = today if source.window.kind is WindowKind.SNAPSHOT else due_range(source, today, today - timedelta(days=60))[1]
    outcome = read(ctx, source, account_key, [day])
    model_server.legal()
    assert outcome.problems == []
    (result,) = outcome.loaded
    assert outcome.calls >= 1
    assert {name: load.unknown_columns for name, load in result.datasets.items() if load.unknown_columns} == {}
    assert [w for w in result.warnings if "does not know" in w] == []
    assert result.quarantined == 0, result.decisions.get("quarantine")
    assert sum(result.rows.values()) > 0
    again = read(ctx, source, account_key, [day])
    assert (again.calls, again.loaded) == (0, []), "what was read is not asked for twice"
