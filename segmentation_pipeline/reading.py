"""Read what was published from Python, a notebook or an app: tables, segments, audiences and results, without SQL.

    import segmentation_pipeline as sp

    with sp.published("my_shop") as now:
        loyal = now.segments("lifecycle").filter("segment = 'active'").df()

Every answer is a DuckDB relation, which keeps the publication open as long as it lives.  Nothing is read until it is asked for:
with ``.df()`` as pandas, ``.pl()`` as polars, ``.arrow()``, ``.fetchall()``, or ``.filter()`` and ``.aggregate()`` before.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

from segmentation_pipeline.config.diagnostics import did_you_mean
from segmentation_pipeline.engine.duckdb_sql import identifier, literal
from segmentation_pipeline.engine.published import Relation, connected
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.settings import Settings


class NotPublished(UserError):
    """There is nothing of the kind in the publication, or none at all; the message says what to do."""


class Published:
    """The publication of a project as it was when it was opened; a run meanwhile changes nothing.  Close it, or use ``with``."""

    def __init__(self, path: Path) -> None:
        self._connection = connected(path)
        self._day: date
        rows = self._connection.execute("SELECT table_name FROM information_schema.tables ORDER BY table_name").fetchall()
        self._tables = tuple(str(name) for (name,) in rows)
        [(self._day,)] = self._connection.execute("SELECT max(as_of) FROM publication").fetchall()

    @property
    def as_of(self) -> date:
        """The day the publication is for.

        >>> published().as_of  # doctest: +SKIP
        datetime.date(2026, 6, 30)
        """
        return self._day

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of all published tables.

        >>> "customer_profile" in published().tables  # doctest: +SKIP
        True
        """
        return self._tables

    def table(self, name: str) -> Relation:
        """A published table with all its rows.  Raises ``NotPublished`` for a name that is none.

        >>> published().table("segment_catalog").columns[:2]  # doctest: +SKIP
        ['segmentation', 'segment']
        """
        if name not in self._tables:
            raise NotPublished(_unknown("table", name, self._tables))
        return self._connection.table(identifier(name))

    def describe(self, table: str) -> Relation:
        """What the columns of a table mean: column_name, type, unit, description, null_means, in order.

        >>> published().describe("customer_profile").limit(1).fetchall()[0][0]  # doctest: +SKIP
        'as_of'
        """
        self.table(table)
        dictionary = self.table("data_dictionary").filter(_equals("table_name", table)).order("position")
        return dictionary.project("column_name, type, unit, description, null_means")

    def customers(self, *columns: str) -> Relation:
        """A row per customer of ``customer_profile``: customer_id and the columns, or all.

        >>> published().customers("frequency", "clv").columns  # doctest: +SKIP
        ['customer_id', 'frequency', 'clv']
        """
        whole = self.table("customer_profile")
        for name in columns:
            if name not in whole.columns:
                raise NotPublished(_unknown("column of customer_profile", name, whole.columns))
        return whole.project(", ".join(map(identifier, ("customer_id", *columns)))) if columns else whole

    def segments(self, segmentation: str) -> Relation:
        """Who is in which segment on the day: customer_id, segment, score, since and reason.

        >>> published().segments("lifecycle").columns  # doctest: +SKIP
        ['customer_id', 'segment', 'score', 'since', 'reason']
        """
        known = [name for (name,) in self.table("segment_catalog").project("segmentation").distinct().fetchall()]
        if segmentation not in known:
            raise NotPublished(_unknown("segmentation", segmentation, known))
        rows = self.table("customer_segments").filter(_equals("segmentation", segmentation))
        return rows.filter(f"as_of = DATE '{self.as_of}'").project("customer_id, segment, score, since, reason")

    def audience(self, campaign: str) -> Relation:
        """Whom a campaign contacts on the day, the holdout left out: customer_id, channel, arm, rank and reason.

        Who said no since the list was made is still in it; ``segmentation audience verify`` knows.

        >>> published().audience("win_back").filter("arm = 'holdout'").fetchall()  # doctest: +SKIP
        []
        """
        funnel = self.table("campaign_funnel").filter(f"as_of = DATE '{self.as_of}'")
        known = [name for (name,) in funnel.project("campaign").distinct().fetchall()]
        if campaign not in known:
            raise NotPublished(_unknown("campaign of the day", campaign, known))
        # By the funnel: a version that was made again and holds nobody has no row among the audiences.
        [(version,)] = funnel.filter(_equals("campaign", campaign)).aggregate("max(version)").fetchall()
        rows = self.table("campaign_audiences").filter(f"as_of = DATE '{self.as_of}' AND arm <> 'holdout'")
        rows = rows.filter(f"{_equals('campaign', campaign)} AND version = {int(version)}")
        return rows.project("customer_id, channel, arm, rank, reason").order("rank")

    def results(self) -> Relation:
        """What campaigns changed, as known on the day (``campaign_results``); no rows before one is over.

        >>> "verdict" in published().results().columns  # doctest: +SKIP
        True
        """
        return self.table("campaign_results").filter(f"as_of = DATE '{self.as_of}'")

    def sql(self, query: str) -> Relation:
        """Any query over the published tables.

        >>> published().sql("SELECT count(*) FROM customer_profile").fetchall()  # doctest: +SKIP
        [(2000,)]
        """
        return self._connection.sql(query)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def published(path: str | Path = ".") -> Published:
    """The last publication of the project in the folder ``path``, or in a publication's own file or folder.

    Raises ``NotPublished`` where nothing was published yet.

    >>> published("data/published/segmentation.duckdb").as_of == published().as_of  # doctest: +SKIP
    True
    """
    given = Path(path)
    file = Settings(given.resolve()).published if given.is_dir() else given
    there = [each for each in (file, file.with_suffix(".parquet")) if each.exists()]
    if given.is_dir() and (given / "publication").is_dir():
        there = [given]
    if given.is_dir() and len(there) > 1:
        raise NotPublished(
            f"{given}: published both by DuckDB ({there[0]}) and by Spark ({there[1]}), on days that may differ. Give the "
            "one the project publishes now (engine in pipeline.yaml), and remove the other."
        )
    if not there:
        raise NotPublished(
            f"{file}: nothing was published here yet. Give the folder of a project, the one with config/, and run it first: "
            f"segmentation --project {given} run"
        )
    return Published(there[0])


def _equals(column: str, value: str) -> str:
    return f"{column} = {literal(value)}"


def _unknown(what: str, name: str, known: tuple[str, ...] | list[str]) -> str:
    hint = did_you_mean(name, known)
    return f"'{name}' is no published {what}" + (f"; {hint}" if hint else f". There are: {', '.join(sorted(known))}")
