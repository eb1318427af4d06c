// Says politely what changed, to people who hear the page rather than see it: not each change,
// but at most one sentence every few seconds.

const INTERVAL = 5000;
const HEARD = 3000;
const NONE = { added: 0, changed: 0, deleted: 0, unmatched: 0, removed: 0 };
const WORDS = {
  added: "added",
  changed: "changed",
  deleted: "deleted",
  unmatched: "no longer matching",
  removed: "gone from the list",
};

export class Summary {
  /** @param {HTMLElement | null} region with aria-live="polite" */
  constructor(region) {
    this.region = region;
    this.counts = { ...NONE };
    this.total = "";
    this.above = 0;
    this.next = 0;
  }

  /**
   * @param {import("./patch.js").Counts} counts
   * @param {{total_text?: string | null}} patch
   * @param {number} above how many new rows are above what is read
   */
  add(counts, patch, above) {
    for (const kind of Object.keys(this.counts)) this.counts[kind] += counts[kind];
    this.total = patch.total_text ?? "";
    this.above = above;
    if (Object.values(this.counts).some(Boolean) && !this.timer) this.#wait();
  }

  /** @param {string} text said at once; what changed is said when that has been heard */
  say(text) {
    this.#show(text);
    this.next = Math.max(this.next, performance.now() + HEARD);
    if (this.timer) this.#wait();
  }

  #show(text) {
    if (this.region) this.region.textContent = text;
  }

  #wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#flush(), Math.max(0, this.next - performance.now()));
  }

  #flush() {
    this.timer = undefined;
    this.next = performance.now() + INTERVAL;
    const parts = Object.entries(this.counts)
      .filter(([, count]) => count)
      .map(([kind, count]) => `${count} ${WORDS[kind]}`);
    this.counts = { ...NONE };
    const total = this.total ? ` ${this.total} in all.` : "";
    const above = this.above ? ` ${this.above} new above.` : "";
    this.#show(`Updated: ${parts.join(", ")}.${total}${above}`);
  }
}
