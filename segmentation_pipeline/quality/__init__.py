"""Checks on tables: rules as data, run by Great Expectations inside the engine.

Great Expectations takes seconds to import, so only ``gx_*.py`` import it and they are imported when
the first check runs.
"""

import os

# It reads the variable once, while it is imported: no usage data leaves the machine.
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
