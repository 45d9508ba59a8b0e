"""What will customers do?  Models that learn from earlier days and are judged on later ones (``docs/models.md``)."""
