"""`python -m benchmarks.documents`: one orders document from a URL to Parquet, this platform and its peers side by side in one
run, each in its own process, A B C A B C. Prints seconds, memory and ratios, and checks every cell."""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.generate import orders_document, repeated
from benchmarks.methods import METHODS, OURS, available, interpreter
from benchmarks.verify import text_differences, typed_differences

DATA = Path(__file__).parent / ".data"
ROWS = 1_000_000


@contextmanager
def serving(document: Path) -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.server", str(document)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.terminate()
        process.wait()


def run(method: str, url: str, target: Path) -> dict[str, float]:
    shutil.rmtree(target, ignore_errors=True)
    command = [interpreter(method), "-m", "benchmarks.methods", method, url, str(target)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def memory(rounds: int) -> int:
    """Our peaks on documents of about 250 MB and 1 GB of plain bytes, each loaded in processes of their own."""
    small = orders_document(DATA / f"orders_{ROWS}.tsv.gz", ROWS)
    peaks = []
    for document, rows in ((small, ROWS), (repeated(DATA / f"orders_{4 * ROWS}.tsv.gz", small, 4), 4 * ROWS)):
        with serving(document) as url:
            results = [run(OURS, url, DATA / "out_0") for _ in range(rounds)]
        if any(result["rows"] != rows for result in results):
            print(f"{OURS} wrote other than {rows:,} rows: {results}")
            return 1
        peaks.append(max(result["peak"] for result in results))
        wall = statistics.median(result["wall"] for result in results)
        print(f"  {rows:9,} rows   wall {wall:6.2f} s   highest peak of {rounds} {peaks[-1]:6.0f} MiB", flush=True)
    print(f"  four times the document: {peaks[1] / peaks[0]:.2f}x the memory")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-verify", action="store_true", help="skip the comparison of every cell")
    parser.add_argument("--only", choices=list(METHODS), help="run one method (no ratios)")
    parser.add_argument("--memory", action="store_true", help="only our peaks at 250 MB and 1 GB of plain document")
    options = parser.parse_args()
    if options.memory:
        return memory(options.rounds)

    print(f"Document: {options.rows:,} order lines, 33 columns (generated once, seed 7) ...", flush=True)
    document = orders_document(DATA / f"orders_{options.rows}.tsv.gz", options.rows)
    methods = [options.only] if options.only else available()
    targets = {m: DATA / f"out_{i}" for i, m in enumerate(METHODS)}
    results: dict[str, list[dict[str, float]]] = {m: [] for m in methods}
    with serving(document) as url:
        for number in range(options.rounds):
            for method in methods:
                result = run(method, url, targets[method])
                results[method].append(result)
                if result["rows"] != options.rows:
                    print(f"{method} wrote {result['rows']:.0f} rows instead of {options.rows}")
                    if method == OURS:
                        return 1
                print(
                    f"  round {number + 1}  {method:32} wall {result['wall']:6.2f} s   cpu {result['cpu']:6.2f} s"
                    f"   peak {result['peak']:6.0f} MiB",
                    flush=True,
                )
    medians = {m: {k: statistics.median(r[k] for r in rows) for k in rows[0]} for m, rows in results.items()}
    print(f"\n{document.stat().st_size / 1e6:.1f} MB gzip, medians of {options.rounds} interleaved rounds:")
    for method, m in medians.items():
        speed = options.rows / m["wall"] / 1000
        print(f"  {method:32} wall {m['wall']:6.2f} s   cpu {m['cpu']:6.2f} s   peak {m['peak']:6.0f} MiB   {speed:6.0f}k rows/s")
    for method in medians:
        if OURS in medians and method != OURS:
            ratios = {k: medians[method][k] / medians[OURS][k] for k in ("wall", "cpu", "peak")}
            than = f"  than {method}:"
            print(f"{than:36} {ratios['wall']:.1f}x faster, {ratios['cpu']:.1f}x less CPU, {ratios['peak']:.1f}x less memory")
    if options.no_verify:
        return 0
    failed = 0
    for method in methods:
        if method == OURS:
            cells, differing = typed_differences(document, targets[method] / "raw" / "orders_by_last_update")
        else:
            cells, differing = text_differences(document, targets[method])
        print(f"  {method:32} {cells:,} cells compared with the document, {differing:,} differ")
        failed += differing if method == OURS else 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
