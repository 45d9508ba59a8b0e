"""Records of processing (GDPR article 30), written from the configuration: what it does, for whom, for how long.

What no configuration can tell, such as who is responsible, is taken from ``privacy.yaml`` or named as missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from segmentation_pipeline.config.schema import Campaign, Config, SourceConfig
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.destinations.catalog import destinations_of
from segmentation_pipeline.markdown import plain
from segmentation_pipeline.privacy.addresses import CHANNEL_FIELDS
from segmentation_pipeline.privacy.consent import consent_basis

_MISSING = "**not configured**: set `{key}` in privacy.yaml"
_MEASURES = (
    "Names, addresses, telephone numbers and birth dates lie in one schema (`pii`) of a working file only the pipeline opens.",
    "Published tables, reports, logs and the user interface hold no names, addresses or birth dates.",
    "Audience files with contact data are readable by their owner alone and hold what the channel needs.",
    "One function makes audiences and cannot be called without consents and suppressions; a row that may be a no counts as one.",
    "Erasure (`segmentation forget`) rewrites the files it deletes from, searches them afterwards, and refuses the person's old "
    "rows in later deliveries by keyed hashes. Certificates of erasure are chained by hashes.",
    "Access requests (`segmentation subject`) are answered with every row held, its file and row, and the reasons for segments.",
    "A run that lost data beside the last delivery stops; a failed run leaves the last good publication.",
)


def records_of_processing(config: Config, as_of: date | None = None) -> str:
    """The page, in Markdown; ``as_of``: the day of the run that wrote it."""
    privacy = config.privacy
    parts = [
        "# Records of processing activities",
        f"Written from the configuration{f' by the run of {as_of}' if as_of else ''}. What the program does stands here; "
        "whether it is lawful is for the controller to judge.",
        "## Controller",
        f"- Controller: {plain(privacy.controller or _MISSING.format(key='controller'))}",
        f"- Data protection contact: {plain(privacy.data_protection_contact or _MISSING.format(key='data_protection_contact'))}",
        "## Purposes",
        _table(("activity", "purpose"), purposes(config).items()),
        f"Basis for contacting people: {plain(consent_basis(privacy, has_ledger=config.has('consents')))}.",
        "## People and data",
        "Customers of the shop" + (", and companies that are customers" if config.has("firmographics") else "") + ".",
        _table(
            ("source", "what a row is", "personal data", "comes from", "kept for"),
            (_source(config, name, source) for name, source in config.sources.items()),
        ),
        f"Personal attributes that features and rules may use: {', '.join(privacy.attributes) or 'none'}.",
        "## Profiling",
        _table(
            ("segmentation", "what it does"),
            ((name, f"{one.title}. {one.description}".strip()) for name, one in config.segmentations.items()),
        ),
        "Scores: recency, frequency and value; lifetime value with the probability that a customer still buys; clusters of "
        "similar customers. They decide who is written to. Where a price or a credit hangs on them, a person must look at it.",
        "## Recipients",
        _table(
            ("campaign", "channel", "fields handed over"),
            ((name, _channel(one), ", ".join(_handed_over(config, one))) for name, one in config.campaigns.items()),
        ),
        _table(
            ("destination", "receives"),
            ((str(one["destination"]), ", ".join(map(str, _listed(one["receives"])))) for one in destinations(config)),
        ),
        f"Transfers to other countries: {plain(privacy.transfers or _MISSING.format(key='transfers'))}",
        "## Erasure",
        "Rows leave with the files that hold them, at the age given above, or when a person is erased. Figures about groups "
        "stay.",
        "## Technical and organisational measures",
        "\n".join(f"- {measure}" for measure in _MEASURES),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _channel(campaign: Campaign) -> str:
    return f"{campaign.channel}, for {campaign.profile}" if campaign.profile else campaign.channel


def _handed_over(config: Config, campaign: Campaign) -> Iterable[str]:
    """What whoever receives a list learns of a person: the channel's fields, those of the platform's file, the content."""
    profile = config.audience_profiles.get(campaign.profile or "")
    columns = profile.columns_for(campaign.channel, campaign.profile_settings) if profile else ()
    of_platform = [f"{c.field} (SHA-256)" if c.hash else str(c.field) for c in columns if c.field and c.field != "rank"]
    # The channel's own file has a digest of the address, which the platform's file has in its own form.
    own = [] if of_platform and campaign.channel == "ads" else CHANNEL_FIELDS[campaign.channel]
    return dict.fromkeys([*own, *of_platform, *(f"{name} (content)" for name in campaign.content)])


def purposes(config: Config) -> dict[str, str]:
    """What data is used for, in words."""
    found = {"segmentation": "dividing customers into segments, and scores of what they are likely to buy"}
    for name, campaign in config.campaigns.items():
        found[f"campaign {name}"] = f"{campaign.purpose} by {campaign.channel}: {campaign.title}. {campaign.description}".strip()
    return found


def destinations(config: Config) -> list[dict[str, object]]:
    """Where published tables and audiences are brought; of an address, not who may read it there."""
    found: list[dict[str, object]] = []
    for destination in destinations_of(config):
        receives = list(destination.settings.tables or ["every published table"])
        receives += ["audience files with contact data"] if destination.audiences else []
        found.append({"destination": destination.recipient, "receives": receives})
    return found


def retention_in_words(config: Config, source: str) -> str:
    """How long rows of a source are kept."""
    days = config.sources[source].retention_days
    return "as long as the source's files hold it" if days is None else f"{days} days up to the day of the run"


def _source(config: Config, name: str, source: SourceConfig) -> tuple[str, ...]:
    contract = SOURCES[name]
    mapped = [c for c in contract.columns if not source.columns or c.name in source.columns]
    personal = [c.name for c in mapped if c.pii]
    linked = [c.name for c in mapped if c.is_key and c.name.endswith("customer_id")]
    by_order = ["by order number only"] if any(c.name == "order_id" for c in mapped) else ["none"]
    kinds = personal or (["by customer number only"] if linked else by_order)
    return name, contract.description, ", ".join(kinds), _origin(source), retention_in_words(config, name)


def _origin(source: SourceConfig) -> str:
    if source.derive_from:
        return f"made from {source.derive_from}"
    return source.origin.in_words if source.origin else ", ".join((*source.patterns, *source.urls))


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(plain(cell.replace('|', '/').replace(chr(10), ' ')) for cell in row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines]) if lines else ""
