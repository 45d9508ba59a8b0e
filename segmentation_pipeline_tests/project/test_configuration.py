"""Every mistake in the configuration is told at once, with file, line, key, what is allowed and the nearest name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import segmentation_pipeline
from segmentation_pipeline.config.diagnostics import ConfigError, Diagnostic
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.available_columns import Catalog
from segmentation_pipeline.project.configuration import load_config

OWN_CONFIG = Path(segmentation_pipeline.__file__).parents[1] / "config"

ORDERS = "sources:\n  orders: {files: orders.csv}\n"

CATALOG = Catalog(
    columns={
        "frequency": Column("frequency", Type.INTEGER, "Orders."),
        "monetary": Column("monetary", Type.MONEY, "Net revenue."),
        "clv": Column("clv", Type.MONEY, "Value to come."),
        "cluster_distance": Column("cluster_distance", Type.NUMBER, "Distance."),
        "main_channel": Column("main_channel", Type.TEXT, "Channel."),
        "rfm_segment": Column("rfm_segment", Type.TEXT, "RFM."),
        "last_order_date": Column("last_order_date", Type.DAY, "Last order."),
    },
    unavailable={"return_rate": "source 'returns' is not configured", "gender": "privacy.yaml does not allow it"},
)


def write(folder: Path, **files: str | bytes) -> Path:
    for name, text in ({"sources": ORDERS} | files).items():
        (folder / f"{name}.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def problems(folder: Path, **files: str | bytes) -> list[Diagnostic]:
    with pytest.raises(ConfigError) as caught:
        load_config(write(folder, **files), CATALOG)
    return caught.value.problems


def only(folder: Path, **files: str | bytes) -> Diagnostic:
    (problem,) = problems(folder, **files)
    return problem


# ---------------------------------------------------------------- what loads


def test_the_smallest_project_names_its_orders_and_gets_defaults(tmp_path: Path) -> None:
    config = load_config(write(tmp_path))
    assert config.pipeline.business.timezone == "UTC"
    assert (list(config.segmentations), config.campaigns) == (["rfm"], {}), "a segmentation of what every project has"


def test_the_configuration_that_comes_with_the_project_loads() -> None:
    config = load_config(OWN_CONFIG)
    assert list(config.segmentations) == [
        *("rfm", "lifecycle", "value_tier", "cluster_segment"),
        *("country_segment", "age_segment", "language_segment"),
        *("lifestyle_segment", "benefit_sought", "brand_trust", "advocacy"),
        *("main_occasion", "shopping_intent", "email_engagement", "loyalty_behaviour"),
        "value_x_lifecycle",
    ], "one of each family at least"
    assert list(config.campaigns) == [
        *("win_back", "vip_early_access", "welcome_series", "cross_sell", "birthday_month", "summer_preview")
    ]


def test_plain_values_mean_what_they_look_like(tmp_path: Path) -> None:
    sources = """
sources:
  orders:
    files: orders.csv
    columns:
      order_id: {value: 007}
      customer_id: id
      ordered_at: {from: at, format: ["%Y-%m-%d", "%d.%m.%Y"]}
      amount: total
      channel: {from: where, values: {no: norway, on: online, 1: one}}
      status: {value: 2024-01-31}
"""
    columns = load_config(write(tmp_path, sources=sources), CATALOG).sources["orders"].columns
    assert columns["order_id"].value == "007"
    assert columns["status"].value == "2024-01-31"
    assert columns["channel"].values == {"no": "norway", "on": "online", "1": "one"}
    assert columns["ordered_at"].format == ("%Y-%m-%d", "%d.%m.%Y")
    assert columns["customer_id"].source_column == "id"


@pytest.mark.parametrize(
    ("files", "key_path", "found", "expected"),
    [
        ({"sources": 'sources:\n  orders: {files: "or\\x1b[31mders.csv"}\n'}, "sources.orders.files", "U+001B", "can be seen"),
        ({"sources": 'sources:\n  orders: {files: a, date_format: "\\u202e%Y"}\n'}, "sources.orders.date_format", "U+202E", "seen"),
        ({"sources": 'sources:\n  orders: {files: a, "\\x07b": 1}\n'}, "sources.orders", "a key with the invisible character U+0007", ""),
        ({"pipeline": f"quality: {{max_amount: {'9' * 5000}}}\n"}, "quality.max_amount", "a number of 5000 digits", "counted"),
        ({"pipeline": "quality: {max_volume_ratio: 1e999}\n"}, "quality.max_volume_ratio", "1e999", "a number"),
        ({"pipeline": "quality: {freshness_days: 4000000}\n"}, "quality.freshness_days", "4000000", "36500"),
        ({"sources": "sources:\n  orders: {files: a, retention_days: 4000000}\n"}, "sources.orders.retention_days", "4000000", "36500"),
        ({"sources": "sources:\n  orders: {files: a, xlsx: {sheet: 0}}\n"}, "sources.orders.xlsx.sheet", "0", "the name of a sheet"),
        ({"sources": "sources:\n  orders: {files: a, lookup: {b: {files: c, key: 3}}}\n"}, "sources.orders.lookup.b.key", "3", "a column, or"),
        ({"sources": "sources:\n  orders: {files: a, lookup: {b: {files: c, key: {}}}}\n"}, "sources.orders.lookup.b.key", "a mapping", "a column, or"),
        ({"sources": "sources:\n  orders: {files: a, retention_days: 0}\n"}, "sources.orders.retention_days", "0", "1"),
    ],
)  # fmt: skip
def test_values_that_cannot_work_are_told_with_their_place(
    tmp_path: Path, files: dict[str, str], key_path: str, found: str, expected: str
) -> None:
    problem = problems(tmp_path, **files)[0]
    assert problem.key_path == key_path and found in problem.found and expected in problem.expected
    assert str(problem).isprintable() or set(str(problem)) - {"\n"} == {c for c in str(problem) if c.isprintable()}


def test_a_delimiter_may_be_a_sign_nobody_sees(tmp_path: Path) -> None:
    text = 'sources:\n  orders: {files: a, csv: {delimiter: "\\x01"}}\n'
    assert load_config(write(tmp_path, sources=text), CATALOG).sources["orders"].csv.delimiter == "\x01"


def test_a_byte_order_mark_and_windows_line_ends_are_no_mistake(tmp_path: Path) -> None:
    load_config(write(tmp_path, sources=b"\xef\xbb\xbf" + ORDERS.replace("\n", "\r\n").encode()), CATALOG)


def test_a_rule_may_be_a_plain_true(tmp_path: Path) -> None:
    text = "segmentations:\n  all: {kind: rules, title: All, segments: [{name: everybody, when: true}]}\n"
    segmentation = load_config(write(tmp_path, segmentations=text), CATALOG).segmentations["all"]
    assert segmentation.segments[0].when == "true"  # type: ignore[union-attr]


# ---------------------------------------------------------------- files


def test_missing_sources_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"sources.yaml\n    found: no such file"):
        load_config(tmp_path)


@pytest.mark.parametrize("name", ["source.yaml", "campaigns.yml", "Pipelines.yaml", "segmentation.yaml"])
def test_a_misnamed_file_is_not_silently_ignored(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    problem = only(tmp_path)
    assert problem.found == "a file that is not read" and "did you mean" in str(problem.suggestion)


def test_other_yaml_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("")
    load_config(write(tmp_path), CATALOG)


@pytest.mark.parametrize("text", ["", "\n", "# all commented out\n", "---\n"])
def test_an_empty_file_is_a_mistake(tmp_path: Path, text: str) -> None:
    assert only(tmp_path, campaigns=text).found == "an empty file"


@pytest.mark.parametrize(("text", "found"), [("- a\n", "a list as the whole file"), ("hello\n", "'hello' as the whole file")])
def test_the_whole_file_must_be_a_mapping(tmp_path: Path, text: str, found: str) -> None:
    problem = only(tmp_path, pipeline=text)
    assert problem.found == found and "business" in problem.expected


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("a: 1\nb:\n\t- c\n", 3, "a tab in the indentation"),
        ("a: b: c\n", 1, "a ':' where no key can stand (column 5)"),
        ("a: 1\nb\n", 3, "a key without ':'"),
        ("a:\n  b: 1\n c: 2\n", 3, "a line indented unlike its neighbours"),
        ("a: 'x\n", 2, "a quote that is never closed"),
        ("a: 1\n---\nb: 2\n", 2, "a second document"),
        ("a: *x\n", 1, "an alias"),
        ("a: &x 1\nb: *x\n", 2, "an alias"),
        ("a: @x\n", 1, "a character no value can begin with"),
        ("a: [1, 2\n", 2, "not YAML"),
        ("a: !!python/object:os.system x\n", 1, "the tag"),
        ("a: !mine {b: 1}\n", 1, "the tag"),
        ("? [a]\n: b\n", 1, "a key that is a list or mapping"),
        ("a: \x07\n", 1, "the invisible character U+0007"),
        ("[" * 3000, None, "nested hundreds of levels"),
    ],
)
def test_what_is_not_yaml_is_told_with_its_line(tmp_path: Path, text: str, line: int | None, part: str) -> None:
    told = [p for p in problems(tmp_path, pipeline=text) if part in p.found]
    assert [p.line for p in told] == [line]


def test_a_file_in_another_encoding_is_told_with_the_line_of_the_first_strange_byte(tmp_path: Path) -> None:
    problem = only(tmp_path, privacy="consent: required\nsalt: Käse-und-mehr\n".encode("latin-1"))
    assert (problem.line, "0xE4" in problem.found, "UTF-8" in problem.expected) == (2, True, True)


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "campaigns.yaml").mkdir()
    assert "cannot be read" in only(tmp_path).found


# ---------------------------------------------------------------- shapes


@pytest.mark.parametrize(
    ("file", "text", "line", "key_path", "found", "expected"),
    [
        ("pipeline", "busness:\n  timezone: UTC\n", 1, "busness", "the unknown key 'busness'", "did you mean 'business'?"),
        ("pipeline", "run:\n  hour: 5\n  houre: 6\n", 3, "run.houre", "the unknown key 'houre'", "did you mean 'hour'?"),
        (
            "pipeline",
            "run:\n  hour: 5\n  minute: 1\n  hour: 6\n",
            4,
            "run.hour",
            "the key 'hour' a second time (first on line 2)",
            "once",
        ),
        ("pipeline", "run:\n  hour: true\n", 2, "run.hour", "true", "a whole number, at least 0 and at most 23"),
        ("pipeline", "run:\n  hour: '5'\n", 2, "run.hour", "'5'", "a whole number"),
        ("pipeline", "run:\n  hour: 24\n", 2, "run.hour", "24", "at most 23"),
        ("pipeline", "run:\n  hour:\n", 2, "run.hour", "nothing", "a whole number"),
        ("pipeline", "run:\n  start_date: 2024\n", 2, "run.start_date", "2024", "a day such as 2024-01-31"),
        ("pipeline", "run:\n  start_date: 2024-02-30\n", 2, "run.start_date", "'2024-02-30'", "a day such as 2024-01-31"),
        ("pipeline", "run: 5\n", 1, "run", "5", "a mapping with keys such as start_date"),
        ("pipeline", "engine:\n  kind: dukdb\n", 2, "engine.kind", "'dukdb'", "'duckdb'"),
        ("pipeline", "business:\n  currency: euro\n", 2, "business.currency", "'euro'", "three capital letters"),
        ("pipeline", "business:\n  timezone: Europe/Berln\n", 2, "business.timezone", "no IANA", "did you mean 'Europe/Berlin'?"),
        ("pipeline", "features:\n  categories:\n    - home\n    - 5\n", 4, "features.categories[1]", "5", "a text"),
        ("pipeline", "features:\n  categories: home\n", 2, "features.categories", "'home'", "a list, each item a text"),
        ("pipeline", "models:\n  clusters:\n    min_clusters: 9\n", 2, "models.clusters", "'max_clusters' is below", ""),
        (
            "pipeline",
            "models:\n  cluster_models: {clv: {}}\n",
            2,
            "models.cluster_models.clv",
            "the name 'clv', which another model bears",
            "another name",
        ),
        (
            "pipeline",
            "quality:\n  expectations:\n    - table: orders\n",
            3,
            "quality.expectations[0]",
            "no key 'expectation'",
            "a text",
        ),
        ("privacy", "attributes: [citty]\n", 1, "attributes[0]", "'citty'", "did you mean 'city'?"),
        ("privacy", "consent: not_required\n", 1, "", "needs 'consent_not_required_reason'", ""),
        (
            "segmentations",
            "segmentations:\n  a:\n    kind: ruls\n    title: A\n",
            3,
            "segmentations.a.kind",
            "'ruls'",
            "did you mean 'rules'?",
        ),
        ("segmentations", "segmentations:\n  a:\n    title: A\n", 2, "segmentations.a", "no key 'kind'", "quantiles"),
        (
            "segmentations",
            "segmentations:\n  A-b: {kind: rfm, title: A}\n",
            2,
            "segmentations.A-b",
            "'A-b'",
            "lower-case letters",
        ),
        (
            "segmentations",
            "segmentations:\n  a:\n    kind: rules\n    title: A\n    segments: []\n",
            5,
            "segmentations.a.segments",
            "a list",
            "a list of at least 1 items",
        ),
        (
            "segmentations",
            "segmentations:\n  a:\n    kind: rules\n    title: A\n    segments:\n"
            "      - name: x\n        wen: 'true'\n        when: 5\n",
            8,
            "segmentations.a.segments[0].when",
            "5",
            "a rule, such as",
        ),
        ("segmentations", "segmentations:\n", 1, "segmentations", "nothing", "names, each with a mapping with kind: rules, rfm"),
        ("segmentations", "segmentation: {}\n", 1, "segmentation", "the unknown key", "did you mean 'segmentations'?"),
        (
            "campaigns",
            "campaigns:\n  a: {title: A, channel: mail, audience: 'true'}\n",
            2,
            "campaigns.a.channel",
            "'mail'",
            "email, post, sms",
        ),
        ("campaigns", "campaigns:\n  a: {title: A, channel: sms}\n", 2, "campaigns.a", "no key 'audience'", "a rule, such as"),
        (
            "sources",
            "sources:\n  ordres: {files: a.csv}\n",
            2,
            "sources.ordres",
            "the unknown source 'ordres'",
            "did you mean 'orders'?",
        ),
        ("sources", "sources:\n  returns: {files: a.csv}\n", 1, "", "source 'orders' is required", ""),
        ("sources", "sources:\n  orders: {}\n", 2, "sources.orders", "exactly one of 'files', 'database' or 'derive_from'", ""),
        ("sources", "sources:\n  orders: {files: [a, 5]}\n", 2, "sources.orders.files[1]", "5", "a text"),
        ("sources", "sources:\n  orders: {files: 5}\n", 2, "sources.orders.files", "5", "a text or a list, each item a text"),
        (
            "sources",
            "sources:\n  orders:\n    files: a\n    columns:\n      amount: 5\n",
            5,
            "sources.orders.columns.amount",
            "5",
            "the name of a column in the file, or a mapping",
        ),
        (
            "sources",
            "sources:\n  orders:\n    files: a\n    columns:\n      amount: {frm: x}\n",
            5,
            "sources.orders.columns.amount.frm",
            "the unknown key 'frm'",
            "did you mean 'from'?",
        ),
        (
            "sources",
            "sources:\n  orders:\n    files: a\n    csv: {delimiter: '||'}\n",
            4,
            "sources.orders.csv.delimiter",
            "'||'",
            "a text of exactly 1 character",
        ),
    ],
)
def test_a_wrong_shape_is_told_with_its_place_and_what_is_allowed(
    tmp_path: Path, file: str, text: str, line: int, key_path: str, found: str, expected: str
) -> None:
    told = {problem.key_path: problem for problem in problems(tmp_path, **{file: text})}
    problem = told[key_path]
    assert problem.line == line
    assert found.replace("no IANA", "is not an IANA") in problem.found
    assert expected in f"{problem.expected} {problem.suggestion}"


def test_messages_never_speak_pydantic(tmp_path: Path) -> None:
    text = "segmentations:\n" + "".join(
        f"  s{number}: {body}\n"
        for number, body in enumerate(
            [
                "5",
                "[]",
                "null",
                "{}",
                "{kind: 5}",
                "{kind: rules}",
                "{kind: rules, title: 5, segments: 5}",
                "{kind: quantiles, title: x, x: y}",
                "{kind: quantiles, title: x, column: 5, segments: [1, {}, {name: X, top: 0}, {name: x, top: true}]}",
                "{kind: quantiles, title: x, column: clv, segments: [{name: a, top: 0.5}, {name: b, top: 0.4}]}",
                "{kind: attribute, title: x, column: null, min_size: -1, other: [x]}",
            ]
        )
    )
    told = problems(tmp_path, segmentations=text, campaigns="campaigns: {a: [], B: 5, 3: {}}\n")
    assert {p.key_path.split(".")[1].split("[")[0] for p in told} >= {f"s{n}" for n in range(11)} | {"a", "B", "3"}
    everything = " ".join(map(str, told)).lower()
    for jargon in (
        "pydantic",
        "input should",
        "tuple",
        "dict",
        "discriminator",
        "validation",
        "str_type",
        "none",
        "value error",
        "json",
    ):
        assert jargon not in everything


def test_all_mistakes_of_all_files_are_told_at_once_in_order(tmp_path: Path) -> None:
    told = problems(
        tmp_path,
        sources="sources:\n  orders: {files: a, x: 1}\n",
        pipeline="run:\n\thour: 5\n",
        privacy="consent: maybe\nsalt: short\n",
        segmentations="segmentations: {a: {kind: rfm}}\n",
        campaigns="",
    )
    assert [(p.file.name, p.line, p.key_path) for p in told] == [
        ("campaigns.yaml", 1, ""),
        ("pipeline.yaml", 2, ""),
        ("privacy.yaml", 1, "consent"),
        ("privacy.yaml", 2, "salt"),
        ("segmentations.yaml", 1, "segmentations.a"),
        ("sources.yaml", 2, "sources.orders.x"),
    ]


def test_the_message_as_a_whole_reads_well(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    with pytest.raises(ConfigError) as caught:
        load_config(write(folder, campaigns="campaigns:\n  a: {title: A, channel: emial, audience: 'true'}\n"), CATALOG)
    assert str(caught.value) == (
        "1 mistake in the configuration:\n"
        "config/campaigns.yaml:2: campaigns.a.channel\n"
        "    found: 'emial'\n"
        "    expected: one of: ads, email, post, sms\n"
        "    did you mean 'email'?"
    )


# ---------------------------------------------------------------- references between files


def segmentation(**body: str) -> str:
    return "segmentations:\n  s:\n    title: S\n" + "".join(f"    {key}: {value}\n" for key, value in body.items())


def campaign(audience: str, **body: str) -> str:
    return (
        "campaigns:\n  c:\n    title: C\n    channel: email\n"
        + f"    audience: {audience}\n"
        + "".join(f"    {key}: {value}\n" for key, value in body.items())
    )


LIFECYCLE = """segmentations:
  lifecycle:
    kind: rules
    title: Lifecycle
    segments: [{name: active, when: frequency > 0}, {name: lost, when: true}]
  tags:
    kind: rules
    exclusive: false
    title: Tags
    segments: [{name: big, when: monetary > 100}]
"""


@pytest.mark.parametrize(
    ("files", "line", "key_path", "found", "rest"),
    [
        (
            {"segmentations": segmentation(kind="quantiles", column="clvv", segments="[{name: a, top: 0.1}, {name: b, top: 1}]")},
            5,
            "segmentations.s.column",
            "the unknown column 'clvv'",
            "did you mean 'clv'?",
        ),
        (
            {
                "segmentations": segmentation(
                    kind="quantiles", column="main_channel", segments="[{name: a, top: 0.1}, {name: b, top: 1}]"
                )
            },
            5,
            "segmentations.s.column",
            "which is of type text",
            "a numeric column",
        ),
        (
            {"segmentations": segmentation(kind="attribute", column="clv")},
            5,
            "segmentations.s.column",
            "which is of type money",
            "a text column",
        ),
        (
            {"segmentations": segmentation(kind="attribute", column="gender")},
            5,
            "segmentations.s.column",
            "privacy.yaml does not allow it",
            "",
        ),
        (
            {"segmentations": segmentation(kind="rules", segments="[{name: a, when: frequncy > 3}]")},
            5,
            "segmentations.s.segments[0].when",
            "the unknown column 'frequncy' (character 1 of the rule)",
            "did you mean 'frequency'?",
        ),
        (
            {"segmentations": segmentation(kind="rules", segments="[{name: a, when: s = 'x'}]")},
            5,
            "segmentations.s.segments[0].when",
            "goes round in a circle: s -> s",
            "",
        ),
        (
            {"segmentations": segmentation(kind="rules", segments="[{name: a, when: return_rate > 0.5}]")},
            5,
            "segmentations.s.segments[0].when",
            "source 'returns' is not configured",
            "",
        ),
        (
            {"segmentations": segmentation(kind="rules", segments="[{name: a, when: rfm_segment = 'champion'}]")},
            5,
            "segmentations.s.segments[0].when",
            "which rfm_segment never is",
            "did you mean 'champions'?",
        ),
        (
            {"segmentations": segmentation(kind="rules", segments="[{name: a, when: true}, {name: a, when: true}]")},
            5,
            "segmentations.s.segments[1].name",
            "the segment 'a' a second time",
            "join its rules with or",
        ),
        (
            {"segmentations": "segmentations:\n  clv: {kind: rfm, title: A}\n"},
            2,
            "segmentations.clv",
            "a column of the customer table",
            "clv_segment",
        ),
        (
            {"segmentations": "segmentations:\n  gender: {kind: rfm, title: A}\n"},
            2,
            "segmentations.gender",
            "a column of the customer table",
            "",
        ),
        (
            {"segmentations": "segmentations:\n  customer_id: {kind: rfm, title: A}\n"},
            2,
            "segmentations.customer_id",
            "a column",
            "",
        ),
        (
            {"segmentations": "segmentations:\n  between: {kind: rfm, title: A}\n"},
            2,
            "segmentations.between",
            "a word of the rule language",
            "",
        ),
        ({"campaigns": campaign("frequency >")}, 5, "campaigns.c.audience", "out of place at '>'", ""),
        (
            {"campaigns": campaign("category_share_toys > 0.5")},
            5,
            "campaigns.c.audience",
            "its value must be listed in pipeline.yaml, features.categories",
            "",
        ),
        (
            {"campaigns": campaign("frequency > 3", rank_by="monetry")},
            6,
            "campaigns.c.rank_by",
            "unknown column",
            "did you mean 'monetary'?",
        ),
        ({"campaigns": campaign("frequency > 3", rank_by="last_order_date")}, 6, "campaigns.c.rank_by", "of type day", "numeric"),
        (
            {"campaigns": campaign("frequency > 3", rank_by="return_rate")},
            6,
            "campaigns.c.rank_by",
            "'returns' is not configured",
            "",
        ),
        (
            {"segmentations": LIFECYCLE, "campaigns": campaign("lifecycle = 'losst'")},
            5,
            "campaigns.c.audience",
            "'losst', which lifecycle never is",
            "did you mean 'lost'?",
        ),
        (
            {"segmentations": LIFECYCLE, "campaigns": campaign("tags = 'big'")},
            5,
            "campaigns.c.audience",
            "'tags', whose segments overlap",
            "in_segment(tags, 'big')",
        ),
        *(
            ({"segmentations": LIFECYCLE + text}, line, key_path, found, rest)
            for text, line, key_path, found, rest in (
                (
                    "  vip:\n    kind: rules\n    title: V\n    segments: [{name: a, when: lifecycle = 'actve'}]\n",
                    14,
                    "segmentations.vip.segments[0].when",
                    "'actve', which lifecycle never is (character 1 of the rule)",
                    "did you mean 'active'?",
                ),
                (
                    "  vip:\n    kind: rules\n    title: V\n    segments: [{name: a, when: 'frequency > 1 and in_segment(tags, ''bigg'')'}]\n",
                    14,
                    "segmentations.vip.segments[0].when",
                    "'bigg', which tags never is (character 30 of the rule)",
                    "'big'",
                ),
                (
                    "  x: {kind: hybrid, title: X, of: [lifecycle, tags]}\n",
                    11,
                    "segmentations.x.of[1]",
                    "'tags', whose segments overlap",
                    "priorities",
                ),
                (
                    "  x: {kind: hybrid, title: X, of: [lifecycle, lifecycl]}\n",
                    11,
                    "segmentations.x.of[1]",
                    "unknown segmentation 'lifecycl'",
                    "did you mean 'lifecycle'?",
                ),
                (
                    "  x: {kind: hybrid, title: X, of: [lifecycle, lifecycle]}\n",
                    11,
                    "segmentations.x.of[1]",
                    "a second time",
                    "once",
                ),
                (
                    "  x: {kind: hybrid, title: X, of: [lifecycle, x]}\n",
                    11,
                    "segmentations.x.of[1]",
                    "goes round in a circle: x -> x",
                    "",
                ),
                ("  x: {kind: hybrid, title: X, of: [lifecycle]}\n", 11, "segmentations.x.of", "a list", "at least 2 items"),
                ("  x: {kind: hybrid, title: X}\n", 11, "segmentations.x", "exactly one of 'of' and 'priorities'", ""),
                (
                    "  x: {kind: hybrid, title: X, of: [lifecycle, lifecycle], else: a}\n",
                    11,
                    "segmentations.x",
                    "'else' belongs to 'priorities'",
                    "",
                ),
                (
                    "  x: {kind: hybrid, title: X, max_cells: 3, priorities: [{segmentation: tags, segment: big}]}\n",
                    11,
                    "segmentations.x",
                    "'max_cells' belongs to 'of'",
                    "",
                ),
                (
                    "  x: {kind: hybrid, title: X, priorities: [{segmentation: tags, segment: bigg}]}\n",
                    11,
                    "segmentations.x.priorities[0].segment",
                    "'bigg', which tags never is",
                    "'big'",
                ),
                (
                    "  x: {kind: hybrid, title: X, priorities: [{segmentation: tag, segment: big}]}\n",
                    11,
                    "segmentations.x.priorities[0].segmentation",
                    "unknown segmentation 'tag'",
                    "did you mean 'tags'?",
                ),
                (
                    "  x: {kind: hybrid, title: X, priorities: [{segmentation: lifecycle, segment: lost}, {segmentation: tags, segment: big, name: lost}]}\n",
                    11,
                    "segmentations.x.priorities[1]",
                    "the segment 'lost' a second time",
                    "join its rules with or",
                ),
                (
                    "  x: {kind: hybrid, title: X, priorities: [{segmentation: lifecycle, segment: lost}], else: lost}\n",
                    11,
                    "segmentations.x.else",
                    "the segment 'lost' a second time",
                    "",
                ),
            )
        ),
        (
            {"segmentations": LIFECYCLE, "campaigns": campaign("frequency = 1", rank_by="lifecycle")},
            6,
            "campaigns.c.rank_by",
            "unknown column 'lifecycle'",
            "cluster_distance, clv, frequency, monetary",
        ),
        (
            {"pipeline": "models:\n  clusters:\n    features: [frequency, monetry]\n"},
            3,
            "models.clusters.features[1]",
            "unknown column",
            "did you mean 'monetary'?",
        ),
        (
            {"pipeline": "models:\n  clusters:\n    features: [clv]\n"},
            3,
            "models.clusters.features[0]",
            "is itself made by a model",
            "",
        ),
        (
            {"pipeline": "models:\n  clusters:\n    features: [last_order_date]\n"},
            3,
            "models.clusters.features[0]",
            "of type day",
            "numeric, text or truth value",
        ),
        (
            {"pipeline": "models:\n  cluster_models:\n    soft: {kind: gaussian_mixture, features: [main_channel]}\n"},
            3,
            "models.cluster_models.soft.features[0]",
            "of type text",
            "a numeric column",
        ),
        (
            {
                "pipeline": "models:\n  cluster_models:\n    soft: {kind: gaussian_mixture}\n",
                "segmentations": "segmentations:\n  s: {kind: clusters, title: S, model: sofd}\n",
            },
            2,
            "segmentations.s.model",
            "unknown cluster model 'sofd'",
            "did you mean 'soft'?",
        ),
        (
            {
                "campaigns": "campaigns:\n  c: {title: C, channel: email, audience: 'true', rank_by: monetary, one_per: household}\n"
            },
            2,
            "campaigns.c.one_per",
            "one list entry per household",
            "source 'identities' beside it",
        ),
        (
            {"sources": "sources:\n  orders: {files: o.csv}\n  merge_decisions: {files: m.csv}\n"},
            3,
            "sources.merge_decisions",
            "decisions about merges",
            "source 'identities' beside it",
        ),
        (
            {"pipeline": "run: {hour: 4}\nidentity:\n  contradictions: [birth_dat]\n"},
            3,
            "identity.contradictions[0]",
            "'birth_dat'",
            "birth_date",
        ),
        (
            {"pipeline": "run: {hour: 4}\nidentity: {max_cluster_size: 6}\n"},
            2,
            "identity",
            "settings for a source that is not configured",
            "add the source to sources.yaml",
        ),
        (
            {"pipeline": "costs:\n  support_request: 4.50\n"},
            2,
            "costs.support_request",
            "the cost of a request, of which there are none",
            "source 'support' beside it",
        ),
        (
            {"pipeline": "quality:\n  max_quarantined_share_by_source:\n    returns: 0.5\n"},
            3,
            "quality.max_quarantined_share_by_source.returns",
            "no configured source",
            "'orders'",
        ),
        (
            {"pipeline": "quality:\n  expectations:\n    - {table: order, expectation: expect_table_row_count_to_equal}\n"},
            3,
            "quality.expectations[0].table",
            "'order', which is no table that is checked",
            "did you mean 'orders'?",
        ),
        (
            {
                "pipeline": "quality:\n  expectations:\n    - {table: orders, expectation: expect_column_values_to_not_be_null, arguments: {column: amont}}\n"
            },
            3,
            "quality.expectations[0].arguments.column",
            "unknown column 'amont'",
            "did you mean 'amount'?",
        ),
        (
            {
                "sources": "sources:\n  orders:\n    files: a\n"
                "    columns: {order_id: a, customer_id: b, ordered_at: c, amount: d, chanel: e}\n"
            },
            4,
            "sources.orders.columns.chanel",
            "the unknown column 'chanel' of source 'orders'",
            "did you mean 'channel'?",
        ),
        (
            {"sources": "sources:\n  orders:\n    files: a\n    columns: {order_id: a, customer_id: b, ordered_at: c}\n"},
            4,
            "sources.orders.columns",
            "no column 'amount'",
            "only the columns listed there are read",
        ),
        (
            {"sources": "sources:\n  orders:\n    files: a\n    lookup: {prices: {files: p.csv, key: sku}}\n"},
            4,
            "sources.orders.lookup.prices",
            "a second file of which no column is read",
            "prices.category",
        ),
        (
            {
                "sources": ORDERS + "  consents:\n    files: c\n    lookup: {people: {files: p.csv, key: id}}\n"
                "    columns: {customer_id: people.id, channel: a, purpose: b, status: c, occurred_at: d}\n"
            },
            5,
            "sources.consents.lookup.people",
            "a lookup for 'consents'",
            "never refused for what another file lacks",
        ),
        (
            {"sources": "sources:\n  orders:\n    files: ['a.csv', 'b.xlsx']\n    date_format: '%Y-%d-%m'\n"},
            4,
            "sources.orders.date_format",
            "'%Y-%d-%m' for a workbook",
            "read as %Y-%m-%d",
        ),
        (
            {
                "sources": "sources:\n  orders: {derive_from: order_items}\n  order_items:\n    files: a\n"
                "    columns: {order_id: a, line_number: {from_row: true}, amount: b, customer_id: c}\n"
            },
            5,
            "sources.order_items.columns",
            "no column 'ordered_at'",
            "",
        ),
    ],
)
def test_a_name_that_refers_to_nothing_is_told_with_the_nearest_one(
    tmp_path: Path, files: dict[str, str], line: int, key_path: str, found: str, rest: str
) -> None:
    problem = only(tmp_path, **files)
    assert (problem.line, problem.key_path) == (line, key_path)
    assert found in problem.found
    assert rest in f"{problem.expected} {problem.suggestion}"


def test_a_window_of_a_source_that_is_not_there_says_what_would_turn_it_on(tmp_path: Path) -> None:
    text = segmentation(
        kind="rules", segments="[{name: a, when: 'count(orders, 9) > 1 and total(web_sessions.page_views, 9) > 1'}]"
    )
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, segmentations=text))
    (problem,) = caught.value.problems
    assert "source 'web_sessions' is not configured (character 26 of the rule)" in problem.found
    mapped = ORDERS + "  web_sessions:\n    files: v.csv\n    columns: {session_id: a, customer_id: b, started_at: c}\n"
    with pytest.raises(ConfigError, match=r"needs web_sessions\.page_views, which no source maps"):
        load_config(write(tmp_path, sources=mapped, segmentations=text))
    load_config(
        write(tmp_path, sources=mapped, segmentations=text.replace("total(web_sessions.page_views", "count(web_sessions"))
    )


CIRCLE = """segmentations:
  one:
    kind: rules
    title: One
    segments: [{name: a, when: frequency > 1 and two = 'a'}]
  two:
    kind: rules
    title: Two
    segments: [{name: a, when: "in_segment(three, 'a')"}]
  three:
    kind: rules
    exclusive: false
    title: Three
    segments: [{name: a, when: one = 'a'}]
  reads_them:
    kind: rules
    title: Reads them
    segments: [{name: a, when: "in_segment(three, 'a') or one = 'a'"}]
  crosses:
    kind: hybrid
    title: Crosses
    of: [one, reads_them]
"""


def test_a_circle_is_told_with_every_segmentation_on_it_where_it_could_be_opened(tmp_path: Path) -> None:
    told = problems(tmp_path, segmentations=CIRCLE)
    assert [(p.line, p.key_path) for p in told] == [
        (5, "segmentations.one.segments[0].when"),
        (9, "segmentations.two.segments[0].when"),
        (14, "segmentations.three.segments[0].when"),
    ]
    assert "circle: one -> two -> three -> one (character 19 of the rule)" in told[0].found
    assert "circle: two -> three -> one -> two" in told[1].found
    assert "circle: three -> one -> two -> three" in told[2].found


def test_names_that_refer_to_something_load(tmp_path: Path) -> None:
    config = load_config(
        write(
            tmp_path,
            segmentations=LIFECYCLE,
            campaigns=campaign("lifecycle = 'lost' and frequency >= 1", rank_by="monetary"),
            pipeline="models:\n  clusters:\n    features: [frequency, monetary, main_channel]\nquality:\n  expectations:\n"
            "    - {table: orders, expectation: expect_column_to_exist, arguments: {column: event_date}}\n",
        ),
        CATALOG,
    )
    assert config.pipeline.quality.expectations[0].arguments == {"column": "event_date"}


def test_all_wrong_names_are_told_at_once(tmp_path: Path) -> None:
    told = problems(
        tmp_path, segmentations=segmentation(kind="attribute", column="x"), campaigns=campaign("y = 1 and z = 2", rank_by="q")
    )
    assert [p.key_path for p in told] == [
        "campaigns.c.audience",
        "campaigns.c.audience",
        "campaigns.c.rank_by",
        "segmentations.s.column",
    ]


# ---------------------------------------------------------------- with the real columns


@pytest.fixture
def own_config(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OWN_CONFIG, tmp_path / "config"))


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_rule_on_an_attribute_that_privacy_forbids_says_where_to_allow_it(own_config: Path) -> None:
    _replace(own_config / "privacy.yaml", ", birth_month]", "]")
    with pytest.raises(ConfigError) as caught:
        load_config(own_config)
    (problem,) = caught.value.problems
    assert problem.key_path == "campaigns.birthday_month.audience"
    assert "add it to privacy.yaml, attributes: birth_month" in problem.found


def test_a_project_with_orders_only_says_which_source_each_missing_column_needs(own_config: Path) -> None:
    (own_config / "sources.yaml").write_text(ORDERS)
    with pytest.raises(ConfigError) as caught:
        load_config(own_config)
    told = {p.key_path: p.found for p in caught.value.problems}
    assert "source 'customers' is not configured" in told["segmentations.country_segment.column"]
    assert "source 'customers' is not configured" in told["campaigns.birthday_month.audience"]
