"""Databases, object stores and destinations: what is wrong with how they are named is told at load."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline_tests.project.test_configuration import only, write


def orders(text: str) -> str:
    return f"sources:\n  orders:\n    {text}\n"


@pytest.mark.parametrize(
    "text",
    [
        "database: {url_env: URL, table: public.orders, cursor: {column: updated_at}}",
        "database: {url_env: URL, query: 'SELECT * FROM a JOIN b USING (id) WHERE x > 1 -- all'}",
        "database: {url_env: URL, query: 'WITH recent AS (SELECT 1 AS a) SELECT * FROM recent UNION ALL SELECT 2;'}",
        "files: [data/raw/*.csv, 's3://shop/orders/*.csv']\n    storage_options: {key_env: K, secret_env: S, anon: false, retries: 3}",
    ],
)
def test_what_loads(tmp_path: Path, text: str) -> None:
    assert load_config(write(tmp_path, sources=orders(text))).sources["orders"].lands


@pytest.mark.parametrize(
    ("text", "key", "found", "hint"),
    [
        ("database: {url_env: URL}", "database", "exactly one of 'table' or 'query'", ""),
        ("database: {url_env: URL, table: a, query: SELECT 1}", "database", "exactly one of 'table' or 'query'", ""),
        ("database: {url_env: 'postgresql://me:pw@host/db', table: a}", "database.url_env", "postgresql", "environment variable"),
        ("database: {url_env: URL, table: a.b.c}", "database.table", "a.b.c", "public.orders"),
        ("database: {url_env: URL, table: a, curser: x}", "database.curser", "unknown key", "did you mean 'cursor'?"),
        ("database: {url_env: URL, query: DELETE FROM orders}", "database.query", "more than a SELECT", "one SELECT"),
        ("database: {url_env: URL, query: SELECT 1; SELECT 2}", "database.query", "2 statements", "one SELECT"),
        ("database: {url_env: URL, query: SELECT * INTO b FROM a}", "database.query", "more than a SELECT", "one SELECT"),
        ("database: {url_env: URL, query: 'WITH gone AS (DELETE FROM a RETURNING *) SELECT * FROM gone'}", "database.query", "more than", ""),
        ("database: {url_env: URL, query: SELECT * FROM a FOR UPDATE}", "database.query", "more than a SELECT", "one SELECT"),
        ("database: {url_env: URL, query: SELECT FROM WHERE}", "database.query", "no SQL of PostgreSQL", "one SELECT"),
        ("database: {url_env: URL, query: ''}", "database.query", "0 statements", "one SELECT"),
        ("database: {url_env: URL, table: a}\n    format: csv", "", "'format' is for files", ""),
        ("files: a.csv\n    database: {url_env: URL, table: a}", "", "exactly one of 'files', 'database'", ""),
        ("files: s4://shop/*.csv", "files", "the unknown protocol 's4'", "s3"),
        ("files: s3://key:secret@shop/*.csv", "files", "a user or password in a URL", "_env"),
        ("files: s3://a/*.csv\n    storage_options: {secret: abc}", "storage_options.secret", "a secret in the file", "secret_env: VARIABLE"),
        ("files: s3://a/*.csv\n    storage_options: {key_env: a b}", "storage_options.key_env", "no name of a variable", ""),
        ("files: a.csv\n    storage_options: {anon: true}", "storage_options", "options without a URL", "s3://"),
    ],
)  # fmt: skip
def test_mistakes_in_sources(tmp_path: Path, text: str, key: str, found: str, hint: str) -> None:
    problem = only(tmp_path, sources=orders(text))
    assert problem.key_path == ".".join(filter(None, ("sources.orders", key)))
    assert found in problem.found
    assert hint in f"{problem.expected} {problem.suggestion}"
    assert "pw" not in str(problem)


@pytest.mark.parametrize(
    ("text", "key", "found", "hint"),
    [
        ("postgres: {url_env: URL, schema: bi, tables: [customer_profil]}", "postgres.tables[0]", "'customer_profil'", "did you mean 'customer_profile'?"),
        ("postgres: {url_env: URL}", "postgres", "no key 'schema'", ""),
        ("postgres: {url_env: URL, schema: BI}", "postgres.schema", "'BI'", "lower-case"),
        ("postgres: {url_env: URL, schema: bi, audiences: true}", "postgres.audiences", "unknown key", ""),
        ("object_store: {url: shop/x}", "object_store.url", "'shop/x'", "s3://"),
        ("object_store: {url: 's3://shop/x', storage_options: {token: t}}", "object_store.storage_options.token", "a secret", "token_env"),
        ("s3: {url: 's3://shop/x'}", "s3", "unknown key", "object_store"),
    ],
)  # fmt: skip
def test_mistakes_in_destinations(tmp_path: Path, text: str, key: str, found: str, hint: str) -> None:
    problem = only(tmp_path, pipeline=f"destinations:\n  {text}\n")
    assert problem.key_path == f"destinations.{key}"
    assert found in problem.found
    assert hint in f"{problem.expected} {problem.suggestion}"


def test_what_a_kind_is_told_is_part_of_the_configuration_runs_compare(tmp_path: Path) -> None:
    """The keys of landings and destinations are brought by their files; a change of one must make a run anew."""

    def dumped(table: str, schema: str) -> dict[str, object]:
        text = f"database: {{url_env: URL, table: {table}}}"
        pipeline = f"destinations: {{postgres: {{url_env: URL, schema: {schema}}}}}\n"
        return load_config(write(tmp_path, sources=orders(text), pipeline=pipeline)).model_dump(mode="json")

    first = dumped("orders", "bi")
    assert dumped("orders", "bi") == first
    assert dumped("orders_2", "bi") != first != dumped("orders", "bi_2")
