"""Which customers changed suddenly against their own history, and what changed (``docs/models.md``)."""
