"""Content that puts each part of each page to use, and content of a hundred apps: for what measures the pages."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from ota_site.model.records import replace
from tests.profiles import Profile
from tests.samples import App, make_ipa

if TYPE_CHECKING:
    from collections.abc import Mapping

DEMO = Path(__file__).parents[1] / "content"
KINDS: Mapping[str, str] = {
    "front": "",
    "app": "apps/com.example.everything/",
    "build": "apps/com.example.fellpath/2.4.0-118/",
    "blocked build": "apps/com.example.fellpath/2.3.0-104/",
    "help": "help/",
    "text": "guide/",
}
"""A page of each kind in the showcase, by its path. Any other path is the page that says nothing is here."""

GUIDE = """\
# A guide, with everything that Markdown has

Some *words*, some **more**, `code`, [a link](https://example.com/) and [a picture](apps/shot.png).

![A hill](apps/shot.png)

# A list

1. One
2. Two
    - within two

> Somebody said this.

| Left | Right |
|:-----|------:|
| 1    | 2     |

```
code in one line that is a good deal longer than any phone is wide, and wider than the column of text on a desk too
```

## Smaller

---

מילים שנכתבות מימין לשמאל
"""

EVERYTHING = """\
+++
subtitle = "For whoever looks closely, in quite a few words, so that they do not fit on one line of a phone"
tags = ["one", "two"]
links = [{ title = "A link", url = "https://example.com/" }]
screenshots = ["shot.png", "shot-2.png"]
+++

What it is, with [a link](https://example.com/).

# A heading

- a point
"""

NOTES = "# What changed\n\nSee [the list](https://example.com/list), `code` and:\n\n- a point\n"
FIRST = ("Amber", "Birch", "Cedar", "Dune", "Ember", "Fjord", "Grove", "Heath", "Iris", "Juniper")
SECOND = ("Atlas", "Book", "Clock", "Diary", "Engine", "Field", "Garden", "Harbour", "Index", "Journal")


def write_showcase(folder: Path) -> None:
    """Write the demo, a page of text, an app that has everything, and one with a hostile name."""
    shutil.copytree(DEMO, folder)
    (folder / "guide.md").write_text(GUIDE, "utf-8")
    (folder / "apps" / "com.example.everything.md").write_text(EVERYTHING, "utf-8")
    for name in ("shot.png", "shot-2.png"):
        Image.new("RGB", (1170, 2532), "steelblue").save(folder / "apps" / name)
    app = App(name="Everything", bundle_id="com.example.everything", localised={"ja": "見本", "he": "הכל"})
    for number in range(1, 4):
        (folder / f"everything-{number}.ipa").write_bytes(make_ipa(replace(app, build=str(number))))
        (folder / f"everything-{number}.md").write_text(NOTES, "utf-8")
    hostile = App(
        name='<b onclick="x">&"\'' + "W" * 200, bundle_id="com.example.hostile", icon=None, folder="Payload/H.app"
    )
    (folder / "hostile.ipa").write_bytes(make_ipa(hostile))
    (folder / "hostile.md").write_text('<script>x</script><p style="color: red" onclick="x">fine</p>', "utf-8")


def write_hundred(folder: Path) -> None:
    """Write a hundred apps, each with a name, icon and words of its own: like ones would compress too well."""
    (folder / "apps").mkdir(parents=True)
    for number in range(100):
        name = f"{FIRST[number % 10]} {SECOND[number // 10]}"
        digest = hashlib.sha256(name.encode()).digest()
        expires = datetime(2026 if number % 5 == 0 else 2035, 1, 1 + number % 28, tzinfo=UTC)
        app = App(
            name=name,
            bundle_id=f"com.example.{name.replace(' ', '-').lower()}",
            version=f"{digest[0] % 9}.{digest[1] % 30}.{digest[2] % 9}",
            build=str(digest[3] * 7),
            icon=Image.new("RGB", (60, 60), tuple(digest[4:7])),
            profile=Profile(expires=expires),
            built=datetime(2026, 1 + digest[7] % 6, 1 + digest[8] % 28, tzinfo=UTC),
        )
        subtitle = " ".join(f"{FIRST[at % 10].lower()} {SECOND[at // 10 % 10].lower()}" for at in digest[9:12])
        (folder / f"{number}.ipa").write_bytes(make_ipa(app))
        (folder / "apps" / f"{app.bundle_id}.md").write_text(f'+++\nsubtitle = "{subtitle}"\n+++\n', "utf-8")
