// Makes an element equal to a fresh one by changing only what differs, so that focus, selection
// and scroll offsets of the rest survive.

/**
 * @param {string} html from our own server, escaped there
 * @returns {DocumentFragment} a template's content, in which a lone <tr> is allowed
 */
export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return document.importNode(template.content, true);
}

/**
 * Make `old` equal to `fresh`. Attributes are compared too, but for what effects.js and find.js put there;
 * children with data-ours are the page's own and stay. An element with data-keep keeps its
 * children if the fresh one has none: somebody else fills it.
 *
 * @param {Node} old
 * @param {Node} fresh of the same kind of node, or a fragment whose children `old` gets
 * @param {(changed: Element) => void} [report] is told each changed child element of `old`
 * @param {boolean} [deep] and each that changed in them
 * @returns {boolean} whether anything changed
 */
export function morph(old, fresh, report, deep = false) {
  let changed = fresh.nodeType === Node.ELEMENT_NODE && syncAttributes(old, fresh);
  if (isKept(fresh)) return changed;
  const olds = [...old.childNodes].filter((each) => each.dataset?.ours === undefined);
  const news = [...fresh.childNodes];
  if (!alike(olds, news)) {
    old.replaceChildren(...news);
    report?.(old);
    return true;
  }
  olds.forEach((each, at) => {
    if (morphNode(each, news[at], deep ? report : undefined)) {
      changed = true;
      report?.(each.nodeType === Node.ELEMENT_NODE ? each : old);
    }
  });
  return changed;
}

function isKept(fresh) {
  return fresh.dataset?.keep !== undefined && fresh.textContent.trim() === "" &&
    fresh.firstElementChild === null;
}

function morphNode(old, fresh, report) {
  if (old.nodeType === Node.ELEMENT_NODE) return morph(old, fresh, report, Boolean(report));
  if (old.data === fresh.data) return false;
  old.data = fresh.data;
  return true;
}

/** Whether the children can be changed one by one: the same columns, the same shape of content. */
function alike(olds, news) {
  if (olds.length !== news.length) return false;
  return olds.every(
    (each, at) =>
      each.nodeName === news[at].nodeName &&
      (each.nodeType !== Node.ELEMENT_NODE || each.dataset?.column === news[at].dataset?.column),
  );
}

const OURS = new Set(["data-flash", "data-unfound"]);

function syncAttributes(old, fresh) {
  let changed = false;
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) {
      old.setAttribute(name, value);
      changed = true;
    }
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !OURS.has(name)) {
      old.removeAttribute(name);
      changed = true;
    }
  }
  return changed;
}
