// Which device this is, or is to be by the preview’s data-as, before anything is drawn, so that nothing moves.
// docs/themes.md has what it writes on <html>.
(function () {
  "use strict";
  const root = document.documentElement;
  const agent = navigator.userAgent;
  const as = root.dataset.as === "expired" ? "" : root.dataset.as || "";

  const DEVICES = ["iphone", "ipad", "mac", "android", "desktop"];
  // What apps add to the user agent of the browser inside them.
  const APPS = new RegExp(
    "MicroMessenger|DingTalk|Slack|LinkedInApp|\\bGSA/|Gmail|FBAN|FBAV|Instagram|\\bLine/|Lark|Feishu|\\bQQ/|Weibo|" +
      "Teams|Discord|Telegram|Twitter|Snapchat|Pinterest|WhatsApp|TikTok|Bytedance|AlipayClient|KAKAOTALK|NAVER",
    "i"
  );

  function device() {
    if (DEVICES.includes(as)) return as;
    if (as) return as === "intel-mac" ? "mac" : "iphone";
    if (/iPhone|iPod/.test(agent)) return "iphone";
    // iPadOS calls itself a Mac; no Mac has a touch screen.
    if (/iPad/.test(agent) || (/Macintosh/.test(agent) && navigator.maxTouchPoints > 1)) return "ipad";
    if (/Android/.test(agent)) return "android";
    return /Macintosh/.test(agent) ? "mac" : "desktop";
  }

  function inside() {
    if (as) return !DEVICES.includes(as) && as !== "intel-mac";
    if (away) return false;
    // A web view that adds nothing leaves out Safari; so does a page on the home screen.
    return APPS.test(agent) || "TelegramWebviewProxy" in window || !(/Safari\//.test(agent) || navigator.standalone);
  }

  const here = device();
  root.dataset.device = here;
  const away = !/iphone|ipad/.test(here);
  if (away) root.dataset.away = "";
  if (inside()) root.dataset.inapp = "";
  if (as === "intel-mac") root.dataset.chip = "x86";
  if (here === "mac" && navigator.userAgentData && navigator.userAgentData.getHighEntropyValues) {
    navigator.userAgentData.getHighEntropyValues(["architecture"]).then((said) => {
      if (said.architecture === "x86") root.dataset.chip = "x86";
    });
  }
})();
