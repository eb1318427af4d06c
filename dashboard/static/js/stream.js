// The page's end of the stream, which it shares with the browser's other tabs.

import { linesHere } from "./lines.js";
import { Span } from "./span.js";

const PATIENCE = 3; // Heartbeats: longer than the connection's own, which reports it by itself.
const ANSWER = 5000; // Milliseconds in which who is asked has to answer.
const TRIES = 3; // With a kind of line, before the next kind is taken.

/**
 * Events: `patch`, `reset`, `ping`, `bye` with the server's JSON as `detail`; `state` with
 * {state: "connecting" | "live" | "reconnecting" | "ended", since: Date, reason?: string}.
 */
export class Stream extends EventTarget {
  /** @param {{url: string, views: string[], cursor: string, heartbeat: number,
   *           user: string | null, signIn: string, parts: boolean}} options heartbeat in seconds;
   *   `parts`: the views may have others in them */
  constructor({ url, views, cursor, heartbeat, user, signIn, parts }) {
    super();
    this.terms = { stream: url, views, heartbeat, user, signIn, parts, page: location.href };
    this.span = new Span(cursor);
    this.silence = heartbeat * 1000 * PATIENCE;
    this.state = "connecting";
    this.since = new Date();
    this.lines = linesHere();
    this.failures = 0;
    this.turn = 0;
    this.line = null;
  }

  /** Whether the connection is there for other tabs too. */
  get shared() {
    return this.line !== null && this.line.shared;
  }

  /** Join the tabs that listen, from the span on. */
  open() {
    this.close();
    const [Line] = this.lines;
    const ends = { stream: this.terms.stream };
    const mine = (act) => (message) => this.ends === ends && act(message);
    ends.take = mine((message) => this.#take(message));
    ends.broken = mine(() => this.#broken(TRIES));
    this.ends = ends;
    try {
      this.line = new Line(ends, this.failures > 0);
      this.#join();
    } catch {
      this.#broken(TRIES); // The browser has it, but won't give it to this page.
    }
  }

  /** Leave, and keep the span: `open` goes on where this ended. */
  close() {
    clearTimeout(this.timer);
    this.ends = null;
    this.line?.post({ type: "leave" });
    this.line?.close();
    this.line = null;
  }

  /** Look at once whether the line is alive: after sleep, a dead network, a hidden tab. */
  check() {
    if (this.state === "ended") return;
    if (this.line) this.#ask();
    else this.open();
  }

  /** Follow other views, of a page that was rendered at `cursor`. @param {string[]} views */
  turnTo(views, cursor) {
    this.terms = { ...this.terms, views };
    this.span = new Span(cursor);
    if (this.line) this.#join();
    else if (this.state !== "ended") this.open();
  }

  /** Ask for the whole of every view. */
  refetch() {
    this.span.forget();
    if (this.line) this.#join();
    else this.open();
  }

  #join() {
    const { since, until } = this.span;
    this.turn += 1;
    this.line.post({ type: "join", ...this.terms, since, until, turn: this.turn });
    this.#watch();
  }

  #take(message) {
    // What was sent before this page joined anew, perhaps by another who led then, comes too late:
    // the stream goes on from where the page was when it joined.
    if (message.turn !== this.turn && message.type !== "unknown") return;
    this.failures = 0;
    this.#watch();
    if (message.type === "event") this.#got(message);
    else if (message.type === "unknown") this.#join();
    else if (message.state !== "connecting") this.#become(message);
  }

  #got({ name, data, since, until }) {
    this.span = new Span(since, until);
    if (name === "ping") this.line.post({ type: "here" });
    this.dispatchEvent(new CustomEvent(name, { detail: data }));
  }

  #watch() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#ask(), this.silence);
  }

  #ask() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#broken(1), ANSWER);
    this.line.post({ type: "check" });
  }

  /** Whoever is at the line's other end has died, or never was. */
  #broken(count) {
    this.failures += count;
    if (this.failures >= TRIES && this.lines.length > 1) {
      this.lines.shift();
      this.failures = 0;
    }
    if (count < TRIES) this.#become({ state: "reconnecting", since: new Date() });
    this.open();
  }

  #become({ state, since, reason }) {
    if (state === this.state || this.state === "ended") return;
    if (state === "ended") this.close();
    this.state = state;
    this.since = since;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, since, reason } }));
  }
}
