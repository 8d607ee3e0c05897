"""How others load the same document: python-amazon-sp-api with pandas, and the decoder of Airbyte's connector, their own code.
This platform's way is `methods.py`; the connector is imported from `.venv-peers`, which `make peers` installs."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Callable
from pathlib import Path

from benchmarks.server import DOCUMENT_ID

PEERS_PYTHON = Path(__file__).parents[1] / ".venv-peers" / "bin" / "python"
OUTPUT = "orders.parquet"


def document_text(url: str) -> Callable[[], str]:
    """python-amazon-sp-api's download of the document as text."""
    from sp_api.api import Reports
    from sp_api.auth import AccessTokenClient

    logging.disable(logging.INFO)
    AccessTokenClient.scheme, AccessTokenClient.host = "http://", url.removeprefix("http://")

    def download() -> str:
        credentials = {"refresh_token": "Atzr|bench", "lwa_app_id": "id", "lwa_client_secret": "secret"}
        reports = Reports(credentials=credentials)
        reports.endpoint = url
        return reports.get_report_document(DOCUMENT_ID, download=True).payload["document"]

    return download


def sp_api_pandas(url: str, target: str) -> Callable[[], int]:
    """The usual script: download=True, read_csv with every column as text and quotes as data, one plain Parquet file."""
    import pandas as pd

    text = document_text(url)

    def work() -> int:
        frame = pd.read_csv(io.StringIO(text()), sep="\t", dtype=str, quoting=csv.QUOTE_NONE, keep_default_na=False)
        Path(target).mkdir(parents=True, exist_ok=True)
        frame.to_parquet(Path(target) / OUTPUT, index=False)
        return len(frame)

    return work


def airbyte_decoder(url: str, target: str) -> Callable[[], int]:
    """The connector's GzipCsvDecoder on the downloaded response, its records as one Parquet file: no framework around it."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    import requests
    from source_amazon_seller_partner.components.decoder import GzipCsvDecoder

    decoder = GzipCsvDecoder(parameters={})

    def work() -> int:
        answer = requests.get(f"{url}/reports/2021-06-30/documents/{DOCUMENT_ID}", timeout=60).json()
        table = pa.Table.from_pylist(list(decoder.decode(requests.get(answer["url"], timeout=600))))
        Path(target).mkdir(parents=True, exist_ok=True)
        pq.write_table(table, Path(target) / OUTPUT, compression="zstd", compression_level=1)
        return table.num_rows

    return work
