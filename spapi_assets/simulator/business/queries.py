"""What customers type to find Kestrel's goods, by language and product line, and what others sell under the same words.
How often they do is in search.py."""
# ruff: noqa: E501 - tables

from __future__ import annotations

from functools import lru_cache

from .marketplaces import Marketplace
from .seeds import derive, letters, unit

_WORDS = {
    "de": {
        "bottle": ("trinkflasche edelstahl", "thermosflasche 1 liter"), "headlamp": ("stirnlampe led wiederaufladbar", "kopflampe"),
        "hammock": ("hängematte outdoor", "hängematte mit moskitonetz"), "drybag": ("packsack wasserdicht", "dry bag 10l"),
        "poles": ("trekkingstöcke carbon", "wanderstöcke"), "socks": ("wandersocken merino", "merinosocken herren"),
        "stove": ("gaskocher camping", "campingkocher klein"), "mug": ("emaille tasse", "campingbecher"), "rope": ("reepschnur 6mm", "seil 20m"),
        "blanket": ("picknickdecke xxl wasserdicht", "stranddecke"), "tent": ("zelt 2 personen", "trekkingzelt leicht"), "chair": ("campingstuhl 150 kg", "klappstuhl"),
    },
    "en": {
        "bottle": ("insulated water bottle", "steel flask 750ml"), "headlamp": ("rechargeable head torch", "headlamp 900 lumens"),
        "hammock": ("camping hammock with mosquito net", "hammock"), "drybag": ("dry bag 20l", "waterproof sack"),
        "poles": ("walking poles", "trekking poles carbon fiber"), "socks": ("merino hiking socks", "walking socks men"),
        "stove": ("camping stove", "backpacking gas burner"), "mug": ("enamel mug", "camping mug 12 oz"), "rope": ("paracord 6mm", "accessory cord"),
        "blanket": ("picnic blanket waterproof", "beach blanket"), "tent": ("2 person tent", "lightweight tent"), "chair": ("folding camping chair", "camp chair xl"),
    },
    "fr": {
        "bottle": ("gourde isotherme", "gourde inox 750ml"), "headlamp": ("lampe frontale rechargeable", "frontale led"),
        "hammock": ("hamac avec moustiquaire", "hamac camping"), "drybag": ("sac étanche 20l", "sac étanche"),
        "poles": ("bâtons de randonnée", "bâton de marche carbone"), "socks": ("chaussettes randonnée mérinos", "chaussettes laine mérinos"),
        "stove": ("réchaud gaz camping", "réchaud randonnée"), "mug": ("tasse émaillée", "mug camping"), "rope": ("cordelette 6mm", "corde 20m"),
        "blanket": ("couverture pique-nique imperméable", "plaid pique nique"), "tent": ("tente 2 places", "tente légère"), "chair": ("chaise camping pliante", "fauteuil camping"),
    },
    "it": {
        "bottle": ("borraccia termica", "borraccia acciaio"), "headlamp": ("torcia frontale ricaricabile", "lampada frontale led"),
        "hammock": ("amaca con zanzariera", "amaca campeggio"), "drybag": ("sacca impermeabile 20l", "dry bag"),
        "poles": ("bastoncini trekking", "racchette nordic walking"), "socks": ("calze trekking merino", "calzini montagna"),
        "stove": ("fornello gas campeggio", "fornellino"), "mug": ("tazza smaltata", "tazza campeggio"), "rope": ("cordino 6mm", "corda 20m"),
        "blanket": ("coperta picnic impermeabile", "telo picnic"), "tent": ("tenda 2 posti", "tenda trekking"), "chair": ("sedia campeggio pieghevole", "sedia pieghevole"),
    },
    "es": {
        "bottle": ("botella térmica acero", "cantimplora"), "headlamp": ("linterna frontal recargable", "frontal led montaña"),
        "hammock": ("hamaca con mosquitera", "hamaca camping"), "drybag": ("bolsa estanca 20l", "bolsa impermeable"),
        "poles": ("bastones trekking", "bastones senderismo carbono"), "socks": ("calcetines merino montaña", "calcetines trekking"),
        "stove": ("hornillo gas camping", "cocina camping"), "mug": ("taza esmaltada", "taza camping"), "rope": ("cordino 6mm", "cuerda 20m"),
        "blanket": ("manta picnic impermeable", "manta playa"), "tent": ("tienda campaña 2 personas", "tienda trekking"), "chair": ("silla camping plegable", "silla plegable"),
    },
    "ja": {
        "bottle": ("水筒 ステンレス", "マグボトル 750ml"), "headlamp": ("ヘッドライト 充電式", "ヘッドランプ led"), "hammock": ("ハンモック 蚊帳付き", "ハンモック"),
        "drybag": ("ドライバッグ 20l", "防水バッグ"), "poles": ("トレッキングポール カーボン", "登山 ストック"), "socks": ("登山 靴下 メリノウール", "メリノウール ソックス"),
        "stove": ("シングルバーナー", "キャンプ コンロ"), "mug": ("ホーロー マグカップ", "キャンプ マグ"), "rope": ("ロープ 6mm", "アクセサリーコード"),
        "blanket": ("レジャーシート 大判", "ピクニックシート"), "tent": ("テント 2人用", "登山 テント 軽量"), "chair": ("キャンプ チェア", "アウトドアチェア"),
    },
}  # fmt: skip
_BRANDED = "kestrel"
_FOREIGN = (
    "usb c cable",
    "airfryer",
    "kindle",
    "lego",
    "yoga mat",
    "ssd 1tb",
    "iphone case",
    "vitamin d3",
    "desk lamp",
    "dog bed",
)
DEPARTMENTS = {
    "de": "Sport & Freizeit", "en": "Sports & Outdoors", "fr": "Sports et Loisirs", "it": "Sport e tempo libero",
    "es": "Deportes y aire libre", "ja": "スポーツ＆アウトドア",
}  # fmt: skip


@lru_cache(maxsize=200)
def queries(language: str, line: str) -> tuple[str, ...]:
    """The search queries that lead to a product line, the branded one last."""
    words = _WORDS[language][line]
    return (*words, f"{_BRANDED} {words[0].split()[0]}")


SHARES = (0.55, 0.33, 0.12)  # of a line's search clicks, by the queries' order


def times_ours(query: str, code: str) -> float:
    """How many times as many clicks a query gets in all as on Kestrel's goods alone."""
    draw = unit(0, "competition", code, query)
    return 1.15 + 0.5 * draw if query.startswith(_BRANDED) else 4 + 10 * draw


def foreign_term(number: int) -> str:
    """The n-th popular search term that has nothing to do with Kestrel."""
    base = _FOREIGN[number % len(_FOREIGN)]
    return base if number < len(_FOREIGN) else f"{base} {number // len(_FOREIGN)}"


def competitor_asin(marketplace: Marketplace, query: str, number: int) -> str:
    """An ASIN of somebody else that customers click on after a query."""
    return "B0" + letters(derive(0, "competitor", marketplace.code, query, number), 8)
