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

  // [major, minor] where the user agent is to be believed; none for other browsers on iOS 18.6 and later. From 26 on
  // the system is called 18_6 or 18_7 by all, and Safari alone says its own version, which follows the system's.
  function system() {
    const safari = /Version\/(\d+)(?:\.(\d+))?[\d.]* (?:Mobile\/\w+ )?Safari\//.exec(agent);
    const named = / OS (\d+)_(\d+)/.exec(agent);
    const said = safari && (safari[1] >= 26 || !named) ? safari : named;
    if (!said) return null;
    const version = [Number(said[1]), Number(said[2] || 0)];
    return !safari && version[0] === 18 && version[1] >= 6 ? null : version;
  }

  // Why the app of this page does not run here: it is for another device, or for a newer system.
  function unfit() {
    if ((root.dataset.not || "").split(" ").includes(here)) return "device";
    const found = root.dataset.needs && system();
    if (!found) return "";
    const needs = root.dataset.needs.split(".").map(Number);
    if (found[0] > needs[0] || (found[0] === needs[0] && found[1] >= (needs[1] || 0))) return "";
    root.dataset.found = found.join(".");
    return "system";
  }

  const here = device();
  root.dataset.device = here;
  const away = !/iphone|ipad/.test(here);
  if (away) root.dataset.away = "";
  if (inside()) root.dataset.inapp = "";
  if (!away && unfit()) root.dataset.unfit = unfit();
  if (as === "intel-mac") root.dataset.chip = "x86";
  if (here === "mac" && navigator.userAgentData && navigator.userAgentData.getHighEntropyValues) {
    navigator.userAgentData.getHighEntropyValues(["architecture"]).then((said) => {
      if (said.architecture === "x86") root.dataset.chip = "x86";
    });
  }
})();
