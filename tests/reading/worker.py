"""A process of a deployment that a test can kill: it reads one source, or takes the queue, until it is done.
Run as `python -m tests.reading.worker <what> <lake> <url of Amazon> <account key> [<source>]`, with AWS in the environment."""

from __future__ import annotations

import sys
import time

from spapi_assets.ingest.context import build_context
from spapi_assets.ingest.notifications.take import take_notifications
from spapi_assets.ingest.reading.run import read
from tests.reading.conftest import settings_of


def main(what: str, lake: str, url: str, account_key: str, name: str) -> None:
    ctx = build_context(settings_of(lake, url))
    source = ctx.registry.apis[name]
    print("ready", flush=True)
    if what == "read":
        read(ctx, source, account_key, [ctx.now().date()])
    else:
        take_notifications(ctx, time.monotonic() + 60, threads=1)  # the emulator's queue knows no threads
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
