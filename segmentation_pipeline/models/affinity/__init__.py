"""By which channel and at which hour a customer responds (``docs/models.md``)."""
