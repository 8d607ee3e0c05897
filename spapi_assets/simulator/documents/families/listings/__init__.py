"""Reports on listings, by report type.
What a report holds is in the modules beside this one."""

from . import all_listings

RENDERERS = {"GET_MERCHANT_LISTINGS_ALL_DATA": all_listings.render}
