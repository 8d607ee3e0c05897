"""Product titles in each store's language, with what real titles hold: umlauts, accents, inch marks, leading quotes, £ and €.
Quotes are data in Amazon's flat files; these titles exist to prove that a parser agrees."""

from __future__ import annotations

from functools import lru_cache

from .catalog import Product

_DETAIL = {
    "bottle": {"0.5": "0,5 l", "0.75": "0,75 l", "1.0": "1,0 l"},
    "headlamp": {"300": "300 lm", "500": "500 lm", "900": "900 lm"},
    "hammock": {"1": "260 × 140 cm", "2": "300 × 200 cm"},
    "drybag": {"5": "5 l", "10": "10 l", "20": "20 l", "40": "40 l"},
    "poles": {"alu": "7075", "carbon": "3K"},
    "socks": {"39-42": "39–42", "43-46": "43–46"},
    "stove": {"1": '1/2"'},
    "mug": {"350": "350 ml", "350w": "350 ml #2"},
    "rope": {"6": '6 mm (1/4")'},
    "blanket": {"xl": "200 × 150 cm"},
    "tent": {"2": "2,1 kg"},
    "chair": {"xl": "150 kg"},
}

_TITLES = {
    "de": {
        "bottle": "Kestrel & Co Trinkflasche Edelstahl {d} – hält 24 h kühl, spülmaschinenfest",
        "headlamp": "Kestrel & Co Stirnlampe {d}, USB-C, für Läufer und große Touren",
        "hammock": "Kestrel & Co Hängematte {d} mit Moskitonetz – ultraleicht",
        "drybag": '"Kestrel" Packsack {d} wasserdicht, Rollverschluß',
        "poles": "Kestrel & Co Trekkingstöcke {d} mit Korkgriff, höhenverstellbar",
        "socks": "Kestrel & Co Wandersocken Gr. {d}, weiche Merinowolle, für kalte Füße",
        "stove": 'Kestrel & Co Gaskocher {d} Anschluß, faltbar – "Gipfelkoch"',
        "mug": "Kestrel & Co Emaillebecher {d} – Geschenkidee unter 20 €",
        "rope": "Kestrel & Co Reepschnur {d} x 20 m, reißfest",
        "blanket": "Kestrel & Co Picknickdecke {d}, wärmeisoliert, für draußen",
        "tent": "Kestrel & Co Zelt für 2 Personen, {d}, Wassersäule 5.000 mm",
        "chair": 'Kestrel & Co Campingstuhl "Größe XL", bis {d}',
    },
    "en": {
        "bottle": "Kestrel & Co Stainless Steel Water Bottle {d} – cold for 24 hours",
        "headlamp": "Kestrel & Co Rechargeable Head Torch {d}, USB-C, IPX6",
        "hammock": "Kestrel & Co Camping Hammock {d} with Mosquito Net",
        "drybag": '"Kestrel" Dry Bag {d} – waterproof roll-top sack',
        "poles": "Kestrel & Co Trekking Poles {d} with Cork Grips (pair)",
        "socks": "Kestrel & Co Merino Hiking Socks, EU {d}",
        "stove": 'Kestrel & Co Folding Gas Stove, {d} thread, 3,000 W – "Summit"',
        "mug": "Kestrel & Co Enamel Mug {d} – the gift under £20",
        "rope": "Kestrel & Co Accessory Cord {d} x 20 m",
        "blanket": "Kestrel & Co Picnic Blanket {d}, insulated",
        "tent": "Kestrel & Co 2-Person Tent, {d}, 5,000 mm",
        "chair": 'Kestrel & Co Camping Chair "XL", up to {d}',
    },
    "fr": {
        "bottle": "Kestrel & Co Gourde isotherme inox {d} – garde au frais 24 h, été comme hiver",
        "headlamp": "Kestrel & Co Lampe frontale {d}, rechargeable USB-C, légère",
        "hammock": "Kestrel & Co Hamac {d} avec moustiquaire intégrée",
        "drybag": '"Kestrel" Sac étanche {d} – fermeture à enroulement',
        "poles": "Kestrel & Co Bâtons de randonnée {d}, poignées en liège",
        "socks": "Kestrel & Co Chaussettes de randonnée mérinos {d}",
        "stove": "Kestrel & Co Réchaud à gaz pliable {d} – cœur de bivouac",
        "mug": "Kestrel & Co Tasse émaillée {d} – idée cadeau à moins de 20 €",
        "rope": "Kestrel & Co Cordelette {d} x 20 m, très résistante",
        "blanket": "Kestrel & Co Couverture de pique-nique {d}, isolée",
        "tent": "Kestrel & Co Tente 2 personnes, {d}, imperméable",
        "chair": "Kestrel & Co Chaise de camping XL, jusqu’à {d}",
    },
    "it": {
        "bottle": "Kestrel & Co Borraccia in acciaio {d} – fredda per 24 h, qualità garantita",
        "headlamp": "Kestrel & Co Lampada frontale {d}, USB-C, più leggera",
        "hammock": "Kestrel & Co Amaca {d} con zanzariera",
        "drybag": '"Kestrel" Sacca impermeabile {d}',
        "poles": "Kestrel & Co Bastoncini da trekking {d}, manici in sughero",
        "socks": "Kestrel & Co Calze da escursione in merino {d}",
        "stove": "Kestrel & Co Fornello a gas pieghevole {d}",
        "mug": "Kestrel & Co Tazza smaltata {d} – un’idea regalo sotto i 20 €",
        "rope": "Kestrel & Co Cordino {d} x 20 m",
        "blanket": "Kestrel & Co Coperta da picnic {d}, isolata perché il prato è freddo",
        "tent": "Kestrel & Co Tenda per 2 persone, {d}",
        "chair": "Kestrel & Co Sedia da campeggio XL, fino a {d}",
    },
    "es": {
        "bottle": "Kestrel & Co Botella de acero {d} – 24 h fría, para niños y mayores",
        "headlamp": "Kestrel & Co Linterna frontal {d}, USB-C, de montaña",
        "hammock": "Kestrel & Co Hamaca {d} con mosquitera",
        "drybag": '"Kestrel" Bolsa estanca {d}',
        "poles": "Kestrel & Co Bastones de senderismo {d}, empuñadura de corcho",
        "socks": "Kestrel & Co Calcetines de montaña merino {d}",
        "stove": "Kestrel & Co Hornillo de gas plegable {d}",
        "mug": "Kestrel & Co Taza esmaltada {d} – ¿un regalo? Por menos de 20 €",
        "rope": "Kestrel & Co Cordino {d} x 20 m",
        "blanket": "Kestrel & Co Manta de pícnic {d}, aislante",
        "tent": "Kestrel & Co Tienda de campaña para 2, {d}",
        "chair": "Kestrel & Co Silla de camping XL, hasta {d}",
    },
    "ja": {
        "bottle": "Kestrel & Co ステンレスボトル {d} 真空断熱 24時間保冷",
        "headlamp": "Kestrel & Co ヘッドライト {d} USB充電式 防水",
        "hammock": "Kestrel & Co ハンモック {d} 蚊帳付き 超軽量",
        "drybag": '"Kestrel" ドライバッグ {d} 防水 ロールトップ',
        "poles": "Kestrel & Co トレッキングポール {d} コルクグリップ 2本組",
        "socks": "Kestrel & Co 登山用靴下 メリノウール {d}",
        "stove": "Kestrel & Co シングルバーナー {d} 折りたたみ式",
        "mug": "Kestrel & Co ホーローマグ {d} ギフト~贈り物に①",
        "rope": "Kestrel & Co アクセサリーコード {d} 20m",
        "blanket": "Kestrel & Co レジャーシート {d} 断熱",
        "tent": "Kestrel & Co テント 2人用 {d} 耐水圧5000mm",
        "chair": "Kestrel & Co キャンプチェア XL 耐荷重 {d}",
    },
}


@lru_cache(maxsize=500)
def title(product: Product, language: str) -> str:
    """The product's title in a language (`de`, `en`, `fr`, `it`, `es`, `ja`)."""
    detail = _DETAIL[product.line][product.variant]
    if language in ("en", "ja"):
        detail = detail.replace(",", ".")
    if language == "ja":
        detail = detail.replace("–", "-")  # not in the store's charset
    return _TITLES[language][product.line].format(d=detail)
