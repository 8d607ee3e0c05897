"""Names of the months as Amazon's marketplaces write them, long and short. A table and one look-up.
Everything else about dates is `dates.py`."""

from __future__ import annotations

# One line a language, January to December; spellings of one month are parted by a stroke. After Unicode CLDR's Gregorian months.
_LANGUAGES = {
    "en": "january|jan february|feb march|mar april|apr may june|jun july|jul august|aug september|sep|sept october|oct "
    "november|nov december|dec",
    "de": "januar|jan|jän|jänner februar|feb märz|mär|mrz april|apr mai juni|jun juli|jul august|aug september|sep|sept "
    "oktober|okt november|nov dezember|dez",
    "fr": "janvier|janv|jan février|févr|fév|fevrier|fevr|fev mars|mar avril|avr mai juin|juin juillet|juil août|aout|aoû "
    "septembre|sept octobre|oct novembre|nov décembre|déc|decembre",
    "es": "enero|ene febrero|feb marzo|mar abril|abr mayo|may junio|jun julio|jul agosto|ago septiembre|sep|sept|setiembre "
    "octubre|oct noviembre|nov diciembre|dic",
    "it": "gennaio|gen febbraio|feb marzo|mar aprile|apr maggio|mag giugno|giu luglio|lug agosto|ago settembre|set ottobre|ott "
    "novembre|nov dicembre|dic",
    "nl": "januari|jan februari|feb maart|mrt april|apr mei juni|jun juli|jul augustus|aug september|sep oktober|okt "
    "november|nov december|dec",
    "sv": "januari|jan februari|feb mars april|apr maj juni|jun juli|jul augusti|aug september|sep|sept oktober|okt "
    "november|nov december|dec",
    "pl": "stycznia|styczeń|sty lutego|luty|lut marca|marzec|mar kwietnia|kwiecień|kwi maja|maj czerwca|czerwiec|cze "
    "lipca|lipiec|lip sierpnia|sierpień|sie września|wrzesień|wrz października|październik|paź listopada|listopad|lis "
    "grudnia|grudzień|gru",
    "pt": "janeiro|jan fevereiro|fev março|mar abril|abr maio|mai junho|jun julho|jul agosto|ago setembro|set outubro|out "
    "novembro|nov dezembro|dez",
    "tr": "ocak|oca şubat|şub mart|mar nisan|nis mayıs|may haziran|haz temmuz|tem ağustos|ağu eylül|eyl ekim|eki kasım|kas "
    "aralık|ara",
}


def _table() -> dict[str, int]:
    names: dict[str, int] = {}
    for line in _LANGUAGES.values():
        for number, spellings in enumerate(line.split(), 1):
            for name in spellings.split("|"):
                if names.setdefault(name, number) != number:
                    raise ValueError(f"{name!r} is two different months in two languages")
    return names


MONTHS = _table()


def month_number(name: str) -> int | None:
    """1 to 12; None if no language has a month of that name. Case and a closing point carry no meaning."""
    return MONTHS.get(name.rstrip(".").casefold())
