"""Header names of the listings reports as stores print them when no document locale is asked for.
Source: names seen in public integrations' mapping tables; columns without a known local name keep the English one."""
# ruff: noqa: E501 - tables

from __future__ import annotations

from collections.abc import Sequence

LISTINGS = (
    "item-name", "item-description", "listing-id", "seller-sku", "price", "quantity", "open-date", "image-url", "item-is-marketplace",
    "product-id-type", "zshop-shipping-fee", "item-note", "item-condition", "zshop-category1", "zshop-browse-path",
    "zshop-storefront-feature", "asin1", "asin2", "asin3", "will-ship-internationally", "expedited-shipping", "zshop-boldface",
    "product-id", "bid-for-featured-placement", "add-delete", "pending-quantity", "fulfillment-channel", "merchant-shipping-group", "status",
)  # fmt: skip

_TIERS = tuple(name for n in range(1, 6) for name in (f"Quantity Lower Bound {n}", f"Quantity Price {n}"))
_PROGRESSIVE = tuple(name for n in range(1, 4) for name in (f"Progressive Lower Bound {n}", f"Progressive Price {n}"))
BUSINESS = ("Business Price", "Quantity Price Type", *_TIERS)
PROGRESSIVE = ("Progressive Price Type", *_PROGRESSIVE)
# The report of active offers and its two kin, in Amazon's order.
ACTIVE = (*LISTINGS[:27], *BUSINESS, "merchant-shipping-group", *PROGRESSIVE)
BACK_COMPATIBLE = (*LISTINGS[:26], *BUSINESS, "merchant-shipping-group", *PROGRESSIVE)
INACTIVE = LISTINGS[:28]
CANCELLED = (
    *(c for c in LISTINGS[:25] if c not in ("listing-id", "open-date", "bid-for-featured-placement")), *BUSINESS,
    "merchant-shipping-group", *PROGRESSIVE,
)  # fmt: skip
OPEN = ("sku", "asin", "price", "quantity", *BUSINESS, *PROGRESSIVE)

_LOCAL = {
    "en_GB": {"fulfillment-channel": "fulfilment-channel"},
    "de": {
        "item-name": "Artikelbezeichnung", "item-description": "Artikelbeschreibung", "listing-id": "Angebotsnummer",
        "seller-sku": "Händler-SKU", "price": "Preis", "quantity": "Menge", "open-date": "Erstellungsdatum",
        "item-is-marketplace": "Artikel ist Marketplace-Angebot", "product-id-type": "Produkt-ID-Typ", "item-note": "Anmerkung zum Artikel",
        "item-condition": "Artikelzustand", "asin1": "ASIN 1", "asin2": "ASIN 2", "asin3": "ASIN 3",
        "will-ship-internationally": "Internationaler Versand", "expedited-shipping": "Expressversand", "product-id": "Produkt-ID",
        "pending-quantity": "Anzahl Bestellungen", "fulfillment-channel": "Versender", "merchant-shipping-group": "Händlerversandgruppe",
        "status": "Status",
    },
    "fr": {
        "item-name": "nom-produit", "listing-id": "id-offre", "seller-sku": "sku-vendeur", "price": "prix", "quantity": "quantité",
        "open-date": "date-ouverture", "product-id-type": "type-id-produit", "item-note": "note-état-article", "item-condition": "état-produit",
        "will-ship-internationally": "expédition-international", "expedited-shipping": "livraison-express", "product-id": "id-produit",
        "fulfillment-channel": "canal-traitement", "merchant-shipping-group": "groupe-expédition-vendeur", "status": "état",
    },
    "it": {
        "item-name": "Nome dell'articolo", "item-description": "Descrizione dell'articolo", "listing-id": "Numero offerta",
        "seller-sku": "SKU venditore", "price": "Prezzo", "quantity": "Quantità", "open-date": "Data di creazione",
        "item-is-marketplace": "Articolo per la vendita", "product-id-type": "Tipo di identificativo del prodotto",
        "item-note": "Note sull'articolo", "item-condition": "Condizione dell'articolo", "asin1": "ASIN 1",
        "will-ship-internationally": "Spedizione internazionale", "expedited-shipping": "Spedizione Express",
        "product-id": "Identificativo del prodotto", "add-delete": "Aggiungi o elimina", "pending-quantity": "Quantità in sospeso",
        "fulfillment-channel": "Canale di gestione", "merchant-shipping-group": "gruppo-spedizione-venditore", "status": "stato",
    },
    "es": {
        "item-name": "Título del producto", "item-description": "Descripción del producto", "listing-id": "Identificador del listing",
        "seller-sku": "SKU del vendedor", "price": "Precio", "quantity": "Cantidad", "open-date": "Fecha de creación",
        "item-is-marketplace": "Producto para vender", "product-id-type": "Tipo de identificador de producto",
        "item-note": "Nota sobre el producto", "item-condition": "Estado del producto",
        "will-ship-internationally": "Envío internacional", "expedited-shipping": "Envío urgente", "product-id": "Identificador del producto",
        "add-delete": "Añadir o eliminar", "pending-quantity": "Cantidad pendiente", "fulfillment-channel": "Canal de gestión logística",
        "status": "estado",
    },
    "ja": {
        "item-name": "商品名", "listing-id": "出品ID", "seller-sku": "出品者SKU", "price": "価格", "quantity": "数量", "open-date": "出品日",
        "product-id-type": "商品IDタイプ", "item-note": "コンディション説明", "item-condition": "コンディション",
        "will-ship-internationally": "国外へ配送可", "expedited-shipping": "迅速な配送", "product-id": "商品ID", "pending-quantity": "在庫数",
        "fulfillment-channel": "フルフィルメント・チャンネル", "status": "ステータス",
    },
}  # fmt: skip


def localised(columns: Sequence[str], locale: str) -> tuple[str, ...]:
    """Column names of a listings report in a locale: `en_US`, `en_GB`, or a language (`de`, `fr`, `it`, `es`, `ja`)."""
    names = _LOCAL.get(locale, {})
    return tuple(names.get(column, column) for column in columns)
