"""What a profile says about the file a platform takes: its columns, how each is spelled and hashed, and its limits."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from segmentation_pipeline.config.schema.base import MOST, Model, Name

Channel = Literal["email", "sms", "post", "ads"]
ContactField = Literal[
    "customer_id", "rank", "email", "phone", "first_name", "last_name", "street", "postal_code", "city", "country"
]

FORMS: dict[str, tuple[str, ...]] = {
    "customer_id": ("plain",),
    "rank": ("plain",),
    "email": ("plain", "without_gmail_dots", "without_suffix", "without_suffix_and_dots", "ascii"),
    "phone": ("plain", "e164", "digits"),
    "first_name": ("plain", "lower", "letters"),
    "last_name": ("plain", "lower", "letters"),
    "street": ("plain",),
    "postal_code": ("plain", "letters"),
    "city": ("plain", "letters"),
    "country": ("plain", "upper", "lower"),
}
"""The spellings of each field, the usual one first; ``audience_profiles.forms`` makes them."""


class Setting(Model):
    """What a platform leaves open, or its pages disagree about: the ``question``, the ``usual`` answer and what each of the
    ``answers`` means."""

    question: str
    usual: str
    answers: Annotated[dict[str, str], Field(min_length=2)]

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.usual not in self.answers:
            raise ValueError(f"'usual' is none of the answers: {', '.join(self.answers)}")
        return self


class ListColumn(Model):
    """The column ``header`` of the file: a ``field`` of the person in a ``form``, or the same ``value`` in every row.

    ``hash: sha256`` writes the digest, in hexadecimal, of the form; nothing of what is not known.  ``identifies``: the
    platform finds a person by it, so somebody with another value is another member.  ``channels``: only in lists of these;
    ``when``: only where the profile's settings have one of these answers; ``states_consent``: only where the ledger of consents
    was asked, since it says that people agreed.  ``longest`` cuts a text.  ``last``: behind the columns of ``content``.
    """

    header: Annotated[str, Field(min_length=1)]
    field: ContactField | None = None
    form: str | None = None
    value: str | None = None
    hash: Literal["sha256"] | None = None
    identifies: bool = False
    channels: tuple[Channel, ...] = ()
    when: dict[Name, tuple[str, ...]] = Field(default_factory=dict)
    longest: Annotated[int, Field(ge=1, le=MOST)] | None = None
    states_consent: bool = False
    last: bool = False

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if (self.field is None) == (self.value is None):
            raise ValueError("a column has a 'field' of the person or a 'value', and not both")
        if self.field is None and (self.form or self.hash or self.identifies):
            raise ValueError("'form', 'hash' and 'identifies' belong to a 'field'")
        if self.field is not None and self.spelling not in FORMS[self.field]:
            raise ValueError(f"'form' of {self.field} is one of: {', '.join(FORMS[self.field])}")
        return self

    @property
    def spelling(self) -> str:
        """The form of the field that is written."""
        return self.form or FORMS[self.field or "rank"][0]


class Limits(Model):
    """The most ``rows`` and ``bytes`` of one file (a larger list becomes several) and the ``fewest_people`` the platform
    serves."""

    rows: Annotated[int, Field(ge=1, le=MOST)] | None = None
    bytes: Annotated[int, Field(ge=1024, le=MOST)] | None = None
    fewest_people: Annotated[int, Field(ge=1, le=MOST)] | None = None


class AudienceProfile(Model):
    """A platform's file, and how to upload it.

    ``title`` is what it is called; lists of ``channels`` may be written as such a file, in ``format``, with ``columns`` between
    which stands ``separator`` (or, by the answer to the setting ``separator``, the one in ``separator_of``), after a
    ``byte_order_mark`` where it takes one.  ``settings`` are what the platform leaves open, ``limits`` what it takes at most.
    ``upload`` says how a list gets there, ``removal`` how people are taken off.  ``version`` is another one whenever the same
    list would be written otherwise.  ``read_by: spreadsheet`` defuses every cell that would be run as a formula, ``machine`` only
    texts people wrote, so that ``+`` of a telephone number stays.  ``content``: whether the platform takes further columns.
    ``consent`` is what the whole upload is declared as where the ledger of consents was asked.  ``documentation`` are the
    addresses its rules were read at; ``notes`` what a person should know, what is from knowledge alone among it.
    """

    title: str
    version: Annotated[int, Field(ge=1)] = 1
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    format: Literal["csv", "json_lines", "parquet"] = "csv"
    separator: Literal[",", ";", "\t"] = ","
    separator_of: dict[str, Literal[",", ";", "\t"]] = Field(default_factory=dict)
    byte_order_mark: bool = False
    read_by: Literal["machine", "spreadsheet"] = "machine"
    content: bool = True
    columns: Annotated[tuple[ListColumn, ...], Field(min_length=1)]
    settings: dict[Name, Setting] = Field(default_factory=dict)
    limits: Limits = Limits()
    consent: dict[str, str] = Field(default_factory=dict)
    upload: str
    removal: str
    documentation: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for column in self.columns:
            for setting, answers in column.when.items():
                if setting not in self.settings or not set(answers) <= set(self.settings[setting].answers):
                    raise ValueError(f"column '{column.header}': 'when' names no answer of a setting: {setting} {answers}")
        if self.separator_of and not set(self.separator_of) <= set(self.settings.get("separator", _NO_SETTING).answers):
            raise ValueError("'separator_of' names answers of the setting 'separator'")
        for channel in self.channels:
            if not any(column.identifies for column in self.columns_for(channel, {})):
                raise ValueError(f"no column identifies a person on a list of channel {channel}")
        return self

    def answers(self, given: dict[str, str]) -> dict[str, str]:
        """Every setting with its answer: the one given, else the usual one."""
        return {name: given.get(name, setting.usual) for name, setting in self.settings.items()}

    def columns_for(self, channel: str, given: dict[str, str]) -> tuple[ListColumn, ...]:
        """The columns of a list of the channel."""
        answers = self.answers(given)
        return tuple(
            column
            for column in self.columns
            if (not column.channels or channel in column.channels)
            and all(answers[setting] in wanted for setting, wanted in column.when.items())
        )

    def separator_for(self, given: dict[str, str]) -> str:
        """What stands between two cells."""
        return self.separator_of.get(self.answers(given).get("separator", ""), self.separator)


_NO_SETTING = Setting(question="", usual="a", answers={"a": "", "b": ""})
