"""Every account there is, and whose it is."""

from __future__ import annotations

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.privacy.accounts import accounts


def test_an_id_that_only_identities_name_is_an_account_of_the_person() -> None:
    """Gina's orders are gina2's, and she is called gina: a restriction of gina is hers."""
    engine = DuckDBEngine(None)
    everybody = engine.memtable({"customer_id": ["gina2", "anna"]}, {"customer_id": "string"})
    names = {"customer_id": ["gina2"], "canonical_customer_id": ["gina"]}
    found = accounts(everybody, engine.memtable(names, dict.fromkeys(names, "string")), None, None, places=False)
    rows = sorted((row["account"], row["customer_id"]) for row in engine.rows(found))
    assert rows == [("anna", "anna"), ("gina", "gina"), ("gina2", "gina")]
    engine.close()
