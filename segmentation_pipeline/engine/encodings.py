"""What encoding a text file is in, where it is not in the one it should be: told with what it would read, never assumed."""

from __future__ import annotations

from pathlib import Path

from segmentation_pipeline.config.schema import CsvOptions
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.engine.probable_encodings import not_in_encoding
from segmentation_pipeline.engine.text_files import TextScan, open_text

NATIVE = ("utf-8", "utf-16", "latin-1")
"""What the engine's reader knows by itself; files in others are written anew first."""

_CHUNK = 1 << 20


def decoding(csv: CsvOptions, look: TextScan) -> CsvOptions:
    """The options under which the file's characters are letters: ``latin-1`` with the signs of windows-1252 is that."""
    return csv.model_copy(update={"encoding": "windows-1252"}) if csv.encoding == "latin-1" and look.controls else csv


def check_encoding(path: Path, csv: CsvOptions, look: TextScan) -> None:
    """Raise ``SourceFileError`` for a file that is not in its encoding as a whole, with the one that probably is right.

    A file with valid UTF-8 beyond ASCII is UTF-8: records in it that are not are refused one by one, and in a text of any
    other encoding hardly a letter is.
    """
    if csv.encoding == "utf-8" and look.odd_bytes is not None and not look.beyond:
        raise SourceFileError(not_in_encoding(path, csv.encoding, look.odd_bytes))
    if csv.encoding not in ("utf-8", "utf-16") and (look.beyond or look.controls) and _is_utf8(path):
        raise SourceFileError(
            f"{path}: the file is utf-8, and csv.encoding in sources.yaml says {csv.encoding}, under which a letter such as é "
            f"would be two others. Take csv.encoding away, or write the file in {csv.encoding} as the others of its source are."
        )


def _is_utf8(path: Path) -> bool:
    # Here and not above: opening a file as text tells of encodings, too.
    try:
        with open_text(path, "utf-8", "strict") as file:
            while file.read(_CHUNK):
                pass
    except UnicodeDecodeError:
        return False
    return True
