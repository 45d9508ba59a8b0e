"""A certificate cannot be changed or taken away unseen."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from segmentation_pipeline.rights.certificate import FILE, BrokenChain, append_certificate, verify_chain


def test_each_certificate_follows_from_the_one_before(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    assert verify_chain(folder) == []
    first, second = (append_certificate(folder, {"people": number}) for number in (1, 2))
    assert second["previous"] == first["hash"]
    assert [record["people"] for record in verify_chain(folder)] == [1, 2]
    path = folder / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = path.read_text().splitlines()
    changed = json.loads(lines[0]) | {"people": 9}
    for broken in ([json.dumps(changed), lines[1]], lines[1:], [lines[0], lines[0]], [lines[0], "{"]):
        path.write_text("\n".join(broken) + "\n")
        with pytest.raises(BrokenChain, match=r"Restore the file from a backup\."):
            verify_chain(folder)
        with pytest.raises(BrokenChain):
            append_certificate(folder, {"people": 3})
