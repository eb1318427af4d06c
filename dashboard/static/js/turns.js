// Boards that take turns on a wall: `?wall=ops,gates` those, `?wall` all in their own order, each
// for its own time or for that of `every=30`. The next one is fetched when its turn comes, so that
// what a page holds is one board's, however long it runs.

const LEAST = 1; // Seconds that a board stays.
const USUAL = 30;
const PATIENCE = 10_000;

export class Turns {
  /**
   * @param {Document} page
   * @param {(fresh: Document) => void} show is given the next board's page
   */
  constructor(page, show) {
    const query = new URLSearchParams(location.search);
    /** @type {string[]} addresses; with none each board says which comes after it */
    this.boards = (query.get("wall") ?? "").split(",").filter(Boolean).map(addressOf);
    this.every = Number(query.get("every"));
    this.page = page;
    this.show = show;
    this.here = addressOf(location.pathname.split("/").at(-1));
  }

  start() {
    if (this.#following().length) this.#wait();
  }

  #wait() {
    const own = Number(this.page.querySelector("[data-seconds]")?.dataset.seconds);
    const seconds = Math.max(LEAST, this.every || own || USUAL);
    setTimeout(() => this.#turn(), seconds * 1000);
  }

  /** @returns {string[]} the boards whose turn it is, in the order in which they are tried */
  #following() {
    if (!this.boards.length) {
      const next = this.page.querySelector("[data-next]")?.dataset.next;
      // If the next has gone, this one knows by now which comes after it.
      return next ? [new URL(next, location.href).href, this.here] : [];
    }
    const at = this.boards.indexOf(this.here) + 1;
    const others = [...this.boards.slice(at), ...this.boards.slice(0, at)];
    return others.filter((each) => each !== this.here);
  }

  /** Show the next board that can be had; if there is none, this one stays. */
  async #turn() {
    for (const address of this.#following()) {
      const fresh = await this.#fetch(address);
      if (fresh) {
        this.here = address;
        this.show(fresh);
        break;
      }
    }
    this.#wait();
  }

  /** @param {string} url @returns {Promise<Document | null>} null if it can't be shown now */
  async #fetch(url) {
    try {
      const signal = AbortSignal.timeout(PATIENCE);
      const answer = await fetch(url, { headers: { Accept: "text/html" }, signal });
      if (!answer.ok || answer.redirected) return null;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      return page.querySelector("main [data-view]") && page.body.dataset.cursor ? page : null;
    } catch {
      return null;
    }
  }
}

/** @param {string} slug of a board @returns {string} where its page for a wall is */
function addressOf(slug) {
  return new URL(`${encodeURIComponent(decodeURIComponent(slug.trim()))}?wall`, location.href).href;
}
