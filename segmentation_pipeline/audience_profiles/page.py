"""The profiles of upload files as a page of the documentation: ``docs/uploads.md`` is what this makes."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from segmentation_pipeline.audience_profiles.catalog import audience_profiles
from segmentation_pipeline.config.schema import AudienceProfile, ListColumn

_HEAD = """# Lists that can be uploaded

`profile: klaviyo` in a campaign writes the list in the form the platform takes, beside `audience.csv`, which stays the
record of who is on the list. Each profile is one file in
`segmentation_pipeline/audience_profiles`; this page is made from these files,
and a file of yours in `config/audience_profiles/` is one more.

```yaml
campaigns:
  spring:
    channel: email
    profile: klaviyo
    content:
      segment: value_tier                # a column of customer_profile, or a segmentation
      offer: {text: SPRING10}            # the same in every row
      why: reason                        # why the customer was chosen, in words
      picks: recommended_products        # the first three products of the customer's list, by name
```

In `data/audiences/<as_of>/<campaign>/` lie then

| file | holds |
|---|---|
| `klaviyo.csv`, `klaviyo.2.csv`, ... | the whole list; as many files as the platform's limits ask for |
| `klaviyo.removed.csv` | whom to take off: who left, and the old address of who has another now. **Upload it first** |
| `klaviyo.added.csv` | who is new since the list before, or is told of otherwise |
| `klaviyo.members.csv` | by which values each person was written. Never upload it: removals and erasures need it |
| `klaviyo.revoked.csv` | after `segmentation audience verify`: by what the platform finds those not to be contacted |

`manifest.json` has rows and SHA-256 of each, and under `upload` the settings, the columns, how many people of the list the
platform cannot find (no number in E.164, say), what to declare as consent, and warnings: a list below the platform's minimum
among them. Where the profile, its version or its settings changed since the list before, everybody is new and nobody is named
for removal: the manifest says so, and the list at the platform is to be replaced.

Somebody who was erased stands in none of these files any more, and so in no later `removed` file. What each platform knew
them by (`profile`, `found_by`) stands in the list that `segmentation forget --removed FILE` writes, and in
`removed/<erasure>.csv` of the object store that receives the audience files; delete both once they were used.

`content` columns that say what a person is (age, gender, income and the like), or a segmentation made of them, are refused: no
channel needs them. `recommended_products` needs lines of orders that name products
([what is recommended](models.md#next-product)).

How something is hashed differs from platform to platform, so every form is made from the normalised address at the export, and
nothing that is not known is hashed.
"""


def page() -> str:
    """The whole page."""
    lines = [_HEAD, "| profile | file | channels |", "|---|---|---|"]
    lines += [f"| [`{name}`](#{name}) | {one.title} | {', '.join(one.channels)} |" for name, one in audience_profiles().items()]
    for name, profile in audience_profiles().items():
        lines += ["", f"## {name}", "", *_section(profile)]
    return "\n".join(lines) + "\n"


def _section(profile: AudienceProfile) -> Iterator[str]:
    yield f"{profile.title}, version {profile.version}; {_format(profile)}."
    yield ""
    yield "| column | holds | on lists |"
    yield "|---|---|---|"
    for column in profile.columns:
        yield f"| `{column.header}` | {_holds(column)} | {_where(column)} |"
    yield ""
    for name, setting in profile.settings.items():
        answers = "; ".join(f"`{answer}`: {means}" for answer, means in setting.answers.items())
        yield f"- `profile_settings: {{{name}: ...}}` {setting.question} {answers}. Usual is `{setting.usual}`."
    if told := _limits(profile):
        yield f"- {told}."
    if profile.consent:
        declared = ", ".join(f"`{key}`: {value}" for key, value in profile.consent.items())
        yield f"- Declare for the whole upload, where the ledger of consents was asked: {declared}."
    if not profile.content:
        yield "- Takes no `content`."
    yield f"- To upload: {profile.upload}."
    yield f"- To take off: {profile.removal}."
    yield from (f"- {note}" for note in profile.notes)
    if profile.documentation:
        yield f"- Rules read at {', '.join(f'<{address}>' for address in profile.documentation)}."


def _format(profile: AudienceProfile) -> str:
    if profile.format != "csv":
        return {"parquet": "Parquet", "json_lines": "JSON lines, UTF-8"}[profile.format]
    return "CSV, UTF-8 with a byte order mark" if profile.byte_order_mark else "CSV, UTF-8"


def _holds(column: ListColumn) -> str:
    if column.field is None:
        return f"`{column.value}`" if column.value else "nothing"
    form = "" if column.spelling == "plain" else f" ({column.spelling.replace('_', ' ')})"
    digest = ", SHA-256" if column.hash else ""
    cut = f", at most {column.longest} characters" if column.longest else ""
    return f"{column.field}{form}{digest}{cut}" + ("; finds the person" if column.identifies else "")


def _where(column: ListColumn) -> str:
    parts = [", ".join(column.channels)] if column.channels else []
    parts += [f"`{setting}`: {' or '.join(answers)}" for setting, answers in column.when.items()]
    parts += ["where consent was asked"] if column.states_consent else []
    return "; ".join(parts) or "all"


def _limits(profile: AudienceProfile) -> str:
    limits = profile.limits
    found = [f"at most {limits.rows:,} rows a file"] if limits.rows else []
    found += [f"at most {limits.bytes:,} bytes a file"] if limits.bytes else []
    found += [f"a warning below {limits.fewest_people:,} people"] if limits.fewest_people else []
    told = ", ".join(found)
    return told[:1].upper() + told[1:]


if __name__ == "__main__":
    sys.stdout.write(page())
