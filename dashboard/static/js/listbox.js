// The list below a combobox: shows choices, and which one is active.

let count = 0;

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(string | Node)} children text goes in as text
 */
export function make(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export class Listbox {
  /**
   * @param {HTMLInputElement} input with role="combobox"
   * @param {(choice: import("./combobox.js").Choice) => void} onPick
   */
  constructor(input, onPick) {
    count += 1;
    this.input = input;
    this.id = `combobox-${count}`;
    /** @type {import("./combobox.js").Choice[]} */
    this.choices = [];
    this.active = -1;
    this.element = make("ul", {
      id: this.id, class: "combobox-list", role: "listbox", "aria-label": "Suggestions",
    });
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", this.id);
    this.hide();
    // The input keeps its focus while an option is clicked.
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
    this.element.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) onPick(this.choices[[...this.element.children].indexOf(option)]);
    });
  }

  get isOpen() {
    return !this.element.hidden;
  }

  get current() {
    return this.isOpen ? this.choices[this.active] : undefined;
  }

  /**
   * @param {import("./combobox.js").Choice[]} choices
   * @param {boolean} first whether the first becomes the active one
   */
  show(choices, first) {
    this.choices = choices;
    const options = choices.map((each, at) => this.#option(each, at));
    const none = make("li", { class: "none", role: "presentation" }, "Nothing found");
    this.element.replaceChildren(...(options.length ? options : [none]));
    this.#open(true);
    this.#activate(first && choices.length ? 0 : -1);
  }

  hide() {
    this.#open(false);
    this.#activate(-1);
  }

  /** @param {1 | -1} by */
  step(by) {
    const length = this.choices.length;
    if (!length) return;
    const from = this.active < 0 && by < 0 ? 0 : this.active;
    this.#activate((from + by + length) % length);
  }

  #option({ value, label }, at) {
    const option = make("li", { id: `${this.id}-${at}`, role: "option" }, String(label));
    const isSame = String(value) === String(label);
    if (!isSame) option.append(make("span", { class: "key" }, String(value)));
    return option;
  }

  #open(isOpen) {
    this.element.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", String(isOpen));
  }

  #activate(at) {
    this.active = at;
    [...this.element.children].forEach((each, i) => {
      each.setAttribute("aria-selected", String(i === at));
    });
    const option = at < 0 ? null : this.element.children[at];
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }
}
