// A table's columns keep their widths while its rows change, so that nothing moves sideways under
// a reader's eyes. A text that grows is cut; what mustn't be cut, such as a number, makes the
// browser lay the columns out anew.

// Of few rows one can't tell how much room the next ones need: their texts get more if there is any.
const FEW = 20;

/** @param {Element | null} list a table's body whose rows are about to change */
export function hold(list) {
  const table = tableOf(list);
  if (!table || table.dataset.held !== undefined || !list.querySelector("[data-key]")) return;
  if (getComputedStyle(table).display !== "table") return; // A phone's rows are cards.
  const roomy = list.children.length < FEW && ![...list.querySelectorAll(".clip")].some(isClipped);
  const heads = headsOf(table).map((head) => [head, head.getBoundingClientRect().width]);
  for (const [head, width] of heads) head.style.width = `${width}px`;
  table.dataset.held = roomy ? "roomy" : "";
}

/**
 * @param {Element | null} list whose rows have changed
 * @param {Iterable<Element>} touched its rows and cells that are new, or look otherwise
 */
export function refit(list, touched) {
  const table = tableOf(list);
  if (table?.dataset.held === undefined) return;
  const roomy = table.dataset.held === "roomy";
  if (![...touched].some((each) => cellsOf(each).some((cell) => isCut(cell, roomy)))) return;
  loosen(table);
  hold(list);
}

function loosen(table) {
  delete table.dataset.held;
  for (const head of headsOf(table)) head.style.removeProperty("width");
}

function tableOf(list) {
  return list?.parentElement?.matches("table.rows") ? list.parentElement : null;
}

function headsOf(table) {
  return [...(table.tHead?.rows[0]?.cells ?? [])];
}

function cellsOf(element) {
  return element.matches("tr[data-key]") ? [...element.cells] : element.matches("td") ? [element] : [];
}

function isCut(cell, roomy) {
  const clip = cell.querySelector(":scope > .clip");
  if (clip) return roomy && isClipped(clip);
  // A cell that is as wide as any may be is always cut.
  const most = Number.parseFloat(getComputedStyle(cell).maxWidth);
  return cell.scrollWidth > cell.clientWidth && !(cell.clientWidth >= most - 1);
}

function isClipped(clip) {
  return clip.scrollHeight > clip.clientHeight + 1;
}

addEventListener("resize", () => document.querySelectorAll("table[data-held]").forEach(loosen));
