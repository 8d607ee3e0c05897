"""A fictitious outdoor-goods brand, Kestrel & Co: products, demand, stock, orders, refunds, traffic and payouts for any date.
Nothing here knows report formats; the documents package writes what this one tells."""

from .business import Business

__all__ = ["Business"]
