"""`python -m benchmarks.json_documents`: a search-terms report from a URL to Parquet, this platform and its peers side by side
in one run, each in its own process, A B C A B C. Prints seconds, memory and ratios, our memory at 250 MB and 1 GB, and checks
every cell.

Which of Airbyte's decoders runs: `GzipJsonDecoder` of airbyte-source-amazon-seller-partner as PyPI has it (`make peers`), which
parses the whole document at once. The decoder that streams it is only in the connector's current sources, which are not on
PyPI: give the `components.py` of a checkout with --airbyte-components, and its `StreamingGzipJsonDecoder` runs, too.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.documents import DATA, serving
from benchmarks.json_generate import search_terms_document
from benchmarks.json_methods import AIRBYTE, METHODS, OURS, OUTPUT, SP_API, STREAMING
from benchmarks.json_verify import ours, theirs
from benchmarks.peers import PEERS_PYTHON

_BYTES = 331  # of one object, about
SMALL, LARGE = 250_000_000, 1_000_000_000
MOST_MIB, MOST_GROWTH = 300, 1.25


def run(method: str, url: str, target: Path, *more: str) -> dict[str, float]:
    shutil.rmtree(target, ignore_errors=True)
    python = str(PEERS_PYTHON) if method in (AIRBYTE, STREAMING) else sys.executable
    command = [python, "-m", "benchmarks.json_methods", method, url, str(target), *more]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _line(method: str, m: dict[str, float]) -> str:
    return f"{method:32} wall {m['wall']:6.2f} s   cpu {m['cpu']:6.2f} s   peak {m['peak']:6.0f} MiB"


def methods_here(components: str | None) -> list[str]:
    """The methods that can run; says which cannot, and why."""
    methods = [OURS, SP_API]
    if not PEERS_PYTHON.exists():
        print("Airbyte's decoders: left out, because .venv-peers is not installed; run `make peers` (Python 3.10 or 3.11).")
        return methods
    methods.append(AIRBYTE)
    if components is None:
        print(f"{STREAMING}: left out, because it is not on PyPI; give its source with --airbyte-components.")
        return methods
    return [*methods, STREAMING]


def compare(document: Path, rows: int, methods: list[str], options: argparse.Namespace) -> int:
    targets = {m: DATA / f"json_out_{i}" for i, m in enumerate(METHODS)}
    results: dict[str, list[dict[str, float]]] = {m: [] for m in methods}
    with serving(document) as url:
        for number in range(options.rounds):
            for method in methods:
                more = [options.airbyte_components] if method == STREAMING else []
                result = run(method, url, targets[method], *more)
                results[method].append(result)
                print(f"  round {number + 1}  {_line(method, result)}", flush=True)
                if result["rows"] != rows:
                    print(f"{method} wrote {result['rows']:.0f} rows instead of {rows}")
                    return 1
    medians = {m: {k: statistics.median(r[k] for r in found) for k in found[0]} for m, found in results.items()}
    print(f"\n{document.stat().st_size / 1e6:.1f} MB gzip, medians of {options.rounds} interleaved rounds:")
    for method, m in medians.items():
        print(f"  {_line(method, m)}   {rows / m['wall'] / 1000:6.0f}k rows/s")
    for method in methods:
        if OURS in medians and method != OURS:
            ratios = {k: medians[method][k] / medians[OURS][k] for k in ("wall", "cpu", "peak")}
            than = f"  than {method}:"
            print(f"{than:36} {ratios['wall']:.1f}x faster, {ratios['cpu']:.1f}x less CPU, {ratios['peak']:.1f}x less memory")
    failed = 0
    if not options.no_verify:
        for method in methods:
            found = ours(document, targets[method]) if method == OURS else theirs(document, targets[method] / OUTPUT)
            print(f"  {method:32} {found[0]:,} cells compared with the document, {found[1]:,} differ", flush=True)
            failed += found[1] if method == OURS else 0
    return 1 if failed else 0


def memory() -> int:
    """Our peak at two sizes of the plain document."""
    peaks = []
    for size in (SMALL, LARGE):
        rows = size // _BYTES
        document = search_terms_document(DATA / f"terms_{rows}.json.gz", rows)
        with serving(document) as url:
            result = run(OURS, url, DATA / "json_out_0")
        peaks.append(result["peak"])
        print(f"  {size / 1e6:5.0f} MB of plain JSON: peak {result['peak']:.0f} MiB, {result['wall']:.2f} s", flush=True)
    growth = peaks[1] / peaks[0]
    within = max(peaks) <= MOST_MIB and growth <= MOST_GROWTH
    print(f"  {growth:.2f}x from {SMALL / 1e6:.0f} MB to {LARGE / 1e6:.0f} MB" + ("" if within else ": too much"))
    return 0 if within else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--airbyte-components", metavar="FILE", help="components.py of the current connector's sources")
    parser.add_argument("--no-verify", action="store_true", help="skip the comparison of every cell")
    parser.add_argument("--no-memory", action="store_true", help="skip the 250 MB and 1 GB documents")
    parser.add_argument("--only", choices=list(METHODS), help="run one method (no ratios)")
    options = parser.parse_args()
    print(f"Document: {options.rows:,} objects of a search-terms report (generated once, seed 7) ...", flush=True)
    document = search_terms_document(DATA / f"terms_{options.rows}.json.gz", options.rows)
    methods = [options.only] if options.only else methods_here(options.airbyte_components)
    failed = compare(document, options.rows, methods, options)
    if not options.no_memory:
        print("\nMemory of this platform:")
        failed += memory()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
