// A list whose elements have keys: a table's rows, the home page's cards, a record's values.
// An element stays as long as its key does; what fades out has no key any more.

import { fade } from "./effects.js";
import { morph } from "./morph.js";

/** @typedef {"deleted" | "unmatched" | "left" | undefined} Reason */

// Where a page of rows goes at once, each fading on its own would only hold the page up.
const MOST_FADING = 40;

/** The children of one element by their data-key, in their order. */
export class KeyedList {
  /** @param {Element | null} parent @param {KeyedList} [other] of the same patch, to count with */
  constructor(parent, other) {
    this.parent = parent;
    /** @type {Set<Element>} what changed, to be shown */
    this.touched = other?.touched ?? new Set();
    /** @type {Set<Element>} rows that came */
    this.added = other?.added ?? new Set();
    /** @type {Set<string>} keys of rows that stayed, and look otherwise */
    this.changed = other?.changed ?? new Set();
    /** @type {Map<Element, Reason>} rows that went, and why */
    this.gone = other?.gone ?? new Map();
    /** @type {Map<string, Element>} */
    this.byKey = new Map();
    for (const each of parent?.children ?? []) {
      if (each.dataset.key !== undefined) this.byKey.set(each.dataset.key, each);
    }
  }

  /** @param {string} key */
  get(key) {
    return this.byKey.get(key);
  }

  /**
   * Bring `fresh` in as the row `key`, behind `before`: null for the first place, and undefined
   * (a row that isn't here) for the last.
   */
  put(key, fresh, before) {
    const old = this.byKey.get(key);
    if (old) {
      if (morph(old, fresh, (each) => this.touched.add(each))) this.changed.add(key);
    } else {
      fresh.dataset.key = key;
      this.byKey.set(key, fresh);
      this.touched.add(fresh);
      this.added.add(fresh);
    }
    this.#place(old ?? fresh, before);
  }

  /** @param {string} key @param {Reason} [reason] */
  remove(key, reason) {
    const row = this.byKey.get(key);
    if (!row) return;
    this.byKey.delete(key);
    this.added.delete(row);
    this.gone.set(row, reason);
    if (this.gone.size > MOST_FADING) row.remove();
    else fade(row);
  }

  /** Make the children those of `fresh`, keeping each element whose key stays. */
  become(fresh) {
    const rows = [...fresh.children].filter((each) => each.dataset.key !== undefined);
    const keys = new Set(rows.map((each) => each.dataset.key));
    for (const key of [...this.byKey.keys()]) {
      if (!keys.has(key)) this.remove(key);
    }
    for (const each of [...this.parent.children]) {
      if (each.dataset.key === undefined && each.dataset.leaving === undefined) each.remove();
    }
    let before = null;
    for (const row of rows) {
      this.put(row.dataset.key, row, before);
      before = this.get(row.dataset.key);
    }
    this.parent.append(...[...fresh.children].filter((each) => each.dataset.key === undefined));
  }

  #place(row, before) {
    if (row === before) return;
    if (before === undefined) before = this.#last(row);
    if (row.parentNode === this.parent && previousKeyed(row) === before) return;
    const next = before === null ? this.parent.firstChild : before.nextSibling;
    // moveBefore keeps focus and animations where the browser has it; insertBefore does not.
    const inside = row.parentNode === this.parent && "moveBefore" in this.parent;
    this.parent[inside ? "moveBefore" : "insertBefore"](row, next);
  }

  #last(row) {
    const last = this.parent.lastElementChild;
    if (!last || (last !== row && last.dataset.key !== undefined)) return last;
    return previousKeyed(last);
  }
}

/** @param {Element} row @returns {Element | null} */
function previousKeyed(row) {
  let each = row.previousElementSibling;
  while (each && each.dataset.key === undefined) each = each.previousElementSibling;
  return each;
}
