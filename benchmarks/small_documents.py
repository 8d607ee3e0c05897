"""`python -m benchmarks.small_documents`: a thousand orders documents of one day each, loaded one after the other in one process.
Bytes in memory to Parquet, without a network: milliseconds per document, side by side with the peers, every cell checked."""

from __future__ import annotations

import argparse
import gzip
import io
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from benchmarks.generate import FIRST_DAY, orders_document
from benchmarks.methods import AIRBYTE, OURS, available, interpreter, orders_context, peak_mib
from benchmarks.peers import OUTPUT
from benchmarks.verify import typed_differences

DATA = Path(__file__).parent / ".data"
PANDAS = "python-amazon-sp-api + pandas"


def generate(count: int, rows: int) -> list[Path]:
    """Document n is of day n: as many partitions as documents."""
    folder = DATA / f"small_{rows}"
    return [
        orders_document(folder / f"{n:05d}.tsv.gz", rows, seed=n, first=FIRST_DAY + timedelta(days=n), days=1)
        for n in range(count)
    ]


def platform(target: Path) -> Callable[[int, bytes], int]:
    """Archived with manifest, typed, into the day's partition with lineage: what a run does with each document it collects."""
    from spapi_assets.ingest.documents.load import load_document
    from spapi_assets.lake.store import Lake

    lake = Lake(target)

    def load(number: int, body: bytes) -> int:
        day = (FIRST_DAY + timedelta(days=number)).date()
        return sum(load_document([body], orders_context(day, day, report_id=f"{number}"), lake).rows.values())

    return load


def pandas_script(target: Path) -> Callable[[int, bytes], int]:
    """What follows the download of python-amazon-sp-api: text in memory, read_csv with every column as text, a Parquet file."""
    import csv

    import pandas as pd

    def load(number: int, body: bytes) -> int:
        text = io.StringIO(gzip.decompress(body).decode())
        frame = pd.read_csv(text, sep="\t", dtype=str, quoting=csv.QUOTE_NONE, keep_default_na=False)
        folder = target / f"{number}"
        folder.mkdir(parents=True)
        frame.to_parquet(folder / OUTPUT, index=False)
        return len(frame)

    return load


def airbyte_decoder(target: Path) -> Callable[[int, bytes], int]:
    """The connector's own GzipCsvDecoder, its records as one plain Parquet file each."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    import requests
    from source_amazon_seller_partner.components.decoder import GzipCsvDecoder

    decoder = GzipCsvDecoder(parameters={})

    def load(number: int, body: bytes) -> int:
        response = requests.Response()
        response._content = body
        table = pa.Table.from_pylist(list(decoder.decode(response)))
        folder = target / f"{number}"
        folder.mkdir(parents=True)
        pq.write_table(table, folder / OUTPUT, compression="zstd", compression_level=1)
        return table.num_rows

    return load


METHODS: dict[str, Callable[[Path], Callable[[int, bytes], int]]] = {
    OURS: platform,
    PANDAS: pandas_script,
    AIRBYTE: airbyte_decoder,
}


def measure(method: str, documents: list[Path], target: Path) -> dict[str, float]:
    """All documents after one that warms up."""
    bodies = [document.read_bytes() for document in documents]
    load = METHODS[method](target)
    load(0, bodies[0])
    shutil.rmtree(target)
    started, used = time.perf_counter(), time.process_time()
    rows = sum(load(n, body) for n, body in enumerate(bodies))
    return {
        "rows": rows,
        "wall": (time.perf_counter() - started) / len(bodies) * 1000,
        "cpu": (time.process_time() - used) / len(bodies) * 1000,
        "peak": peak_mib(),
    }


def run(method: str, count: int, rows: int, target: Path) -> dict[str, float]:
    shutil.rmtree(target, ignore_errors=True)
    command = [interpreter(method), "-m", "benchmarks.small_documents", "--documents", f"{count}", "--rows", f"{rows}"]
    done = subprocess.run([*command, "--measure", method, str(target)], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=list(METHODS), help="run one method (no ratios)")
    parser.add_argument("--measure", nargs=2, metavar=("METHOD", "TARGET"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    documents = generate(options.documents, options.rows)
    if options.measure:
        print(json.dumps(measure(options.measure[0], documents, Path(options.measure[1]))))
        return 0

    print(f"{options.documents:,} documents of {options.rows} order lines, 33 columns, each of another day ...", flush=True)
    methods = [options.only] if options.only else available()
    results: dict[str, list[dict[str, float]]] = {m: [] for m in methods}
    for _ in range(options.rounds):
        for number, method in enumerate(methods):
            result = run(method, options.documents, options.rows, DATA / f"small_out_{number}")
            results[method].append(result)
            if result["rows"] != options.documents * options.rows:
                print(f"{method} wrote {result['rows']:.0f} rows instead of {options.documents * options.rows}")
                return 1
    medians = {m: {k: statistics.median(r[k] for r in rows) for k in rows[0]} for m, rows in results.items()}
    for method, m in medians.items():
        ratio = f"   {m['wall'] / medians[OURS]['wall']:.1f}x" if OURS in medians else ""
        print(f"  {method:32} wall {m['wall']:6.2f} ms   cpu {m['cpu']:6.2f} ms a document   peak {m['peak']:5.0f} MiB{ratio}")
    if OURS not in methods:
        return 0
    cells = differing = 0
    for number, document in enumerate(documents):
        day = (FIRST_DAY + timedelta(days=number)).date()
        file = DATA / "small_out_0" / "raw" / "orders_by_last_update" / "account=bench" / f"date={day}" / "data.parquet"
        some, other = typed_differences(document, file)
        cells, differing = cells + some, differing + other
    print(f"  {OURS:32} {cells:,} cells compared with the documents, {differing:,} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
