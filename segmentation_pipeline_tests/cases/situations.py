"""Situations of real ledgers in which the first release wrote to people it must not, each with what comes of it now.

``python -m segmentation_pipeline_tests.cases.situations`` runs them and prints them.  People of different situations have
nothing in common, so that one run plays most of them; what stops a run is delivered one thing after the other.
"""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from segmentation_pipeline_tests.end_to_end.project import query, segmentation

DAY, NEXT_DAY = "2026-06-30", "2026-07-01"
CONFIG = {
    "pipeline.yaml": f"business: {{timezone: Europe/Berlin, currency: EUR}}\nrun: {{start_date: 2026-01-01, as_of: {DAY}}}\n"
    "identity: {default_region: DE}\n",
    "privacy.yaml": "consent: required\nsalt: situations\nattributes: [country, gender]\n",
    "sources.yaml": "sources:\n"
    + "".join(f"  {name}: {{files: data/raw/{name}.csv}}\n" for name in ("customers", "orders", "identities"))
    + "  consents: {files: ['data/raw/consents*']}\n  suppressions: {files: ['data/raw/suppressions*']}\n",
    "segmentations.yaml": "segmentations: {rfm: {kind: rfm, title: RFM}}\n",
}
CAMPAIGN = "campaigns:\n  news: {{title: News, channel: email, audience: {rule}, rank_by: monetary, holdout_share: 0.0}}\n"
COLUMNS = {
    "customers": "customer_id,first_name,email,birth_date,country",
    "orders": "order_id,customer_id,ordered_at,amount",
    "consents": "customer_id,channel,purpose,status,occurred_at",
    "suppressions": "customer_id,reason,suppressed_at",
    "identities": "record_id,customer_id,system,kind,identifier,seen_at",
}
GRANT = "{},email,marketing,granted,2026-02-01 09:00:00"
WILLING = [f"ok{number:02}" for number in range(40)]


@dataclass(frozen=True)
class Situation:
    """Customers with an order and a grant each, and what else the files say of them.

    ``out`` may be in no file, ``listed`` must be; ``people`` are how many persons they must be.  ``mails`` are addresses
    other than ``KEY@mail.test``, ``bought`` keys as the orders have them, ``no_grant`` who never agreed.
    """

    name: str
    before: str
    out: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    people: int | None = None
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mails: Mapping[str, str] = field(default_factory=dict)
    bought: tuple[str, ...] = ()
    no_grant: tuple[str, ...] = ()

    @property
    def customers(self) -> tuple[str, ...]:
        return (*self.out, *self.listed)


def _identities(kind: str, groups: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(
        f"{kind}{key},{key},web,{kind},{value},2026-01-0{day}"
        for value, keys in groups.items()
        for day, key in enumerate(keys, start=1)
    )


def _groups(prefix: str, values: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {value: tuple(f"{prefix}{place}{one}" for one in "abc") for place, value in enumerate(values)}


NUMBERS = _groups("ph", ("000000000", "+49 30 0000000", "0123456789", "1111111111", "n/a"))
MAILS = _groups("em", ("none@none.com", "unknown@mail.test", "noreply@shop.test"))
STRANGERS = tuple(key for group in (*NUMBERS.values(), *MAILS.values()) for key in group)

SITUATIONS = (
    Situation(
        "quarantined_withdrawal",
        "bad_time, bad_status and no_date are in the file: the rows that say no were refused and forgotten",
        out=("bad_time", "bad_status", "no_date"),
        rows={
            "consents": (
                "bad_time,email,marketing,withdrawn,2026-06-31 10:00:00",
                "bad_status,email,marketing,unsubscribed,2026-06-20 10:00:00",
            ),
            "suppressions": ("no_date,deceased,",),
        },
    ),
    Situation(
        "consent_of_other_address",
        "old-a@ never agreed and is written to with the consent of new-b@, whose person it is",
        out=("i1a",),
        listed=("i1b",),
        people=1,
        mails={"i1a": "old-a@mail.test", "i1b": "new-b@mail.test"},
        no_grant=("i1a",),
        rows={"identities": ("p1,i1a,web,phone,+49 228 7364519,2026-03-01", "p2,i1b,web,phone,0228/7364519,2026-01-01")},
    ),
    Situation(
        "placeholder_identifiers",
        "six strangers become two customers of three orders each",
        listed=STRANGERS,
        people=len(STRANGERS),
        rows={"identities": _identities("phone", NUMBERS) + _identities("email", MAILS)},
    ),
    Situation(
        "same_address",
        "twin@ is suppressed as tw1 and written to as tw2; tyin@ stands twice in the file",
        out=("tw1", "tw2", "ty2"),
        listed=("ty1",),
        mails={"tw1": "twin@mail.test", "tw2": "Twin@mail.test", "ty1": "tyin@mail.test", "ty2": "tyin@mail.test"},
        rows={"suppressions": ("tw1,complaint,2026-03-01",), "orders": ("more,ty1,2026-06-10 12:00:00,10.00",)},
    ),
    Situation(
        "unmatched_opt_out",
        "all four who said no by another channel's name, in other capitals or by their address are written to, without a word",
        out=("k_all", "k_chan", "k_case", "k_mail"),
        rows={
            "consents": (
                "k_all,all,all,withdrawn,2026-06-20 10:00:00",
                "k_chan,E-Mail,marketing,withdrawn,2026-06-20 10:00:00",
            ),
            "suppressions": ("K_CASE,complaint,2026-03-01", "k_mail@mail.test,complaint,2026-03-01", "nobody,old,2026-03-01"),
        },
    ),
    Situation(
        "withdrawn_after_midnight",
        "late objected at 00:30, the list of 05:30 has them",
        out=("late",),
        rows={"consents": ("late,email,marketing,withdrawn,2026-07-01 00:30:00",)},
    ),
    Situation(
        "ids",
        "a suppression of 1234567.0, as a data frame writes it, is none of customer 1234567",
        out=("1234567",),
    ),
    Situation(
        "nbsp",
        "ann, ann with a blank that does not break and ann with a sign without width are three customers",
        listed=("ann",),
        people=1,
        bought=("ann\u00a0", "\u200bann"),
    ),
)
SUPPRESSED = "s1"
"""Of ``empty_suppressions``: on the list until it is emptied."""
GONE = [f"gone{number:02}" for number in range(30)]
"""Suppressed, and customers no longer."""


@dataclass(frozen=True)
class Told:
    """One line of the table."""

    name: str
    before: str
    now: str
    right: bool


def write(project: Path) -> None:
    (project / "config").mkdir(parents=True)
    raw = project / "data" / "raw"
    raw.mkdir(parents=True)
    for name, text in CONFIG.items():
        (project / "config" / name).write_text(text)
    _campaign(project, "frequency >= 1")
    rows: dict[str, list[str]] = {name: [] for name in COLUMNS}
    for situation in (Situation("", "", listed=(*WILLING, SUPPRESSED)), *SITUATIONS):
        for customer in situation.customers:
            # Half a merged person is no stranger: of one name, born on one day.
            born = date(1980, 5, 5)
            rows["customers"].append(f"{customer},A,{situation.mails.get(customer, f'{customer}@mail.test')},{born},DE")
        for customer in (*situation.customers, *situation.bought):
            rows["orders"].append(f"o{len(rows['orders'])},{customer},2026-06-10 12:00:00,50.00")
        rows["consents"] += [GRANT.format(customer) for customer in situation.customers if customer not in situation.no_grant]
        for source, more in situation.rows.items():
            rows[source] += more
    rows["suppressions"] += [f"{customer},complaint,2026-03-01" for customer in (SUPPRESSED, *GONE)]
    for name, lines in rows.items():
        (raw / f"{name}.csv").write_text("\n".join([COLUMNS[name], *lines]) + "\n", encoding="utf-8")
    _parquet(raw / "suppressions_frame.parquet", [1234567.0])


def _campaign(project: Path, rule: str) -> None:
    (project / "config" / "campaigns.yaml").write_text(CAMPAIGN.format(rule=rule))


def _parquet(path: Path, keys: list[float]) -> None:
    pq.write_table(pa.table({"customer_id": pa.array(keys), "suppressed_at": ["2026-01-01"] * len(keys)}), path)


def outcomes() -> list[Told]:
    """Play every situation; the first that is not right ends nothing."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        write(project)
        ran = segmentation(project, "run")
        if ran.returncode:
            return [Told(each.name, each.before, f"stops: {_said(ran.stdout)}", right=False) for each in SITUATIONS]
        with (project / "data" / "audiences" / DAY / "news" / "audience.csv").open(newline="") as file:
            entries = [(row["customer_id"], row["email"]) for row in csv.DictReader(file)]
        told = [_listed(project, each, entries) for each in SITUATIONS]
        told += [_stops(project, *each) for each in STOPS]
    return told


def _listed(project: Path, situation: Situation, entries: list[tuple[str, str]]) -> Told:
    keys, addresses = [key for key, _ in entries], [email for _, email in entries]
    wrong = sorted(key for key in situation.out if key in keys and _address(situation, key) in addresses)
    missing = sorted(key for key in situation.listed if _address(situation, key) not in addresses)
    now = [f"not in the file: {_some(situation.out)}"] if situation.out and not wrong else []
    now += [f"in the file: {_some(situation.listed)}"] if situation.listed and not missing else []
    now += [f"WRITTEN TO: {_some(tuple(wrong))}"] if wrong else []
    now += [f"NOT WRITTEN TO: {_some(tuple(missing))}"] if missing else []
    persons = len(_persons(project, situation))
    if situation.people is not None:
        now.append(f"{persons} person{'s' * (persons != 1)}")
    unmatched = query(project, "SELECT count(*) FROM unmatched_opt_outs")[0][0]
    if situation.name == "unmatched_opt_out":
        now.append(f"told as matching nobody: {unmatched}")
    right = not wrong and not missing and situation.people in (None, persons) and len(addresses) == len(set(addresses))
    return Told(situation.name, situation.before, "; ".join(now), right)


def _address(situation: Situation, key: str) -> str:
    return situation.mails.get(key, f"{key}@mail.test").lower()


def _persons(project: Path, situation: Situation) -> set[str]:
    names = ", ".join(f"'{key}'" for key in (*situation.customers, *situation.bought))
    return {row[0] for row in query(project, f"SELECT customer_id FROM customer_profile WHERE customer_id IN ({names})")}


def _some(keys: tuple[str, ...]) -> str:
    return ", ".join(keys) if len(keys) < 6 else f"{', '.join(keys[:3])} and {len(keys) - 3} more"


def _cut_line(project: Path) -> list[str]:
    (project / "data" / "raw" / "consents_cut.csv").write_text(f"{COLUMNS['consents']}\nbad_ti\n")
    return ["run"]


def _twofold(project: Path) -> list[str]:
    (project / "data" / "raw" / "consents_cut.csv").unlink()
    row = '{"customer_id": "ok01", "channel": "email", "purpose": "marketing", "status": "granted", "status": "withdrawn", '
    row += '"occurred_at": "2026-06-20 10:00:00"}'
    (project / "data" / "raw" / "consents_more.jsonl").write_text(row + "\n")
    return ["run"]


def _lost_digits(project: Path) -> list[str]:
    (project / "data" / "raw" / "consents_more.jsonl").unlink()
    _parquet(project / "data" / "raw" / "suppressions_more.parquet", [90071992547409931.0])
    return ["run"]


def _emptied(project: Path) -> list[str]:
    (project / "data" / "raw" / "suppressions_more.parquet").unlink()
    (project / "data" / "raw" / "suppressions.csv").write_text(f"{COLUMNS['suppressions']}\n")
    return ["run", "--as-of", NEXT_DAY]


def _absent_column(project: Path) -> list[str]:
    _campaign(project, "gender is null")
    return ["check"]


Change = Callable[[Path], list[str]]
STOPS: tuple[tuple[str, str, Change, str], ...] = (
    (
        "quarantined_withdrawal, cut off",
        "the line is refused, and who objected in it is written to",
        _cut_line,
        r"consents_cut\.csv, record 1.*not_opt_outs",
    ),
    (
        "quarantined_withdrawal, two statuses",
        "the first status counts: granted",
        _twofold,
        r"consents_more\.jsonl, record 1.*not_opt_outs",
    ),
    (
        "ids, digits lost",
        "the key is read as that of another customer",
        _lost_digits,
        r"suppressions_more\.parquet, record 1.*not_opt_outs",
    ),
    (
        "empty_suppressions",
        f"the next day's list has {SUPPRESSED}: whoever was on the emptied suppression list is written to",
        _emptied,
        r"source 'suppressions'.*known opt-outs are gone.*suppressions\.csv:[0-9]+.*--accept-shrunk suppressions",
    ),
    (
        "colfile",
        "a campaign on a column that the file lacks runs, and chooses everybody",
        _absent_column,
        r"campaigns\.yaml:2.*customers\.gender, which no file of the source has.*sources\.customers\.columns",
    ),
)
"""What stops, with what it must say: the place and the cure."""


def _stops(project: Path, name: str, before: str, change: Change, says: str) -> Told:
    arguments = change(project)
    done = segmentation(project, *arguments)
    said = _said(done.stdout + done.stderr)
    made = (project / "data" / "audiences" / NEXT_DAY).exists()
    right = done.returncode == 1 and re.search(says, said) is not None and not made
    return Told(
        name, before, f"{'refuses' if arguments == ['check'] else 'stops'}: {said}" if done.returncode else "GOES ON", right
    )


def _said(output: str) -> str:
    """What a run or check that stopped says."""
    text = " ".join(output.split())
    found = re.search(r"(?:error \S+: |Error: )(.*?)(?: Run failed after|$)", text)
    return found.group(1) if found else text[-300:]


if __name__ == "__main__":
    import sys

    sys.stdout.write("situation | before | now\n")
    for each in outcomes():
        sys.stdout.write(f"{each.name} | {each.before} | {each.now}{'' if each.right else ' (WRONG)'}\n")
