// Finds what belongs to a view. A view may have others in it, as a board has its panels: what
// stands in such a panel is the panel's, though it is inside of the board too.

/** @param {ParentNode} page @returns {HTMLElement[]} the views that aren't parts of another */
export function outerViews(page) {
  return [...page.querySelectorAll("[data-view]")].filter((each) => !viewAround(each));
}

/** @param {string} name @returns {HTMLElement[]} the views of that name that are shown just now */
export function viewsNamed(name) {
  return [...document.querySelectorAll(`[data-view="${CSS.escape(name)}"]`)];
}

/** @param {Element} view @returns {HTMLElement | null} the view that it is a part of */
export function viewAround(view) {
  return view.parentElement?.closest("[data-view]") ?? null;
}

/**
 * The place in a view that patches address by name: never one of a view inside of it.
 *
 * @param {Element} view
 * @param {string} name
 * @returns {HTMLElement | null}
 */
export function target(view, name) {
  const found = view.querySelectorAll(`[data-target="${CSS.escape(name)}"]`);
  return [...found].find((each) => each.closest("[data-view]") === view) ?? null;
}

/** @param {Element} element @returns {Element} what scrolls it: a box of its own, or the page */
export function scrollerOf(element) {
  for (let each = element; each && each !== document.body; each = each.parentElement) {
    const scrolls = each.scrollHeight > each.clientHeight + 1;
    if (scrolls && /auto|scroll/.test(getComputedStyle(each).overflowY)) return each;
  }
  return document.scrollingElement;
}

/**
 * From where to where a list is in sight, in the window's coordinates: what scrolls it, less the
 * table's head if that sticks.
 *
 * @param {Element} list @param {Element} scroller
 * @returns {{top: number, bottom: number}}
 */
export function sightOf(list, scroller) {
  const own = scroller !== document.scrollingElement && scroller.getBoundingClientRect();
  const top = Math.max(0, own ? own.top : 0);
  const bottom = Math.min(innerHeight, own ? own.bottom : innerHeight);
  const head = list.closest("table")?.querySelector("thead th");
  const sticks = head && getComputedStyle(head).position === "sticky";
  return { top: sticks ? Math.max(top, head.getBoundingClientRect().bottom) : top, bottom };
}
