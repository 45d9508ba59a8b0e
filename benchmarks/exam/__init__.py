"""One exam of every model on data it has not seen: each beside its baseline and, where the truth is known, the best possible."""
