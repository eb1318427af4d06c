// Keeps what a person is doing while rows come and go: the row that is read stays where it is on
// the screen, what has focus keeps it, selected text stays selected.

import { scrollerOf, sightOf, target, viewAround } from "./view.js";

/** @type {WeakMap<Element, number>} by how much of a pixel what it shows is too low */
const rest = new WeakMap();

/**
 * Run `work`, which changes rows inside `root`.
 *
 * @param {Element} root
 * @param {() => void} work
 */
export function keepReading(root, work) {
  const places = readPlaces(root);
  const focus = readFocus(root);
  const selection = readSelection(root);
  work();
  restoreSelection(selection);
  restoreFocus(focus);
  places.forEach(restorePlace);
}

/**
 * Where one reads in the view, and in those that it is a part of: a panel that grows would push
 * the panels below it. What scrolls is put right once, by the innermost rows that are read in it.
 */
function readPlaces(root) {
  const places = new Map();
  for (let view = root; view; view = viewAround(view)) {
    const list = target(view, "rows");
    const scroller = list && scrollerOf(list);
    if (list && !places.has(scroller)) {
      const seen = readPlace(list, scroller);
      if (seen.length) places.set(scroller, seen);
    }
  }
  return places;
}

/**
 * The rows in sight with their tops, first the one that is read. Nobody's place is lost while the
 * list's first row is in sight: then the page stays, and what is new comes into view.
 */
function readPlace(list, scroller) {
  const first = list.firstElementChild;
  if (!first || scroller.scrollTop <= 0) return [];
  const sight = sightOf(list, scroller);
  if (first.getBoundingClientRect().top >= sight.top - 1) return [];
  const rows = list.children;
  const seen = [];
  for (let at = firstBelow(rows, sight.top); at < rows.length; at += 1) {
    const top = rows[at].getBoundingClientRect().top;
    if (top > sight.bottom) break;
    const row = rows[at];
    if (row.dataset.key !== undefined) {
      seen.push({ row, top, before: row.previousElementSibling });
    }
  }
  return seen;
}

/** The first row that begins at the edge or below, by bisection: rows stand in their order. */
function firstBelow(rows, edge) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].getBoundingClientRect().top < edge - 1) low = middle + 1;
    else high = middle;
  }
  return low;
}

function restorePlace(seen, scroller) {
  const kept = ({ row }) => row.isConnected && row.dataset.key !== undefined;
  // A row that moved elsewhere in the order is not what the reader's place depends on.
  const stayed = ({ row, before }) => row.previousElementSibling === before;
  const anchor = seen.find((each) => kept(each) && stayed(each)) ?? seen.find(kept);
  if (!anchor) return;
  const moved = anchor.row.getBoundingClientRect().top - anchor.top;
  if (Math.abs(moved) < 0.5) return;
  // Browsers scroll by whole pixels of the screen. What is left over is made good the next time.
  const wanted = moved + (rest.get(scroller) ?? 0);
  const top = Math.round(wanted * devicePixelRatio) / devicePixelRatio;
  rest.set(scroller, wanted - top);
  scroller.scrollBy({ top, behavior: "instant" });
}

function readFocus(root) {
  const element = document.activeElement;
  if (!element || !root.contains(element) || element === root) return null;
  const column = element.closest("[data-column]")?.dataset.column;
  // The row with its neighbours; then the panel that it is in, and its neighbours.
  const rows = [];
  for (let row = element.closest("[data-key]"); row && root.contains(row); ) {
    rows.push(row, row.nextElementSibling, row.previousElementSibling);
    row = row.parentElement.closest("[data-key]");
  }
  return { element, column, rows };
}

/** Give focus back to the same element, its successor in the cell, or else a neighbouring row. */
function restoreFocus(focus) {
  if (!focus) return;
  const lives = (each) => each?.isConnected && !each.closest("[data-leaving]");
  const usable = lives(focus.element);
  if (usable && document.activeElement === focus.element) return;
  const alive = focus.rows.find((each) => lives(each) && each.dataset.key !== undefined);
  const cell = alive && [...alive.children].find((each) => each.dataset.column === focus.column);
  const found = usable
    ? focus.element
    : (cell?.querySelector("a, button, input") ?? alive?.querySelector("a, button, input"));
  found?.focus({ preventScroll: true });
}

function readSelection(root) {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || !root.contains(selection.anchorNode)) return null;
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selection;
  return { anchorNode, anchorOffset, focusNode, focusOffset, text: selection.toString() };
}

function restoreSelection(old) {
  const selection = getSelection();
  if (!old || !old.anchorNode.isConnected || !old.focusNode.isConnected) return;
  if (selection.toString() === old.text) return;
  const within = (node, offset) =>
    Math.min(offset, node.nodeType === Node.TEXT_NODE ? node.length : node.childNodes.length);
  selection.setBaseAndExtent(
    old.anchorNode,
    within(old.anchorNode, old.anchorOffset),
    old.focusNode,
    within(old.focusNode, old.focusOffset),
  );
}
