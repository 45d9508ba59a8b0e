"""Lists that were made, checked against the ledgers as their files are now: what to do before sending.

Reads only what says who may be contacted, into an engine of its own: no run is needed and nothing of the last one changes.
Who is one person with whom is taken from the publication.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from segmentation_pipeline.assets.ledgers import accounts_of, accounts_to_match, consents_by_account, suppressions_by_account
from segmentation_pipeline.campaigns.audience_log import VERIFIED
from segmentation_pipeline.campaigns.lists import AudienceList, read_manifest
from segmentation_pipeline.campaigns.revoked import Checked, as_campaign, check_list, people_in, with_addresses_of
from segmentation_pipeline.clean.accept import clean_source
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.published import publication, publication_engine
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.ingest.erased_rows import Reading
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline.ingest.screen import Screen
from segmentation_pipeline.landing.land import land
from segmentation_pipeline.privacy.pseudonyms import Pseudonyms
from segmentation_pipeline.quality.validate import Validator
from segmentation_pipeline.run_context import RunContext
from segmentation_pipeline.settings import Settings

_SAYS_WHO_MAY_BE_CONTACTED = ("customers", "consents", "suppressions", "restrictions")


def check_lists(settings: Settings, config: Config, lists: Sequence[AudienceList]) -> list[Checked]:
    """Check each of ``lists`` and write ``revoked.csv`` beside it; the caller holds the writer lock.

    Raises ``UserError`` where a ledger cannot be read or somebody said no and it cannot be told who: then nothing was
    checked and nothing may be sent.
    """
    as_of = max(each.as_of for each in lists)
    manifests = {each: read_manifest(settings.audiences, each) for each in lists}
    campaigns = {f"list_{place}": as_campaign(manifests[each]) for place, each in enumerate(lists)}
    asked = config.model_copy(update={"campaigns": campaigns})
    settings.temp.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory(prefix="checked-", dir=settings.temp) as folder,
        _engine(settings, config, Path(folder)) as engine,
        Validator(engine) as validator,
        ExitStack() as held,
    ):
        run = RunContext(settings, asked, engine, validator, as_of, "verify")
        _read(run, config)
        people = {}
        for each in lists:  # one at a time: what is read of a file lasts until the next is opened
            table = people_in(engine, settings.audiences, each, str(manifests[each]["channel"]))
            people[each] = held.enter_context(engine.staged(table))
        if config.has("identities"):
            _write_identity(engine)
        first, *others = (table.select("customer_id") for table in people.values())
        accounts = accounts_of(run, first.union(*others, distinct=True) if others else first)
        for each in lists:
            accounts = with_addresses_of(accounts, people[each], str(manifests[each]["channel"]))
        everybody = accounts_to_match(run, accounts.distinct(), held)
        consents = consents_by_account(run, everybody, held)
        suppressions = suppressions_by_account(run, everybody, held)
        seals = run.audience_log.seals()
        found = [
            check_list(
                engine,
                settings.audiences,
                Path(folder),
                each,
                manifests[each],
                people=people[each],
                accounts=everybody,
                consents=consents,
                suppressions=suppressions,
                privacy=config.privacy,
                as_of=as_of,
                sealed_as=seals.get(each),
            )
            for each in lists
        ]
        for checked in found:
            facts = {"people": checked.people, "revoked": dict(checked.revoked), "intact": checked.intact}
            facts |= {"changed": list(checked.changed)} if checked.changed else {}
            run.audience_log.add(VERIFIED, checked.listed.as_of, checked.listed.campaign, checked.listed.version, **facts)
    return found


def _read(run: RunContext, config: Config) -> None:
    """Read and clean what says who may be contacted, without what a run would leave out."""
    engine, settings = run.engine, run.settings
    stones = run.tombstones  # asked before anything is read: a new warehouse has gone through every erasure
    pseudonyms = Pseudonyms(settings.secrets)
    for source in _needed(config, by_address=pseudonyms.in_use):
        if config.sources[source].lands:
            land(settings.landing, source, config.sources[source])
        reading = Reading(source, config.sources[source], config.pipeline.business)
        screen = Screen(engine, reading, stones, pseudonyms=pseudonyms)
        if not config.sources[source].derive_from:
            load_source(engine, settings.root, source, config.sources[source], run.as_of, screen=screen)
        clean_source(engine, source, config, run.as_of)


def _needed(config: Config, *, by_address: bool) -> list[str]:
    """The sources to read, and what their rows refer to, in order; ``by_address``: orders tell addresses of customers."""
    needed = {name for name in _SAYS_WHO_MAY_BE_CONTACTED if config.has(name)}
    if by_address:
        needed |= {"orders", config.sources["orders"].derive_from or "orders"}
    for name in list(needed):
        needed |= {reference.to_source for reference in config.references(SOURCES[name])}
    return [name for name in config.cleaning_order if name in needed]


@contextmanager
def _engine(settings: Settings, config: Config, temp: Path) -> Iterator[Engine]:
    path = publication(settings, config.pipeline.engine)
    if not path.exists():
        if config.has("identities"):
            raise UserError(f"who is one person with whom is not known: {path} does not exist. Run 'segmentation run' first.")
        engine = DuckDBEngine(None, config.pipeline.engine, temp)
        try:
            yield engine
        finally:
            engine.close()
        return
    with publication_engine(path, config.pipeline.engine, temp) as opened:
        yield opened


def _write_identity(engine: Engine) -> None:
    """The table of a run that tells who goes by the id of another."""
    merges = engine.table("published.customer_merges")
    now = merges.filter(merges.until.isnull()).select("customer_id", "canonical_customer_id").distinct()
    engine.write(tables.CUSTOMER_IDENTITY, now)


def lists_to_check(lists: Sequence[AudienceList], day: date | None, campaign: str | None) -> list[AudienceList]:
    """The newest versions of the lists of ``day`` (None = the newest day there is), of one campaign or of all."""
    if not lists:
        raise UserError("there is no list yet: data/audiences is empty. Run 'segmentation run' first.")
    wanted = day or max(each.as_of for each in lists)
    of_day = [each for each in lists if each.as_of == wanted]
    if not of_day:
        days = sorted({each.as_of.isoformat() for each in lists})
        raise UserError(f"there is no list of {wanted}. Days with lists: {', '.join(days[-10:])}")
    found = {each.campaign: each for each in of_day}  # in order of version
    if campaign is not None and campaign not in found:
        raise UserError(f"there is no list of campaign '{campaign}' of {wanted}. Lists of that day: {', '.join(found)}")
    return [each for name, each in found.items() if campaign in (None, name)]
