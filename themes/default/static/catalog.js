// On the front page: search, filters and order, kept in the address.
(function () {
  "use strict";
  const form = document.querySelector(".tools");
  const list = document.querySelector(".apps");
  const none = document.querySelector(".none");
  const field = form.elements.q;
  // There is nothing to sort among a few.
  const sort = form.elements.sort || { value: "" };
  const output = form.querySelector("output");
  const boxes = Array.from(form.querySelectorAll("[type=checkbox]"));

  // Marks over letters do not count, nor do capitals; the words to search in come as Python's casefold leaves them.
  const plain = (text) =>
    text.normalize("NFKD").replace(/[\u0300-\u036f\u0591-\u05c7\u064b-\u065f]/g, "")
      .toUpperCase().toLowerCase().replace(/ς/g, "σ");

  // What has expired since was judged before this script; a word that has data-on is for those devices alone.
  const here = document.documentElement.dataset.device;
  const blocked = (row) =>
    Array.from(row.querySelectorAll(".word.blocked"))
      .some((word) => !("on" in word.dataset) || word.dataset.on.split(" ").includes(here));

  const rows = Array.from(list.children, (row, place) => {
    const { q, device, signing, channel } = row.dataset;
    const time = row.querySelector("time");
    const name = row.querySelector("bdi").textContent;
    return {
      row, place, text: plain(q), name, called: plain(name), built: time ? time.dateTime : "",
      device: (device || "").split("|"), signing: [signing], channel: (channel || "").split("|"),
      installs: [blocked(row) ? "no" : "yes"],
    };
  });
  const byName = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const ORDERS = {
    "": (a, b) => a.place - b.place,
    name: (a, b) => byName.compare(a.name, b.name),
    newest: (a, b) => (a.built < b.built) - (a.built > b.built) || a.place - b.place,
    installs: (a, b) => (a.installs < b.installs) - (a.installs > b.installs) || a.place - b.place,
  };
  // To lay out a thousand rows takes longer than a key should: a screenful comes at once, the others as typing pauses.
  let present = rows.map((each) => each.row);
  let later = 0;
  function put(found, screenful) {
    if (found.length === present.length && found.every((row, place) => row === present[place])) return;
    present = found;
    const rest = found.slice();
    const more = () => {
      list.append(...rest.splice(0, 200));
      if (rest.length) later = setTimeout(more, 30);
    };
    clearTimeout(later);
    list.textContent = "";
    list.append(...rest.splice(0, screenful));
    if (rest.length) later = setTimeout(more, 150);
  }

  function show(screenful) {
    const words = plain(field.value).split(/\s+/).filter(Boolean);
    const wanted = {};
    boxes.filter((box) => box.checked).forEach((box) => (wanted[box.name] = wanted[box.name] || []).push(box.value));
    const fits = (each) =>
      words.every((word) => each.text.includes(word)) &&
      Object.keys(wanted).every((name) => each[name].some((value) => wanted[name].includes(value)));
    const found = rows.filter(fits).sort(ORDERS[sort.value]);
    // Who searches for a name does not mean the apps that mention it.
    const called = (each) => words.length && words.every((word) => each.called.includes(word));
    if (!sort.value) found.sort((a, b) => called(b) - called(a) || a.place - b.place);
    none.hidden = found.length > 0;
    const say = (number) => number.toLocaleString(document.documentElement.lang);
    const text = output.dataset.text.replace("{shown}", say(found.length)).replace("{all}", say(rows.length));
    output.value = found.length === rows.length ? "" : text;
    put(found.map((each) => each.row), screenful);
  }

  function keep() {
    const kept = Array.from(new FormData(form)).filter((pair) => pair[1]);
    const query = new URLSearchParams(kept).toString();
    try {
      history.replaceState(null, "", query ? `?${query}` : location.pathname);
    } catch (error) {
      // Safari takes a hundred of these in half a minute; the next one will hold this too.
      return;
    }
  }

  function restore() {
    const kept = new URLSearchParams(location.search);
    field.value = kept.get("q") || "";
    sort.value = Object.keys(ORDERS).includes(kept.get("sort")) ? kept.get("sort") : "";
    boxes.forEach((box) => {
      box.checked = kept.getAll(box.name).includes(box.value);
    });
    show(rows.length);
  }

  let fetched = false;
  function fetchNotes() {
    if (fetched) return;
    fetched = true;
    fetch(form.dataset.notes)
      .then((answer) => answer.json())
      .then((notes) => {
        rows.forEach((each) => {
          each.text += ` ${plain(notes[each.place] || "")}`;
        });
        show(60);
      })
      .catch(() => {
        fetched = false;
      });
  }

  let waiting = 0;
  function changed() {
    show(60);
    clearTimeout(waiting);
    waiting = setTimeout(keep, 300);
  }
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => {
    show(60);
    keep();
  }));
  field.addEventListener("focus", fetchNotes);
  window.addEventListener("popstate", restore);
  form.hidden = false;
  restore();
  if (field.value) fetchNotes();
})();
