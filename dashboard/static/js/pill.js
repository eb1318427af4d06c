// Who reads further down isn't pushed by rows that come above. The pill "12 new" says that they
// are there; it, or the key Home, leads to them, and those that have come into sight don't count.

import { scrollerOf, sightOf } from "./view.js";

/** @type {Map<Element, Set<Element>>} of each list the new rows above what is read */
const unseen = new Map();
/** @type {WeakMap<Element, HTMLElement>} */
const pills = new WeakMap();
let looking = 0;

/**
 * Take note of rows that came to a list.
 *
 * @param {Element} list
 * @param {Set<Element>} rows
 */
export function noteNew(list, rows) {
  if (rows.size) {
    if (!unseen.has(list)) unseen.set(list, new Set());
    for (const each of rows) unseen.get(list).add(each);
  }
  if (unseen.has(list)) look(list);
}

/** How many new rows wait above what is read, in all lists. @returns {number} */
export function unseenCount() {
  return [...unseen.values()].reduce((sum, rows) => sum + rows.size, 0);
}

/** Forget the rows that have gone or been seen, and show how many are left. */
function look(list) {
  const rows = unseen.get(list);
  const scroller = scrollerOf(list);
  const edge = list.isConnected ? sightOf(list, scroller).top : 0;
  for (const row of rows) {
    const counts = row.isConnected && row.dataset.key !== undefined;
    if (!counts || row.getBoundingClientRect().bottom > edge + 1) rows.delete(row);
  }
  if (rows.size === 0 || scroller.scrollTop <= 0) unseen.delete(list);
  show(list, unseen.get(list)?.size ?? 0);
}

function show(list, count) {
  if (!count && !pills.has(list)) return;
  if (!pills.has(list)) pills.set(list, make(list));
  const box = pills.get(list);
  const table = list.closest("table") ?? list;
  if (count && table.previousElementSibling !== box) table.before(box);
  box.hidden = !count;
  if (count) box.querySelector("[data-count]").textContent = count.toLocaleString();
}

function make(list) {
  const box = document.createElement("div");
  box.className = "pill-new";
  box.dataset.ours = "";
  box.innerHTML =
    '<button type="button" aria-keyshortcuts="Home"><span data-count></span> new' +
    '<span class="visually-hidden"> above: go to the top</span></button>';
  box.firstElementChild.addEventListener("click", () => toTop(list, box));
  return box;
}

function toTop(list, box) {
  const hadFocus = box.contains(document.activeElement);
  scrollerOf(list).scrollTo({ top: 0, behavior: "instant" });
  look(list);
  // The button is gone: what it led to has the focus.
  if (hadFocus) list.querySelector("a, button")?.focus({ preventScroll: true });
}

function onScroll() {
  if (!looking && unseen.size) {
    looking = requestAnimationFrame(() => {
      looking = 0;
      for (const list of [...unseen.keys()]) look(list);
    });
  }
}

addEventListener("scroll", onScroll, { capture: true, passive: true });
addEventListener("resize", onScroll, { passive: true });
