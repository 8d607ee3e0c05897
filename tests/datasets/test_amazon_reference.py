"""The registry against Amazon: every header of the flat files reaches a column; for JSON see `test_json_families.py`."""

from __future__ import annotations

import pytest

from spapi_assets.datasets.loader import load_registry

REGISTRY = load_registry()
HEADERS = {
    "orders_by_last_update": """amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel
        sales-channel order-channel ship-service-level product-name sku asin item-status quantity currency item-price item-tax
        shipping-price shipping-tax gift-wrap-price gift-wrap-tax item-promotion-discount ship-promotion-discount ship-city
        ship-state ship-postal-code ship-country promotion-ids cpf is-business-order purchase-order-number price-designation
        signature-confirmation-recommended""",
    "merchant_listings": """item-name item-description listing-id seller-sku price quantity open-date image-url
        item-is-marketplace product-id-type zshop-shipping-fee item-note item-condition zshop-category1
        zshop-browse-path zshop-storefront-feature
        asin1 asin2 asin3 will-ship-internationally expedited-shipping zshop-boldface product-id bid-for-featured-placement
        add-delete pending-quantity fulfillment-channel merchant-shipping-group status""",
    "fba_inventory": """sku fnsku asin product-name condition your-price mfn-listing-exists mfn-fulfillable-quantity
        afn-listing-exists afn-warehouse-quantity afn-fulfillable-quantity afn-unsellable-quantity afn-reserved-quantity
        afn-total-quantity per-unit-volume afn-inbound-working-quantity afn-inbound-shipped-quantity
        afn-inbound-receiving-quantity afn-researching-quantity afn-reserved-future-supply afn-future-supply-buyable""",
    "settlements": """settlement-id settlement-start-date settlement-end-date deposit-date total-amount currency transaction-type
        order-id merchant-order-id adjustment-id shipment-id marketplace-name amount-type amount-description amount fulfillment-id
        posted-date posted-date-time order-item-code merchant-order-item-id merchant-adjustment-item-id sku quantity-purchased
        promotion-id""",
}


@pytest.mark.parametrize("dataset", HEADERS)
def test_the_flat_file_columns_are_those_of_the_reference_list_in_its_order(dataset: str) -> None:
    assert [column.header for column in REGISTRY.datasets[dataset].columns] == HEADERS[dataset].split()


@pytest.mark.parametrize("dataset", HEADERS)
def test_our_name_of_a_flat_file_column_is_amazons_in_snake_case(dataset: str) -> None:
    for column in REGISTRY.datasets[dataset].columns:
        assert column.name == (column.header or "").replace("-", "_").lower()
