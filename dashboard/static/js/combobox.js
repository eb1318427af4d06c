// The reference picker: a text input for a record's key becomes an ARIA 1.2 combobox over
// data-combobox-url with q=, which answers {"choices": [{"value", "label"}]}. The key stays in
// the input that the server rendered, now hidden, so that the form sends what it sent before.

import { Listbox, make } from "./listbox.js";

const DELAY = 150;
const INHERITED = ["aria-describedby", "aria-invalid", "required", "placeholder"];
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** @typedef {{value: string, label: string}} Choice */

/** @param {ParentNode} page */
export function start(page) {
  for (const input of page.querySelectorAll("input[data-combobox-url]")) new Combobox(input);
}

class Combobox {
  /** @param {HTMLInputElement} key */
  constructor(key) {
    this.key = key;
    this.text = make("input", { type: "text", role: "combobox", autocomplete: "off" });
    this.list = new Listbox(this.text, (choice) => this.pick(choice));
    this.#build();
    this.text.addEventListener("input", () => this.typed());
    this.text.addEventListener("keydown", (event) => this.onKey(event));
    this.text.addEventListener("click", () => this.search(""));
    this.text.addEventListener("blur", () => this.left());
    this.key.addEventListener("change", () => this.showKey());
  }

  #build() {
    const { key, text } = this;
    for (const name of INHERITED) {
      if (key.hasAttribute(name)) text.setAttribute(name, key.getAttribute(name));
    }
    // The field's label and the error summary point at the input that people use.
    text.id = key.id;
    key.removeAttribute("id");
    key.removeAttribute("required");
    const { value } = key;
    key.type = "hidden";
    key.value = value; // An empty one is lost with the change of type: the attribute's is back.
    text.value = value && (key.dataset.comboboxLabel || value);
    const box = make("div", { class: "combobox" });
    key.before(box);
    box.append(text, key, this.list.element);
  }

  typed() {
    // Until something is picked, what is typed counts as a key; the server checks it.
    this.#set(this.text.value, this.text.value);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.search(this.text.value), DELAY);
  }

  /** @param {string} query */
  async search(query) {
    this.asking?.abort();
    this.asking = new AbortController();
    const address = new URL(this.key.dataset.comboboxUrl, location.href);
    address.searchParams.set("q", query);
    const options = { signal: this.asking.signal, headers: { Accept: "application/json" } };
    try {
      const answer = await fetch(address, options);
      /** @type {Choice[]} */
      const found = answer.ok ? (await answer.json()).choices : [];
      this.asked = query;
      if (document.activeElement === this.text) this.list.show(found, query !== "");
    } catch {
      // Aborted by the next letter, or offline: the input still takes a key.
    }
  }

  /** @param {Choice} choice */
  pick({ value, label }) {
    this.#set(String(value), String(label));
    this.text.value = label;
    this.close();
    this.key.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** Leaving picks what was meant without doubt: the only choice, or the one of that name. */
  left() {
    const typed = this.text.value.trim().toLowerCase();
    const { choices } = this.list;
    const named = ({ value, label }) =>
      [value, label].some((each) => String(each).toLowerCase() === typed);
    const meant = choices.length === 1 ? choices[0] : choices.find(named);
    const isOpenQuestion = typed && this.key.value === this.text.value;
    if (isOpenQuestion && this.asked === this.text.value && meant) this.pick(meant);
    this.close();
  }

  /** The key was set by another script: a draft, a conflict's button. */
  showKey() {
    if (this.key.value === this.known) return;
    this.#set(this.key.value, this.key.value);
    this.text.value = this.key.value;
  }

  #set(value, label) {
    this.known = value;
    this.key.value = value;
    this.key.dataset.comboboxLabel = label;
  }

  close() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.list.hide();
  }

  onKey(event) {
    const { list } = this;
    if (event.key in STEPS) {
      event.preventDefault();
      if (list.isOpen) list.step(STEPS[event.key]);
      else this.search("");
    } else if (event.key === "Enter" && list.current) {
      event.preventDefault();
      this.pick(list.current);
    } else if (event.key === "Escape" && list.isOpen) {
      event.preventDefault();
      this.close();
    }
  }
}
