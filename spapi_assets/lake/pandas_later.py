"""Keeps pyarrow from importing pandas, where it is installed, on the first value it converts: half a second and 60 MB that
loading a document has no use for. Whoever really converts to pandas later still can; this module converts nothing."""

from __future__ import annotations

import sys
import threading

import pyarrow as pa


class _NotNow:
    """An import finder that has no pandas for one thread."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "pandas" and threading.get_ident() == self._thread:
            raise ModuleNotFoundError("pandas is left out for now", name=name)


def leave_pandas_out() -> None:
    """Lets pyarrow look for pandas once, and miss it. It looks again when pandas is asked for by name (`to_pandas`)."""
    if "pandas" in sys.modules:
        return
    finder = _NotNow()
    sys.meta_path.insert(0, finder)
    try:
        pa.scalar(0, pa.int8())
    finally:
        sys.meta_path.remove(finder)
