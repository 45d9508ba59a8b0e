"""Read a project's ``config/`` folder; report every mistake in all its files at once.

Belongs here: which files there are and the order of the checks.  Each check has its own file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from segmentation_pipeline.alerts.catalog import alert_problems
from segmentation_pipeline.audience_profiles.catalog import profiles_beside
from segmentation_pipeline.campaigns.triggers.catalog import campaigns_model
from segmentation_pipeline.config.diagnostics import ConfigError, Diagnostic, nearest, one_of
from segmentation_pipeline.config.pydantic_errors import validated
from segmentation_pipeline.config.schema import AudienceProfile, Campaign, Config, ModelsFile, PrivacyConfig
from segmentation_pipeline.config.yaml_file import YamlFile, read_yaml
from segmentation_pipeline.destinations.catalog import destination_problems, pipeline_model
from segmentation_pipeline.features.available_columns import Catalog
from segmentation_pipeline.landing.catalog import origin_problems, sources_model
from segmentation_pipeline.models.catalog import available_columns, model_problems
from segmentation_pipeline.profiles.by_name import business_problems, read_sources
from segmentation_pipeline.project.arm_checks import arm_problems
from segmentation_pipeline.project.construct_checks import construct_problems
from segmentation_pipeline.project.decision_checks import decision_problems
from segmentation_pipeline.project.derivation_checks import derivation_problems
from segmentation_pipeline.project.label_checks import campaign_label_problems, segmentation_label_problems
from segmentation_pipeline.project.list_checks import content_problems, fairness_problems, upload_problems
from segmentation_pipeline.project.measurement_checks import measurement_problems
from segmentation_pipeline.project.occasion_checks import occasion_problems
from segmentation_pipeline.project.prediction_checks import prediction_problems
from segmentation_pipeline.project.region_checks import region_problems
from segmentation_pipeline.project.rule_checks import campaign_problems
from segmentation_pipeline.project.source_checks import (
    cost_problems,
    identity_problems,
    key_problems,
    merge_decision_problems,
    quality_problems,
    source_problems,
    unknown_sources,
)
from segmentation_pipeline.project.trigger_checks import journey_problems, trigger_problems
from segmentation_pipeline.project.uplift_checks import uplift_problems
from segmentation_pipeline.segmentations.kinds import SegmentationsConfig
from segmentation_pipeline.segmentations.problems import segmentation_problems

SOURCES = "sources.yaml"
PIPELINE = "pipeline.yaml"
PRIVACY = "privacy.yaml"
SEGMENTATIONS = "segmentations.yaml"
MODELS = "models.yaml"
CAMPAIGNS = "campaigns.yaml"

FILES = (SOURCES, PIPELINE, PRIVACY, MODELS, SEGMENTATIONS, CAMPAIGNS)

WITHOUT_FILE = SegmentationsConfig.model_validate(
    {
        "segmentations": {
            "rfm": {
                "kind": "rfm",
                "title": "RFM",
                "description": "How lately, how often and for how much a customer bought.",
                "owner": "segmentation run",
            }
        }
    }
)
"""What a project has that says nothing of segmentations."""

Part = TypeVar("Part", bound=BaseModel)


OfFiles = Callable[[Config], Mapping[str, Collection[str]]]
"""The columns in the files of each source whose files are there and bear the contract's names."""


def load_config(folder: Path, catalog: Catalog | None = None, of_files: OfFiles = lambda config: {}) -> Config:
    """The configuration in ``folder``: ``sources.yaml``, and where present the other five files.

    ``catalog`` replaces the columns the feature families and models give; those made of what no file has
    (``of_files``) may not be named.  Raises
    ``ConfigError`` with every mistake: those of the files' shapes, and those of names that refer to
    something else wherever what they refer to could be read.
    """
    files = {name: _read(folder / name) for name in FILES if (folder / name).exists()}
    problems = [*_misnamed_files(folder), *(problem for file in files.values() for problem in file.problems)]
    if SOURCES in files:
        problems += unknown_sources(files[SOURCES])
    else:
        problems.append(Diagnostic(folder / SOURCES, None, "", "no such file", "the sources of the project, 'orders' at least"))
    models = _part(files.get(MODELS), ModelsFile(), problems)
    contacting = _part(files.get(CAMPAIGNS), campaigns_model()(campaigns={}), problems)
    config = Config(
        sources=_part(files.get(SOURCES), sources_model().model_construct(sources={}), problems).sources,
        pipeline=_part(files.get(PIPELINE), pipeline_model()(), problems),
        privacy=_part(files.get(PRIVACY), PrivacyConfig(), problems),
        segmentations={**_part(files.get(SEGMENTATIONS), WITHOUT_FILE, problems).segmentations},
        campaigns=contacting.campaigns,
        decision=contacting.decision,
        experiments=contacting.experiments,
        audience_profiles=_named_profiles(folder, contacting.campaigns, problems),
        predictions=models.models,
        uplift=models.uplift,
    )
    broken = {problem.file.name for problem in problems}
    if not broken & {SOURCES, PIPELINE, PRIVACY, MODELS}:  # they decide which columns there are
        readable = {name: file for name, file in files.items() if name not in broken}
        columns = of_files(config)
        known = catalog or available_columns(config, columns)
        problems += _reference_problems(config, known, columns, readable, segmentations_known=SEGMENTATIONS not in broken)
    if problems:
        raise ConfigError(problems)
    return config


def _read(path: Path) -> YamlFile:
    return read_sources(path) if path.name == SOURCES else read_yaml(path)


def _part(file: YamlFile | None, default: Part, problems: list[Diagnostic]) -> Part:
    """The file's content as a model; without the file, or with mistakes in it, ``default``."""
    if file is None or (file.data is None and file.problems):
        return default
    part, wrong = validated(file, type(default))
    problems += wrong
    return part or default


def _named_profiles(folder: Path, campaigns: Mapping[str, Campaign], problems: list[Diagnostic]) -> dict[str, AudienceProfile]:
    """The profiles of upload files that campaigns name, as far as there are any."""
    if not any(campaign.profile for campaign in campaigns.values()):
        return {}
    try:
        known = profiles_beside(folder)
    except ConfigError as error:
        problems += error.problems
        return {}
    return {name: known[name] for name in sorted({c.profile for c in campaigns.values() if c.profile}) if name in known}


def _reference_problems(
    config: Config,
    catalog: Catalog,
    of_files: Mapping[str, Collection[str]],
    files: dict[str, YamlFile],
    *,
    segmentations_known: bool,
) -> Iterator[Diagnostic]:
    yield from source_problems(config, files[SOURCES])
    yield from derivation_problems(config, files[SOURCES])
    yield from origin_problems(config, files[SOURCES])
    yield from merge_decision_problems(config, files[SOURCES])
    yield from business_problems(config, files[SOURCES])
    if PIPELINE in files:
        yield from destination_problems(config, files[PIPELINE])
        yield from alert_problems(config.pipeline.alerts, files[PIPELINE])
        yield from cost_problems(config, files[PIPELINE])
        yield from quality_problems(config, files[PIPELINE])
        yield from key_problems(config, files[PIPELINE])
        yield from identity_problems(config, files[PIPELINE])
        yield from occasion_problems(config, files[PIPELINE])
        yield from region_problems(config, files[PIPELINE])
        yield from construct_problems(config, files[PIPELINE])
        yield from model_problems(config, catalog, files[PIPELINE])
    if MODELS in files:
        yield from prediction_problems(config, catalog, files[MODELS])
        yield from uplift_problems(config, catalog, files[MODELS])
    if SEGMENTATIONS in files and not config.segmentations and segmentations_known:
        hint = f"without {SEGMENTATIONS} there is the segmentation 'rfm'"
        yield files[SEGMENTATIONS].problem(("segmentations",), "no segmentation", "at least one", hint)
    if SEGMENTATIONS in files:
        yield from segmentation_problems(config, catalog, files[SEGMENTATIONS])
        yield from segmentation_label_problems(config, files[SEGMENTATIONS])
    if PRIVACY in files:
        yield from fairness_problems(config, files[PRIVACY])
    if CAMPAIGNS in files:
        yield from campaign_label_problems(config, files[CAMPAIGNS])
        yield from decision_problems(config, files[CAMPAIGNS])
        yield from trigger_problems(config, of_files, files[CAMPAIGNS])
    if CAMPAIGNS in files and segmentations_known:
        yield from campaign_problems(config, catalog, files[CAMPAIGNS])
        yield from upload_problems(config, files[CAMPAIGNS])
        yield from content_problems(config, catalog, files[CAMPAIGNS])
        yield from arm_problems(config, catalog, files[CAMPAIGNS])
        yield from measurement_problems(config, files[CAMPAIGNS])
        yield from journey_problems(config, catalog, files[CAMPAIGNS])


def _misnamed_files(folder: Path) -> Iterator[Diagnostic]:
    """Files that were surely meant to be read: a known name but for a slip or the ending ``.yml``."""
    stems = [name.removesuffix(".yaml") for name in FILES]
    for path in sorted(folder.glob("*.y*ml")):
        if path.name not in FILES and (near := nearest(path.stem, stems)):
            yield Diagnostic(path, None, "", "a file that is not read", one_of(FILES), f"did you mean '{near}.yaml'?")
