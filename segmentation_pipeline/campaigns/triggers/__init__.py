"""What a campaign may wait for: one file per trigger."""
