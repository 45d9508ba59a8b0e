"""A Spark cluster on this machine's loopback: a master and workers, and a Spark Connect server on them."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyspark

from segmentation_pipeline_tests.conftest import SMALL

HOME = Path(pyspark.__file__).parent
LOOPBACK = "127.0.0.1"
PATIENCE_SECONDS = 120


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[str]:
    """The URL of a master with ``workers`` of one core and a gigabyte each."""
    port = _free_port()
    master = f"spark://{LOOPBACK}:{port}"
    with ExitStack() as running:
        options = ["--host", LOOPBACK, "--webui-port", "0"]
        service = running.enter_context(
            _service(folder / "master.log", "org.apache.spark.deploy.master.Master", *options, "--port", str(port))
        )
        log = folder / "master.log"
        _wait_for(service, log, r"New state: ALIVE")
        for number in range(workers):
            own = ["--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"worker{number}")]
            running.enter_context(
                _service(folder / f"worker{number}.log", "org.apache.spark.deploy.worker.Worker", *options, *own, master)
            )
        _wait_for(service, log, r"Registering worker", workers)
        yield master


@contextmanager
def connect_server(folder: Path, master: str) -> Iterator[str]:
    """The address of a Spark Connect server that works on ``master``."""
    port = _free_port()
    settings = SMALL | {
        "spark.connect.grpc.binding.address": LOOPBACK,
        "spark.connect.grpc.binding.port": str(port),
        "spark.driver.host": LOOPBACK,
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "tables"),
        "spark.ui.enabled": "false",
    }
    conf = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    submit = ["org.apache.spark.deploy.SparkSubmit", "--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
    log = folder / "connect.log"
    with _service(log, *submit, "--master", master, *conf, "spark-internal", memory="1g") as service:
        _wait_for(service, log, r"Spark Connect server started")
        yield f"sc://{LOOPBACK}:{port}"


@contextmanager
def _service(log: Path, *command: str, memory: str = "256m") -> Iterator[subprocess.Popen[bytes]]:
    """A Spark process that runs for the block."""
    environment = os.environ | {
        "SPARK_HOME": str(HOME),
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_DAEMON_MEMORY": memory,
        "PYSPARK_PYTHON": sys.executable,
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(HOME / "bin" / "spark-class"), *command], stdout=out, stderr=subprocess.STDOUT, env=environment, cwd=log.parent
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def _wait_for(service: subprocess.Popen[bytes], log: Path, words: str, times: int = 1) -> None:
    """Until the service's log says it so many times; fails with the log when it does not come to that."""
    for _ in range(PATIENCE_SECONDS * 5):
        said = log.read_text(errors="replace")
        if len(re.findall(words, said)) >= times:
            return
        if service.poll() is not None:
            break
        time.sleep(0.2)
    raise AssertionError(f"{log.name} does not say {words!r}:\n{said}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        return int(listener.getsockname()[1])
