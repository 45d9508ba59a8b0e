"""The manifests of the day's lists to a web address: a signal that lists are ready, without anybody's data.

Whoever receives it fetches the files where they lie and uploads them; what was told is remembered beside the lists.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from segmentation_pipeline.campaigns.lists import lists_on_disk, read_manifest
from segmentation_pipeline.config.schema import DestinationConfig
from segmentation_pipeline.config.schema.origins import EnvName
from segmentation_pipeline.connections.webhook import host_of, post, signature
from segmentation_pipeline.destinations.destination import Delivered, Destination, PersonErased
from segmentation_pipeline.engine.published import opened_publication

_TOLD = "webhook.json"


class WebhookConfig(DestinationConfig):
    """The manifests of the day's lists, as JSON to the address in the variable ``url_env``, signed with the secret in
    ``secret_env``; ``tables`` are brought nowhere by it."""

    url_env: EnvName
    secret_env: EnvName


class WebhookDestination(Destination[WebhookConfig]):
    name = "webhook"
    description = "The manifests of the day's lists, posted to a web address: counts and hashes, nobody's data."
    badges = frozenset({"json"})
    unreached = "Nothing to do: it was sent nobody's data."
    comes_last = True
    config = WebhookConfig

    @property
    def recipient(self) -> str:
        return f"web address in {self.settings.url_env}"

    def connection_test(self) -> str:
        url, _ = self._told_where()
        return f"would post to {host_of(url)}; nothing was posted"

    def deliver(self, publication: Path, audiences: Path) -> Delivered:
        """Post the manifests of the publication's day, once for the same lists."""
        url, secret = self._told_where()
        with opened_publication(publication) as published:
            day = published.day()
        lists = [each for each in lists_on_disk(audiences) if each.as_of.isoformat() == day]
        told = {"as_of": day, "lists": [{"folder": each.folder, **read_manifest(audiences, each)} for each in lists]}
        body = json.dumps(told, sort_keys=True, ensure_ascii=False).encode()
        content = hashlib.sha256(host_of(url).encode() + body).hexdigest()
        known = audiences.parent / _TOLD
        if known.is_file() and json.loads(known.read_text(encoding="utf-8")).get("content") == content:
            return Delivered({}, changed=False, files=0)
        post(self.place, url, body, {"Idempotency-Key": content, "X-Signature-256": signature(secret, body)})
        fresh = known.with_name(f".{_TOLD}.new")
        fresh.write_text(json.dumps({"as_of": day, "content": content}) + "\n", encoding="utf-8")
        fresh.replace(known)
        return Delivered({}, changed=True, files=len(lists))

    def erase(self, publication: Path, audiences: Path, person: PersonErased) -> str:
        self.deliver(publication, audiences)
        return "it was sent counts and hashes alone; the manifests of today's lists were sent anew"

    def _told_where(self) -> tuple[str, str]:
        url = self.place.variable(self.settings.url_env, "url_env")
        return url, self.place.variable(self.settings.secret_env, "secret_env")
