"""Write the manifest, the property list that tells iOS what to install and from where.

Keys: `other/manifesturl.yaml` in Apple's device-management repository.
"""

from __future__ import annotations

import plistlib

from ota_site.apple.digest import CHUNK_SIZE
from ota_site.model.plain_text import one_line
from ota_site.model.records import Record


class Manifest(Record, kw_only=True):
    """One app to install. All addresses are absolute https URLs.

    `chunks` are the SHA-256 of each CHUNK_SIZE bytes of the IPA; iOS verifies the download with them.
    `version` is CFBundleShortVersionString, the version shown to people, as Xcode writes it.
    `platform` is None except for iOS: web installs on visionOS fail with a platform.
    """

    ipa_url: str
    chunks: tuple[str, ...]
    display_image_url: str
    full_size_image_url: str
    bundle_id: str
    version: str
    title: str
    subtitle: str | None = None
    platform: str | None = None


def encode_manifest(manifest: Manifest) -> bytes:
    """Return the manifest as an XML property list. Removes characters that XML forbids from title and subtitle."""
    package = {
        "kind": "software-package",
        "sha256-size": CHUNK_SIZE,
        "sha256s": list(manifest.chunks),
        "url": manifest.ipa_url,
    }
    metadata = {
        "bundle-identifier": manifest.bundle_id,
        "bundle-version": manifest.version,
        "kind": "software",
        "platform-identifier": manifest.platform,
        "subtitle": manifest.subtitle and one_line(manifest.subtitle),
        "title": one_line(manifest.title),
    }
    item = {
        "assets": [
            package,
            {"kind": "display-image", "url": manifest.display_image_url},
            {"kind": "full-size-image", "url": manifest.full_size_image_url},
        ],
        "metadata": {key: value for key, value in metadata.items() if value is not None},
    }
    return plistlib.dumps({"items": [item]}, sort_keys=True)
