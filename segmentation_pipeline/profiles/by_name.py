"""Profiles named in ``sources.yaml``: what a source of it says is laid over what the profile says.

What the files have is not asked here: the same configuration and version of a profile read every file alike, today and
tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from segmentation_pipeline.config.diagnostics import ConfigError, Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import BusinessConfig, Config
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile, read_yaml
from segmentation_pipeline.profiles.answers import answered, choices_of, merged, wrong_answer
from segmentation_pipeline.profiles.catalog import OWN, Profiles, profiles
from segmentation_pipeline.profiles.schema import Choice, Profile

_NAMED, _ANSWERS = "profile", "choose"
_MUST_BE_SAID = ("timezone", "currency")
"""What no export tells and ``pipeline.yaml`` must say: by default it would be said in silence."""


def read_sources(path: Path) -> YamlFile:
    """``sources.yaml`` with every profile it names written out; what is wrong with naming them is in ``problems``.

    Nothing but a profile's name, its version and answers decide what is written out."""
    file = read_yaml(path)
    sources = file.data.get("sources") if isinstance(file.data, Mapping) else None
    naming = {
        name: entry
        for name, entry in (sources.items() if isinstance(sources, Mapping) else ())
        if isinstance(entry, Mapping) and entry.get(_NAMED) is not None
    }
    for name, entry in sources.items() if isinstance(sources, Mapping) else ():
        if isinstance(entry, Mapping) and _ANSWERS in entry and name not in naming:
            wanted = f"{_NAMED}: the one that asks, such as shopify_orders@1"
            file.problems.append(file.problem(("sources", name, _ANSWERS), "answers, and no profile that asks", wanted))
    if not naming:
        return file
    try:
        known = profiles(path.parent / OWN)
    except ConfigError as error:
        known, beside = {}, f"a profile, while there are mistakes in config/{OWN}"
        places = [file.problem(("sources", name, _NAMED), beside, "profiles without mistakes") for name in naming]
        file.problems += [*error.problems, *places]
    made = {}
    for name, entry in naming.items():
        file.problems += _wrong(name, entry, known, file) if known else ()
        profile = known.get(str(entry[_NAMED]).partition("@")[0])
        if profile and name in profile.sources:
            made[name] = _laid_over(name, entry, profile, file)
        else:  # told already: what it lacks besides is no second mistake
            made[name] = {"files": "*", **entry, _NAMED: None}
    assert isinstance(file.data, dict)
    file.data = {**file.data, "sources": {**file.data["sources"], **made}}
    return file


def business_problems(config: Config, sources: YamlFile) -> Iterator[Diagnostic]:
    """What a profile needs of ``pipeline.yaml`` and is not said there: whatever is said counts, nothing is assumed."""
    business = config.pipeline.business
    said = business.model_fields_set if "business" in config.pipeline.model_fields_set else set()
    told: set[str] = set()
    for name, source in config.sources.items():
        if source.profile is None:
            continue
        path: KeyPath = ("sources", name, _NAMED)
        profile = profiles(sources.path.parent / OWN)[source.profile.partition("@")[0]]
        for key in _MUST_BE_SAID:
            if key not in said and key not in told:
                found = f"'{source.profile}', and no business.{key} in pipeline.yaml"
                yield sources.problem(path, found, f"business: {{{key}: ...}} in pipeline.yaml, which no export tells")
                told.add(key)
        for key, value in profile.business.items():
            unsaid = _unsaid(key, value, business) if key in said else value
            if unsaid and f"{key}: {unsaid}" not in told:
                found = f"'{source.profile}', whose keys need business.{key} in pipeline.yaml"
                wanted = f"business: {{{key}: {str(unsaid).replace(chr(39), '')}}}"
                yield sources.problem(path, found, wanted, "something else said there counts as well")
                told.add(f"{key}: {unsaid}")


def _unsaid(key: str, needed: object, business: BusinessConfig) -> object:
    """Of lengths of keys those that ``pipeline.yaml`` does not say; nothing else has parts."""
    said = getattr(business, key)
    return {inner: v for inner, v in needed.items() if inner not in said} if isinstance(needed, Mapping) else None


def versioned(name: str, profile: Profile) -> str:
    """What ``sources.yaml`` calls a profile: ``shopify_orders@1``."""
    return f"{name}@{profile.version}"


def _wrong(source: str, entry: Mapping[str, object], known: Profiles, file: YamlFile) -> Iterator[Diagnostic]:
    place: KeyPath = ("sources", source)
    named = entry[_NAMED]
    if not isinstance(named, str):
        wanted = "the name of a profile and its version, such as shopify_orders@1"
        yield file.problem((*place, _NAMED), "no name of a profile", wanted)
        return
    name, at, version = named.partition("@")
    if name not in known:
        near = did_you_mean(named, [versioned(each, one) for each, one in known.items()])
        yield file.problem((*place, _NAMED), f"the unknown profile '{name}'", one_of(list(known), "profile"), near)
        return
    profile = known[name]
    if version != str(profile.version):
        yield _wrong_version(file, (*place, _NAMED), name, profile, version if at else None)
    if source not in profile.sources:
        wanted = one_of([f"sources.{each}" for each in profile.sources])
        yield file.problem((*place, _NAMED), f"profile '{name}', which has no {source}", wanted)
        return
    yield from _wrong_answers(source, entry.get(_ANSWERS), choices_of(profile, source), file)


def _wrong_version(file: YamlFile, path: KeyPath, name: str, profile: Profile, version: str | None) -> Diagnostic:
    wanted = f"'{versioned(name, profile)}'"
    if version is None:
        hint = "with its version a profile means the same for good: a later one that means something else is told, not taken"
        return file.problem(path, f"profile '{name}' without its version", wanted, hint)
    hint = (
        f"what {versioned(name, profile)} says is in docs/exports.md and its file: name it when its mapping is right for your "
        "files too, or write the mapping out ('segmentation init' does)"
    )
    return file.problem(path, f"version '{version}' of profile '{name}', which is not here", wanted, hint)


def _wrong_answers(source: str, given: object, choices: Mapping[str, Choice], file: YamlFile) -> Iterator[Diagnostic]:
    place: KeyPath = ("sources", source, _ANSWERS)
    if given is not None and not isinstance(given, Mapping):
        yield file.problem(place, "no answers", "answers by the name of what is asked, such as {amount: total}")
        return
    answers = given or {}
    for key, answer in answers.items():
        if key not in choices:
            hint = did_you_mean(str(key), choices)
            yield file.problem((*place, key), f"an answer to '{key}', which nobody asks for {source}", one_of(choices), hint)
        elif wanted := wrong_answer(choices[key], answer):
            hint = did_you_mean(str(answer), choices[key].options)
            yield file.problem((*place, key), f"the answer '{answer}'", wanted, hint)
    for key, choice in choices.items():
        if key not in answers:
            meant = "; ".join(f"{answer} ({option.means})" for answer, option in choice.options.items())
            wanted = f"{_ANSWERS}: {{{key}: ...}} with " + (meant or ("a day" if choice.kind == "day" else "a text"))
            usual = f"usual is {_ANSWERS}: {{{key}: {choice.usual}}}" if choice.usual else None
            yield file.problem(("sources", source, _NAMED), f"no answer to: {choice.question}", wanted, usual)


def _laid_over(source: str, entry: Mapping[str, object], profile: Profile, file: YamlFile) -> dict[str, object]:
    place: KeyPath = ("sources", source)
    given, choices = entry.get(_ANSWERS), choices_of(profile, source)
    answers = {
        str(key): str(answer)
        for key, answer in (given.items() if isinstance(given, Mapping) else ())
        if key in choices and wrong_answer(choices[key], answer) is None
    }
    below = _first_ways(answered(profile, answers)[source])
    _note(below, entry, file, place, str(entry[_NAMED]), file.line((*place, _NAMED)))
    return merged(below, entry)


def _first_ways(settings: Mapping[str, object]) -> dict[str, object]:
    """The settings with the first of several ways to make a column, and to put a condition: which one, no file decides."""
    made = dict(settings)
    for kind in ("columns", "skip_when"):
        if isinstance(listed := made.get(kind), Mapping):
            made[kind] = {name: way[0] if isinstance(way, list) else way for name, way in listed.items()}
    return made


def _note(below: object, above: object, file: YamlFile, place: KeyPath, profile: str, line: int | None) -> None:
    """Note of every value that the profile says where it is from."""
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return
    for key, value in below.items():
        if key not in above:
            file.take((*place, key), f"profile {profile}", line)
        else:
            _note(value, above[key], file, (*place, key), profile, line)
