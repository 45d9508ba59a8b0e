"""Exports of known platforms as data: one YAML file each says by which columns it is known and what they mean."""
