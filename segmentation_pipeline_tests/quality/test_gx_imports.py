"""Checks on DuckDB do not import what they do not use, and nobody else's imports are touched."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import sys
import segmentation_pipeline.quality.gx_context
import segmentation_pipeline.quality.duckdb_datasource
print(*sorted({name.partition(".")[0] for name in sys.modules}), "altair.vegalite" in sys.modules)
"""


def _loaded(before: str = "") -> set[str]:
    done = subprocess.run([sys.executable, "-c", before + CODE], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.slow
def test_checks_on_duckdb_load_neither_spark_nor_the_clients_of_clouds_nor_pictures() -> None:
    loaded = _loaded()
    assert {"great_expectations", "False"} <= loaded
    assert not {"pyspark", "boto3", "botocore", "True"} & loaded


@pytest.mark.slow
def test_what_is_loaded_already_stays_known_to_the_checks() -> None:
    told = "from great_expectations.compatibility.pyspark import SparkSession, SparkConnectSession\n"
    told += "assert SparkSession.builder is not None and SparkConnectSession.builder is not None\n"
    assert "pyspark" in _loaded("import pyspark.sql\nimport segmentation_pipeline.quality.gx_context\n" + told)


@pytest.mark.slow
def test_the_clients_are_found_again_afterwards() -> None:
    after = "import segmentation_pipeline.quality.gx_context\nimport botocore, pyspark\n"
    assert {"botocore", "pyspark"} <= _loaded(after)


def test_another_thread_finds_them_meanwhile() -> None:
    code = """
import threading
from segmentation_pipeline.quality.gx_imports import without_extras
found = []
def other():
    import botocore
    found.append(botocore)
with without_extras():
    try:
        import botocore
        raise SystemExit("found where it should not be")
    except ModuleNotFoundError:
        pass
    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
assert found
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_the_picture_that_needs_altair_still_finds_it() -> None:
    after = "import segmentation_pipeline.quality.gx_context\nimport altair\nassert altair.Chart({}).mark_bar()\n"
    assert "True" in _loaded(after)
