"""Documents are loaded without pandas, and whoever wants pandas in the same process still has it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOADS = """
import gzip, sys, tempfile
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.lake.store import Lake
from tests.documents.conftest import HEADER, make_context, order

body = gzip.compress("\\r\\n".join([HEADER, *(order(i) for i in range(100)), ""]).encode())
with tempfile.TemporaryDirectory() as folder:
    result = load_document([body], make_context(), Lake(folder))
assert result.rows["sample"] == 100
print("pandas" in sys.modules)
"""
CONVERTS = """
import pyarrow as pa
import spapi_assets.lake.parquet
table = pa.table({"a": [1, None]})
print(table.to_pandas()["a"].isna().tolist())
import pandas as pd
print(pa.Table.from_pandas(pd.DataFrame({"a": [1.0, float("nan")]})).column("a").null_count)
print(pa.array(pd.Series([None, "x"])).null_count)
"""


def run(script: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()


def test_loading_a_document_does_not_import_pandas():
    pytest.importorskip("pandas")
    assert run(LOADS) == ["False"]


def test_pandas_works_after_the_platform_was_imported():
    pytest.importorskip("pandas")
    assert run(CONVERTS) == ["[False, True]", "1", "1"]
