"""Whom a message changes: learnt from people who were drawn by lot, judged on others."""
