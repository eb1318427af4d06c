// Finds a table on the home page by parts of its name: what isn't meant goes out of sight. Enter
// opens the first that is left, the arrow down leads to it.

/** @param {ParentNode} page */
export function start(page) {
  for (const input of page.querySelectorAll("[data-find]")) {
    const find = new Find(input);
    // Who comes back finds what was looked for: a page that isn't stored loses what was typed.
    input.value ||= history.state?.find ?? "";
    input.addEventListener("input", () => {
      history.replaceState({ ...history.state, find: input.value }, "");
      find.show();
    });
    input.addEventListener("keydown", (event) => find.onKey(event));
    find.show();
  }
}

class Find {
  /** @param {HTMLInputElement} input inside of what has data-findable */
  constructor(input) {
    this.input = input;
    const part = input.closest("[data-findable]");
    this.items = [...part.querySelectorAll(".cards > [data-key]")];
    this.told = part.querySelector("[data-found]");
  }

  show() {
    const words = this.input.value.split(/\s+/).map(fold).filter(Boolean);
    for (const each of this.items) {
      const text = textOf(each);
      each.toggleAttribute("data-unfound", !words.every((word) => text.includes(word)));
    }
    const all = this.items.length.toLocaleString();
    const text = words.length ? `${this.found().length || "none"} of ${all}` : all;
    if (this.told.textContent !== text) this.told.textContent = text;
  }

  found() {
    return this.items.filter((each) => each.isConnected && each.dataset.unfound === undefined);
  }

  onKey(event) {
    const link = this.found()[0]?.querySelector("a");
    if (!link || event.isComposing) return;
    if (event.key === "Enter" && this.input.value.trim()) link.click();
    else if (event.key === "ArrowDown") link.focus();
    else return;
    event.preventDefault();
  }
}

/** The table's name in the database counts too, and what is said of it. */
function textOf(item) {
  const said = [...item.querySelectorAll(".card-link, .card-text")].map((each) => each.textContent);
  return fold([item.dataset.key, ...said].join(" "));
}

/** Without capitals and accents, and with blanks for what joins words in names. */
function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[\s_.-]+/g, " ");
}
