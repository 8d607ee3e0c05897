"""Reports on VAT, GST and EPR, by report type.
What a report holds is in the modules beside this one."""

from collections.abc import Callable

from ...model import Document, Request

RENDERERS: dict[str, Callable[[Request], Document]] = {}
