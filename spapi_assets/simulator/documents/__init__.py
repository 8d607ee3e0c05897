"""The report documents that Amazon would deliver about the simulated business, byte for byte as a client would download them.
No HTTP, no quotas, no compression: the server adds those."""

from .faults import TRANSFORMS, WIRE_TRANSFORMS
from .listing import listed
from .model import BadRequest, Document, ListedReport, NoData, NotAvailableYet, Unrenderable
from .render import REPORT_TYPES, render, render_listed

__all__ = [
    "REPORT_TYPES",
    "TRANSFORMS",
    "WIRE_TRANSFORMS",
    "BadRequest",
    "Document",
    "ListedReport",
    "NoData",
    "NotAvailableYet",
    "Unrenderable",
    "listed",
    "render",
    "render_listed",
]
