"""One YAML file with the line of every key, read so that a person's slips are found.

Plain values mean what they look like: only ``true`` and ``false`` are booleans (``no`` is a text,
as in a country code), ``2024-01-31`` and ``007`` stay texts, and a key may stand only once.
Aliases and tags are refused: a configuration says what it means where it stands.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from segmentation_pipeline.config.diagnostics import Diagnostic, shown

KeyPath = tuple[str | int, ...]

_TAG = "tag:yaml.org,2002:"
_SYNTAX_HINTS = (
    ("'\\t'", "a tab in the indentation", "spaces", "replace the tab by spaces"),
    (
        "mapping values are not allowed",
        "a ':' where no key can stand",
        "one 'key: value' a line",
        "put a text that holds ': ' in quotes, or check the indentation",
    ),
    ("could not find expected ':'", "a key without ':'", "'key: value'", None),
    ("expected <block end>", "a line indented unlike its neighbours", "the same indentation for keys of one level", None),
    ("unexpected end of stream", "a quote that is never closed", "a closing quote", None),
    ("but found another document", "a second document ('---')", "one document a file", None),
    ("found duplicate anchor", "an anchor (&name)", "values written where they are used", None),
    ("found undefined alias", "an alias (*name)", "values written where they are used", "put a text beginning with * in quotes"),
    ("cannot start any token", "a character no value can begin with", "a plain or quoted value", "put the text in quotes"),
)

_MOST_DIGITS = 18
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
"""Signs that steer a terminal or turn a text around, and are none."""
_ANY_SIGN = (("csv", "delimiter"), ("csv", "quote"))


def _invisible(sign: re.Match[str]) -> str:
    return f"the invisible character U+{ord(sign[0]):04X}"


class _Loader(yaml.SafeLoader):
    """Only the syntax tree is used; the values are read here."""


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver(f"{_TAG}null", re.compile(r"~|null|Null|NULL|\Z"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver(f"{_TAG}bool", re.compile(r"(true|True|TRUE|false|False|FALSE)\Z"), list("tTfF"))
_Loader.add_implicit_resolver(f"{_TAG}int", re.compile(r"[-+]?(0|[1-9]\d*)\Z", re.ASCII), list("-+0123456789"))
_Loader.add_implicit_resolver(
    f"{_TAG}float", re.compile(r"[-+]?(0|[1-9]\d*)?(\.\d+)?([eE][-+]?\d+)?\Z", re.ASCII), list("-+.0123456789")
)


@dataclass(slots=True)
class YamlFile:
    """A file's ``data`` (mappings, lists, texts, numbers, true/false, None) and its ``problems``.

    ``data`` is None when the file has no readable content.
    """

    path: Path
    data: object = None
    problems: list[Diagnostic] = field(default_factory=list)
    _lines: dict[KeyPath, int] = field(default_factory=dict)
    _taken: dict[KeyPath, str] = field(default_factory=dict)

    def take(self, path: KeyPath, origin: str, line: int | None) -> None:
        """Note that what stands at ``path`` is from ``origin``, which is named on ``line``."""
        self._taken[path] = origin
        if line is not None:
            self._lines.setdefault(path, line)

    def line(self, path: KeyPath) -> int | None:
        """The line a key (or list item) stands on, or else the nearest one around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def problem(self, path: KeyPath, found: str, expected: str = "", suggestion: str | None = None) -> Diagnostic:
        origin = next((self._taken[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self._taken), None)
        told = f"{found} (from {origin})" if origin else found
        return Diagnostic(self.path, self.line(path), key_path_text(path), told, expected, suggestion)


def key_path_text(path: KeyPath) -> str:
    """A place in a file as people write it.

    >>> key_path_text(("segmentations", "lifecycle", "segments", 0, "when"))
    'segmentations.lifecycle.segments[0].when'
    """
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def read_yaml(path: Path) -> YamlFile:
    """Read one file; what is wrong with it is in ``problems``, nothing is raised."""
    file = YamlFile(path)
    text = _text(file)
    if text is None:
        return file
    try:
        node = yaml.compose(text, _Loader)
        if node is not None:
            file.data = _Reader(file).value(node, ())
    except yaml.MarkedYAMLError as error:
        file.problems.append(_syntax_problem(file, error))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        file.problems.append(Diagnostic(path, line, "", f"the invisible character U+{ord(text[error.position]):04X}", "text"))
    except RecursionError:
        file.problems.append(Diagnostic(path, None, "", "values nested hundreds of levels deep", "a few levels"))
    return file


def _text(file: YamlFile) -> str | None:
    try:
        content = file.path.read_bytes()
    except OSError as error:
        found = f"a file that cannot be read ({error.strerror})"
        file.problems.append(Diagnostic(file.path, None, "", found, "a readable YAML file"))
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found, hint = f"the byte 0x{content[error.start]:02X}, which is not UTF-8", "save it again with the encoding UTF-8"
        file.problems.append(Diagnostic(file.path, line, "", found, "a file saved as UTF-8", hint))
        return None


def _syntax_problem(file: YamlFile, error: yaml.MarkedYAMLError) -> Diagnostic:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else None
    column = f" (column {mark.column + 1})" if mark else ""
    complaint = f"{error.problem or ''} {error.context or ''}"
    for sign, found, expected, hint in _SYNTAX_HINTS:
        if sign in complaint:
            return Diagnostic(file.path, line, "", found + column, expected, hint)
    return Diagnostic(file.path, line, "", f"text that is not YAML: {error.problem}{column}", "'key: value' lines and lists")


class _Reader:
    """Turns the syntax tree into values, noting lines and problems."""

    def __init__(self, file: YamlFile) -> None:
        self._file = file
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, path: KeyPath) -> object:
        if id(node) in self._seen:
            self._wrong(path, "an alias (*name)", "values written where they are used", self._file.line(path))
            return None
        line = node.start_mark.line + 1
        self._file._lines.setdefault(path, line)
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.value(item, (*path, position)) for position, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        self._wrong(path, f"the tag {node.tag}", "a plain value", line)
        return None

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, object]:
        values: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._wrong(path, "a key that is a list or mapping", "a plain word as key", line)
                continue
            key = key_node.value
            place = (*path, key)
            if sign := _INVISIBLE.search(key):
                self._wrong(path, f"a key with {_invisible(sign)}", "signs that can be seen", line)
                continue
            if key in values:
                first = self._file.line(place)
                self._wrong(place, f"the key '{key}' a second time (first on line {first})", "each key once", line)
                continue
            self._file._lines[place] = line
            values[key] = self.value(value_node, place)
        return values

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> object:
        text, line = node.value, node.start_mark.line + 1
        match node.tag.removeprefix(_TAG):
            case "str":
                if (sign := _INVISIBLE.search(text)) and path[-2:] not in _ANY_SIGN:
                    self._wrong(path, f"{shown(text)}, with {_invisible(sign)}", "text of signs that can be seen", line)
                return text
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int" if len(text) > _MOST_DIGITS:
                self._wrong(path, f"a number of {len(text)} digits", "a number that something can be counted by", line)
                return None
            case "int":
                return int(text)
            case "float":
                if not math.isfinite(number := float(text)):
                    self._wrong(path, shown(text), "a number", line)
                    return None
                return number
        self._wrong(path, f"the tag {node.tag} before {shown(text)}", "a plain value", line)
        return None

    def _wrong(self, path: KeyPath, found: str, expected: str, line: int | None) -> None:
        self._file.problems.append(Diagnostic(self._file.path, line, key_path_text(path), found, expected))
