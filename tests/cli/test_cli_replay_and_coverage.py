"""`spapi replay` and `spapi coverage` on days that were really loaded from the simulator."""

from __future__ import annotations

import gzip
import shutil
from datetime import UTC, datetime, timedelta
from io import StringIO

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from spapi_assets.aws.setup import _table
from spapi_assets.cli.tables import complete_line, coverage_table, day_strips, open_rows, person_table
from spapi_assets.ingest.coverage import CoverageRow

from .conftest import Deployment

EU = "kestrel_eu"
LAST = datetime.now(UTC).date() - timedelta(days=2)
FIRST = LAST - timedelta(days=4)
ORDERS = "orders_by_last_update"


@pytest.fixture
def loaded(healthy: Deployment) -> Deployment:
    healthy.load(ORDERS, EU, FIRST, LAST)
    return healthy


def contents(d: Deployment) -> dict[str, list[dict]]:
    """Rows of every Parquet object below raw/, without the time of loading."""
    found = {}
    for path in sorted(d.lake.glob("raw/**/data.parquet")):
        table = pq.ParquetFile(path).read()
        found[str(path.relative_to(d.lake))] = table.drop_columns(["_loaded_at"]).to_pylist()
    return found


def glue_days(d: Deployment) -> list[str]:
    answer = d.clients.glue.get_partitions(DatabaseName="spapi_raw", TableName=ORDERS)
    return sorted(p["Values"][-1] for p in answer["Partitions"])


def calls(d: Deployment) -> int:
    return len(d.simulator.journal.entries())


def test_lost_parquet_comes_back_the_same_without_an_api_call(loaded: Deployment) -> None:
    before, asked = contents(loaded), calls(loaded)
    assert sum(map(len, before.values())) > 0
    shutil.rmtree(loaded.lake / "raw")
    result = loaded.run("replay")
    assert result.exit_code == 0, result.output
    assert contents(loaded) == before
    assert calls(loaded) == asked
    assert "1 of 1 replayed, 0 API calls." in result.output


def test_a_lost_ledger_and_catalog_come_back_from_the_archive(loaded: Deployment) -> None:
    states = [(r["date"], r["state"], r["rows"], r["report_id"]) for r in loaded.json("coverage", "--report", ORDERS)]
    loaded.clients.dynamodb.delete_table(TableName="spapi-ledger")
    loaded.clients.glue.delete_database(Name="spapi_raw")
    assert loaded.run("setup").exit_code == 0
    assert loaded.run("replay").exit_code == 0
    assert [(r["date"], r["state"], r["rows"], r["report_id"]) for r in loaded.json("coverage", "--report", ORDERS)] == states
    assert glue_days(loaded) == [str(FIRST + timedelta(days=n)) for n in range(5)]


def test_a_dry_run_lists_the_documents_and_changes_nothing(loaded: Deployment) -> None:
    shutil.rmtree(loaded.lake / "raw")
    result = loaded.run("replay", "--dry-run")
    assert f"{ORDERS} of {EU} for {FIRST}..{LAST}" in result.output
    assert not (loaded.lake / "raw").exists()


def test_only_the_chosen_account_and_report_are_replayed(loaded: Deployment) -> None:
    assert "0 archived documents" in loaded.run("replay", "--dry-run", "--account", "kestrel_vendor_us").output
    assert "0 archived documents" in loaded.run("replay", "--dry-run", "--report", "settlements").output
    assert "1 archived documents" in loaded.run("replay", "--dry-run", "--report", ORDERS, "--account", EU).output


def test_replaying_twice_changes_nothing_more(loaded: Deployment) -> None:
    before = contents(loaded)
    for _ in range(2):
        assert loaded.run("replay").exit_code == 0
    assert contents(loaded) == before
    rows = loaded.json("coverage", "--report", ORDERS, "--from", str(FIRST), "--to", str(LAST))
    assert {r["state"] for r in rows} == {"final"}


def test_a_damaged_document_is_a_sentence_and_the_others_are_replayed(loaded: Deployment) -> None:
    earlier = FIRST - timedelta(days=2)
    loaded.load(ORDERS, EU, earlier, FIRST - timedelta(days=1))
    damaged = sorted(loaded.lake.glob("archive/**/document.*"))[0]
    raw = damaged.read_bytes()
    damaged.write_bytes(raw[: len(raw) // 2] if damaged.suffix == ".gz" else gzip.compress(raw)[:20])
    result = loaded.run("replay")
    assert result.exit_code == 1
    assert "1 of 2 replayed" in result.output
    assert ORDERS in result.output.splitlines()[-1]


def test_coverage_tells_loaded_days_and_why_others_are_missing(loaded: Deployment) -> None:
    arguments = ("coverage", "--report", ORDERS, "--from", str(FIRST - timedelta(days=1)), "--to", str(LAST))
    rows = loaded.json(*arguments)
    assert [r["state"] for r in rows] == ["missing"] + ["final"] * 5
    assert rows[0]["reason"] == "The day was never asked for and is older than the schedule looks."
    assert "spapi plan" in rows[0]["next_action"]
    out = loaded.run(*arguments).output
    assert "5 final, 1 missing" in out
    assert "No day waits for a person." in out


def row(day: int, state: str, **more: object) -> CoverageRow:
    values: dict = {
        "dataset": ORDERS,
        "report": ORDERS,
        "account": EU,
        "marketplace": None,
        "date": FIRST + timedelta(days=day),
        "period": "day",
        "period_end": FIRST + timedelta(days=day),
        "state": state,
        "rows": None,
        "report_id": None,
        "last_loaded_at": None,
        "reason": f"because {state}",
        "next_action": "do it",
        "next_at": None,
    }
    return CoverageRow(**values | more)


def drawn(what: object, width: int = 100) -> str:
    out = Console(file=StringIO(), width=width, force_terminal=False)
    out.print(what)
    return out.file.getvalue()  # type: ignore[attr-defined]


def test_a_strip_has_one_cell_a_day_in_whole_weeks_and_a_legend_of_the_states_that_occur() -> None:
    rows = [row(n, "final") for n in range(20)] + [row(20, "denied")]
    lines = drawn(day_strips(rows, 30)).splitlines()
    cells = [line.split("  ", 1)[1] for line in lines if line.startswith("20")]
    assert cells == ["█" * 14, "█" * 6 + "D"]
    assert "█ final" in lines[-1]
    assert "D denied" in lines[-1]
    assert "failed" not in lines[-1]


def test_days_for_a_person_are_grouped_with_reason_and_action_and_those_that_mend_themselves_are_left_out() -> None:
    now = datetime.now(UTC)
    rows = [row(0, "denied"), row(1, "denied"), row(2, "failed", next_at=now), row(3, "missing")]
    table = person_table(rows)
    assert table is not None
    text = " ".join(drawn(table, 160).split())
    assert f"2 days from {FIRST} to {FIRST + timedelta(days=1)}" in text
    assert "because denied" in text
    assert "because failed" not in text
    assert person_table(rows[2:]) is None


def test_the_coverage_table_says_when_it_leaves_reasons_out() -> None:
    rows = [row(n, "failed", reason=f"reason {'abcdefg'[n]}") for n in range(7)]
    assert "and 3 more reasons" in drawn(coverage_table(rows), 160)


def test_the_coverage_table_says_what_is_open_and_what_happens_next_in_one_line_for_days_alike() -> None:
    rows = [row(n, "provisional", reason=f"{n} rows.", next_action="A newer version comes.", rows=n) for n in range(9)]
    text = " ".join(drawn(coverage_table(rows), 300).split())
    assert f"provisional 9 days from {FIRST} to {FIRST + timedelta(days=8)}: for one, 8 rows. A newer version comes." in text


def test_tables_of_one_report_that_came_together_are_one_row_with_a_line_each() -> None:
    seen = {"last_loaded_at": datetime.now(UTC)}
    alike = [row(n, "final", dataset=name, rows=size, **seen) for name, size in (("orders", 10), ("items", 2000)) for n in (0, 1)]
    other = [row(0, "final", dataset="taxes", rows=1, **seen), row(1, "denied", dataset="taxes")]
    lines = [line.split("│")[1:5] for line in drawn(coverage_table(alike + other), 200).splitlines() if "│" in line]
    assert [[cell.strip() for cell in line] for line in lines[:3]] == [
        ["items", EU, "2 days", "4,000"],
        ["orders", "", "", "20"],
        ["taxes", EU, "1 day", "1"],
    ]


def test_what_nothing_is_open_of_is_one_sentence() -> None:
    settled = ("final", "empty_confirmed", "not_due")
    whole = [row(n, state, dataset=name) for name in ("a", "b") for n, state in enumerate(settled)]
    rows = [*whole, row(0, "final"), row(1, "denied")]
    assert open_rows(rows) == rows[-2:]
    assert complete_line(rows) == f"Nothing is open of 2 datasets (--all shows them): a ({EU}), b ({EU})."
    assert complete_line(rows[-2:]) == ""


def test_coverage_without_a_ledger_is_a_sentence(deployment: Deployment) -> None:
    result = deployment.run("coverage")
    assert result.exit_code == 1
    assert "spapi doctor" in result.output


def test_a_table_made_by_setup_is_the_one_the_ledger_needs(deployment: Deployment) -> None:
    _table(deployment.clients, "spapi-ledger", sort_key=True)
    assert deployment.run("coverage").exit_code == 0
