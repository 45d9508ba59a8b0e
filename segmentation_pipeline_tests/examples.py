"""How many examples a property test draws: few in ``make test``, many in ``make test-wide``.

The tier is a profile of hypothesis.  ``few`` (used unless another is named) and ``many`` draw the same examples each time, so
that a commit passes or fails whoever asks; ``search`` draws other ones each time:

    python -m pytest segmentation_pipeline_tests/properties --hypothesis-profile=search
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

UNHURRIED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
"""An example of a test that asks an engine takes long, and fixtures here are an engine without state."""

FEW, MANY = 100, 1000


def register_profiles() -> None:
    """Make the profiles known and take ``few``; ``--hypothesis-profile`` takes another."""
    settings.register_profile("few", max_examples=FEW, derandomize=True, deadline=None, suppress_health_check=UNHURRIED)
    settings.register_profile("many", max_examples=MANY, derandomize=True, deadline=None, suppress_health_check=UNHURRIED)
    settings.register_profile("search", settings.get_profile("many"), derandomize=False)
    settings.load_profile("few")


def examples(few: int, many: int) -> settings:
    """So many examples in ``make test``, and so many in ``make test-wide``."""
    return settings(max_examples=few if settings().max_examples == FEW else many)
