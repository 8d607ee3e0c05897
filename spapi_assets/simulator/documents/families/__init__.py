"""Every report type that is served, gathered from the family modules: each exposes RENDERERS, report type to function.
A family of vendor reports also says KIND = "vendor" and one may name types for EITHER kind; all others are sellers' reports."""

from __future__ import annotations

from collections.abc import Callable

from ..model import Document, Request
from . import analytics, fba, files, finance, listings, orders, returns, tax, vendor, xml

_FAMILIES = (listings, orders, returns, finance, fba, tax, analytics, vendor, xml, files)

RENDERERS: dict[str, tuple[str, Callable[[Request], Document]]] = {
    report_type: ("either" if report_type in getattr(family, "EITHER", ()) else getattr(family, "KIND", "seller"), make)
    for family in _FAMILIES
    for report_type, make in family.RENDERERS.items()
}
