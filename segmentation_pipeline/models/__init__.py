"""Fit on counts or bounded samples, score as table expressions, record every version."""
