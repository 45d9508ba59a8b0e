"""Where data comes from and goes to beyond the project folder: databases, object stores and the like.

Belongs here: what all of them are told in one way.  Does not belong here: a particular kind, whose landing or destination
declares its keys.  A secret never stands in a file: keys that end in ``_env`` hold the name of an environment variable.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Self, get_args

from pydantic import BeforeValidator, Field

from segmentation_pipeline.config.schema.base import Model

URL_SIGN = "://"
_ALWAYS_DUMPED = ("files", "database", "derive_from")

EnvName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="the name of an environment variable")]


def _text(value: object) -> object:
    """Options are texts; what YAML reads as a number or truth value is one all the same."""
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int | float) else value


Option = Annotated[str, BeforeValidator(_text), Field(description="a text, a number, true or false")]
StorageOptions = Annotated[
    dict[str, Option], Field(description="options of the fsspec file system; NAME_env: VARIABLE takes NAME from the environment")
]


class Origin(Model):
    """Where a source is fetched from that is named by no file: what stands under the key of a landing, which declares it."""

    in_words: ClassVar[str]
    """What it is, for the records of processing: ``a database``."""

    gives_rows: ClassVar[bool] = True
    """Whether it gives typed rows, landed as Parquet however the landing parts them, and not files that are read as they are."""

    instead_of_lookup: ClassVar[str] = ""
    """How rows are joined where they come from, for a message."""


class SourceOrigin(Model):
    """Where a source comes from: ``files`` of the project folder or of object stores, or what a landing's key says."""

    files: str | tuple[str, ...] | None = None

    @property
    def _files(self) -> tuple[str, ...]:
        if self.files is None:
            return ()
        return (self.files,) if isinstance(self.files, str) else self.files

    @property
    def patterns(self) -> tuple[str, ...]:
        """What to look for in the project folder."""
        return tuple(pattern for pattern in self._files if URL_SIGN not in pattern)

    @property
    def urls(self) -> tuple[str, ...]:
        """What to look for in object stores."""
        return tuple(pattern for pattern in self._files if URL_SIGN in pattern)

    @property
    def _origins(self) -> dict[str, Origin | None]:
        """What stands under the key of each landing there is."""
        fields = type(self).model_fields.items()
        return {key: getattr(self, key) for key, field in fields if any(map(_is_origin, get_args(field.annotation)))}

    @property
    def origin(self) -> Origin | None:
        """Where the source is fetched from that is named by no file."""
        return next((origin for origin in self._origins.values() if origin), None)

    @property
    def gives_rows(self) -> bool:
        """Whether typed rows are fetched, and not files."""
        return self.origin is not None and self.origin.gives_rows

    @property
    def lands(self) -> bool:
        """Whether something must be fetched before there are files to read."""
        return self.origin is not None or bool(self.urls)

    @property
    def whence(self) -> dict[str, object]:
        """Where its rows come from: what makes it another source.  A key without a value stands in it only where it always
        did, so that a version that knows more landings takes the same source for the same."""
        dumped = self.model_dump(mode="json", include={"files", *self._origins, "derive_from"})
        return {key: value for key, value in dumped.items() if value is not None or key in _ALWAYS_DUMPED}

    def read_from(self, patterns: tuple[str, ...]) -> Self:
        """The same source where the files that ``patterns`` match are all there is."""
        return self.model_copy(update={"files": patterns, "storage_options": {}, **dict.fromkeys(self._origins)})


def _is_origin(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Origin)
