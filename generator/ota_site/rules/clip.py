"""Rule on an IPA whose app is an App Clip (INSTALLD). Numbers in comments are from MIInstallerErrorDomain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ota_site.model.build import BundleKind
from ota_site.rules.extension import point_of
from ota_site.rules.finding import error
from ota_site.rules.parts import Part, bundles_of, seal_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ota_site.model.build import Build, Problem

_CLIP = "com.apple.developer.on-demand-install-capable"
_PARENTS = "com.apple.developer.parent-application-identifiers"
_CLIPS = "com.apple.developer.associated-appclip-app-identifiers"
_WIDGETS = "com.apple.widgetkit-extension"


def app_clip(build: Build, _now: datetime) -> Problem | None:
    """Report a standalone App Clip without a parent app, or with forbidden content: MIInstaller 145 to 151 and 173."""
    seal = seal_of(build)
    rights = seal.entitlements if seal else {}
    if rights.get(_CLIP) is not True:
        return None
    hint = "export the App Clip together with its app, or publish the app itself"
    wrong = next(_clip_faults(build, rights), None)
    return error("app-clip", f"it is an App Clip, but {wrong}", hint) if wrong else None


def _clip_faults(build: Build, rights: dict[str, Any]) -> Iterator[str]:
    parents, own = rights.get(_PARENTS), Part(build, build).claimed_id or ""
    if not isinstance(parents, list):
        yield f"it does not claim {_PARENTS}"  # 145
    elif len(parents) != 1 or not isinstance(parents[0], str):
        yield f"{_PARENTS} has {len(parents)} entries instead of one"  # 151
    elif not own.startswith(f"{parents[0]}.") or own == f"{parents[0]}.":
        yield f"its application-identifier {own} does not begin with its app’s, {parents[0]}."  # 150
    elif "." in own.removeprefix(f"{parents[0]}."):
        yield f"its application-identifier {own} has a dot after its app’s"  # 149
    if rights.get(_CLIPS) is not None:
        yield f"it claims {_CLIPS}, which is only for its app"  # 148
    for extension in bundles_of(build, BundleKind.EXTENSION):
        if point_of(extension) != _WIDGETS:
            yield f"it has {extension.path}, but an App Clip may only have widgets"  # 173
    if any(bundles_of(build, BundleKind.WATCH_APP)):
        yield "it has a watch app"  # 146
