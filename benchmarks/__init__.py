"""Commands that print how fast the pipeline is, beside a hand-written reference on the same files."""
