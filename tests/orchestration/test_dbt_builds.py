"""What a dbt build leaves behind: its events, also of one that failed, and its parse for the next one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster_dbt.core import dbt_event_iterator
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from spapi_assets.assets import warehouse


class Build:
    """dbt's invocation as far as the module uses it: two events, then perhaps a failure."""

    def __init__(self, failure: Exception | None) -> None:
        self._failure = failure

    def stream(self) -> Iterator[str]:
        yield "one"
        yield "two"
        if self._failure:
            raise self._failure


@pytest.fixture(autouse=True)
def nothing_to_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("fetch_row_counts", "fetch_column_metadata"):
        monkeypatch.setattr(dbt_event_iterator.DbtEventIterator, name, lambda self: self)


def test_a_build_that_fails_tells_what_was_built_before_it_fails() -> None:
    events = warehouse._after_the_build(Build(DagsterDbtCliRuntimeError("a test is red")))  # type: ignore[arg-type]
    assert [next(events), next(events)] == ["one", "two"]
    with pytest.raises(DagsterDbtCliRuntimeError, match="a test is red"):
        next(events)
    assert list(warehouse._after_the_build(Build(None))) == ["one", "two"]  # type: ignore[arg-type]


def test_a_build_leaves_its_parse_where_the_next_one_looks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse, "DBT_FOLDER", tmp_path)
    made = tmp_path / "target" / "warehouse-1"
    made.mkdir(parents=True)
    warehouse._keep_parse(made)  # dbt ended before it had parsed
    assert [entry.name for entry in (tmp_path / "target").iterdir()] == ["warehouse-1"]
    (made / "partial_parse.msgpack").write_bytes(b"new")
    (tmp_path / "target" / "partial_parse.msgpack").write_bytes(b"of another connection")
    warehouse._keep_parse(made)
    assert (tmp_path / "target" / "partial_parse.msgpack").read_bytes() == b"new"
    assert sorted(entry.name for entry in (tmp_path / "target").iterdir()) == ["partial_parse.msgpack", "warehouse-1"]


def test_only_files_of_the_project_make_its_manifest_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse, "DBT_FOLDER", tmp_path)
    manifest, model = tmp_path / "target" / "manifest.json", tmp_path / "models" / "staging" / "stg.sql"
    compiled = tmp_path / "target" / "run" / "stg.sql"
    for n, path in enumerate((model, manifest, compiled)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("select 1", "utf-8")
        os.utime(path, (n, n))
    assert not warehouse._is_stale(manifest)
    os.utime(model, (9, 9))
    assert warehouse._is_stale(manifest)
