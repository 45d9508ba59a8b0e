"""Who is told when a night went wrong: what is worth telling, in words, and the ways it is brought, a file per kind.

Nothing here makes a run fail, and nothing personal leaves: an alert says what checks and messages say, which hold nobody's data.
"""
