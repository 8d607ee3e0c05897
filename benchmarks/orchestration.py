"""What Dagster costs: a back-fill of a year of orders for one account, as runs of their own processes on a SQLite instance.
Prints createReport calls, seconds per run and milliseconds per partition; run it with `python -m benchmarks.orchestration`."""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spapi_assets.ingest.context import IngestContext

RUN = """
import sys, time, warnings
warnings.simplefilter("ignore")
started = time.perf_counter()
import dagster as dg
from spapi_assets.definitions import build_defs
from spapi_assets.settings import load_settings
key, first, last = sys.argv[1:]
definitions = build_defs(load_settings())
assets = [dg.AssetKey(k.split("/")) for k in key.split(",")]
job = definitions.get_repository_def().get_implicit_job_def_for_assets(assets)
ready = time.perf_counter()
with dg.DagsterInstance.get() as instance:
    done = job.get_subset(asset_selection=set(assets)).execute_in_process(
        instance=instance,
        tags={"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last},
    )
assert done.success
print(f"RESULT {ready - started:.2f} {time.perf_counter() - ready:.2f}")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    days = parser.parse_args().days
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    from spapi_assets.simulator.server import Simulator

    last = datetime.now(UTC).date() - timedelta(days=1)
    first = last - timedelta(days=days - 1)
    with tempfile.TemporaryDirectory() as folder:
        aws = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        aws.start()
        host, port = aws.get_host_and_port()
        os.environ |= {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "benchmark",
            "AWS_SECRET_ACCESS_KEY": "benchmark",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "SPAPI_LAKE_URI": f"{folder}/lake",
            "SPAPI_FIRST_DATE": str(first),
            "DAGSTER_HOME": folder,
        }
        Path(folder, "dagster.yaml").write_text("telemetry: {enabled: false}\n")
        with Simulator(processing_seconds=0.2, quota_scale=1000) as simulator:
            os.environ |= {"SPAPI_ENDPOINT_URL": simulator.url, "LWA_ENDPOINT_URL": simulator.url}
            connect_account()
            print(f"{days} days of orders of one account, {first} to {last}; each run is a process of its own")
            for name in ("request/orders_by_last_update", "raw/orders_by_last_update"):
                began = time.perf_counter()
                done = subprocess.run(
                    [sys.executable, "-c", RUN, name, f"kestrel_eu|{first}", f"kestrel_eu|{last}"],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if done.returncode:
                    sys.exit(done.stderr[-3000:])
                whole = time.perf_counter() - began
                loading, executing = map(float, done.stdout.split("RESULT ")[1].split())
                print(
                    f"{name:34} {whole:5.1f} s in all: {loading:.1f} s to import and load the code location, "
                    f"{executing:.1f} s to execute = {executing / days * 1000:.1f} ms a partition"
                )
            print(
                f"createReport calls: {simulator.journal.count('createReport')}, getReportDocument: "
                f"{simulator.journal.count('getReportDocument')}"
            )
        aws.stop()


def connect_account() -> IngestContext:
    """The demo's seller, connected as `spapi connect` does it."""
    from spapi_assets.ingest.context import build_context
    from spapi_assets.ingest.onboarding import connect, set_up
    from spapi_assets.settings import load_settings
    from spapi_assets.spapi.auth import LwaCredentials

    context = build_context(load_settings())
    set_up(context)
    account = context.settings.account("kestrel_eu")
    credentials = LwaCredentials("amzn1.application-oa2-client.simulator", "simulator-secret", "Atzr|simulator-kestrel-eu")
    list(connect(context, account, credentials))
    return context


if __name__ == "__main__":
    main()
