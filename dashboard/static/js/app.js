// The entry: loads what the page needs, by its data attributes. Every page works without it, only
// not live.

const has = (selector) => document.querySelector(selector) !== null;

/**
 * Tell the style sheets what they can't know: how wide the scrollbar is (they assume a wide one
 * until then), and that nothing sticks out at the side, so that no column need stick.
 */
function measure() {
  const root = document.documentElement;
  root.style.setProperty("--scrollbar", `${innerWidth - root.clientWidth}px`);
  root.toggleAttribute("data-fits", root.scrollWidth <= root.clientWidth);
}

function isTyping(element) {
  return element.isContentEditable || element.closest("input, textarea, select") !== null;
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    document.querySelectorAll("details.menu[open]").forEach(closeMenu);
  } else if (!isTyping(event.target) && event.key === "/" && has("[data-search]")) {
    event.preventDefault();
    document.querySelector("[data-search]").select();
    document.querySelector("[data-search]").focus();
  } else if (!isTyping(event.target) && event.key === "p") {
    // On a wall the button isn't shown: nobody would see that the page is paused.
    const button = document.querySelector("[data-pause]");
    if (button?.checkVisibility()) button.click();
  }
}

function closeMenu(menu) {
  const inside = menu.contains(document.activeElement);
  menu.open = false;
  if (inside) menu.querySelector("summary").focus();
}

function closeOtherMenus(event) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
}

const sizes = new ResizeObserver(measure);
sizes.observe(document.documentElement);
sizes.observe(document.body);
document.addEventListener("keydown", onKey);
document.addEventListener("pointerdown", closeOtherMenus);

/**
 * @param {boolean} needed
 * @param {string} module whose `start` takes the document
 * @param {unknown} [more] that it takes
 */
async function use(needed, module, more) {
  return needed ? (await import(module)).start(document, more) : undefined;
}

async function useLive() {
  const live = await use(document.body.dataset.stream !== undefined, "./live.js");
  const isWall = document.body.dataset.page === "wall";
  if (live) await use(isWall, "./wall.js", live);
  if (live) await use(!isWall && has("[data-arrange]"), "./arrange.js", live);
}

useLive();
use(has("[data-filters]"), "./filters.js");
use(has("[data-find]"), "./find.js");
// What was typed comes back before the pickers take their inputs over.
await use(true, "./drafts.js");
await use(has("[data-combobox-url]"), "./combobox.js");
await use(has("[data-conflict]"), "./conflict.js");
use(has("[data-presence]"), "./presence.js");
document.querySelector("[data-errors]")?.focus();
