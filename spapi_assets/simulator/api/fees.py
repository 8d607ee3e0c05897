"""The Product Fees API v0: getMyFeesEstimates and its two single forms, for sellers: the fees that settlements charge.
An estimate that fails says so in its own result; the call itself answers 200, as Amazon's does."""

from __future__ import annotations

from typing import Any

from spapi_assets.simulator.api.call import Answer, Call
from spapi_assets.simulator.api.stores import now_of, number, partner
from spapi_assets.simulator.api.values import stamp
from spapi_assets.simulator.business.catalog import PRODUCTS, Product
from spapi_assets.simulator.business.extra import article, number_of_asin
from spapi_assets.simulator.business.fees import Fees, estimate
from spapi_assets.simulator.business.listings import product_of
from spapi_assets.simulator.business.marketplaces import BY_ID, Marketplace
from spapi_assets.simulator.errors import invalid_input
from spapi_assets.simulator.validation import parse_json

MOST = 20
_KINDS = ("ASIN", "SellerSKU")
_MEMBERS = frozenset({"MarketplaceId", "IsAmazonFulfilled", "PriceToEstimateFees", "Identifier", "OptionalFulfillmentProgram"})
_PROGRAMS = ("FBA_CORE", "FBA_SNL", "FBA_EFN")
Json = dict[str, Any]


class _Refused(Exception):
    """One estimate of a batch gets an error of its own; `args` are Amazon's code and message."""


def get_my_fees_estimates(call: Call) -> Answer:
    found = parse_json(call.raw_body, call.content_type)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise invalid_input("The request body must be a list of fee estimate requests.")
    if not 1 <= len(found) <= MOST:
        raise invalid_input(f"The request body must hold 1 to {MOST} requests, not {len(found)}.")
    for one in found:
        if one.get("IdType") not in _KINDS or not isinstance(one.get("IdValue"), str):
            raise invalid_input(f"'IdType' must be one of {', '.join(_KINDS)} and 'IdValue' a string.")
    return [_result(call, one["IdType"], one["IdValue"], one.get("FeesEstimateRequest")) for one in found]


def get_my_fees_estimate_for_sku(call: Call) -> Answer:
    return _single(call, "SellerSKU", call.path["SellerSKU"])


def get_my_fees_estimate_for_asin(call: Call) -> Answer:
    return _single(call, "ASIN", call.path["Asin"])


def _single(call: Call, kind: str, value: str) -> Answer:
    request = call.body(("FeesEstimateRequest",))["FeesEstimateRequest"]
    return {"payload": {"FeesEstimateResult": _result(call, kind, value, request)}}


def _result(call: Call, kind: str, value: str, request: Any) -> Json:
    """One estimate. What makes the whole request unreadable is refused with 400; what is merely unknown fails alone."""
    if isinstance(request, dict):
        request = {name: member for name, member in request.items() if member is not None}
    m, listing, shipping = _checked(call, request)
    amazon = bool(request.get("IsAmazonFulfilled", False))
    identifier: Json = {
        "MarketplaceId": m.id,
        "SellerId": call.account.selling_partner_id,
        "IdType": kind,
        "IdValue": value,
        "IsAmazonFulfilled": amazon,
        "PriceToEstimateFees": request["PriceToEstimateFees"],
        "SellerInputIdentifier": request["Identifier"],
    }
    if "OptionalFulfillmentProgram" in request:
        identifier["OptionalFulfillmentProgram"] = request["OptionalFulfillmentProgram"]
    try:
        product = _product(call, kind, value, amazon=amazon)
    except _Refused as refused:
        code, message = refused.args
        error = {"Type": "Sender", "Code": code, "Message": message, "Detail": []}
        return {"Status": "ClientError", "FeesEstimateIdentifier": identifier, "Error": error}
    fees = estimate(product, m, listing, shipping, amazon=amazon)
    return {"Status": "Success", "FeesEstimateIdentifier": identifier, "FeesEstimate": _estimate(call, m, fees)}


def _checked(call: Call, request: Any) -> tuple[Marketplace, int, int]:
    """(marketplace, listing price, shipping) of a request, in minor units."""
    if not isinstance(request, dict) or not isinstance(request.get("Identifier"), str):
        raise invalid_input(
            "'FeesEstimateRequest' must be an object with the members MarketplaceId, PriceToEstimateFees and Identifier."
        )
    if unknown := sorted(set(request) - _MEMBERS):
        raise invalid_input(f"Unknown member '{unknown[0]}' in the fee estimate request.")
    if request.get("OptionalFulfillmentProgram", _PROGRAMS[0]) not in _PROGRAMS:
        raise invalid_input(f"'OptionalFulfillmentProgram' must be one of {', '.join(_PROGRAMS)}.")
    m = BY_ID.get(str(request.get("MarketplaceId")))
    if m is None or m.id not in call.account.marketplace_ids:
        raise invalid_input("Incorrect Marketplace identifier.")
    price = request.get("PriceToEstimateFees")
    if not isinstance(price, dict) or "ListingPrice" not in price:
        raise invalid_input("'PriceToEstimateFees' must hold a 'ListingPrice'.")
    return m, _minor(price["ListingPrice"], m), _minor(price["Shipping"], m) if price.get("Shipping") else 0


def _minor(money: Any, m: Marketplace) -> int:
    amount = money.get("Amount") if isinstance(money, dict) else None
    if not isinstance(amount, int | float) or isinstance(amount, bool) or amount < 0:
        raise invalid_input("A price must be an object with a non-negative number 'Amount' and a 'CurrencyCode'.")
    if money.get("CurrencyCode") != m.currency:
        raise invalid_input(f"The currency of {m.sales_channel} is {m.currency}, not {money.get('CurrencyCode')}.")
    return round(amount * 10**m.digits)


def _product(call: Call, kind: str, value: str, *, amazon: bool) -> Product:
    business, account = call.state.business, partner(call)
    if kind == "SellerSKU":
        found = product_of(business, account, value)
    else:
        found = next((p for p in PRODUCTS if p.asin == value), None)
        extra = number_of_asin(value)
        if found is None and extra is not None and extra < business.most_extra_articles():
            found = article(extra)
    if found is None:
        raise _Refused("InvalidParameterValue", f"There is an client-side error. {value} is invalid for marketplace.")
    if amazon and not any(p.fba for p in (found, *(p for p in PRODUCTS if kind == "ASIN" and p.asin == value))):
        raise _Refused("DataNotAvailable", "There is no fulfillment data for an item that is not fulfilled by Amazon.")
    return found


def _estimate(call: Call, m: Marketplace, fees: Fees) -> Json:
    def money(minor: int) -> Json:
        return {"CurrencyCode": m.currency, "Amount": number(minor, m)}

    def fee(kind: str, minor: int) -> Json:
        return {"FeeType": kind, "FeeAmount": money(minor), "FeePromotion": money(0), "FinalFee": money(minor)}

    details = [fee("ReferralFee", fees.referral), fee("VariableClosingFee", 0), fee("PerItemFee", 0)]
    if fees.fulfilment:
        details.append(fee("FBAFees", fees.fulfilment) | {"IncludedFeeDetailList": [fee("FBAPickAndPack", fees.fulfilment)]})
    return {
        "TimeOfFeesEstimation": stamp(now_of(call).timestamp()),
        "TotalFeesEstimate": money(fees.total),
        "FeeDetailList": details,
    }
