"""Can URLs and options of drivers be used as they are written?  What every kind of landing and destination checks alike.

Nothing is opened here; whether a place answers is told by ``segmentation check --connections``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, shown
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.connections.protocols import known_protocols, protocol_of

ENV_SUFFIX = "_env"
_SECRET = re.compile(r"key|secret|token|password|passwd|credential|connection_string", re.IGNORECASE)


def url_problems(url: str, file: YamlFile, place: KeyPath) -> Iterator[Diagnostic]:
    """What is wrong with a URL, a user or password in it included."""
    protocol = protocol_of(url)
    if "://" not in url:
        yield file.problem(place, shown(url), "a URL such as s3://bucket/folder")
    elif protocol not in (known := known_protocols()):
        hint = did_you_mean(protocol, known)
        yield file.problem(place, f"the unknown protocol '{protocol}'", "a protocol of fsspec such as s3, gs, abfs, sftp", hint)
    elif "@" in urlsplit(url).netloc:
        yield file.problem(place, "a user or password in a URL", "storage_options with NAME_env: VARIABLE")


def option_problems(options: Mapping[str, str], file: YamlFile, place: KeyPath) -> Iterator[Diagnostic]:
    """Names of variables that are none, and secrets written into the file."""
    for name, value in options.items():
        if name.endswith(ENV_SUFFIX):
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
                yield file.problem((*place, name), "a value that is no name of a variable", "the name of an environment variable")
        elif _SECRET.search(name):
            hint = f"write {name}{ENV_SUFFIX}: VARIABLE and set the variable instead"
            yield file.problem((*place, name), f"a secret in the file ('{name}')", "the name of an environment variable", hint)
