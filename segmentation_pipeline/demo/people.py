"""Names, addresses and contact data that belong to nobody.

Family names say that they are samples, mail domains are those RFC 2606 reserves, German telephone
numbers come from the block the Bundesnetzagentur keeps for films, all others from country code 999,
which is not assigned.
"""

from __future__ import annotations

from datetime import date

import duckdb

FIRST_NAMES = {
    "f": (
        "Anna",
        "Beate",
        "Chloé",
        "Dana",
        "Elena",
        "Frieda",
        "Giulia",
        "Hanna",
        "Inès",
        "Jana",
        "Käthe",
        "Lotte",
        "Maja",
        "Nora",
        "Olga",
        "Paula",
    ),
    "m": (
        "Anton",
        "Bruno",
        "Carlos",
        "David",
        "Emil",
        "Félix",
        "Giorgio",
        "Hugo",
        "Ivan",
        "Jürgen",
        "Karl",
        "Luis",
        "Matteo",
        "Nils",
        "Otto",
        "Pavel",
    ),
}
LAST_NAMES = (
    "Muster",
    "Mustermann",
    "Beispiel",
    "Sample",
    "Specimen",
    "Esempio",
    "Exemple",
    "Ejemplo",
    "Voorbeeld",
    "Przykład",
    "Exempel",
    "Platzhalter",
    "Testmann",
    "Demo",
    "Fiktiv",
    "Nomen-Nescio",
    "Modell",
    "Probe",
    "Attrappe",
    "Phantasie",
)
STREETS = (
    "Musterstraße",
    "Beispielweg",
    "Sample Road",
    "Rue de l'Exemple",
    "Via Esempio",
    "Calle Ejemplo",
    "Testallee",
    "Am Modell",
)
STATED = {
    "household": ("single", "single", "couple", "couple", "family", "family", "family", "shared flat", None),
    "occupation": ("office", "office", "trade", "crafts", "care", "student", "retired", None),
    "education": ("school", "apprenticeship", "apprenticeship", "university", None),
    "income": ("below 25", "25 to 50", "25 to 50", "50 to 100", "above 100", None),
}
"""What customers state about themselves, each as often as it is listed, the income in thousands; None: nothing."""
PLACES = (
    # country, language, region, city, first digits of the postal code, digits in all, weight
    ("DE", "de", "Berlin", "Berlin", "10", 5, 14),
    ("DE", "de", "Hamburg", "Hamburg", "20", 5, 8),
    ("DE", "de", "Bayern", "München", "80", 5, 9),
    ("DE", "de", "Nordrhein-Westfalen", "Köln", "50", 5, 8),
    ("DE", "de", "Sachsen", "Leipzig", "04", 5, 6),
    ("AT", "de", "Wien", "Wien", "10", 4, 9),
    ("AT", "de", "Steiermark", "Graz", "80", 4, 3),
    ("FR", "fr", "Île-de-France", "Paris", "75", 5, 7),
    ("FR", "fr", "Auvergne-Rhône-Alpes", "Lyon", "69", 5, 4),
    ("NL", "nl", "Noord-Holland", "Amsterdam", "10", 4, 6),
    ("NL", "nl", "Utrecht", "Utrecht", "35", 4, 3),
    ("BE", "nl", "Vlaanderen", "Gent", "90", 4, 4),
    ("IT", "it", "Lombardia", "Milano", "20", 5, 5),
    ("ES", "es", "Cataluña", "Barcelona", "08", 5, 5),
    ("PL", "pl", "Mazowieckie", "Warszawa", "00", 5, 5),
    ("DK", "da", "Hovedstaden", "København", "21", 4, 4),
)


def create_customers(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Table ``shop_customers``: one row per customer, ``event`` = moment of registration (local time).

    Seven in ten register on the day of their first order, the others up to three weeks before it.
    """
    con.execute(
        "CREATE TABLE places "
        "(place INTEGER, country VARCHAR, lang VARCHAR, state VARCHAR, city VARCHAR, zip VARCHAR, digits INTEGER)"
    )
    slots: list[int] = []
    for number, (*place, weight) in enumerate(PLACES):
        con.execute("INSERT INTO places VALUES (?, ?, ?, ?, ?, ?, ?)", [number, *place])
        slots += [number] * weight
    stated = ", ".join(f"pick($stated_{name}, u(i, 0, 'states {name}')) AS {name}" for name in STATED)
    women, men, families, streets = (list(names) for names in (*FIRST_NAMES.values(), LAST_NAMES, STREETS))
    con.execute(
        f"""
        CREATE TABLE shop_customers AS
        WITH registered AS (
            SELECT i, CASE WHEN first_order_on IS NOT NULL AND u(i, 0, 'registers with order') < 0.7
                           -- Before opening hours, so before any order of that day.
                           THEN at_daytime(first_order_on, 0) - to_seconds(1 + floor(2400 * u(i, 0, 'registered'))::BIGINT)
                           ELSE at_daytime(coalesce(first_order_on, joined_on) - 1 - floor(20 * u(i, 0, 'waits'))::INTEGER,
                                           u(i, 0, 'registered')) END AS event,
                   pick({slots}, u(i, 0, 'place')) AS place,
                   u(i, 0, 'sex') AS sex_draw, pick($families, u(i, 0, 'family name')) AS last_name
            FROM latent),
        named AS (
            SELECT *, CASE WHEN sex_draw < 0.50 THEN 'f' WHEN sex_draw < 0.95 THEN 'm' WHEN sex_draw < 0.96 THEN 'd' END AS sex,
                   CASE WHEN sex_draw >= 0.50 AND sex_draw < 0.98 THEN pick($men, u(i, 0, 'given name'))
                        ELSE pick($women, u(i, 0, 'given name')) END AS first_name,
                   lower(strip_accents(replace(first_name || '.' || last_name, 'ł', 'l'))) AS mailbox FROM registered)
        SELECT i, event, customer_no(i) AS cust_no, event AS registered, first_name, last_name,
               CASE WHEN u(i, 0, 'no mail') >= 0.03 THEN mailbox || '.' || i
                    || CASE WHEN u(i, 0, 'domain') < 0.8 THEN '@example.com' ELSE '@example.org' END END AS email,
               CASE WHEN u(i, 0, 'no phone') >= 0.3 THEN CASE country
                    WHEN 'DE' THEN format('+493023125{{:03d}}', floor(1000 * u(i, 0, 'phone'))::BIGINT)
                    ELSE format('+99955{{:07d}}', floor(10000000 * u(i, 0, 'phone'))::BIGINT) END END AS phone,
               CASE WHEN u(i, 0, 'no birthday') >= 0.15
                    THEN DATE '{as_of}' - (18 * 366 + floor(62 * 365 * pow(u(i, 0, 'birthday'), 1.3)))::INTEGER END AS birthday,
               pick($streets, u(i, 0, 'street')) || ' ' || (1 + floor(120 * u(i, 0, 'house')))::INTEGER AS street,
               zip || lpad(floor(pow(10, digits - 2) * u(i, 0, 'zip'))::BIGINT::VARCHAR, digits - 2, '0') AS zip,
               city, state, country, lang, sex, {stated}, event AS changed_at
        FROM named JOIN places USING (place)""",
        {"women": women, "men": men, "families": families, "streets": streets}
        | {f"stated_{name}": list(choices) for name, choices in STATED.items()},
    )
