// How a change is seen: a cell flashes, a row that goes says why and fades. With reduced motion
// nothing moves: the cell is marked for a while, the row is gone at once.

import { keepReading } from "./anchor.js";

const FLASH = 1800;
const STAY = 1100; // Milliseconds in which one can read why a row goes,
const FADE = 450; // and in which it then fades.
const MOST_FLASHES = 40;
const reduced = matchMedia("(prefers-reduced-motion: reduce)");

/** @param {Set<Element>} elements that changed; of a table's row, each of its cells is shown */
export function flash(elements) {
  // Where everything changes, nothing stands out.
  if (document.hidden || elements.size === 0 || elements.size > MOST_FLASHES) return;
  const colour = getComputedStyle(document.documentElement).getPropertyValue("--flash").trim();
  for (const each of elements) {
    for (const cell of isTableRow(each) ? each.children : [each]) show(cell, colour);
  }
}

/** A phone's rows are cards, which flash as a whole; in a table a cell would hide its row's ground. */
function isTableRow(element) {
  return element.matches("tr") && getComputedStyle(element).display === "table-row";
}

function show(cell, colour) {
  if (reduced.matches) mark(cell);
  else if (colour) cell.animate({ backgroundColor: [colour, colour], offset: [0, 0.25] }, FLASH);
}

function mark(cell) {
  cell.setAttribute("data-flash", "");
  setTimeout(() => cell.removeAttribute("data-flash"), FLASH);
}

/**
 * Take a keyed element out. It stops being a row at once: no key, no focus, not read aloud.
 *
 * @param {HTMLElement} row
 */
export function fade(row) {
  if (reduced.matches || document.hidden) {
    row.remove();
    return;
  }
  row.removeAttribute("data-key");
  row.setAttribute("data-leaving", "");
  row.setAttribute("aria-hidden", "true");
  row.inert = true;
  const timing = { duration: FADE, delay: STAY, easing: "ease-in", fill: "forwards" };
  const going = row.animate({ opacity: [1, 0] }, timing);
  const view = row.parentElement.closest("[data-view]") ?? row.parentElement;
  const gone = () => keepReading(view, () => row.remove());
  going.finished.then(gone, gone);
}

/** Say on a row that fades why it goes. @param {HTMLElement} row @param {string} reason */
export function explain(row, reason) {
  if (row.isConnected) (row.matches("tr") ? row.firstElementChild : row)?.setAttribute("data-reason", reason);
}
