"""Where customers live: city, state or region, postal code and country by marketplace, as the order reports print them.
Towns with umlauts and accents are frequent on purpose; postal codes with leading zeros too."""
# ruff: noqa: E501 - tables

from __future__ import annotations

PLACES: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "DE": (
        ("München", "Bayern", "80331", "DE"), ("Köln", "Nordrhein-Westfalen", "50667", "DE"), ("Berlin", "", "10115", "DE"),
        ("Dresden", "Sachsen", "01067", "DE"), ("Gießen", "Hessen", "35390", "DE"), ("Düsseldorf", "NRW", "40213", "DE"),
        ("Hamburg", "", "20095", "DE"), ("Weißenfels", "Sachsen-Anhalt", "06667", "DE"), ("Lübeck", "Schleswig-Holstein", "23552", "DE"),
        ("Wien", "", "1010", "AT"), ("Graz", "Steiermark", "8010", "AT"), ("St. Pölten", "Niederösterreich", "3100", "AT"),
        ("GARMISCH-PARTENKIRCHEN", "Bayern", "82467", "DE"), ("Mönchengladbach", "", "41061", "DE"), ("Jena", "Thüringen", "07743", "DE"),
    ),
    "UK": (
        ("London", "", "SW1A 1AA", "GB"), ("Manchester", "Greater Manchester", "M1 1AE", "GB"), ("Leeds", "West Yorkshire", "LS1 4DY", "GB"),
        ("EDINBURGH", "Midlothian", "EH1 1YZ", "GB"), ("Caerdydd", "Wales", "CF10 1EP", "GB"), ("Bristol", "Avon", "BS1 5TR", "GB"),
        ("Belfast", "Co. Antrim", "BT1 5GS", "GB"), ("St. Ives", "Cornwall", "TR26 1AB", "GB"), ("King's Lynn", "Norfolk", "PE30 1ET", "GB"),
    ),
    "FR": (
        ("Paris", "", "75001", "FR"), ("Saint-Étienne", "", "42000", "FR"), ("Nîmes", "Gard", "30000", "FR"), ("Bourg-en-Bresse", "Ain", "01000", "FR"),
        ("Besançon", "", "25000", "FR"), ("L'Haÿ-les-Roses", "", "94240", "FR"), ("Châlons-en-Champagne", "", "51000", "FR"),
    ),
    "IT": (
        ("Roma", "RM", "00184", "IT"), ("Milano", "MI", "20121", "IT"), ("Forlì", "FC", "47121", "IT"), ("Torino", "TO", "10121", "IT"),
        ("Bolzano", "BZ", "39100", "IT"),
    ),
    "ES": (
        ("Madrid", "Madrid", "28013", "ES"), ("Barcelona", "Barcelona", "08002", "ES"), ("A Coruña", "A Coruña", "15001", "ES"),
        ("Málaga", "Málaga", "29015", "ES"), ("Cádiz", "Cádiz", "11005", "ES"),
    ),
    "US": (
        ("Seattle", "WA", "98101", "US"), ("BOSTON", "MA", "02108", "US"), ("Austin", "TX", "78701", "US"), ("Newark", "NJ", "07102-1234", "US"),
        ("Española", "NM", "87532", "US"), ("Denver", "CO", "80202", "US"), ("San Juan", "PR", "00901", "US"), ("Portland", "OR", "97201", "US"),
    ),
    "CA": (("Montréal", "QC", "H2Y 1C6", "CA"), ("Toronto", "ON", "M5H 2N2", "CA"), ("Vancouver", "BC", "V6B 1A1", "CA")),
    "MX": (("Ciudad de México", "CDMX", "06000", "MX"), ("Mérida", "Yucatán", "97000", "MX"), ("León", "Guanajuato", "37000", "MX")),
    "JP": (
        ("千代田区", "東京都", "100-0001", "JP"), ("札幌市", "北海道", "060-0001", "JP"), ("大阪市", "大阪府", "530-0001", "JP"), ("那覇市", "沖縄県", "900-0001", "JP"),
    ),
    "IN": (
        ("Bengaluru", "KARNATAKA", "560001", "IN"), ("Mumbai", "MAHARASHTRA", "400001", "IN"), ("NEW DELHI", "DELHI", "110001", "IN"),
        ("Kochi", "KERALA", "682001", "IN"), ("Gurgaon", "HARYANA", "122001", "IN"),
    ),
}  # fmt: skip
