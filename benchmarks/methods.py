"""The ways that are compared, each run in a process of its own: this platform here, the others in `peers.py`.
Prints one JSON line: wall seconds after imports, CPU seconds of the whole process, peak resident MiB."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.generate import DAYS, FIRST_DAY
from benchmarks.peers import PEERS_PYTHON, airbyte_decoder, sp_api_pandas
from benchmarks.server import DOCUMENT_ID

if TYPE_CHECKING:
    from spapi_assets.datasets.model import Report
    from spapi_assets.ingest.documents.context import DocumentContext


def peak_mib() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@cache
def _orders() -> tuple[Report, frozenset[str]]:
    from spapi_assets.datasets.loader import load_registry

    report = load_registry().reports["orders_by_last_update"]
    return report, frozenset(f"{d.name}.{c.name}" for d in report.datasets for c in d.columns)


def orders_context(start: date, end: date, *, report_id: str = "1", content_type: str | None = None) -> DocumentContext:
    """What a run knows about an orders document of these days before its first byte; personal data is kept, to be compared."""
    from spapi_assets.ingest.documents.context import DocumentContext

    report, pii_columns = _orders()
    return DocumentContext(
        report=report,
        account="bench",
        marketplace=None,
        report_id=report_id,
        document_id=DOCUMENT_ID,
        start=start,
        end=end,
        created=datetime(2026, 11, 2, tzinfo=UTC),
        content_type=content_type,
        compression="GZIP",
        pii_columns=pii_columns,
    )


def loading(url: str, target: str, context_of: Callable[[str | None], DocumentContext]) -> Callable[[], int]:
    """Token, getReportDocument, archive, typed rows by day with lineage: what a `raw` asset does to one document.

    `context_of` a Content-Type is what a run knows about the document when its first byte comes.
    """
    from spapi_assets.ingest.documents.load import load_document
    from spapi_assets.lake.store import Lake
    from spapi_assets.spapi.auth import InMemoryTokenCache, LwaClient, LwaCredentials
    from spapi_assets.spapi.reports import ReportsApi
    from spapi_assets.spapi.session import SpApiSession
    from spapi_assets.spapi.throttle import InMemoryThrottle

    def work() -> int:
        lwa = LwaClient("bench", lambda: LwaCredentials("id", "secret", "Atzr|bench"), InMemoryTokenCache(), url)
        session = SpApiSession("bench", "eu", "A1", lwa, InMemoryThrottle(), application_id="bench", endpoint_url=url)
        reports = ReportsApi(session)
        document = reports.get_report_document(DOCUMENT_ID)
        with reports.download(document) as stream:
            context = context_of(stream.headers.get("Content-Type"))
            result = load_document(stream.iter_raw(), context, Lake(target))
        return sum(result.rows.values())

    return work


def platform(url: str, target: str) -> Callable[[], int]:
    _orders()  # the registry is read once a process, not once a document
    last = FIRST_DAY + timedelta(days=DAYS - 1)
    return loading(url, target, lambda kind: orders_context(FIRST_DAY.date(), last.date(), content_type=kind))


OURS = "spapi-assets"
AIRBYTE = "Airbyte decoder"
METHODS: dict[str, Callable[[str, str], Callable[[], int]]] = {
    OURS: platform,
    "python-amazon-sp-api + pandas": sp_api_pandas,
    AIRBYTE: airbyte_decoder,
}


def interpreter(method: str) -> str:
    """The Python that has what the method imports."""
    return str(PEERS_PYTHON) if method == AIRBYTE else sys.executable


def available() -> list[str]:
    """The methods that can run here; says which cannot, and why."""
    if not PEERS_PYTHON.exists():
        print(f"{AIRBYTE}: left out, because .venv-peers is not installed; run `make peers` (Python 3.10 or 3.11, PyPI).")
        return [m for m in METHODS if m != AIRBYTE]
    return list(METHODS)


def main() -> None:
    name, url, target = sys.argv[1:4]
    work = METHODS[name](url, target)
    imports_mib = peak_mib()
    started = time.perf_counter()
    rows = work()
    wall = time.perf_counter() - started
    cpu = time.process_time()
    print(json.dumps({"rows": rows, "wall": wall, "cpu": cpu, "peak": peak_mib(), "imports_peak": imports_mib}))


if __name__ == "__main__":
    main()
