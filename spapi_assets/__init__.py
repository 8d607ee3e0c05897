"""Amazon's Selling Partner API as Dagster assets. Kept (nearly) empty so that every process imports only what it uses."""

import os
import sys

if sys.platform == "linux":
    # Read by Arrow when it is first imported. Loading documents, jemalloc spends half the system time of Arrow's own choice
    # on getting memory from the kernel and giving it back, and its peak is lower.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "jemalloc")
