"""What the UI knows the project's definitions by: the same for its own runs and for those of the command line."""

from __future__ import annotations

import sys
from pathlib import Path

from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

MODULE = "segmentation_pipeline.definitions"
"""The module ``dagster dev -m`` loads, and so the name of the code location; ``workspace.yaml`` gives the same."""
_REPOSITORY = "__repository__"


def remote_origin(job: str) -> RemoteJobOrigin:
    """Where the UI finds ``job``: a run with this origin stands on its timeline and can be executed again there."""
    target = LoadableTargetOrigin(executable_path=sys.executable, module_name=MODULE, working_directory=str(Path.cwd()))
    location = ManagedGrpcPythonEnvCodeLocationOrigin(target, MODULE)
    return RemoteJobOrigin(RemoteRepositoryOrigin(location, _REPOSITORY), job)
