"""What customers write about the seller after an order: stars, a comment, sometimes the seller's answer.
Only bad feedback is in Amazon's report; the good one is here too, so that the share is right."""
# ruff: noqa: E501 - tables

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from .accounts import Account
from .business import Business
from .marketplaces import Marketplace, local_day
from .orders import MAX_OPEN_DAYS, Order
from .seeds import derive

_LATEST_DAYS = 21
_STARS = (5, 5, 5, 4, 5, 3, 5, 2, 5, 1)
_WORDS = {
    "de": ("Lieferung viel zu spät, Karton beschädigt.", "Na ja – für 20 € hätte ich mehr erwartet", "Käme nicht wieder; \"Service\" fehlt"),
    "fr": ("Colis abîmé, livraison en retard…", "Moyen : j’attendais mieux", "Où est ma commande ?"),
    "it": ("Spedizione in ritardo, però gentili", "Così così", "Pacco rovinato"),
    "es": ("El paquete llegó tarde y dañado", "Ni fu ni fa", "¡Qué decepción!"),
    "en": ("Arrived late, box crushed", "OK, nothing special", "Item didn't match the \"photo\""),
    "ja": ("配送が遅く、箱がつぶれていました", "普通です", "写真と違う商品でした"),
}  # fmt: skip
_ANSWER = {"de": "Das tut uns leid, bitte melden Sie sich.", "fr": "Nous sommes désolés.", "it": "Ci dispiace molto.", "es": "Lo sentimos mucho.", "en": "We're sorry to hear that.", "ja": "申し訳ございません。"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Feedback:
    """One customer's feedback on one order."""

    order: Order
    at: int
    stars: int
    comment: str
    answer: str


def given(business: Business, account: Account, m: Marketplace, start: float, end: float) -> Iterator[Feedback]:
    """Feedback left in [start, end), by purchase of its order."""
    first = local_day(m.zone, start) - timedelta(days=_LATEST_DAYS + MAX_OPEN_DAYS)
    for order in business.purchased_between(account, m, first, local_day(m.zone, end)):
        draw = derive(business.seed, "feedback", order.id)
        if not order.shipped or draw % 100 >= 12:
            continue
        at = order.shipped + 2 * 86_400 + draw // 100 % ((_LATEST_DAYS - 3) * 86_400)
        if start <= at < end:
            words = _WORDS[m.language]
            stars = _STARS[draw // 7 % 10]
            answer = _ANSWER[m.language] if stars < 3 and draw // 3 % 2 else ""
            yield Feedback(order, at, stars, words[draw // 13 % 3] if stars < 4 else "", answer)
