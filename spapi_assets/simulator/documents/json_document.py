"""JSON reports as bytes, and the values that many of them share. What stands in one is its own module's business."""

from __future__ import annotations

import json
from typing import Any

from ..business.marketplaces import Marketplace
from .model import Document


def json_document(content: dict[str, Any]) -> Document:
    """UTF-8 without escapes, as Amazon delivers JSON."""
    return Document(json.dumps(content, ensure_ascii=False).encode(), "application/json; charset=UTF-8")


def number(minor: float, marketplace: Marketplace) -> float:
    """Minor units as the plain number that JSON reports hold."""
    return round(minor / 10**marketplace.digits, marketplace.digits)


def amount(minor: float, marketplace: Marketplace) -> dict[str, Any]:
    """Minor units as Amazon's amount object."""
    return {"amount": number(minor, marketplace), "currencyCode": marketplace.currency}


def fraction(part: float, whole: float) -> float:
    """A share from 0 to 1 with four decimals; 0 of nothing."""
    return round(part / whole, 4) if whole else 0.0
