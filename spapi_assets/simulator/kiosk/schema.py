"""The data sets that Data Kiosk queries may ask for: names, arguments and types of their fields.
Written down here after Amazon's published schemas, against which a test holds every type; what the fields hold is elsewhere."""

from __future__ import annotations

import re
from functools import cache

from graphql import GraphQLError, GraphQLScalarType, GraphQLSchema, StringValueNode, ValueNode, build_schema

SALES_AND_TRAFFIC = "analytics_salesAndTraffic_2024_04_24"
ECONOMICS = "analytics_economics_2024_03_15"
VENDOR_ANALYTICS = "analytics_vendorAnalytics_2024_09_30"
FOR = {SALES_AND_TRAFFIC: "seller", ECONOMICS: "seller", VENDOR_ANALYTICS: "vendor"}
RETENTION_DAYS = 30  # every field of these data sets

# Most metrics of a seller exist twice: of all customers, and of businesses among them (`B2B`, null where there are none).
_SALES = (
    "orderedProductSales:Amount ordersShipped:Long refundRate:Float shippedProductSales:Amount totalOrderItems:Long "
    "unitsOrdered:Long unitsRefunded:Long unitsShipped:Long"
)
_AVERAGES = (
    "averageSalesPerOrderItem:Amount averageSellingPrice:Amount averageUnitsPerOrderItem:Float claimsAmount:Amount "
    "claimsGranted:Long"
)
_TRAFFIC = (
    "browserPageViews:Long browserSessions:Long buyBoxPercentage:Float mobileAppPageViews:Long mobileAppSessions:Long "
    "pageViews:Long sessions:Long unitSessionPercentage:Float"
)
_SHARES = (
    "browserPageViewsPercentage:Float browserSessionPercentage:Float mobileAppPageViewsPercentage:Float "
    "mobileAppSessionPercentage:Float pageViewsPercentage:Float sessionPercentage:Float"
)
_FEEDBACK = (
    "feedbackReceived:Long negativeFeedbackReceived:Long orderItemSessionPercentage:Float receivedNegativeFeedbackRate:Float"
)


def _twice(names: str) -> str:
    return re.sub(r"(\w+):(\w+)", r"\1: \2! \1B2B: \2", names)


_COMMON = "scalar Date scalar Long type Amount { amount: Float! currencyCode: String! }"
_ASIN_ROW = """
  childAsin: String endDate: Date! marketplaceId: String! parentAsin: String! sales: ByAsinSales! sku: String startDate: Date!
  traffic: ByAsinTraffic!
"""
_TEXTS = {
    SALES_AND_TRAFFIC: f"""
{_COMMON}
type Query {{ {SALES_AND_TRAFFIC}: Analytics_SalesAndTraffic_2024_04_24 }}
enum AsinGranularity {{ PARENT CHILD SKU }}
enum DateGranularity {{ DAY WEEK MONTH }}
input MarketplaceAsinFilter {{ asins: [String!]! marketplaceId: String! }}
type Analytics_SalesAndTraffic_2024_04_24 {{
  salesAndTrafficByAsin(aggregateBy: AsinGranularity!, endDate: Date!, marketplaceIds: [String!]!, startDate: Date!):
    [SalesAndTrafficByAsin]
  salesAndTrafficByDate(aggregateBy: DateGranularity!, endDate: Date!, marketplaceIds: [String!]!, startDate: Date!):
    [SalesAndTrafficByDate]
  salesAndTrafficTrends(asinAggregation: AsinGranularity!, dateAggregation: DateGranularity!, endDate: Date!,
    filters: [MarketplaceAsinFilter!]!, startDate: Date!): [SalesAndTrafficTrends]
}}
type SalesAndTrafficByAsin {{ {_ASIN_ROW} }}
type SalesAndTrafficTrends {{ asinAggregation: AsinGranularity! {_ASIN_ROW} }}
type SalesAndTrafficByDate {{
  endDate: Date! marketplaceId: String! sales: ByDateSales! startDate: Date! traffic: ByDateTraffic!
}}
type ByAsinSales {{ {_twice(_SALES)} }}
type ByAsinTraffic {{ {_twice(f"{_TRAFFIC} {_SHARES}")} }}
type ByDateSales {{ {_twice(f"{_SALES} {_AVERAGES}")} }}
type ByDateTraffic {{ averageOfferCount: Long! averageParentItems: Long! {_twice(f"{_TRAFFIC} {_FEEDBACK}")} }}
""",
    # economicsPreview and economicsSimulation foretell; this business has no foresight to sell.
    ECONOMICS: f"""
{_COMMON}
type Query {{ {ECONOMICS}: Analytics_Economics_2024_03_15 }}
enum DateGranularity {{ DAY WEEK MONTH RANGE }}
enum ProductIdentifierGranularity {{ CHILD_ASIN MSKU PARENT_ASIN }}
enum FeeType {{ FBA_FULFILLMENT_FEE FBA_STORAGE_FEE }}
input EconomicsAggregation {{ date: DateGranularity productId: ProductIdentifierGranularity }}
type Analytics_Economics_2024_03_15 {{
  economics(aggregateBy: EconomicsAggregation, endDate: Date!, includeComponentsForFeeTypes: [FeeType],
    marketplaceIds: [String!]!, startDate: Date!): [Economics]
}}
type Economics {{
  ads: [AdSummary] childAsin: String cost: PerUnitCost endDate: Date! fees: [FeeSummary]! fnsku: String marketplaceId: String!
  msku: String netProceeds: NetProceeds! parentAsin: String! sales: Sales! startDate: Date!
}}
type AdSummary {{ adTypeName: String! charge: AggregatedDetail }}
type AggregatedDetail {{
  amount: Amount! amountPerUnit: Amount amountPerUnitDelta: Amount promotionAmount: Amount! quantity: Float taxAmount: Amount!
  totalAmount: Amount!
}}
type FeeSummary {{
  charge: Fee @deprecated(reason: "Use charges.") charges: [Fee] feeTypeName: String!
}}
type Fee {{
  aggregatedDetail: AggregatedDetail! components: [FeeComponent] endDate: Date identifier: String!
  properties: [EconomicsProperty] startDate: Date
}}
type FeeComponent {{ aggregatedDetail: AggregatedDetail! name: String! properties: [EconomicsProperty] }}
type EconomicsProperty {{ propertyName: String! propertyValue: String! }}
type PerUnitCost {{ costOfGoodsSold: Amount fbaCost: FbaPerUnitCost mfnCost: MfnPerUnitCost miscellaneousCost: Amount }}
type FbaPerUnitCost {{ shippingToAmazonCost: Amount }}
type MfnPerUnitCost {{ fulfillmentCost: Amount storageCost: Amount }}
type NetProceeds {{ perUnit: Amount total: Amount }}
type Sales {{
  averageSellingPrice: Amount netProductSales: Amount! netUnitsSold: Long! orderedProductSales: Amount!
  refundedProductSales: Amount! unitsOrdered: Long! unitsRefunded: Long!
}}
""",
    VENDOR_ANALYTICS: f"""
{_COMMON}
type Query {{ {VENDOR_ANALYTICS}: Analytics_vendorAnalytics_2024_09_30 }}
enum DateGranularity {{ DAY WEEK MONTH }}
type Analytics_vendorAnalytics_2024_09_30 {{
  manufacturingView(aggregateBy: DateGranularity!, currencyCode: String, endDate: Date!, startDate: Date!): [ManufacturingView]
  sourcingView(aggregateBy: DateGranularity!, currencyCode: String, endDate: Date!, startDate: Date!): [SourcingView]
}}
type ManufacturingView {{
  endDate: Date! marketplaceId: String! metrics: [ManufacturingViewMetricsGroupedBy]! startDate: Date!
  totals: ManufacturingViewMetrics!
}}
type ManufacturingViewMetricsGroupedBy {{ groupByKey: GroupByAttributes! metrics: ManufacturingViewMetrics! }}
type ManufacturingViewMetrics {{
  costs: Costs customerSatisfaction: CustomerSatisfaction forecasting: [ForecastedDemandWeekly] orders: Orders
  productAvailability: ProductAvailability shippedOrders: ShippedOrders sourcing: Sourcing traffic: Traffic
}}
type SourcingView {{
  endDate: Date! marketplaceId: String! metrics: [SourcingViewMetricsGroupedBy]! startDate: Date! totals: SourcingViewMetrics!
}}
type SourcingViewMetricsGroupedBy {{ groupByKey: GroupByAttributes! metrics: SourcingViewMetrics! }}
type SourcingViewMetrics {{
  costs: Costs customerSatisfaction: CustomerSatisfaction productAvailability: ProductAvailability
  shippedOrders: ShippedOrders sourcing: Sourcing
}}
type GroupByAttributes {{
  asin: String binding: String brand: String brandCode: String color: String ean: String isbn13: String
  manufacturerCode: String modelNumber: String msrp: Amount parentAsin: String prepInstructions: String
  prepInstructionsPerformedBy: String productGroup: String productTitle: String releaseDate: String
  replenishmentCategory: String shipToCity: String shipToCountryCode: String shipToStateOrProvince: String
  shipToZipCode: String upc: String vendorCode: String
}}
type UnitsWithValue {{ units: Long value: Amount }}
type Costs {{
  averageSalesDiscount: Amount contraCogs: Amount contraCogsPerUnit: Amount netPPM: Float salesDiscount: Amount
  shippedCogs: Amount
}}
type CustomerSatisfaction {{
  customerReturnTopics: CustomerReturnTopics customerReturns: Long customerReviews: CustomerReviews
}}
type CustomerReturnTopics {{ browseNodeReturnTopicTrends: String browseNodeReturnTopics: String }}
type CustomerReviews {{ asinReviewTopics: CustomerReviewTopics browseNodeReviewTopics: CustomerReviewTopics }}
type CustomerReviewTopics {{
  negativeReviewTopicImpactOnStarRating: String negativeReviewTopicTrends: String negativeReviewTopics: String
  positiveReviewTopicImpactOnStarRating: String positiveReviewTopicTrends: String positiveReviewTopics: String
}}
type ForecastedDemandWeekly {{ demand: ForecastedDemandStatistic endDate: Date! startDate: Date! weekNumber: Int! }}
type ForecastedDemandStatistic {{ mean: Long p70: Long p80: Long p90: Long }}
type Orders {{
  netOrderedGMS: Amount netShipmentGMS: Amount orderedUnitsWithRevenue: UnitsWithValue unfilledOrderedUnits: Long
}}
type ProductAvailability {{
  aged90DaysSellableInventory: UnitsWithValue sellThroughRate: Float sellableInTransitInventory: Long
  sellableOnHandInventory: UnitsWithValue sourceableROOS: Float ultraFastTrack: Float unhealthyInventory: UnitsWithValue
  unsellableInTransitInventory: Long unsellableOnHandInventory: UnitsWithValue
}}
type ShippedOrders {{ averageSellingPrice: Amount shippedUnitsWithRevenue: UnitsWithValue }}
type Sourcing {{
  confirmedUnits: Long mostRecentSubmitted: Long netReceived: UnitsWithValue openPurchaseOrderQuantity: Long
  overallVendorLeadTime: Float procurableProductOOS: Float receivedFillRate: Float vendorConfirmationRate: Float
}}
type Traffic {{ glanceViews: Long lostFeaturedOffer: Float }}
""",
}


@cache
def schema_of(dataset: str) -> GraphQLSchema:
    """The executable schema of a data set."""
    schema = build_schema(_TEXTS[dataset])
    dates = schema.type_map["Date"]
    assert isinstance(dates, GraphQLScalarType)
    dates.parse_literal = _date  # type: ignore[method-assign, assignment]
    return schema


def _date(node: ValueNode, _: object = None) -> str:
    """A date of the query, or GraphQL's complaint."""
    if not isinstance(node, StringValueNode) or not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", node.value):
        raise GraphQLError('A Date must be a text such as "2024-03-15".', node)
    return node.value
