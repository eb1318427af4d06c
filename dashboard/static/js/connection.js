// A connection to the server: an EventSource with what it lacks, a watchdog for a silent line, and
// a retry when it gives up (any answer but 200 ends an EventSource for good).

import { Span, STALE } from "./span.js";

const NAMES = ["patch", "reset", "ping", "bye"];
const PATIENCE = 2.5; // Heartbeats without an event before the line counts as dead.
const LONGEST = 30_000;
const JUST_NOW = 1000;

/** @typedef {"connecting" | "live" | "reconnecting" | "ended"} State */

/**
 * Events: `message` with {name, data} for each of the server's; `state` with {state, since};
 * `open` at each new opening; `refused` when the server has refused more than once.
 */
export class Connection extends EventTarget {
  /** @param {{url: string, heartbeat: number, span: Span}} options heartbeat in seconds */
  constructor({ url, heartbeat, span }) {
    super();
    this.url = url;
    this.silence = heartbeat * 1000 * PATIENCE;
    /** Where the pages stand; it moves with the events. */
    this.span = span;
    /** @type {string[]} */
    this.views = [];
    /** @type {string | null | undefined} whom the pages were made for, null for anybody */
    this.user = undefined;
    /** @type {State} */
    this.state = "connecting";
    this.since = new Date();
    this.attempt = 0;
    this.heard = 0;
    this.opened = 0;
    /** @type {EventSource | null} */
    this.source = null;
  }

  /** Connect, from the span on; an open connection is closed first. */
  open() {
    this.close();
    const query = new URLSearchParams(this.views.map((view) => ["view", view]));
    query.set("since", this.span.since);
    if (this.span.until !== this.span.since) query.set("until", this.span.until);
    if (this.user) query.set("user", this.user);
    this.opened = Date.now();
    this.asked = this.span.until;
    this.lastId = "";
    this.source = new EventSource(`${this.url}?${query}`);
    this.source.onopen = () => {
      this.#alive();
      this.dispatchEvent(new Event("open"));
    };
    this.source.onerror = () => this.#failed();
    for (const name of NAMES) {
      this.source.addEventListener(name, (event) => this.#got(name, event));
    }
    this.#watch();
  }

  /** Disconnect; `open` goes on where this ended. */
  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  /** Look at once whether the line is alive: after sleep, or a dead network. */
  check() {
    const now = Date.now(); // A clock that goes on while the machine sleeps.
    const silent = Math.abs(now - this.heard) > this.silence;
    if (this.state === "live" && this.source && !silent) return;
    if (this.source && now - this.opened < JUST_NOW) return; // Another page has asked already.
    this.attempt = 0;
    this.open();
  }

  #alive() {
    this.heard = Date.now();
    this.#become("live");
    this.#watch();
  }

  /** @param {string} name @param {MessageEvent} event */
  #got(name, event) {
    this.attempt = 0;
    const data = JSON.parse(event.data || "{}");
    this.#move(name, event.lastEventId, data.at);
    if (name !== "bye") this.#alive();
    this.dispatchEvent(new CustomEvent("message", { detail: { name, data } }));
  }

  #move(name, id, at) {
    if (name === "reset") this.span.forget();
    else if (id !== this.lastId) this.span.reached(id);
    if (name === "patch" && at) this.span.saw(at);
    this.lastId = id;
  }

  #watch() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.#become("reconnecting");
      this.open();
    }, this.silence);
  }

  #failed() {
    this.#become("reconnecting");
    if (this.source?.readyState !== EventSource.CLOSED && !this.#beyond()) return;
    this.close();
    const wait = Math.min(LONGEST, 1000 * 2 ** this.attempt) * (1 + Math.random() / 2);
    this.attempt += 1;
    this.timer = setTimeout(() => this.open(), wait);
    if (this.attempt > 1) this.dispatchEvent(new Event("refused"));
  }

  /**
   * Whether a page is further than the browser would say when it reconnects by itself, which it
   * does with the last id and the URL that it had.
   */
  #beyond() {
    const { until } = this.span;
    return until !== this.asked && until !== this.lastId && until !== STALE;
  }

  /** @param {State} state */
  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.since = new Date();
    this.dispatchEvent(new CustomEvent("state", { detail: { state, since: this.since } }));
  }
}
