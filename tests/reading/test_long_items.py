"""One item may be longer than one answer: the lines of an invoice come in pages, each asked for with the same parameters."""

from __future__ import annotations

from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from model_server import ModelServer

from spapi_assets.aws.identifiers import Found
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.reading.run import read
from spapi_assets.spapi.operations import BY_NAME
from spapi_assets.spapi.throttle import RatePlan


def test_every_line_of_a_long_invoice_is_read(
    ctx: IngestContext, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    model_server.unlimited()
    model_server.answers.lean = True
    model_server.answers.counts["getInvoice"] = 1300
    # The rate is a guess of ours, and slow: nothing here is about it.
    monkeypatch.setitem(BY_NAME, "getInvoice", replace(BY_NAME["getInvoice"], plan=RatePlan(100.0, 100)))
    source = ctx.registry.apis["finance_invoice_lines"]
    account_key = ctx.settings.partition_keys(source)[0]
    account, _, marketplace = account_key.partition(".")
    ctx.identifiers.put("invoice_id", account, marketplace, [Found("INV-1~A"), Found("INV-2~A")], "test")
    outcome = read(ctx, source, account_key, [ctx.now().date()])
    model_server.legal()
    assert outcome.problems == []
    assert model_server.calls["getInvoice"] == 6, "three pages of 600 lines for each"
    assert (outcome.identifiers, outcome.missing) == (2, 0)
    assert outcome.loaded[0].rows["finance_invoice_lines"] == 2600
    for path in ctx.lake.list("raw/finance_invoice_lines"):
        with ctx.lake.open_input(path) as file:
            assert set(pq.read_table(file).column("invoice_identifier").to_pylist()) == {"INV-1~A", "INV-2~A"}
