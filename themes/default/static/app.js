// On the pages of apps and builds: what to say to this device, copying and sharing, search in the history.
// device.js has said which device it is.
(function () {
  "use strict";
  const root = document.documentElement;
  const here = root.dataset.device;
  const away = "away" in root.dataset;
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const one = (selector) => document.querySelector(selector);

  // The verdict says already that the system is too old; with the versions it says how much.
  function warn(verdict) {
    if (root.dataset.unfit !== "system") return;
    const words = { device: here === "ipad" ? "iPad" : "iPhone", found: root.dataset.found };
    verdict.textContent = verdict.dataset.text.replace(/\{(\w+)\}/g, (all, name) => words[name]);
  }

  // Says something on a button or link for a while, to ears too.
  function say(control, seconds) {
    if (control.dataset.before) return;
    control.dataset.before = control.textContent;
    control.setAttribute("aria-live", "polite");
    control.textContent = control.dataset.done;
    setTimeout(() => {
      control.textContent = control.dataset.before;
      delete control.dataset.before;
    }, seconds * 1000);
  }

  function open(fold) {
    if (fold) fold.open = true;
  }

  // Where the clipboard is closed to a page, an old command may still reach it; else the address stays selected.
  function copyByHand(text) {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "by-hand-copy";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    const address = one(".address");
    if (!done && address) getSelection().selectAllChildren(address);
    return done;
  }
  function copy(control) {
    const text = control.dataset.copy;
    const done = () => say(control, 2);
    const fallback = () => copyByHand(text) && done();
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, fallback);
    else fallback();
  }

  function search(form) {
    const field = form.querySelector("input");
    const status = form.querySelector("[role=status]");
    const rows = all("[data-q]");
    const groups = all(".version").map((group) => ({ group, open: group.open }));
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row) => {
        row.hidden = !words.every((word) => row.dataset.q.includes(word));
        shown += !row.hidden;
      });
      groups.forEach(({ group, open }) => {
        group.hidden = !group.querySelector("li:not([hidden])");
        group.open = words.length ? true : open;
      });
      status.textContent = !words.length ? "" : shown ? status.dataset.text.replace("{shown}", shown) : status.dataset.none;
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
  }

  all("[data-text][data-when]").forEach(warn);
  all(".find").forEach(search);
  all(".install, .anyway").forEach((link) =>
    link.addEventListener("click", () => {
      open(one("#after"));
      if (link.dataset.done && !away) say(link, 20);
    })
  );
  all(".hint a[href^='#']").forEach((link) =>
    link.addEventListener("click", () => open(one(link.hash)))
  );
  all("[data-copy]").forEach((control) => {
    control.hidden = false;
    control.addEventListener("click", () => copy(control));
  });
  if (navigator.share) {
    all("[data-share]").forEach((control) => {
      control.hidden = false;
      control.addEventListener("click", () => navigator.share({ text: control.dataset.share }).catch(() => {}));
    });
    all(".by-hand").forEach((link) => {
      link.hidden = true;
    });
  }
})();
