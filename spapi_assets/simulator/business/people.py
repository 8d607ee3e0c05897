"""Who buys: a made-up name, street, telephone number and masked e-mail address for every order, always the same ones.
Cities and postal codes are in places.py; nobody here exists."""
# ruff: noqa: E501 - tables

from __future__ import annotations

from dataclasses import dataclass

from .orders import Order
from .seeds import derive

_NAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "de": (("Jürgen", "Anke", "Björn", "Käthe", "Stefan", "Zoë"), ("Müller", "Groß", "Özdemir", "Schäfer", "von der Heide", "Weiß")),
    "fr": (("Hélène", "François", "Chloé", "Loïc", "Amélie"), ("Lefèvre", "D'Aubigné", "Garçon", "Noël", "Bœuf")),
    "it": (("Niccolò", "Giulia", "Desirée", "Marco"), ("D'Angelo", "Conti", "Lo Presti", "Forlì")),
    "es": (("José", "Begoña", "Iñaki", "María"), ("Núñez", "García-Peña", "Ibáñez", "Muñoz")),
    "en": (("Siobhán", "Oliver", "Grace", "Ravi", "Mary-Ann"), ("O'Neill", "Smith", "Patel", "Brontë", "Nguyen")),
    "ja": (("太郎", "花子", "翔太", "美咲"), ("佐藤", "髙橋", "渡邊", "山田")),
}  # fmt: skip
_STREETS: dict[str, tuple[str, ...]] = {
    "DE": ("Königstraße", "Am Mühlgraben", "Straße des 17. Juni"), "FR": ("rue de l'Église", "avenue du Général-Leclerc"),
    "IT": ("via dell'Università", "piazza San Niccolò"), "ES": ("calle Peñíscola", "avenida de la Constitución"),
    "UK": ("High Street", "St. Mary's Close"), "US": ("Main St", "N 35th Ave Apt #4"), "CA": ("rue Saint-Urbain", "Bloor St W"),
    "MX": ("Avenida Niños Héroes", "Calle 60"), "JP": ("1-2-3 サンプルビル", "4-5-6"), "IN": ("MG Road", "2nd Cross, 4th Block"),
}  # fmt: skip
_DIAL = {
    "DE": "+49 30",
    "FR": "+33 1",
    "IT": "+39 06",
    "ES": "+34 91",
    "UK": "020",
    "US": "+1 206",
    "CA": "+1 514",
    "MX": "+52 55",
    "JP": "03",
    "IN": "080",
}


@dataclass(frozen=True, slots=True)
class Customer:
    """One buyer. `email` is Amazon's masked address; the telephone number keeps its leading zeros."""

    name: str
    email: str
    phone: str
    street: str
    company: str  # of business orders only
    vat_number: str  # of business buyers who registered one


def customer(seed: int, order: Order) -> Customer:
    """The buyer of an order."""
    m = order.marketplace
    draw = derive(seed, "customer", order.id)
    firsts, lasts = _NAMES[m.language]
    first, last = firsts[draw % len(firsts)], lasts[draw // 7 % len(lasts)]
    name = f"{last} {first}" if m.language == "ja" else f"{first} {last}"
    street = _STREETS[m.code][draw // 50 % len(_STREETS[m.code])]
    number = draw // 400 % 180 + 1
    if m.code in ("DE", "IT", "ES"):
        street = f"{street} {number}"
    elif m.code != "JP":
        street = f"{number} {street}"
    registered = order.business and draw % 10 < 7
    return Customer(
        name,
        f"{draw % 10**12:012x}@marketplace.{m.sales_channel.lower()}",
        f"{_DIAL[m.code]} {draw // 1000 % 10**7:07d}",
        street,
        f"{last} & Co" if order.business else "",
        f"{m.country}{draw // 9 % 10**9:09d}" if registered else "",
    )
