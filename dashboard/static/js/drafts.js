// What a person typed outlives a failed save, a sign-out and a crash of the page: it is kept in
// this tab (sessionStorage) until it is saved or discarded. Passwords and tokens never are.

import { notice } from "./notice.js";

/**
 * @typedef {{name: string, value: string, label?: string}} Entry
 * @typedef {{user: string, at: string, sent: boolean, entries: Entry[]}} Draft
 */

const PREFIX = "draft:";
// The fields that say what the edit began from.
const HIDDEN = ["_version", "_original"];
const FORM = "form[data-draft]";
// Where a save leads to; a refused one leads back to the form, to sign-in or to an error.
const SAVED_PAGES = ["record", "table", "home"];

/** @param {ParentNode} page */
export function start(page) {
  forgetSaved();
  const form = page.querySelector(FORM);
  if (form) watch(form);
}

/** A draft that was sent has been saved if its form led to a page of records. */
function forgetSaved() {
  if (!document.referrer || !SAVED_PAGES.includes(document.body.dataset.page)) return;
  const from = new URL(document.referrer);
  if (from.origin === location.origin && read(from.pathname)?.sent) {
    drop(from.pathname);
  }
}

function watch(form) {
  const path = location.pathname;
  const served = collect(form);
  const draft = read(path);
  if (draft && draft.user === user() && differs(draft.entries, served)) {
    restore(form, draft, path);
  } else {
    drop(path);
  }
  const save = (sent) =>
    write(path, { user: user(), at: new Date().toISOString(), sent, entries: collect(form) });
  form.addEventListener("input", () => save(false));
  form.addEventListener("change", () => save(false));
  form.addEventListener("submit", () => save(true));
  form.querySelector("[data-draft-discard]")?.addEventListener("click", () => drop(path));
}

/** The page shown again after a refused save has the typed text already: then nothing differs. */
function differs(entries, served) {
  const typed = (list) => list.filter(({ name }) => !HIDDEN.includes(name));
  const text = (list) => JSON.stringify(typed(list).map(({ name, value }) => [name, value]));
  return text(entries) !== text(served);
}

function restore(form, draft, path) {
  // A form that the server refused is newer than the draft, and says what it wants.
  if (document.querySelector("[data-errors], [data-conflict]")) return;
  fill(form, draft.entries);
  const time = new Date(draft.at).toLocaleTimeString(undefined, { timeStyle: "short", hourCycle: "h23" });
  notice("info", `What you typed at ${time} is back; it isn't saved yet.`, {
    label: "Discard it",
    click: () => {
      drop(path);
      location.reload();
    },
  });
}

/**
 * The hidden fields (the version that the edit began from) come back with the text, so that a
 * save can't overwrite what others saved in between.
 */
function fill(form, entries) {
  for (const element of form.elements) {
    if (!isKept(element)) continue;
    const entry = entries.find(({ name, value }) =>
      name === element.name && (!isBox(element) || value === element.value));
    if (isBox(element)) element.checked = entry !== undefined;
    else if (entry) element.value = entry.value;
    if (entry?.label && element.dataset.comboboxUrl) element.dataset.comboboxLabel = entry.label;
  }
}

/** @param {HTMLFormElement} form @returns {Entry[]} */
export function collect(form) {
  return [...form.elements]
    .filter((each) => isKept(each) && (!isBox(each) || each.checked))
    .map((each) => ({ name: each.name, value: each.value, label: each.dataset.comboboxLabel }));
}

const isBox = (element) => ["checkbox", "radio"].includes(element.type);

function isKept(element) {
  return element.name && element.name !== "csrf_token" &&
    !["password", "file", "submit", "button"].includes(element.type);
}

const user = () => document.body.dataset.user ?? "";

/** @returns {Draft | null} */
function read(path) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + path));
  } catch {
    return null;
  }
}

function drop(path) {
  try {
    sessionStorage.removeItem(PREFIX + path);
  } catch {
    // Where storage is forbidden there is nothing to drop.
  }
}

function write(path, draft) {
  try {
    sessionStorage.setItem(PREFIX + path, JSON.stringify(draft));
  } catch {
    // Storage is full or forbidden: the form works, only without a net.
  }
}
