"""How near a catalogue is read to the quota's own speed: seconds against what the quota allows, 429s, calls, restarts.
Runs against the simulator with Amazon's quotas and the AWS emulator (identifiers excepted); `--asins 100000` takes 42 minutes."""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import tempfile
import time

READ = """
import sys, time, warnings
warnings.simplefilter("ignore")
from datetime import UTC, datetime
from spapi_assets.aws.identifiers import Identifier
from spapi_assets.ingest.context import build_context
from spapi_assets.ingest.reading.run import read
from spapi_assets.settings import load_settings
from spapi_assets.simulator.business.extra import asin
ctx = build_context(load_settings())
account_key, number = sys.argv[1], int(sys.argv[2])

class Known:
    def all(self, kind, account, marketplace):
        day = datetime.now(UTC).date()
        return (Identifier(asin(n), day, day, {}, True) for n in range(number))
    def missing(self, *named): pass
    def found_again(self, *named): pass

ctx.identifiers = Known()  # the emulator needs a minute for a page of 100,000 items
source = ctx.registry.apis["catalog_items"]
began = time.perf_counter()
done = read(ctx, source, account_key, [ctx.now().date()], max_wait=30, tell=lambda s: print(s, flush=True))
seconds = time.perf_counter() - began
rows = sum(r.rows["catalog_items"] for r in done.loaded)
print(f"{account_key}: {seconds:,.1f} s, {done.calls:,} calls, {rows:,} items, {done.missing:,} unknown to Amazon", flush=True)
"""
ACCOUNT, PLACES = "kestrel_eu", ("DE", "UK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--asins", type=int, default=4000)
    parser.add_argument("--quota-scale", type=float, default=1.0, help="how many times Amazon's rate the simulator allows")
    parser.add_argument("--workers", type=int, choices=(1, 2), default=1, help="2: another process reads UK with the same quota")
    parser.add_argument("--kill-after", type=float, default=0.0, help="kill the reading after so many seconds and start it again")
    chosen = parser.parse_args()
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    from benchmarks.orchestration import connect_account
    from spapi_assets.simulator.server import Simulator

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
        }
        with Simulator(quota_scale=chosen.quota_scale, extra_articles={ACCOUNT: chosen.asins}) as simulator:
            os.environ |= {"SPAPI_ENDPOINT_URL": simulator.url, "LWA_ENDPOINT_URL": simulator.url}
            places = PLACES[: chosen.workers]
            connect_account()
            calls = len(places) * -(-chosen.asins // 20)
            rate = 2.0 * chosen.quota_scale
            least = (calls - 2) / rate
            print(f"{chosen.asins:,} ASINs x {len(places)}: at least {calls:,} calls, {least:,.1f} s at {rate:g} calls a second")
            began = time.perf_counter()
            _read(places, chosen.asins, chosen.kill_after)
            seconds = time.perf_counter() - began
            made = simulator.journal.count("searchCatalogItems")
            refused = simulator.journal.count("searchCatalogItems", 429)
            print(
                f"{made:,} calls ({made - calls:+d}), {refused} answered 429; {seconds:,.1f} s with process start and loading = "
                f"{100 * (seconds / least - 1):+.1f} % of the quota's own speed"
            )
        aws.stop()


def _read(places: tuple[str, ...], asins: int, kill_after: float) -> None:
    """One process a place; with `kill_after` each is killed once and started again."""
    running = [_start(place, asins) for place in places]
    if kill_after:
        time.sleep(kill_after)
        for process in running:
            process.kill()
            process.wait()
        running = [_start(place, asins) for place in places]
    for process in running:
        out, _ = process.communicate()
        print(out.strip())
        if process.returncode:
            sys.exit(f"A reading ended with exit code {process.returncode}.")


def _start(place: str, asins: int) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", READ, f"{ACCOUNT}.{place}", str(asins)], stdout=subprocess.PIPE, text=True)


if __name__ == "__main__":
    main()
