"""How a file is looked at before anybody has said how to read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.ingest.files import SourceFile
from segmentation_pipeline.starting.exports import Export, look_at

HEADER, RECORD = "order,customer,day,amount", "1,ann,2024-03-01,5.00"


def look(folder: Path, content: bytes, known: str | None = None) -> Export:
    path = folder / "export.csv"
    path.write_bytes(content)
    return look_at(SourceFile(path, path.name, "csv"), lambda names: known is not None and known in names)


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_sign_between_columns_is_that_of_the_line_with_their_names(tmp_path: Path, sign: str) -> None:
    export = look(tmp_path, f"{HEADER}\n{RECORD}\n".replace(",", sign).encode())
    assert export.csv.delimiter == sign
    assert export.values["customer"] == ["ann"]


def test_lines_above_the_columns_are_counted_and_a_line_that_names_the_sign_is_not(tmp_path: Path) -> None:
    titles = look(tmp_path, f"Orders of March\n\n{HEADER}\n{RECORD}\n".encode())
    assert (titles.csv.skip_lines, titles.header[0]) == (2, "order")
    named = look(tmp_path, f"sep=;\n{HEADER}\n{RECORD}\n".replace(",", ";").encode())
    assert (named.csv.skip_lines, named.csv.delimiter) == (0, ";")


def test_the_first_known_line_counts_and_not_a_wider_one(tmp_path: Path) -> None:
    export = look(tmp_path, f"{HEADER}\n{RECORD}\nsome,words,of,a,longer,line\n".encode(), known="customer")
    assert (export.csv.skip_lines, len(export.header)) == (0, 4)


def test_utf_16_is_told_by_its_mark_and_other_encodings_are_only_proposed(tmp_path: Path) -> None:
    text = f"{HEADER}\n1,Müller,2024-03-01,5.00\n"
    assert look(tmp_path, text.encode("utf-16")).csv.encoding == "utf-16"
    latin = look(tmp_path, text.encode("windows-1252"))
    assert latin.encodings[0][0] == "windows-1252"
    assert "Mü" in latin.encodings[0][1]
    assert look(tmp_path, text.encode()).encodings == ()


def test_values_over_several_lines_and_headers_that_come_again(tmp_path: Path) -> None:
    export = look(tmp_path, f'{HEADER}\n1,"ann\nof ""here""",2024-03-01,5.00\n{HEADER}\n2,bob,2024-03-02,\n'.encode())
    assert export.values == {
        "order": ["1", "2"],
        "customer": ['ann\nof "here"', "bob"],
        "day": ["2024-03-01", "2024-03-02"],
        "amount": ["5.00"],
    }


def test_a_file_without_names_of_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="names columns"):
        look(tmp_path, b"1,2,3\n4,5,6\n")
