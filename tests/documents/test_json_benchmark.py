"""The benchmark's proof of 0 differing cells is worth something only if a differing cell is seen."""

from __future__ import annotations

from datetime import datetime, timedelta

from benchmarks.json_generate import DAY, MARKETPLACE, search_terms_document
from benchmarks.json_verify import ours
from spapi_assets.datasets.loader import load_registry
from spapi_assets.ingest.documents.load import load_document
from tests.documents.conftest import make_context


def test_every_cell_of_a_search_terms_report_is_compared_with_the_document(tmp_path, lake):
    document = search_terms_document(tmp_path / "terms.json.gz", 900)
    other = search_terms_document(tmp_path / "other.json.gz", 900, seed=8)
    report = load_registry().reports["search_terms"]
    context = make_context(
        report,
        start=DAY,
        end=DAY,
        created=datetime.fromisoformat(f"{DAY}T00:00:00Z") + timedelta(days=2),
        marketplace=MARKETPLACE[0],
        marketplace_ids=(MARKETPLACE[1],),
    )
    result = load_document([document.read_bytes()], context, lake)
    assert result.rows == {"search_terms": 900}
    folder = tmp_path / "lake"
    assert ours(document, folder) == (7200, 0)
    assert ours(other, folder)[1] > 3000
