// The tabs that share one connection: their views together, each tab told of its own.

import { Connection } from "./connection.js";
import { isRefused } from "./refusal.js";
import { Span } from "./span.js";

/** @typedef {import("./tab.js").Tab} Tab @typedef {import("./tab.js").Terms} Terms */

const MOST_VIEWS = 50; // The server takes no more in one stream,
const LONGEST_URL = 6000; // and proxies no longer line of a request.
const TOGETHER = 20; // Milliseconds in which tabs that come at once are gathered,
const TIDY = 5000; // and after which the views of tabs that have gone are let go.
const MOST_UNANSWERED = 4;

export class Union {
  /** @param {Terms} terms of the first tab */
  constructor(terms) {
    /** @type {Set<Tab>} whose views are in the stream */
    this.tabs = new Set();
    /** @type {Set<Tab>} who will be with the next opening, and get nothing of this one */
    this.coming = new Set();
    this.connection = new Connection({
      url: terms.stream,
      heartbeat: terms.heartbeat,
      span: new Span(terms.since, terms.until),
    });
    this.connection.addEventListener("message", (event) => this.#pass(event.detail));
    this.connection.addEventListener("open", () => this.tabs.forEach((tab) => this.tell(tab)));
    this.connection.addEventListener("state", () => this.#all().forEach((tab) => this.tell(tab)));
    this.connection.addEventListener("refused", () => this.#sendOff());
  }

  /** Whether a tab with these terms can share the connection. @param {Terms} terms */
  fits(terms) {
    if (terms.stream !== this.connection.url) return false;
    const views = viewsOf([...this.#all(), { terms }]);
    const length = views.reduce((sum, view) => sum + encodeURIComponent(view).length + 6, 0);
    return views.length <= MOST_VIEWS && length <= LONGEST_URL;
  }

  /** @param {Tab} tab with its terms */
  join(tab) {
    tab.union = this;
    tab.unanswered = 0;
    this.tabs.delete(tab);
    this.coming.add(tab);
    this.tell(tab);
    this.#openIn(TOGETHER);
  }

  /** @param {Tab} tab */
  leave(tab) {
    tab.union = null;
    this.tabs.delete(tab);
    this.coming.delete(tab);
    if (this.empty) this.close();
    else if (!this.opening) this.#openIn(TIDY, false);
  }

  get empty() {
    return this.tabs.size + this.coming.size === 0;
  }

  close() {
    clearTimeout(this.opening);
    this.opening = null;
    this.connection.close();
  }

  /** Tell a tab how the connection is. @param {Tab} tab */
  tell(tab) {
    const { state, since } = this.connection;
    const early = state === "live" && this.coming.has(tab);
    tab.post({ type: "state", state: early ? "connecting" : state, since });
  }

  #all() {
    return new Set([...this.tabs, ...this.coming]);
  }

  #openIn(delay, needed = true) {
    clearTimeout(this.opening);
    this.opening = setTimeout(() => this.#open(needed), delay);
  }

  /** Open the stream of all tabs' views. @param {boolean} needed even if they are the same */
  #open(needed) {
    this.opening = null;
    const { connection } = this;
    for (const { terms } of this.coming) this.#include(terms);
    this.tabs = this.#all();
    this.coming.clear();
    const views = viewsOf(this.tabs).sort();
    if (!needed && String(views) === String(connection.views)) return;
    connection.views = views;
    connection.open();
    // A stream that another person may have says no "bye" to those whose person may not go on.
    this.#end(({ terms }) => terms.user !== connection.user && isRefused({ terms }, true));
  }

  /** @param {Terms} terms */
  #include({ since, until, user }) {
    // Another person sees other things, and what this one was shown isn't what to go on from.
    const { connection } = this;
    if (connection.user !== undefined && user !== connection.user) connection.span.forget();
    connection.user = user;
    connection.span.widen({ since, until });
  }

  #pass({ name, data }) {
    if (name === "bye" && data.reason === "auth") {
      this.#sendOff(true);
      return;
    }
    const { since, until } = this.connection.span;
    for (const tab of this.tabs) {
      if (name === "patch" && !tab.mayShow(data.view)) continue;
      tab.post({ type: "event", name, data, since, until });
      if (name === "ping") this.#count(tab);
    }
  }

  /** Forget a tab that has long answered no ping: it's frozen, or gone without a word. */
  #count(tab) {
    tab.unanswered += 1;
    if (tab.unanswered > MOST_UNANSWERED) this.leave(tab);
  }

  /** Find out whose tab may not go on. @param {boolean} certain that somebody's may not */
  async #sendOff(certain = false) {
    const alone = certain && this.#all().size === 1;
    const ended = await this.#end((tab) => alone || isRefused(tab, certain));
    if (this.empty || !(certain || ended)) return;
    if (!ended) {
      this.connection.user = null; // Somebody else has signed in: everything is theirs now.
      this.connection.span.forget();
    }
    this.#openIn(TOGETHER);
  }

  /**
   * End the tabs that may not go on; return how many there were.
   * @param {(tab: Tab) => boolean | Promise<boolean>} mayNot
   */
  async #end(mayNot) {
    const tabs = [...this.#all()];
    const refused = await Promise.all(tabs.map(mayNot));
    const ended = tabs.filter((tab, at) => refused[at] && tab.union === this);
    for (const tab of ended) {
      this.leave(tab);
      tab.post({ type: "state", state: "ended", since: new Date(), reason: "auth" });
    }
    return ended.length;
  }
}

/** @param {Iterable<{terms: Terms}>} tabs */
function viewsOf(tabs) {
  return [...new Set([...tabs].flatMap(({ terms }) => terms.views))];
}
