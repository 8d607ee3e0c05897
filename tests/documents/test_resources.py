"""What a load may cost and what it leaves when it is killed: memory that does not grow, and no partial partition."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spapi_assets.ingest.archive import archived_documents
from spapi_assets.lake.store import STAGING, Lake
from tests.documents.conftest import rows

ROOT = Path(__file__).resolve().parents[2]
CHILD = """
import sys
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.lake.store import Lake
from tests.documents.conftest import make_context

def chunks():
    with open(sys.argv[1], "rb") as file:
        while data := file.read(65536):
            yield data

print("started", flush=True)
result = load_document(chunks(), make_context(report_id=sys.argv[3]), Lake(sys.argv[2]))
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
import json
print(json.dumps({"rows": result.rows["sample"], "peak": int(peak.split()[1]), "plain": result.plain_bytes}))
"""


def document(path: Path, megabytes: int) -> Path:
    from tests.documents.conftest import HEADER, order

    lines = [
        order(
            i, day=f"2026-11-0{1 + i % 3}T10:00:00+00:00", title=f"Größe {i * 7919 % 100003} " + "x" * 40, price=f"{i % 9999}.25"
        )
        for i in range(50_000)
    ]
    part = ("\r\n".join(lines) + "\r\n").encode()
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write((HEADER + "\r\n").encode())
        for _ in range(max(1, megabytes * 1_000_000 // len(part))):
            file.write(part)
    return path


def start(body: Path, lake: Path, report_id: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, str(body), str(lake), report_id]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_peak_memory_does_not_grow_with_the_document(tmp_path):
    peaks = []
    for megabytes in (40, 160):
        process = start(document(tmp_path / f"{megabytes}.gz", megabytes), tmp_path / f"lake{megabytes}", "r1")
        output, _ = process.communicate(timeout=240)
        peaks.append(json.loads(output.splitlines()[-1])["peak"])
    assert peaks[1] < peaks[0] * 1.25
    assert peaks[1] < 350 * 1024


def test_a_load_that_is_killed_leaves_no_partial_partition_and_loads_again(tmp_path):
    body, folder = document(tmp_path / "d.gz", 60), tmp_path / "lake"
    lake = Lake(folder)
    process = start(body, folder, "r1")
    try:
        staging = folder / STAGING
        limit = time.monotonic() + 60
        # Kill it in the middle: when a partition is being written, which is before anything is published.
        while time.monotonic() < limit and len(list(staging.glob("*/*"))) < 3:
            assert process.poll() is None, "the load ended before it could be killed"
            time.sleep(0.005)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert list(lake.list()) == []
    assert list(archived_documents(lake)) == []
    assert list(staging.glob("*/*")), "it was not killed in the middle"

    small = document(tmp_path / "small.gz", 1)
    again = start(small, folder, "r1")
    output, _ = again.communicate(timeout=60)
    assert json.loads(output.splitlines()[-1])["rows"] == len(rows(lake)) == 50_000
