"""The engine a project asks for, opened on its working store."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, cast

from segmentation_pipeline.config.schema import EngineConfig
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.warehouse import open_warehouse
from segmentation_pipeline.engine.warehouse_format import check_format
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.settings import Settings


def open_engine(settings: Settings, config: EngineConfig, wait_seconds: float, on_wait: Callable[[str], None]) -> Engine:
    """The engine of ``config.kind``, for writing; close it.

    Waits up to ``wait_seconds`` for a program that has the working file open, and tells ``on_wait`` for which.

    Raises ``WriterBusy`` when the wait is over, ``UnreadableWarehouse`` for a store of another release, and ``UserError``
    when Spark is asked for and not installed, or cannot be started or reached.
    """
    if config.kind == "duckdb":
        return open_warehouse(settings, config, wait_seconds, on_wait)
    # Loaded here alone: Spark is an extra, and takes a second to import.
    try:
        session: Any = importlib.import_module("segmentation_pipeline.engine.spark_session")
        engine: Any = importlib.import_module("segmentation_pipeline.engine.spark")
    except ImportError as error:
        raise UserError(
            f"engine 'spark' needs more than is installed ({error}): pip install 'segmentation-pipeline[spark]'"
        ) from error
    warehouse = config.spark.warehouse or str(settings.data / "warehouse.spark")
    opened = session.open_spark(config.spark, settings.temp)
    found = cast(Engine, engine.SparkEngine(opened, warehouse, config, settings.temp))
    check_format(found, warehouse)
    return found
