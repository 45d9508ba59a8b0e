"""Holidays and occasions as days; pure dates, no tables."""
