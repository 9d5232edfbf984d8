// Profiles expire: a page built before that day judges again on the day of the visit. Nothing else needs a script.
(function () {
  "use strict";
  function past(moment) {
    return Date.parse(moment) <= Date.now();
  }
  document.querySelectorAll("[data-until]").forEach(function (each) {
    if (!past(each.dataset.until)) return;
    if (each.dataset.then) {
      each.textContent = each.dataset.then;
      each.classList.remove("ready", "soon");
      each.classList.add("blocked");
    } else {
      each.hidden = true;
    }
  });
  document.querySelectorAll("[data-from]").forEach(function (each) {
    each.hidden = !past(each.dataset.from);
  });
})();
