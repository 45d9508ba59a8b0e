"""Would a delivery work?  Opens what a destination names and writes nothing."""

from __future__ import annotations

from segmentation_pipeline.config.schema import ObjectStoreDestination, PostgresDestination
from segmentation_pipeline.connections.object_store import ObjectStore
from segmentation_pipeline.connections.postgres import connected
from segmentation_pipeline.connections.sql_text import literal
from segmentation_pipeline.destinations import object_store, postgres


def try_postgres(destination: PostgresDestination) -> str:
    """What was found, in a few words.  Raises ``ConnectionProblem`` when tables could not be made there."""
    schema = destination.schema_name
    with connected(postgres.PLACE, destination.url_env, read_only=True) as connection:
        there = bool(connection.rows(f"SELECT FROM pg_namespace WHERE nspname = {literal(schema)}"))
        right = (
            f"has_schema_privilege({literal(schema)}, 'CREATE')"
            if there
            else "has_database_privilege(current_database(), 'CREATE')"
        )
        if connection.rows(f"SELECT {right}") != [(True,)]:
            on = f"SCHEMA {schema}" if there else "the DATABASE"
            raise postgres.PLACE.problem(
                f"the user may not make tables there. GRANT CREATE ON {on} to the user of {destination.url_env}."
            )
    return f"schema {schema} is there" if there else f"schema {schema} will be made"


def try_object_store(destination: ObjectStoreDestination) -> str:
    """What was found, in a few words.  Raises ``ConnectionProblem`` when the store does not answer."""
    store = ObjectStore(object_store.PLACE, destination.url, destination.storage_options)
    store.check_bucket(destination.url)
    current = object_store.current_delivery(store, destination.url)
    return f"holds {current['folder']}" if current else "reached, nothing there yet"
