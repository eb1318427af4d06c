// How a panel and the page look while a board is arranged, to eyes and to screen readers.

import { COLUMNS, find } from "./layout.js";

export const KEYS =
  "Tab goes from panel to panel. Arrow keys move a panel, Shift with left or right changes its " +
  "width, Enter saves, Escape cancels.";
const HINT =
  `<span class="arrange-keys">${KEYS} </span><span>Drag panels by their dots</span>` +
  '<span class="arrange-widths">, and their right edges</span>.';

/** Make a panel something that one moves: what is in it doesn't answer meanwhile. */
export function open(panel) {
  for (const each of panel.children) each.inert = true;
  panel.tabIndex = 0;
  panel.setAttribute("role", "group");
  panel.setAttribute("aria-roledescription", "movable panel");
  panel.setAttribute("aria-describedby", "arrange-hint");
  panel.insertAdjacentHTML(
    "beforeend",
    '<span class="panel-grip" data-ours></span><span class="panel-edge" data-ours></span>',
  );
}

export function close(panel) {
  for (const each of panel.querySelectorAll(":scope > [data-ours]")) each.remove();
  for (const each of panel.children) each.inert = false;
  const names = ["tabindex", "role", "aria-roledescription", "aria-describedby", "aria-label"];
  for (const each of names) panel.removeAttribute(each);
}

/**
 * Say on a panel where it is.
 *
 * @param {HTMLElement} panel
 * @param {import("./layout.js").Layout} layout
 * @returns {string}
 */
export function label(panel, layout) {
  const { row, place, item } = find(layout, panel.dataset.key);
  const title = panel.querySelector("h2")?.textContent.trim() || "Panel";
  const text =
    `${title}: row ${row + 1} of ${layout.length}, ` +
    `place ${place + 1} of ${layout[row].length}, width ${item.width} of ${COLUMNS}`;
  panel.setAttribute("aria-label", text);
  return text;
}

/** @param {{save: () => void, cancel: () => void}} acts @returns {HTMLElement} */
export function makeBar({ save, cancel }) {
  const bar = document.createElement("div");
  bar.className = "arrange-bar";
  bar.dataset.ours = "";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Arranging the board");
  bar.innerHTML =
    `<p id="arrange-hint">${HINT}</p>` +
    '<button type="button" class="button primary">Save</button>' +
    '<button type="button" class="button">Cancel</button>';
  const [saves, cancels] = bar.querySelectorAll("button");
  saves.addEventListener("click", save);
  cancels.addEventListener("click", cancel);
  return bar;
}
