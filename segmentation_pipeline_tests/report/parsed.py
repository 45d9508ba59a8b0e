"""What a test asks of a page: its tags, and whatever could be loaded from elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "input", "link"}


@dataclass
class Tag:
    name: str
    attributes: dict[str, str]
    children: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """Every tag in order, with the names of the tags right inside it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[Tag] = []
        self.text = ""
        self.style = ""
        self._open: list[Tag] = []
        self.feed(str(html))  # of markup, slices are markup too
        self.close()
        assert self._open == [], "every tag is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice in <{tag}>"
        made = Tag(tag, {name: value or "" for name, value in attrs})
        if self._open:
            self._open[-1].children.append(tag)
        self.tags.append(made)
        if tag not in VOID:
            self._open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().name == tag, f"</{tag}> closes another tag"

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1].name == "style":
            self.style += data
        else:
            self.text += data

    def of(self, name: str) -> list[Tag]:
        return [tag for tag in self.tags if tag.name == name]

    @property
    def ids(self) -> list[str]:
        return [tag.attributes["id"] for tag in self.tags if "id" in tag.attributes]

    @property
    def outside(self) -> list[str]:
        """All that a browser would fetch, run or follow out of the page."""
        found = [
            f"<{tag.name}>"
            for tag in self.tags
            if tag.name in ("script", "link", "img", "iframe", "object", "embed", "base", "form")
        ]
        for tag in self.tags:
            for name, value in tag.attributes.items():
                if name in ("src", "href", "xlink:href", "srcset", "action", "data", "poster") and not value.startswith("#"):
                    found.append(f"{name}={value}")
                if name.startswith("on") or name == "style" or "url(" in value:
                    found.append(f"{name}={value}")
        return found + re.findall(r"url\(|@import|expression\(", self.style)
