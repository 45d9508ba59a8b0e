"""Rows of databases and objects of object stores, fetched to files of the project before ingest reads them.

After landing nothing knows where a file came from: fingerprints, incremental reading, provenance
and quarantine work as for files that were always there.
"""
