"""Customers the shop knows twice: second accounts, and the identifiers by which they can be told to be one person.

Some customers order under a second account from a day on.  It shares an identifier with the first, spelled as
another system spells it, or none at all.  Among the identifiers are also those that join who is not one:
households with one telephone, a company's switchboard, role mailboxes.

German telephone numbers come from the blocks the Bundesnetzagentur keeps for films.
"""

from __future__ import annotations

from datetime import date

import duckdb

SECOND_ACCOUNTS = 0.06
"""Share of customers with at least ``LEAST_ORDERS`` orders who have a second account."""
LEAST_ORDERS = 4
UNDER_SECOND = 0.6
"""Share of their later orders that run under it."""
LINKED_BY = {"email": 0.35, "phone": 0.25, "loyalty_card": 0.2, "customer_key": 0.1}
"""What the second account shares with the first; the rest share nothing, and nobody can tell."""
CARDS = 0.4
"""Share of other customers with a loyalty card."""
PHONES = 0.25
"""Share of other customers whose telephone number a system knows."""
HOUSEHOLDS = 0.01
"""Share of customers who give the number of another customer, with whom they live; most of both have cards."""
CARDS_AT_HOME = 0.8
SWITCHBOARD = 0.006
"""Share of customers who give the number of one and the same company."""
ROLE_MAILBOX = 0.004
NO_NUMBER = 0.004
"""Share of customers in whose record the number reads ``unbekannt``."""
DECIDED = 0.5
"""Share of second accounts that share nothing, and of households, about which somebody at the shop decided."""
FILM_BLOCKS = ("4930 23125", "4969 90009", "4940 66969", "49221 4710", "4989 99998")
"""Each with room for 1000 numbers; whoever comes after that has none."""


def create_identities(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Tables ``shop_identities`` (a row: an identifier a system knows a customer by), ``shop_merge_decisions`` (a row: two
    customers that are one, or are not) and ``identity_truth`` (a row: an account and the customer whose it is).
    Second accounts are added to ``shop_customers`` and take over orders.

    Comes after all other sources: they tell of the first accounts.
    """
    _second_accounts(con)
    _identifiers(con, f"TIMESTAMP '{as_of} 23:00:00'")
    _decisions(con, f"TIMESTAMP '{as_of} 23:00:00'")
    con.execute("""
        CREATE TABLE identity_truth AS
        SELECT customer_no(i) AS customer_id, customer_no(i) AS person FROM latent
        UNION ALL SELECT account, customer_no(i) FROM second_accounts""")


def _second_accounts(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"""
        CREATE TABLE second_accounts AS
        WITH bought AS (SELECT i, event, row_number() OVER (PARTITION BY i ORDER BY event, k) AS place,
                               count(*) OVER (PARTITION BY i) AS orders FROM shop_orders)
        SELECT i, format('G{{:06d}}', i) AS account, event - INTERVAL 1 MINUTE AS opened, u(i, 0, 'linked by') AS linked
        FROM bought
        WHERE place = 1 + orders // 2 AND orders >= {LEAST_ORDERS} AND u(i, 0, 'second account') < {SECOND_ACCOUNTS}""")
    con.execute(f"""
        UPDATE shop_orders AS o SET cust_no = s.account FROM second_accounts s
        WHERE o.i = s.i AND (o.event = s.opened + INTERVAL 1 MINUTE
                             OR o.event > s.opened AND u(o.i, o.k, 'under second') < {UNDER_SECOND})""")
    con.execute(
        """
        INSERT INTO shop_customers
        SELECT c.* REPLACE (s.account AS cust_no, s.opened AS event, s.opened AS registered, s.opened AS changed_at,
                            lower(s.account) || '@example.org' AS email, NULL AS phone, NULL AS birthday)
        FROM shop_customers c JOIN second_accounts s USING (i)"""
    )


def _identifiers(con: duckdb.DuckDBPyConnection, end: str) -> None:
    blocks = ", ".join(f"'{block}'" for block in FILM_BLOCKS)
    con.execute(f"""
        CREATE TABLE known AS
        WITH people AS (
            SELECT c.i, c.event, c.email, c.country, s.i IS NOT NULL AS twice,
                   u(c.i, 0, 'household') < {HOUSEHOLDS} AS shares_phone
            FROM shop_customers c LEFT JOIN second_accounts s USING (i) WHERE c.cust_no = customer_no(c.i)),
        homes AS (SELECT *, lead(shares_phone, 1, false) OVER (ORDER BY i) AS is_home FROM people),
        wishes AS (
            SELECT *, twice OR is_home OR u(i, 0, 'number known') < {PHONES} AS wants_phone,
                   twice OR u(i, 0, 'card') < CASE WHEN is_home OR shares_phone THEN {CARDS_AT_HOME} ELSE {CARDS} END AS has_card
            FROM homes),
        numbered AS (SELECT *, count(*) FILTER (wants_phone) OVER (ORDER BY i) - 1 AS number FROM wishes)
        SELECT *, CASE WHEN wants_phone AND number < {1000 * len(FILM_BLOCKS)}
                       THEN [{blocks}][1 + number // 1000] || format('{{:03d}}', number % 1000) END AS line,
               CASE WHEN has_card THEN format('4{{:08d}}', i) END AS card FROM numbered""")
    international = "'+' || replace(line, ' ', '')"
    area, local = "line[3:position(' ' IN line) - 1]", "line[position(' ' IN line) + 1:]"
    # Only at home a number is written without its country.
    spoken = f"CASE country WHEN 'DE' THEN '0' || {area} || '/' || {local} ELSE '0049 (0)' || {area} || ' ' || {local} END"
    limits = [sum(list(LINKED_BY.values())[: n + 1]) for n in range(len(LINKED_BY))]
    con.execute(f"""
        CREATE TABLE shop_identities AS
        WITH told AS (
            SELECT i, event, customer_no(i) AS customer, 'web' AS system, 'email' AS kind, email AS identifier FROM known
            UNION ALL SELECT i, event, customer_no(i), 'app', 'phone', {international} FROM known
            UNION ALL SELECT i, event + INTERVAL 1 DAY, customer_no(i), 'store', 'loyalty_card', card FROM known
            UNION ALL SELECT i, event, customer_no(i), 'crm', 'customer_key', 'K' || i FROM known WHERE twice
            UNION ALL SELECT i, opened, account, 'app', 'email', '  ' || upper(email) FROM second_accounts JOIN known USING (i)
                WHERE linked < {limits[0]:.4f}
            UNION ALL SELECT i, opened, account, 'web', 'phone', {spoken} FROM second_accounts JOIN known USING (i)
                WHERE linked >= {limits[0]:.4f} AND linked < {limits[1]:.4f}
            UNION ALL SELECT i, opened, account, 'store', 'loyalty_card', card[1:3] || ' ' || card[4:6] || ' ' || card[7:]
                FROM second_accounts JOIN known USING (i) WHERE linked >= {limits[1]:.4f} AND linked < {limits[2]:.4f}
            UNION ALL SELECT i, opened, account, 'crm', 'customer_key', 'k' || i FROM second_accounts
                WHERE linked >= {limits[2]:.4f} AND linked < {limits[3]:.4f}
            UNION ALL SELECT i, opened, account, 'store', 'email', lower(account) || '@example.org' FROM second_accounts
            UNION ALL SELECT k.i, k.event, customer_no(k.i), 'store', 'phone', '+' || replace(home.line, ' ', '')
                FROM known k JOIN known home ON home.i = k.i - 1 WHERE k.shares_phone
            UNION ALL SELECT i, event, customer_no(i), 'crm', 'phone', '+49 152 28817386' FROM known
                WHERE u(i, 0, 'switchboard') < {SWITCHBOARD}
            UNION ALL SELECT i, event, customer_no(i), 'crm', 'email', 'Info@example.com' FROM known
                WHERE u(i, 0, 'role') < {ROLE_MAILBOX}
            UNION ALL SELECT i, event, customer_no(i), 'shop', 'phone', 'unbekannt' FROM known
                WHERE u(i, 0, 'no number') < {NO_NUMBER})
        SELECT event, customer || '-' || system || '-' || kind AS record, customer, system, kind, identifier, event AS seen
        FROM told WHERE identifier IS NOT NULL AND event < {end}""")


def _decisions(con: duckdb.DuckDBPyConnection, end: str) -> None:
    """Somebody knew that two accounts are one person's, or that two who live together are not."""
    unlinked = sum(LINKED_BY.values())
    con.execute(f"""
        CREATE TABLE shop_merge_decisions AS
        WITH decided AS (
            SELECT s.i, account AS one, customer_no(s.i) AS other, 'always_merge' AS verdict, opened + INTERVAL 30 DAY AS decided
            FROM second_accounts s WHERE linked >= {unlinked:.4f} AND u(s.i, 0, 'decided one') < {DECIDED}
            UNION ALL SELECT i, customer_no(i), customer_no(i - 1), 'never_merge', event + INTERVAL 30 DAY FROM known
            WHERE shares_phone AND i > 0 AND u(i, 0, 'decided two') < {DECIDED})
        SELECT decided AS event, one, other, verdict, decided FROM decided WHERE decided < {end}""")
