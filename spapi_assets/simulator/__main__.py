"""The simulator's command line: `python -m spapi_assets.simulator`, also behind `spapi simulator`."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from spapi_assets.simulator.accounts import default_directory, load_directory
from spapi_assets.simulator.server import Simulator


def _time(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _articles(text: str) -> tuple[str, int]:
    account, _, count = text.partition("=")
    return account, int(count)


def parser() -> argparse.ArgumentParser:
    """The options, for the command line and for its help."""
    options = argparse.ArgumentParser(
        prog="spapi simulator",
        description="The Selling Partner API and Login with Amazon on localhost, for a fictitious business.",
    )
    options.add_argument("--port", type=int, default=9292, help="0 takes a free port (default: %(default)s)")
    options.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    options.add_argument("--seed", type=int, default=7, help="of the business's data (default: %(default)s)")
    options.add_argument("--scale", type=float, default=1.0, help="size of the business (default: %(default)s)")
    options.add_argument(
        "--quota-scale", type=float, default=1.0, help="multiplies Amazon's request rates (default: %(default)s)"
    )
    options.add_argument("--speed", type=float, default=1.0, help="simulated seconds per second (default: %(default)s)")
    options.add_argument(
        "--processing-seconds", type=float, default=20.0, help="from createReport to DONE (default: %(default)s)"
    )
    options.add_argument("--token-seconds", type=int, default=3600, help="life of access tokens (default: %(default)s)")
    options.add_argument(
        "--now", type=_time, help="ISO 8601 time at which the simulated calendar begins (default: the real time)"
    )
    options.add_argument("--accounts", type=Path, help="YAML or JSON file of accounts (default: the five of the business)")
    options.add_argument(
        "--extra-articles", type=_articles, action="append", default=[], metavar="ACCOUNT=N", help="further articles to list"
    )
    options.add_argument("--quiet", action="store_true", help="print the address only")
    return options


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM; returns the exit code."""
    options = parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        directory = load_directory(options.accounts) if options.accounts else default_directory()
        simulator = Simulator(
            port=options.port,
            host=options.host,
            seed=options.seed,
            scale=options.scale,
            quota_scale=options.quota_scale,
            speed=options.speed,
            processing_seconds=options.processing_seconds,
            token_seconds=options.token_seconds,
            now=options.now,
            directory=directory,
            extra_articles=dict(options.extra_articles),
        )
    except (ValueError, KeyError, OSError) as error:
        print(f"The simulator cannot start: {error}", file=sys.stderr)
        return 2
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        simulator.start()
    except OSError as error:
        print(f"The simulator cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)
        return 2
    print(simulator.url, flush=True)
    if not options.quiet:
        print(f"  SPAPI_ENDPOINT_URL={simulator.url} LWA_ENDPOINT_URL={simulator.url}/auth/o2/token", flush=True)
        print(f"  status page {simulator.url}/simulator/ ; Ctrl-C ends it", flush=True)
    ended.wait()
    simulator.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
