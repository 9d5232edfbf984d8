// On every page: what has expired since the site was built, long texts folded, and the offer of another language.
(function () {
  "use strict";
  const root = document.documentElement;
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const past = (moment) => root.dataset.as === "expired" || Date.parse(moment) <= Date.now();

  function judge() {
    all("[data-until]").forEach((each) => {
      if (!past(each.dataset.until)) return;
      const words = each.closest("[data-then]");
      if (/\b(ready|soon)\b/.test(each.className)) {
        each.textContent = words.dataset.then;
        each.classList.remove("ready", "soon");
        each.classList.add("blocked");
      } else {
        each.hidden = true;
      }
    });
    all("[data-from]").forEach((each) => {
      each.hidden = !past(each.dataset.from);
      each.parentNode.classList.toggle("closed", !each.hidden);
    });
  }

  function fold(text) {
    const more = text.nextElementSibling;
    const open = () => {
      text.classList.remove("cut");
      more.hidden = true;
    };
    text.classList.add("cut");
    // A few lines that would be cut are not worth a tap.
    if (text.scrollHeight < text.clientHeight + 100) return open();
    more.hidden = false;
    more.addEventListener("click", open);
    // A link further down has been reached by keyboard.
    text.addEventListener("focusin", open);
  }

  // A browser may forbid to remember anything.
  function recall() {
    try {
      return localStorage.getItem("language");
    } catch (error) {
      return null;
    }
  }
  function remember(tag) {
    try {
      localStorage.setItem("language", tag);
    } catch (error) {
      return;
    }
  }

  // zh-TW is read in zh-Hant, and not in zh-Hans.
  function written(tag) {
    try {
      const likely = new Intl.Locale(tag).maximize();
      return `${likely.language}-${likely.script}`;
    } catch (error) {
      return tag.split("-")[0];
    }
  }

  function offer(line) {
    const links = all(".languages a");
    links.forEach((link) => link.addEventListener("click", () => remember(link.hreflang)));
    if (recall()) return;
    for (const wanted of navigator.languages || []) {
      const link =
        links.find((each) => each.hreflang.toLowerCase() === wanted.toLowerCase()) ||
        links.find((each) => written(each.hreflang) === written(wanted));
      if (!link) continue;
      if (link.hasAttribute("aria-current")) return;
      const copy = link.cloneNode(true);
      copy.addEventListener("click", () => remember(link.hreflang));
      line.firstElementChild.replaceWith(copy);
      line.lastElementChild.addEventListener("click", () => {
        remember(root.lang);
        line.hidden = true;
      });
      line.hidden = false;
      return;
    }
  }

  judge();
  all("[data-lines]").forEach(fold);
  all(".speak").forEach(offer);
})();
