"""A Spark session with the settings results depend on: in this process, on a cluster, or by Spark Connect."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import cast

from pyspark.sql import SparkSession

from segmentation_pipeline.config.schema.pipeline import SparkConfig
from segmentation_pipeline.errors import UserError

_REQUIRED = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",  # a value that does not fit is an error, never quietly another value
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",  # as in the rules' own queries
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.mapKeyDedupPolicy": "LAST_WIN",
}
"""What results depend on; not for the configuration to change."""


_LOG = Path(__file__).with_name("spark_log.properties")


def open_spark(config: SparkConfig, temp: Path) -> SparkSession:
    """A session with temporary views of its own.  The Spark application lives as long as the process.

    Raises ``UserError`` when Java is missing or the master or server cannot be reached.
    """
    try:
        session = _connect(config) if config.remote else _start(config, temp)
        for name, value in (config.conf | _REQUIRED).items():
            if name.startswith("spark.sql.") and session.conf.isModifiable(name):
                session.conf.set(name, value)
    except UserError:
        raise
    except Exception as error:  # Py4J, gRPC and Spark each have their own
        where = config.remote or config.master
        reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise UserError(f"Spark cannot be reached at {where}: {reason}. Check 'engine.spark' in pipeline.yaml.") from error
    return session


def _connect(config: SparkConfig) -> SparkSession:
    return cast(SparkSession, SparkSession.builder.remote(str(config.remote)).create())


def _start(config: SparkConfig, temp: Path) -> SparkSession:
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        raise UserError("Spark needs Java 17, and there is no 'java' here: install a Java 17 runtime or set JAVA_HOME.")
    # Workers on this machine run the very Python that has this package.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    defaults = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(temp / "spark"),
        "spark.sql.warehouse.dir": str(temp / "spark-warehouse"),
    }
    if config.master.startswith("local"):
        # Everything else would be tuned for a cluster: a shuffle of a small table in 200 pieces takes seconds.
        defaults |= {"spark.sql.shuffle.partitions": str(os.cpu_count() or 1), "spark.driver.host": "127.0.0.1"}
    options = "spark.driver.extraJavaOptions"
    quiet = f"-Dlog4j2.configurationFile={_LOG.as_uri()}"
    conf = defaults | config.conf | _REQUIRED | {options: f"{quiet} {config.conf.get(options, '')}".strip()}
    builder = SparkSession.builder.master(config.master).appName("segmentation")
    for name, value in conf.items():
        builder = builder.config(name, value)
    return builder.getOrCreate().newSession()
