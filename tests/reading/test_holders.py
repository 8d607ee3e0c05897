"""A lease tells whether its holder is gone: a process of this machine that ended, and nobody else."""

from __future__ import annotations

import subprocess
import sys
import time

from spapi_assets.ingest.holders import holder, is_dead


def test_only_a_process_of_this_machine_that_ended_is_dead() -> None:
    mine = holder()
    assert not is_dead(mine)
    assert mine != holder()
    machine, pid, started, own = mine.split("#")
    assert is_dead(f"{machine}#{pid}#{int(started) - 1}#{own}"), "an earlier process that had the same id"
    assert not is_dead(f"another/boot/pid:[1]#{pid}#{int(started) - 1}#{own}")
    assert not is_dead("host#17#abcdef12"), "as leases were named before"


def test_a_killed_process_is_dead_before_its_parent_has_noticed() -> None:
    code = "import time; from spapi_assets.ingest.holders import holder; print(holder(), flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    name = process.stdout.readline().strip()
    assert not is_dead(name)
    process.kill()
    process.stdout.read()  # its end of the pipe is closed: it is going, and nobody has waited for it
    deadline = time.monotonic() + 10
    while not is_dead(name) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert is_dead(name)
    process.wait()
