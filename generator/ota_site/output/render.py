"""Render recipes to bytes. Does not know where they are written."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ota_site.apple.bundle.icons import read_icon
from ota_site.apple.install.manifest import encode_manifest
from ota_site.apple.zip.archive import open_archive
from ota_site.apple.zip.directory import printable
from ota_site.images import pictures
from ota_site.model.build import Problem, Severity
from ota_site.model.errors import SiteError, reading
from ota_site.model.records import replace
from ota_site.site.recipes import (
    CopyOutput,
    IconOutput,
    LetterOutput,
    ManifestOutput,
    PageOutput,
    QrOutput,
    StaticOutput,
    TextOutput,
)
from ota_site.theme.printer import page_printer
from ota_site.theme.slim import slim

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ota_site.i18n.languages import Language
    from ota_site.images.pictures import Pixels
    from ota_site.model.build import Build, Icon, Source
    from ota_site.site.recipes import Recipe
    from ota_site.theme.layers import Theme


def make_renderer(theme: Theme, languages: Mapping[str, Language]) -> Callable[[Recipe], bytes | Source]:
    """Return a function that renders a recipe to bytes, or returns the file to copy unchanged.

    languages: the languages of all pages, by tag. The function raises SiteError if a template or an icon is unusable.
    """
    show = page_printer(theme, languages)
    # The sizes of one icon are adjacent in a plan, and so are the two formats of a QR code.
    picture = lru_cache(maxsize=2)(_open_icon)
    modules = lru_cache(maxsize=2)(pictures.qr_modules)

    def render(recipe: Recipe) -> bytes | Source:
        match recipe:
            case PageOutput():
                return show(recipe.site, recipe.page).encode()
            case ManifestOutput():
                return encode_manifest(recipe.manifest)
            case QrOutput():
                draw = pictures.qr_svg if recipe.path.suffix == ".svg" else pictures.qr_png
                return draw(modules(recipe.text))
            case IconOutput():
                return pictures.fit_icon(picture(recipe.ipa.path, recipe.icon), recipe.side)
            case LetterOutput():
                return pictures.letter_icon(recipe.letter, recipe.hue, recipe.side)
            case TextOutput():
                return recipe.text.encode()
            case StaticOutput():
                return slim(recipe.source)
            case CopyOutput():
                return recipe.source

    return render


def with_drawable_icon(ipa: Path, build: Build) -> Build:
    """Return the build of the IPA at `ipa`, without its icon if that is a JPEG that cannot be decoded.

    The IPA reader has already checked PNG icons.
    """
    if build.icon is None or not build.icon.jpeg:
        return build
    try:
        _open_icon(ipa, build.icon)
    except SiteError as error:
        flaw = Problem(
            code="no-icon",
            severity=Severity.WARNING,
            message=f"an image of the icon cannot be used: {printable(build.icon.source)}: {error.message}",
            hint="replace it in the app's asset catalog and build again",
        )
        return replace(build, icon=None, flaws=(*build.flaws, flaw))
    return build


def _open_icon(ipa: Path, icon: Icon) -> Pixels:
    with reading(str(ipa)):
        try:
            with open_archive(ipa) as archive:
                found = read_icon(archive, icon)
            return pictures.open_picture(found.data, premultiplied=found.premultiplied)
        except (ValueError, KeyError) as error:
            hint = "if it changed during the build, build again"
            raise SiteError(f"its icon cannot be read: {error}", where=str(ipa), hint=hint) from error
