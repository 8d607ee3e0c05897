"""The ways to load a big JSON report that are compared, each in a process of its own: ours, python-amazon-sp-api, Airbyte's.
Prints one JSON line: wall seconds after imports, CPU seconds of the whole process, peak resident MiB."""

from __future__ import annotations

import importlib.util
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.json_generate import DAY, MARKETPLACE, SECTION
from benchmarks.methods import loading, peak_mib
from benchmarks.peers import document_text
from benchmarks.server import DOCUMENT_ID

OUTPUT = "search_terms.parquet"
_BATCH = 20_000

Work = Callable[[], int]


def platform(url: str, target: str) -> Work:
    """Token, getReportDocument, archive, typed rows with lineage in their partition: what a `raw` asset does."""
    from spapi_assets.datasets.loader import load_registry
    from spapi_assets.ingest.documents.context import DocumentContext

    report = load_registry().reports["search_terms"]

    def context_of(content_type: str | None) -> DocumentContext:
        return DocumentContext(
            report=report,
            account="bench",
            marketplace=MARKETPLACE[0],
            marketplace_ids=(MARKETPLACE[1],),
            report_id="1",
            document_id=DOCUMENT_ID,
            start=DAY,
            end=DAY,
            created=datetime.combine(DAY, datetime.min.time(), UTC) + timedelta(days=2),
            content_type=content_type,
            compression="GZIP",
        )

    return loading(url, target, context_of)


def sp_api_pandas(url: str, target: str) -> Work:
    """The usual script: download=True, json.loads, one DataFrame, one plain Parquet file."""
    import pandas as pd

    text = document_text(url)

    def work() -> int:
        frame = pd.DataFrame(json.loads(text())[SECTION])
        Path(target).mkdir(parents=True, exist_ok=True)
        frame.to_parquet(Path(target) / OUTPUT, index=False)
        return len(frame)

    return work


def airbyte_whole(url: str, target: str) -> Work:
    """GzipJsonDecoder of the connector on PyPI: the whole response, json.loads, then the section's records to Parquet."""
    from source_amazon_seller_partner.components.decoder import GzipJsonDecoder

    decoder = GzipJsonDecoder(parameters={})
    return _airbyte(url, target, lambda response: itertools.chain.from_iterable(d[SECTION] for d in decoder.decode(response)))


def airbyte_streaming(url: str, target: str, components: str) -> Work:
    """The streaming decoder of the current connector, which is not on PyPI: from the `components.py` of a checkout."""
    spec = importlib.util.spec_from_file_location("components", components)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["components"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if hasattr(module, "StreamingGzipJsonDecoder"):
        decoder = module.StreamingGzipJsonDecoder(parameters={}, items_field=SECTION)
    else:
        decoder = module.GzipJsonStreamingItemsDecoder(parameters={}, items_field_path=SECTION)
    return _airbyte(url, target, decoder.decode)


def _airbyte(url: str, target: str, decode: Callable[[Any], Iterable[Any]]) -> Work:
    """The decoder's records as one Parquet file, in batches: no framework around it."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    import requests

    def work() -> int:
        answer = requests.get(f"{url}/reports/2021-06-30/documents/{DOCUMENT_ID}", timeout=60).json()
        records = iter(decode(requests.get(answer["url"], timeout=600, stream=True)))
        Path(target).mkdir(parents=True, exist_ok=True)
        writer, rows = None, 0
        while batch := list(itertools.islice(records, _BATCH)):
            table = pa.Table.from_pylist(batch, schema=writer.schema if writer else None)
            if writer is None:
                writer = pq.ParquetWriter(Path(target) / OUTPUT, table.schema, compression="zstd", compression_level=1)
            writer.write_table(table)
            rows += table.num_rows
        if writer is not None:
            writer.close()
        return rows

    return work


OURS = "spapi-assets"
SP_API = "python-amazon-sp-api + pandas"
AIRBYTE = "Airbyte GzipJsonDecoder"
STREAMING = "Airbyte streaming decoder"
METHODS: dict[str, Callable[..., Work]] = {
    OURS: platform,
    SP_API: sp_api_pandas,
    AIRBYTE: airbyte_whole,
    STREAMING: airbyte_streaming,
}


def main() -> None:
    work = METHODS[sys.argv[1]](*sys.argv[2:])
    started = time.perf_counter()
    rows = work()
    wall = time.perf_counter() - started
    print(json.dumps({"rows": rows, "wall": wall, "cpu": time.process_time(), "peak": peak_mib()}))


if __name__ == "__main__":
    main()
