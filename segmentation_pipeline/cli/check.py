"""``segmentation check``: is the configuration right, and what does it switch on and off?"""

from __future__ import annotations


def check() -> None:
    """Validate the configuration without running anything; list what is off and what would turn it on."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from segmentation_pipeline.config.load import load_config
    from segmentation_pipeline.contracts.sources import SOURCES
    from segmentation_pipeline.features.catalog import feature_columns, unavailable_columns
    from segmentation_pipeline.ingest.files import find_files
    from segmentation_pipeline.settings import Settings

    settings = Settings.find()
    config = load_config(settings.config)
    console = Console()
    table = Table("source", "files", "state", title=f"sources of {settings.root.name}")
    for name, contract in SOURCES.items():
        if name not in config.sources:
            table.add_row(name, "", f"off: not in sources.yaml. {contract.description}")
            continue
        source = config.sources[name]
        if source.derive_from:
            table.add_row(name, "", f"made from {source.derive_from}")
        else:
            files = find_files(settings.root, name, source.patterns, source.format)
            table.add_row(name, str(len(files)), "on")
    console.print(table)
    off: dict[str, list[str]] = {}
    for column, reason in unavailable_columns(config).items():
        off.setdefault(reason, []).append(column)
    for reason, columns in off.items():
        console.print(f"[yellow]off[/] {escape(', '.join(columns))}: {escape(reason)}", soft_wrap=True, highlight=False)
    console.print(
        f"[green]ok[/] {len(config.sources)} sources, {len(feature_columns(config))} columns for rules, "
        f"{len(config.segmentations)} segmentations, {len(config.campaigns)} campaigns.", highlight=False,
    )
