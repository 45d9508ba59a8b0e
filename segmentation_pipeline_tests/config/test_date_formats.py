"""Lists of patterns in which the first would be wrong for some days."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from segmentation_pipeline.config.schema import SourceConfig


@pytest.mark.parametrize(
    "patterns", [["%d/%m/%Y", "%m/%d/%Y"], ["%Y-%m-%d", "%d-%m-%y", "%y-%m-%d"], ["%d.%m.%y %H:%M", "%m.%d.%y %H:%M"]]
)
def test_patterns_that_read_one_text_as_two_days_are_no_list(patterns):
    with pytest.raises(ValidationError, match="as two days, so that nobody can tell which is meant"):
        SourceConfig.model_validate({"files": "a.csv", "date_format": patterns})
    with pytest.raises(ValidationError, match="as two days"):
        SourceConfig.model_validate({"files": "a.csv", "columns": {"ordered_at": {"from": "day", "format": patterns}}})


@pytest.mark.parametrize(
    "patterns", [["%d.%m.%Y %H:%M", "%d.%m.%Y", "excel"], ["%d.%m.%Y", "%d.%m.%y"], ["%Y-%m-%d", "%d/%m/%Y"]]
)
def test_patterns_of_which_at_most_one_reads_a_text_are(patterns):
    SourceConfig.model_validate({"files": "a.csv", "date_format": patterns})
