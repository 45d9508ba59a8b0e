"""Finished tables brought to where others read them, after publication; never more than was published."""
