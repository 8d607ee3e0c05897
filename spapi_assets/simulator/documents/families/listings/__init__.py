"""Reports on listings, by report type.
What a report holds is in the modules beside this one."""

from . import all_listings, offers, programmes

RENDERERS = {
    "GET_MERCHANT_LISTINGS_ALL_DATA": all_listings.render,
    "GET_MERCHANT_LISTINGS_DATA": offers.active,
    "GET_MERCHANT_LISTINGS_INACTIVE_DATA": offers.inactive,
    "GET_MERCHANT_CANCELLED_LISTINGS_DATA": offers.cancelled,
    "GET_MERCHANT_LISTINGS_DATA_BACK_COMPAT": offers.open_compatible,
    "GET_MERCHANT_LISTINGS_DATA_LITE": offers.lite,
    "GET_MERCHANT_LISTINGS_DATA_LITER": offers.liter,
    "GET_FLAT_FILE_OPEN_LISTINGS_DATA": offers.open_listings,
    "GET_MERCHANTS_LISTINGS_FYP_REPORT": programmes.suppressed,
    "GET_REFERRAL_FEE_PREVIEW_REPORT": programmes.referral_fees,
    "GET_PAN_EU_OFFER_STATUS": programmes.pan_european,
    "GET_MFN_PANEU_OFFER_STATUS": programmes.pan_european_merchant,
    "GET_REMOTE_FULFILLMENT_ELIGIBILITY": programmes.remote_fulfilment,
}
