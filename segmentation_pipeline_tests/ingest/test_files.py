"""Patterns to files: sorted, each once, formats by ending, and messages that help."""

from __future__ import annotations

import hashlib

import pytest

from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.ingest.files import file_order, find_files, fingerprint


def names(root, *patterns: str, file_format: str | None = None) -> list[str]:
    return [file.name for file in find_files(root, "orders", patterns, file_format)]


@pytest.fixture
def root(tmp_path):
    for name in ("data/b.csv", "data/a.csv", "data/deep/c.csv", "data/orders_2024.parquet", "other/x.jsonl.gz"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


def test_files_are_sorted_and_listed_once_however_they_are_spelt(root):
    assert names(root, "data/*.csv") == ["data/a.csv", "data/b.csv"]
    assert names(root, "data/b.csv", "data/*.csv", "./data/a.csv", "data/../data/b.csv") == ["data/a.csv", "data/b.csv"]
    assert names(root, "data/**/*.csv") == ["data/a.csv", "data/b.csv", "data/deep/c.csv"]


def test_absolute_patterns_and_folders(root):
    assert names(root, f"{root}/data/a.csv") == [f"{root}/data/a.csv"]
    assert names(root, "data/*", file_format="csv") == ["data/a.csv", "data/b.csv", "data/orders_2024.parquet"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("f.csv", "csv"),
        ("f.TSV", "csv"),
        ("f.csv.gz", "csv"),
        ("f.jsonl.zst", "jsonl"),
        ("f.ndjson", "jsonl"),
        ("f.2024.parquet", "parquet"),
    ],
)
def test_the_ending_tells_the_format(tmp_path, name, expected):
    (tmp_path / name).write_text("x")
    [file] = find_files(tmp_path, "orders", [name], None)
    assert file.format == expected
    [file] = find_files(tmp_path, "orders", [name], "jsonl")
    assert file.format == "jsonl"


def test_an_unknown_ending_needs_a_format(tmp_path):
    (tmp_path / "orders.dat").write_text("x")
    with pytest.raises(SourceFileError, match=r"source 'orders': cannot tell the format of .*orders\.dat.*Set 'format: csv'"):
        find_files(tmp_path, "orders", ["orders.dat"], None)


def test_one_pattern_must_match_and_similar_names_are_shown(root):
    assert names(root, "data/a.csv", "data/none_*.csv") == ["data/a.csv"]
    with pytest.raises(SourceFileError) as error:
        find_files(root, "orders", ["data/order_2024.parquet"], None)
    message = str(error.value)
    assert "source 'orders': no file matches data/order_2024.parquet" in message
    assert "similar name: orders_2024.parquet" in message and "sources.orders.files" in message


def test_a_file_named_beside_others_must_be_there_in_one_format_or_another(root):
    assert names(root, "data/a.csv", "data/orders_2024.csv.gz", "data/orders_2024.parquet") == [
        "data/a.csv",
        "data/orders_2024.parquet",
    ]
    with pytest.raises(SourceFileError, match=r"source 'orders': data/c\.2\.csv is missing: sources.yaml names it beside files"):
        names(root, "data/a.csv", "data/c.2.csv")


def test_files_inside_an_installed_package(root):
    [file] = find_files(root, "orders", ["package:hypothesis/py.typed"], "csv")
    assert file.name == "package:hypothesis/py.typed" and file.path.is_file()
    with pytest.raises(SourceFileError, match=r"needs the Python package 'no_such_package', which is not installed"):
        find_files(root, "orders", ["package:no_such_package/x.csv"], None)


def test_the_fingerprint_is_that_of_the_bytes(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes(b"a,b\n")
    assert fingerprint(path) == hashlib.sha256(b"a,b\n").hexdigest()


def test_a_name_that_goes_on_where_another_ends_is_the_later_file():
    names = [
        "o_2026-06 (1).csv",
        "o_2026-06_2.csv",
        "o_2026-06.csv",
        "o_2026.csv",
        "o_10.csv",
        "o_9_1.csv",
        "o_9.parquet",
        "o_9.csv",
    ]
    assert sorted(names, key=file_order) == [
        "o_9.csv",
        "o_9.parquet",
        "o_9_1.csv",
        "o_10.csv",
        "o_2026.csv",
        "o_2026-06.csv",
        "o_2026-06 (1).csv",
        "o_2026-06_2.csv",
    ]
