"""GET_SELLER_FEEDBACK_DATA: feedback of one to three stars, in the store's language, date order and header.
The column order is the same everywhere; it is all that a reader of an unknown language can hold on to."""

from __future__ import annotations

from datetime import date

from ....business.feedback import given
from ....business.marketplaces import Marketplace, local_day
from ....business.seeds import derive
from ...flat import Cells, named_file
from ...model import Document, NoData, Request
from ...rules import window

HEADER = ("date", "rating", "comments", "response", "order_id", "rater_email")
# As the stores' pages name the columns; the English ones are the fact sheet's.
_NAMES = {
    "de": ("Datum", "Bewertung", "Kommentare", "Ihre Antwort", "Bestellnummer", "E-Mail des Bewerters"),
    "fr": ("Date", "Évaluation", "Commentaires", "Votre réponse", "Numéro de commande", "E-mail de l'évaluateur"),
    "it": ("Data", "Valutazione", "Commenti", "La tua risposta", "Numero ordine", "E-mail del valutatore"),
    "es": ("Fecha", "Valoración", "Comentarios", "Tu respuesta", "Número de pedido", "Correo electrónico del valorador"),
    "ja": ("日付", "評価", "コメント", "出品者からの返答", "注文番号", "評価者のEメール"),
}


def render(request: Request) -> Document:
    """Bad feedback of the window in the first marketplace named."""
    m = request.marketplaces[0]
    start, end = window(request)
    found = [f for f in given(request.business, request.account, m, start, end) if f.stars <= 3]
    rows: list[Cells] = [
        {
            "date": written(m, local_day(m.zone, f.at)),
            "rating": f.stars,
            "comments": f.comment,
            "response": f.answer,
            "order_id": f.order.id,
            "rater_email": f"{derive(0, 'rater', f.order.id) % 10**10:010x}@marketplace.{m.sales_channel.lower()}",
        }
        for f in sorted(found, key=lambda f: f.at, reverse=True)
    ]
    if not rows:
        raise NoData("There was no feedback of three stars or fewer.")
    return named_file(HEADER, rows, m, _NAMES.get(m.language, HEADER))


def written(m: Marketplace, day: date) -> str:
    """The store's date: `11/3/26` in the US, `26/11/3` in Japan, `3.11.26` in Germany, `3/11/26` elsewhere."""
    year = f"{day.year % 100:02d}"
    if m.code == "US":
        return f"{day.month}/{day.day}/{year}"
    if m.code == "JP":
        return f"{year}/{day.month}/{day.day}"
    mark = "." if m.code == "DE" else "/"
    return f"{day.day}{mark}{day.month}{mark}{year}"
