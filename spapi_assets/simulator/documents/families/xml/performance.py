"""GET_V1_SELLER_PERFORMANCE_REPORT (XML) and GET_V2_SELLER_PERFORMANCE_REPORT (JSON after Amazon's account health schema).
Snapshots: the spans are Amazon's own whatever the dates of the request; counts are those of the orders in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

from ....business.marketplaces import Marketplace, local_day
from ....business.seeds import derive
from ...json_document import fraction, json_document
from ...model import Document, Request
from ...xml_document import element, xml_document

_COMPLAINTS = (
    "listingPolicyViolations", "productAuthenticityCustomerComplaints", "productConditionCustomerComplaints",
    "productSafetyCustomerComplaints", "receivedIntellectualPropertyComplaints", "restrictedProductPolicyViolations",
    "suspectedIntellectualPropertyViolations", "foodAndProductSafetyIssues", "otherPolicyViolations", "documentRequests",
)  # fmt: skip


@dataclass(frozen=True)
class _Span:
    """Orders of some days before now: counts and how the report names the days."""

    begin: datetime
    end: datetime
    afn: int
    mfn: int
    shipped: int
    cancelled: int
    refunded: int
    units: int

    @property
    def range(self) -> dict[str, str]:
        return {"reportingDateFrom": f"{self.begin:%Y-%m-%d}T00:00:00Z", "reportingDateTo": f"{self.end:%Y-%m-%d}T23:59:59Z"}


def version_2(request: Request) -> Document:
    """The account's status and its metrics in each store."""
    return json_document(
        {
            "accountStatuses": [{"marketplaceId": m.id, "status": "NORMAL"} for m in request.marketplaces],
            "performanceMetrics": [_metrics(request, m) for m in request.marketplaces],
        }
    )


def version_1(request: Request) -> Document:
    """The legacy report of the first store: three spans of order defects and of customer experience."""
    m = request.marketplaces[0]
    spans = [_span(request, m, days, 1) for days in (7, 30, 90)]

    def measure(name: str, count: int, of: int) -> ET.Element:
        return element(name, status="Good", count=count, rate=f"{fraction(count, of):.4f}")

    def frame(tag: str, span: _Span, **counts: int) -> ET.Element:
        orders = span.afn + span.mfn
        dates = element("timeFrame", start=f"{span.begin:%Y-%m-%d}T00:00:00Z", end=f"{span.end:%Y-%m-%d}T23:59:59Z")
        return element(tag, dates, *(measure(name, n, orders) for name, n in counts.items()), orderCount=orders)

    defects = [
        frame("orderDefectMetrics", s, negativeFeedbacks=_few(m, s, 90), a_z_claims=_few(m, s, 400), chargebacks=_few(m, s, 900))
        for s in spans
    ]
    experience = [
        frame(
            "customerExperienceMetrics",
            s,
            lateShipment=_few(m, s, 60),
            preFulfillmentCancellation=s.cancelled // 20,
            refunds=s.refunded,
        )
        for s in spans
    ]
    messages = 20 + spans[0].mfn
    times = element(
        "responseTimeMetrics",
        responseUnder24Hours=messages,
        responseTimeGreaterThan24Hours=messages // 30,
        noResponseForContactsOlderThan24Hours=messages // 50,
        averageResponseTimeInHours="6.4",
    )
    report = element(
        "sellerPerformanceReport",
        element("orderDefects", *defects),
        element("customerExperience", *experience),
        element("buyerSellerContactResponseTimeMetrics", times),
    )
    return xml_document(element("sellerPerformanceReports", report))


def _span(request: Request, m: Marketplace, days: int, ago: int) -> _Span:
    """The local days that ended `ago` days before now."""
    end = request.now - timedelta(days=ago)
    begin = end - timedelta(days=days - 1)
    now = request.now.timestamp()
    afn = mfn = shipped = cancelled = refunded = units = 0
    first, last = local_day(m.zone, begin.timestamp()), local_day(m.zone, end.timestamp())
    for order in request.business.purchased_between(request.account, m, first, last):
        mfn += order.merchant_fulfilled
        afn += not order.merchant_fulfilled
        shipped += order.merchant_fulfilled and 0 < order.shipped <= now
        cancelled += 0 < order.cancelled <= now
        refunded += any(0 < line.refund_at <= now for line in order.lines)
        units += sum(line.units for line in order.lines)
    return _Span(begin, end, afn, mfn, shipped, cancelled, refunded, units)


def _few(m: Marketplace, span: _Span, one_in: int) -> int:
    return (span.mfn + span.afn + derive(0, "health", m.code, one_in) % one_in) // one_in


def _target(span: _Span, rate: float, target: float, condition: str) -> dict[str, Any]:
    good = rate < target if condition == "LESS_THAN" else rate > target if condition == "GREATER_THAN" else rate == target
    verdict = {"status": "GOOD" if good else "BAD", "rate": rate, "targetValue": target, "targetCondition": condition}
    return {"reportingDateRange": span.range, **verdict}


def _metrics(request: Request, m: Marketplace) -> dict[str, Any]:
    week, month, two_months = (_span(request, m, days, ago) for days, ago in ((7, 1), (30, 8), (60, 17)))
    half_year = _Span(request.now - timedelta(days=180), request.now - timedelta(days=1), 0, 0, 0, 0, 0, 0)
    late, untracked = _few(m, month, 60), _few(m, month, 90)
    no_invoice = _few(m, week, 25) if m.region == "eu" else 0
    complaints: dict[str, Any] = {}
    for name in _COMPLAINTS:
        count = derive(0, name, m.code, request.now.date().isocalendar().week) % 19 // 17
        verdict = {"status": "BAD" if count else "GOOD", "targetValue": 0, "targetCondition": "EQUALS"}
        complaints[name] = {"reportingDateRange": half_year.range, "defectsCount": count, **verdict}
    return {
        "marketplaceId": m.id,
        "invoiceDefectRate": {
            "orderCount": week.afn + week.mfn,
            "invoiceDefect": {"count": no_invoice, "status": "GOOD"},
            "missingInvoice": {"count": no_invoice - no_invoice // 2, "status": "NONE"},
            "lateInvoice": {"count": no_invoice // 2, "status": "NONE"},
            **_target(week, fraction(no_invoice, week.afn + week.mfn), 0.05, "LESS_THAN"),
        },
        "lateShipmentRate": {
            "orderCount": month.mfn,
            "lateShipmentCount": min(late, month.mfn),
            **_target(month, fraction(min(late, month.mfn), month.mfn), 0.04, "LESS_THAN"),
        },
        "orderDefectRate": {kind: _defects(m, two_months, kind) for kind in ("mfn", "afn")},
        "onTimeDeliveryRate": {
            "shipmentCountWithValidTracking": month.shipped,
            "onTimeDeliveryCount": month.shipped - month.shipped // 30,
            **_target(month, fraction(month.shipped - month.shipped // 30, month.shipped), 0.9, "GREATER_THAN"),
        },
        "unitOnTimeDeliveryRate": {
            "unitOnTimeDeliveryCount": week.units - week.units // 25,
            "totalUnitCount": week.units,
            **_target(week, fraction(week.units - week.units // 25, week.units), 0.9, "GREATER_THAN"),
        },
        "validTrackingRate": {
            "shipmentCount": month.shipped,
            "validTrackingCount": max(0, month.shipped - untracked),
            **_target(month, fraction(max(0, month.shipped - untracked), month.shipped), 0.95, "GREATER_THAN"),
        },
        "preFulfillmentCancellationRate": {
            "orderCount": week.mfn,
            "cancellationCount": min(week.mfn, week.cancelled // 20),
            **_target(week, fraction(min(week.mfn, week.cancelled // 20), week.mfn), 0.025, "LESS_THAN"),
        },
        "warningStates": [{"warningType": "spammingSellerMessaging", "status": "GOOD"}],
        # Amazon's schema requires `ahrStatus` and describes `accountHealthRatingStatus`: a document that satisfies it has both.
        "accountHealthRating": {
            "ahrStatus": "GREAT",
            "accountHealthRatingStatus": "GREAT",
            "reportingDateRange": half_year.range,
        },
        **complaints,
    }


def _defects(m: Marketplace, span: _Span, kind: str) -> dict[str, Any]:
    orders = span.mfn if kind == "mfn" else span.afn
    claims, chargebacks, negative = (min(orders, _few(m, span, one_in)) for one_in in (600, 1_500, 260))
    count = min(orders, claims + chargebacks + negative)
    return {
        "orderCount": orders,
        "orderWithDefects": {"count": count, "status": "GOOD" if count * 100 < max(1, orders) else "BAD"},
        "claims": {"count": claims, "status": "NONE"},
        "chargebacks": {"count": chargebacks, "status": "NONE"},
        "negativeFeedback": {"count": negative, "status": "NONE"},
        "fulfillmentType": kind,
        **_target(span, fraction(count, orders), 0.01, "LESS_THAN"),
    }
