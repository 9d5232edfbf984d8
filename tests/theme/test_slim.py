"""What is published of a theme's style sheets and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ota_site.model.errors import SiteError
from ota_site.sources.scan import look_at
from ota_site.theme.layers import bundled_themes
from ota_site.theme.slim import slim

if TYPE_CHECKING:
    from pathlib import Path


def test_a_style_sheet_keeps_what_a_browser_reads(tmp_path: Path) -> None:
    file = tmp_path / "a.css"
    file.write_text('/*! Licence */\n/* why */\na::before {\n  content: "/* é */";\n  width: calc(1px + 2px);\n}\n')
    assert slim(look_at(file)) == '/*! Licence */a::before{content:"/* é */";width:calc(1px + 2px)}'.encode()


def test_so_does_a_script(tmp_path: Path) -> None:
    file = tmp_path / "a.js"
    file.write_text("// why\nconst a = `x // é\n  y`;\n/* why */\nconst b = /[/]\\/\\/ /;\n")
    assert slim(look_at(file)) == "const a=`x // é\n  y`;const b=/[/]\\/\\/ /;".encode()


def test_another_file_is_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a.svg"
    file.write_text("<svg><!-- why --></svg>")
    assert slim(look_at(file)) == look_at(file)


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.css"
    file.write_text("a{}")
    source = look_at(file)
    file.unlink()
    with pytest.raises(SiteError, match=r"a\.css"):
        slim(source)


def test_bundled_scripts_lose_a_fifth() -> None:
    for file in bundled_themes().glob("*/static/*.js"):
        slimmed = slim(look_at(file))
        assert isinstance(slimmed, bytes)
        assert len(slimmed) < 0.8 * file.stat().st_size
