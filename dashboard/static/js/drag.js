// Panels dragged by a pointer, mouse or finger: a panel to another place, or its edge to another
// width. While it's dragged nothing moves but the panel; a mark shows where it will go.

import { COLUMNS, panelsOf } from "./layout.js";

const SLACK = 5; // Pixels that a click may move by.
const EDGE = 14; // Pixels at a row's edges where a panel gets a row of its own.
const NEAR = 60; // Pixels from the window's edge where the page begins to scroll,
const SPEED = 12; // and by how many for each frame.

/** @typedef {import("./layout.js").Drop} Drop */

/**
 * Follow the pointer from a `pointerdown` on a panel until it is let go.
 *
 * @param {PointerEvent} event
 * @param {HTMLElement} panel
 * @returns {Promise<Drop | null>} where it was dropped; null if nowhere else
 */
export async function dragPanel(event, panel) {
  const list = panel.parentElement;
  const mark = list.appendChild(document.createElement("div"));
  mark.className = "drop-mark";
  mark.hidden = true;
  const start = { x: event.clientX, y: event.clientY, scroll: scrollY };
  /** @type {Drop | null} */
  let found = null;
  const follow = ({ clientX, clientY }) => {
    const [dx, dy] = [clientX - start.x, clientY - start.y + scrollY - start.scroll];
    if (mark.hidden && Math.hypot(dx, dy) < SLACK) return;
    panel.dataset.dragging = "";
    panel.style.translate = `${dx}px ${dy}px`;
    found = dropAt(list, panel, clientX, clientY);
    showMark(mark, list, found);
  };
  const dropped = await followPointer(event, panel, follow);
  mark.remove();
  delete panel.dataset.dragging;
  panel.style.translate = "";
  return dropped && found ? { row: found.row, place: found.place } : null;
}

/**
 * Follow the pointer from a `pointerdown` on a panel's edge.
 *
 * @param {PointerEvent} event
 * @param {HTMLElement} panel
 * @param {(width: number) => void} show is given the width while it changes
 * @returns {Promise<boolean>} whether it was let go, and not given up
 */
export function dragWidth(event, panel, show) {
  const list = panel.parentElement;
  const gap = Number.parseFloat(getComputedStyle(list).columnGap) || 0;
  const column = (list.getBoundingClientRect().width + gap) / COLUMNS;
  return followPointer(event, event.target, ({ clientX }) =>
    show(Math.round((clientX - panel.getBoundingClientRect().left + gap) / column)),
  );
}

function followPointer(event, element, follow) {
  event.preventDefault();
  element.setPointerCapture(event.pointerId);
  let last = event;
  let scrolling = requestAnimationFrame(function scroll() {
    const { clientY } = last;
    const by = clientY < NEAR ? -SPEED : clientY > innerHeight - NEAR ? SPEED : 0;
    if (by && last !== event) {
      scrollBy({ top: by, behavior: "instant" });
      follow(last);
    }
    scrolling = requestAnimationFrame(scroll);
  });
  const end = new AbortController();
  const { signal } = end;
  return new Promise((resolve) => {
    const finish = (done) => {
      end.abort();
      cancelAnimationFrame(scrolling);
      resolve(done);
    };
    const move = (next) => follow((last = next));
    const giveUp = (next) => {
      if (next.key !== "Escape") return;
      next.stopPropagation();
      finish(false);
    };
    element.addEventListener("pointermove", move, { signal });
    element.addEventListener("pointerup", () => finish(true), { signal });
    element.addEventListener("pointercancel", () => finish(false), { signal });
    addEventListener("keydown", giveUp, { signal, capture: true });
  });
}

/** Where a panel goes that is let go here; with the rectangle of the mark that shows it. */
function dropAt(list, dragged, x, y) {
  const rows = rowsOf(list, dragged);
  const box = list.getBoundingClientRect();
  let last = box.top;
  for (const { row, panels } of rows) {
    const rects = panels.map((each) => each.getBoundingClientRect());
    const top = Math.min(...rects.map((each) => each.top));
    const bottom = Math.max(...rects.map((each) => each.bottom));
    if (y < top + EDGE) return { row, mark: [box.left, (last + top) / 2, box.width, 0] };
    if (y <= bottom - EDGE) return placeIn(row, panels, rects, x, y);
    last = bottom;
  }
  const end = (rows.at(-1)?.row ?? -1) + 1;
  return { row: end, mark: [box.left, last, box.width, 0] };
}

/** The other panels by rows, each with its row's number in the layout. */
function rowsOf(list, dragged) {
  const numbers = [...new Set(panelsOf(list).map((each) => each.dataset.row))];
  return numbers
    .map((number, row) => ({
      row,
      panels: panelsOf(list).filter((each) => each.dataset.row === number && each !== dragged),
    }))
    .filter(({ panels }) => panels.length);
}

function placeIn(row, panels, rects, x, y) {
  const stacked = rects.every(({ left }) => Math.abs(left - rects[0].left) < 1) && rects.length > 1;
  const isBefore = (each) =>
    each.bottom < y ||
    (each.top <= y && (stacked ? each.top + each.height / 2 < y : each.left + each.width / 2 < x));
  const before = rects.filter(isBefore).length;
  const at = rects[Math.min(before, rects.length - 1)];
  const behind = before === rects.length;
  const mark = stacked
    ? [at.left, behind ? at.bottom : at.top, at.width, 0]
    : [behind ? at.right : at.left, at.top, 0, at.height];
  // The layout counts the dragged panel too, where it stands in this row.
  const next = panels[before];
  const all = panelsOf(panels[0].parentElement).filter((p) => p.dataset.row === panels[0].dataset.row);
  return { row, place: next ? all.indexOf(next) : all.length, mark };
}

function showMark(mark, list, { mark: [left, top, width, height] }) {
  const box = list.getBoundingClientRect();
  Object.assign(mark.style, {
    left: `${left - box.left}px`,
    top: `${top - box.top}px`,
    width: `${width}px`,
    height: `${height}px`,
  });
  mark.hidden = false;
}
