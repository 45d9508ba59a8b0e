"""Can the databases, object stores and destinations of a configuration be used as they are named?

Nothing is opened here; whether a place answers is told by ``segmentation check --connections``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import sqlglot
import sqlglot.expressions as sge
from sqlglot.errors import SqlglotError

from segmentation_pipeline.config.mistakes import Problem, did_you_mean, one_of, shown
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.connections.protocols import known_protocols, protocol_of

ENV_SUFFIX = "_env"
_SECRET = re.compile(r"key|secret|token|password|passwd|credential|connection_string", re.IGNORECASE)
_WRITES = (sge.Insert, sge.Update, sge.Delete, sge.Merge, sge.Into, sge.Lock, sge.Command, sge.DDL)


def origin_problems(config: Config, file: YamlFile) -> Iterator[Problem]:
    """Queries that are not one SELECT, URLs that cannot be opened, secrets written into the file."""
    for name, source in config.sources.items():
        place: KeyPath = ("sources", name)
        if source.database and source.database.query is not None:
            yield from _query_problems(source.database.query, file, (*place, "database", "query"))
        for url in source.urls:
            yield from _url_problems(url, file, (*place, "files"))
        yield from _option_problems(source.storage_options, file, (*place, "storage_options"))
        if source.storage_options and not source.urls:
            yield file.problem(
                (*place, "storage_options"), "options without a URL", "'files' with a URL such as s3://bucket/*.csv"
            )


def destination_problems(config: Config, file: YamlFile) -> Iterator[Problem]:
    """Destinations of tables that are not published, and URLs and options as for sources."""
    # Here and not above: the published tables follow from the configuration.
    from segmentation_pipeline.publish.catalog import published_names

    destinations = config.pipeline.destinations
    for kind, tables in (
        ("postgres", destinations.postgres and destinations.postgres.tables),
        ("object_store", destinations.object_store and destinations.object_store.tables),
    ):
        known = published_names(config)
        for position, table in enumerate(tables or ()):
            if table not in known:
                found = f"'{table}', which is no published table"
                yield file.problem(
                    ("destinations", kind, "tables", position), found, one_of(known, "table"), did_you_mean(table, known)
                )
    if store := destinations.object_store:
        place: KeyPath = ("destinations", "object_store")
        yield from _url_problems(store.url, file, (*place, "url"))
        yield from _option_problems(store.storage_options, file, (*place, "storage_options"))


def _query_problems(query: str, file: YamlFile, place: KeyPath) -> Iterator[Problem]:
    expected = "one SELECT that changes nothing"
    try:
        statements = [each for each in sqlglot.parse(query, dialect="postgres") if each is not None]
    except SqlglotError as error:
        yield file.problem(place, f"text that is no SQL of PostgreSQL ({str(error).splitlines()[0]})", expected)
        return
    if len(statements) != 1:
        yield file.problem(place, f"{len(statements)} statements", expected)
    elif not isinstance(statements[0], sge.Query) or statements[0].find(*_WRITES):
        yield file.problem(place, f"a statement that is more than a SELECT: {shown(query)}", expected)


def _url_problems(url: str, file: YamlFile, place: KeyPath) -> Iterator[Problem]:
    protocol = protocol_of(url)
    if "://" not in url:
        yield file.problem(place, shown(url), "a URL such as s3://bucket/folder")
    elif protocol not in (known := known_protocols()):
        hint = did_you_mean(protocol, known)
        yield file.problem(place, f"the unknown protocol '{protocol}'", "a protocol of fsspec such as s3, gs, abfs, sftp", hint)
    elif "@" in urlsplit(url).netloc:
        yield file.problem(place, "a user or password in a URL", "storage_options with NAME_env: VARIABLE")


def _option_problems(options: Mapping[str, str], file: YamlFile, place: KeyPath) -> Iterator[Problem]:
    for name, value in options.items():
        if name.endswith(ENV_SUFFIX):
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
                yield file.problem((*place, name), "a value that is no name of a variable", "the name of an environment variable")
        elif _SECRET.search(name):
            hint = f"write {name}{ENV_SUFFIX}: VARIABLE and set the variable instead"
            yield file.problem((*place, name), f"a secret in the file ('{name}')", "the name of an environment variable", hint)
