"""The checks as a static web site: Great Expectations' Data Docs.

Imports Great Expectations; ``Validator.build_docs`` imports this module when it is called.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from segmentation_pipeline.engine.file_modes import make_readable
from segmentation_pipeline.quality.offline_docs import take_offline

_SITE = "local_site"


def build_docs(context: Any, folder: Path) -> Path:
    """Write suites and latest results of ``context`` to ``folder``; the path of ``index.html``.

    Pages hold rules and figures, no values of failing rows, and load nothing.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for name in context.get_site_names():
        context.delete_data_docs_site(name)
    context.add_data_docs_site(
        site_name=_SITE,
        site_config={
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        },
    )
    context.build_data_docs(site_names=[_SITE])
    index = take_offline(folder)
    make_readable(folder)
    return index
