// Applies the server's patches to a live view. The verbs are few: put, remove, html.
// After any sequence of them the view's rows are those of a fresh load: what fades out is no row
// any more (it has lost its data-key), and what didn't change isn't touched.

import { keepReading } from "./anchor.js";
import { hold, refit } from "./columns.js";
import { explain, flash } from "./effects.js";
import { KeyedList } from "./keyed.js";
import { morph, parse } from "./morph.js";
import { noteNew } from "./pill.js";
import { target } from "./view.js";

/**
 * @typedef {{op: "put", key: string, html: string, place: string | null}} Put
 * @typedef {{op: "remove", key: string, reason?: import("./keyed.js").Reason}} Remove
 * @typedef {{op: "html", target: string, html: string}} Html
 * @typedef {{view: string, ops: (Put | Remove | Html)[], total?: number | null,
 *            total_text?: string | null}} Patch
 * @typedef {{added: number, changed: number, deleted: number, unmatched: number,
 *            removed: number}} Counts how many rows came, changed and went: those that were
 *   deleted, those that match no more, and those that went otherwise
 */

/** How it is said that a row went. */
const REASONS = { deleted: "Deleted", unmatched: "No longer matches", removed: "Left the list" };

/**
 * Apply `patch` to the view `root`, without moving what the reader reads.
 *
 * @param {Element} root the element with data-view
 * @param {Patch} patch
 * @returns {Counts}
 */
export function applyPatch(root, patch) {
  const list = new KeyedList(target(root, "rows"));
  hold(list.parent);
  keepReading(root, () => {
    for (const op of patch.ops) {
      VERBS[op.op]?.(root, list, op);
    }
    showTotal(root, patch);
    refit(list.parent, list.touched);
  });
  flash(list.touched);
  if (list.parent) noteNew(list.parent, list.added);
  return count(list, patch);
}

const VERBS = {
  /** @param {Element} _root @param {KeyedList} list @param {Put} op */
  put(_root, list, op) {
    const fresh = parse(op.html).firstElementChild;
    if (fresh && list.parent) {
      list.put(op.key, fresh, op.place === null ? null : list.get(op.place));
    }
  },
  /** @param {Element} _root @param {KeyedList} list @param {Remove} op */
  remove(_root, list, op) {
    list.remove(op.key, op.reason);
  },
  /** @param {Element} root @param {KeyedList} list @param {Html} op */
  html(root, list, op) {
    const place = target(root, op.target);
    const fresh = parse(op.html);
    if (place && place === list.parent) {
      list.become(fresh);
    } else if (place && isKeyed(fresh)) {
      new KeyedList(place, list).become(fresh);
    } else if (place) {
      morphTarget(place, fresh, list);
    }
  },
};

/** A panel's figures are what one looks at, a pager is not. */
function morphTarget(place, fresh, list) {
  const isPanel = place.dataset.target === "panel";
  const touched = new Set();
  const changed = morph(place, fresh, (each) => touched.add(each), true);
  if (!isPanel || !changed) return;
  list.changed.add("");
  // A whole chart that flashes would hide what changed in it.
  for (const each of touched) if (each.matches("td, [data-figure]")) list.touched.add(each);
}

/** Whether every child has a key of its own. */
function isKeyed(fragment) {
  const keys = [...fragment.children].map((each) => each.dataset.key);
  return keys.length > 0 && !keys.includes(undefined) && new Set(keys).size === keys.length;
}

function showTotal(root, patch) {
  const text = patch.total_text ?? patch.total;
  const place = target(root, "total");
  if (place && text !== undefined && text !== null && place.textContent !== String(text)) {
    place.textContent = String(text);
  }
}

/** Count what happened to the rows, and say on those that fade why they do. */
function count(list, patch) {
  const counts = { added: list.added.size, changed: list.changed.size };
  Object.assign(counts, { deleted: 0, unmatched: 0, removed: 0 });
  // Of a list that shows a part of all, a row may have gone to another part.
  const whole = patch.total === list.byKey.size;
  for (const [row, reason] of list.gone) {
    const kind = reason === "left" && whole ? "unmatched" : reason in REASONS ? reason : "removed";
    counts[kind] += 1;
    explain(row, REASONS[kind]);
  }
  return counts;
}
