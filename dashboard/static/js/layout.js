// How a board's panels are laid out: rows of panels, each from 1 to 12 columns wide. Only figures
// here but for `readLayout` and `showLayout`; every move returns a layout of its own.

/** @typedef {{id: string, width: number}} Item */
/** @typedef {Item[][]} Layout */
/** @typedef {{row: number, place?: number}} Drop into a row, or without a place as one before it */

export const COLUMNS = 12;

/** @param {Element} list the element whose children are the panels @returns {Layout} */
export function readLayout(list) {
  const rows = new Map();
  for (const { dataset } of panelsOf(list)) {
    if (!rows.has(dataset.row)) rows.set(dataset.row, []);
    rows.get(dataset.row).push({ id: dataset.key, width: Number(dataset.width) });
  }
  return [...rows.values()];
}

/** @param {Element} list @returns {HTMLElement[]} */
export function panelsOf(list) {
  return [...list.children].filter((each) => each.dataset.key !== undefined);
}

/** Lay the panels out. @param {Element} list @param {Layout} layout */
export function showLayout(list, layout) {
  const byId = new Map(panelsOf(list).map((each) => [each.dataset.key, each]));
  const focused = document.activeElement;
  let next = list.firstElementChild;
  layout.forEach((row, at) =>
    row.forEach(({ id, width }, place) => {
      const panel = byId.get(id);
      if (!panel) return;
      panel.dataset.row = String(at + 1);
      panel.dataset.width = String(width);
      panel.toggleAttribute("data-first", place === 0);
      if (panel === next) next = next.nextElementSibling;
      else list.insertBefore(panel, next);
    }),
  );
  if (focused !== document.activeElement) focused.focus({ preventScroll: true });
}

/** @param {Layout} layout @param {string} id @returns {{row: number, place: number, item: Item}} */
export function find(layout, id) {
  const row = layout.findIndex((each) => each.some((item) => item.id === id));
  const place = layout[row].findIndex((item) => item.id === id);
  return { row, place, item: layout[row][place] };
}

/**
 * Take a panel out, and put it to where it is dropped; rows that are empty then go.
 *
 * @param {Layout} layout @param {string} id @param {Drop} drop as the rows are before
 * @returns {Layout}
 */
export function drop(layout, id, { row, place }) {
  const { item, row: oldRow, place: oldPlace } = find(layout, id);
  const rows = layout.map((each) => each.filter((other) => other !== item));
  const shift = row === oldRow && place !== undefined && place > oldPlace ? 1 : 0;
  if (place === undefined) rows.splice(row, 0, [item]);
  else rows[row].splice(place - shift, 0, item);
  return rows.filter((each) => each.length);
}

const MOVES = {
  ArrowLeft: ({ row, place }, rows) =>
    place > 0 ? { row, place: place - 1 } : row > 0 && { row: row - 1, place: rows[row - 1].length },
  ArrowRight: ({ row, place }, rows) =>
    place < rows[row].length - 1
      ? { row, place: place + 2 }
      : row < rows.length - 1 && { row: row + 1, place: 0 },
  // Who isn't alone gets a row of its own first, so that any layout can be reached.
  ArrowUp: ({ row, place }, rows) =>
    rows[row].length > 1 ? { row } : row > 0 && { row: row - 1, place },
  ArrowDown: ({ row, place }, rows) =>
    rows[row].length > 1 ? { row: row + 1 } : row < rows.length - 1 && { row: row + 1, place },
};

/** @param {Layout} layout @param {string} id @param {string} key an arrow @returns {Layout} */
export function move(layout, id, key) {
  const found = find(layout, id);
  const to = MOVES[key](found, layout);
  if (!to) return layout;
  if (to.place !== undefined) to.place = Math.min(to.place, layout[to.row].length);
  return drop(layout, id, to);
}

/** @param {Layout} layout @param {string} id @param {number} width @returns {Layout} */
export function resize(layout, id, width) {
  const within = Math.max(1, Math.min(COLUMNS, width));
  return layout.map((row) =>
    row.map((item) => (item.id === id ? { id, width: within } : item)),
  );
}

/**
 * Lay out as `mine` what there is in `theirs`: panels that have come since stand at the end.
 *
 * @param {Layout} mine @param {Layout} theirs @returns {Layout}
 */
export function merge(mine, theirs) {
  const ids = (layout) => new Set(layout.flat().map(({ id }) => id));
  const [known, alive] = [ids(mine), ids(theirs)];
  const kept = mine.map((row) => row.filter(({ id }) => alive.has(id)));
  const come = theirs.map((row) => row.filter(({ id }) => !known.has(id)));
  return [...kept, ...come].filter((row) => row.length);
}

/** @param {Layout} layout as the server takes it */
export function toPanels(layout) {
  return layout.flatMap((row, at) =>
    row.map(({ id, width }, place) => ({ id: Number(id), row: at + 1, place: place + 1, width })),
  );
}
