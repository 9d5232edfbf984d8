"""What browsers call themselves on devices that are not here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def iphone(browser: str, system: str = "17_5") -> str:
    """Return the user agent of a browser on an iPhone, on that version of the system."""
    return (
        f"Mozilla/5.0 (iPhone; CPU iPhone OS {system} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) {browser}"
    )


IPHONE = iphone("Version/17.5 Mobile/15E148 Safari/604.1")
_MACINTOSH = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/"
MAC = f"{_MACINTOSH}605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15"
"""Safari on a Mac, and on an iPad too: only its touch points tell."""
CHROME_ON_MAC = f"{_MACINTOSH}537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36"
_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0"
ANDROID = f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Mobile Safari/537.36"
DESKTOP = f"Mozilla/5.0 (X11; Linux x86_64) {_CHROME} Safari/537.36"

OTHER_BROWSERS: Mapping[str, str] = {
    "Chrome": iphone("CriOS/149.0.7827.50 Mobile/15E148 Safari/604.1"),
    "Firefox": iphone("FxiOS/139.0 Mobile/15E148 Safari/605.1.15"),
    "Edge": iphone("Version/17.0 EdgiOS/149.0 Mobile/15E148 Safari/605.1.15"),
}
"""Browsers of their own on an iPhone."""

INSIDE: Mapping[str, str] = {
    "WeChat": iphone("Mobile/15E148 MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN"),
    "DingTalk": iphone("Mobile/15E148 AliApp(DingTalk/7.5.0) com.laiwang.DingTalk/12345"),
    "Slack": iphone("Version/17.5 Mobile/15E148 Safari/604.1 Slack_iOS/24.06"),
    "LinkedIn": iphone("Mobile/15E148 [LinkedInApp]/9.29.9032"),
    "Google": iphone("GSA/322.0.647 Mobile/15E148 Safari/604.1"),
    "Facebook": iphone("Mobile/15E148 [FBAN/FBIOS;FBAV/468.0.0.38;FBDV/iPhone15,2]"),
    "Instagram": iphone("Mobile/15E148 Instagram 336.0.0.29 (iPhone15,2; iOS 17_5)"),
    "Line": iphone("Safari Line/14.8.0"),
    "Lark": iphone("Mobile/15E148 Lark/7.20.3 LarkLocale/en_US"),
    "a web view that adds nothing": iphone("Mobile/15E148"),
}
"""The browsers inside other apps on an iPhone."""
