"""A restated day keeps its history: what changed, when, by how much, in the ledger, the metadata and a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_assets.aws.ledger import ReportRecord
from spapi_assets.datasets.model import Dataset
from spapi_assets.ingest import restatement
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.coverage import restatements
from spapi_assets.ingest.load import load_report
from spapi_assets.ingest.requesting import ask
from spapi_assets.ingest.restatement_words import changes_in_words
from spapi_assets.ingest.sweep import sweep
from spapi_assets.ingest.windows import closes_at
from spapi_assets.lake.layout import Partition
from tests.flow.amazon import Amazon, Clock

DATASET = Dataset.model_validate(
    {
        "name": "d",
        "title": "D",
        "description": "D.",
        "grain": "one sku",
        "row_key": ["sku"],
        "day_of": "fetch",
        "columns": [
            {"name": "sku", "header": "sku", "description": "Key."},
            {"name": "units", "header": "units", "type": "integer", "description": "Units."},
            {"name": "sales", "header": "sales", "type": "decimal", "description": "Sales."},
        ],
    }
)
Row = tuple[str, int, str]


def _file(folder: Path, name: str, rows: list[Row]) -> Path:
    sales = pa.array([Decimal(r[2]).quantize(Decimal("0.0001")) for r in rows], pa.decimal128(18, 4))
    columns = {"sku": pa.array([r[0] for r in rows], pa.string()), "units": pa.array([r[1] for r in rows], pa.int64())}
    pq.write_table(pa.table({**columns, "sales": sales}), folder / name)
    return folder / name


def test_added_removed_and_changed_rows_are_told_apart_and_moved_totals_are_named(tmp_path: Path) -> None:
    before = _file(tmp_path, "a", [("A", 1, "10.5"), ("B", 2, "20"), ("C", 3, "30")])
    after = _file(tmp_path, "b", [("A", 1, "10.5"), ("B", 5, "20"), ("D", 3, "31.25")])
    found = restatement.compare(DATASET, before, after)
    assert (found.added, found.removed, found.changed) == (1, 1, 1)
    assert found.totals == {"units": (Decimal(6), Decimal(9)), "sales": (Decimal("60.5"), Decimal("61.75"))}
    words = changes_in_words(found.as_item())
    assert words.startswith("1 rows changed, 1 rows added, 1 rows removed")
    assert "units 6 -> 9" in words


def test_an_api_that_is_read_again_and_says_the_same_changed_nothing(tmp_path: Path) -> None:
    read_at = {"name": "read_at", "path": "/fetched_at", "type": "timestamp", "description": "When Amazon answered."}
    dataset = Dataset.model_validate(
        {
            **DATASET.model_dump(),
            "columns": [*({**c.model_dump(), "header": None, "path": c.name} for c in DATASET.columns), read_at],
        }
    )
    files = []
    for hour in (1, 2):
        table = pq.read_table(_file(tmp_path, "plain", [("A", hour, "1"), ("B", 7, "2")]))
        at = pa.array([datetime(2026, 11, 23, hour, tzinfo=UTC)] * 2, pa.timestamp("us", tz="UTC"))
        pq.write_table(table.append_column("read_at", at), tmp_path / f"{hour}")
        files.append(tmp_path / f"{hour}")
    assert restatement.compare(dataset, files[0], files[0]).nothing
    found = restatement.compare(dataset, *files)
    assert (found.added, found.removed, found.changed) == (0, 0, 1), "one row's units, and not two rows' times"


ROWS = st.lists(st.tuples(st.sampled_from("ABCDE"), st.integers(0, 3), st.sampled_from(["1", "2.5"])), max_size=8)


@given(ROWS, ROWS)
def test_counts_add_up_whatever_the_rows_even_with_equal_ones(tmp_path_factory, old: list[Row], new: list[Row]) -> None:
    folder = tmp_path_factory.mktemp("rows")
    found = restatement.compare(DATASET, _file(folder, "a", old), _file(folder, "b", new))
    assert found.added is not None
    assert found.removed is not None
    assert found.rows_before + found.added - found.removed == found.rows_after
    assert found.nothing == (sorted(old) == sorted(new))


def test_more_rows_than_can_be_matched_still_tell_counts_and_totals(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(restatement, "MATCHED_ROWS", 2)
    before, after = _file(tmp_path, "a", [("A", 1, "1")] * 3), _file(tmp_path, "b", [("A", 1, "1")] * 4)
    found = restatement.compare(DATASET, before, after)
    assert (found.added, found.rows_before, found.rows_after, found.nothing) == (None, 3, 4, False)
    assert found.totals["units"] == (Decimal(3), Decimal(4))


def _traffic(units: int) -> bytes:
    money = '{"amount": 10.0, "currencyCode": "EUR"}'
    sales = f'{{"unitsOrdered": {units}, "orderedProductSales": {money}, "totalOrderItems": 1}}'
    traffic = '{"browserSessions": 1, "sessions": 1, "pageViews": 2}'
    row = f'{{"parentAsin": "B1", "childAsin": "B1", "sku": "S", "salesByAsin": {sales}, "trafficByAsin": {traffic}}}'
    return f'{{"reportSpecification": {{}}, "salesAndTrafficByDate": [], "salesAndTrafficByAsin": [{row}]}}'.encode()


def _correct(ctx: IngestContext, amazon: Amazon, clock: Clock, place: Partition, units: int) -> ReportRecord:
    """Amazon makes a newer report of the day; it is ready to be loaded."""
    (record,) = ask(ctx, ctx.registry.reports["sales_and_traffic"], [place], deadline=ctx.monotonic() + 5).created
    amazon.finish(str(record.report_id), "DONE", _traffic(units))
    clock.forward(minutes=1)
    sweep(ctx, 30)
    (ready,) = ctx.ledger.done_not_loaded()
    return ready


def test_a_load_cut_off_after_its_rows_were_published_still_tells_what_they_changed(
    ctx: IngestContext, amazon: Amazon, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = ctx.registry.reports["sales_and_traffic"]
    place = Partition("kestrel_eu", "DE", clock.now.date() - timedelta(days=4))
    clock.now = closes_at(report, place.day, "DE") + timedelta(hours=30)
    load_report(ctx, _correct(ctx, amazon, clock, place, 3))
    clock.forward(days=2)
    ready = _correct(ctx, amazon, clock, place, 5)
    with monkeypatch.context() as dying:
        dying.setattr(ctx.ledger, "put_partitions", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            load_report(ctx, ready)
    load_report(ctx, ready)
    (fact,) = ctx.ledger.partitions("sales_and_traffic_by_asin", place.account_key, place.day, place.day)
    assert fact.changes is not None
    assert fact.changes["totals"] == {"units_ordered": ["3", "5"]}
    assert (fact.changes["changed"], fact.changes["added"]) == (1, 0)


def test_a_day_that_amazon_corrects_keeps_every_version_with_its_change(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    report = ctx.registry.reports["sales_and_traffic"]
    place = Partition("kestrel_eu", "DE", clock.now.date() - timedelta(days=4))
    clock.now = closes_at(report, place.day, "DE") + timedelta(hours=30)
    for units in (3, 5, 5):
        load_report(ctx, _correct(ctx, amazon, clock, place, units))
        clock.forward(days=2)
    (fact,) = ctx.ledger.partitions("sales_and_traffic_by_asin", place.account_key, place.day, place.day)
    assert [v["rows"] for v in fact.versions] == [1, 1]
    rows = [r for r in restatements(ctx) if r["dataset"] == "sales_and_traffic_by_asin"]
    assert [(r["version"], r["rows_changed"], r["totals"]) for r in rows] == [
        (3, 0, []),
        (2, 1, [("units_ordered", "3 -> 5")]),
    ]
    assert rows[0]["change"] == "the same rows"
