// The ways in which a page reaches a switchboard, the best first. All have `shared`, whether other
// tabs reach the same one, `post` and `close`; what comes from there goes to `take`.

import { Switchboard } from "./switchboard.js";
import { Tab } from "./tab.js";

/**
 * Goes into the names that tabs meet under. Raise it when what they say to each other changes: a
 * worker lives on while a tab of an older version is open.
 */
const PROTOCOL = "dashboard-2";

/** @typedef {{stream: string, take: (message: object) => void, broken: () => void}} Ends */

/** @returns {(typeof WorkerLine | typeof LeaderLine | typeof OwnLine)[]} that this browser has */
export function linesHere() {
  return [WorkerLine, LeaderLine, OwnLine].filter((each) => each.isHere());
}

/** To the SharedWorker. */
class WorkerLine {
  static isHere = () => "SharedWorker" in globalThis;

  /** @param {Ends} ends */
  constructor({ take, broken }) {
    this.shared = true;
    const url = new URL("./worker.js", import.meta.url);
    this.worker = new SharedWorker(url, { type: "module", name: PROTOCOL });
    this.worker.onerror = broken;
    this.worker.port.onmessage = ({ data }) => take(data);
  }

  post(message) {
    this.worker.port.postMessage(message);
  }

  close() {
    this.worker.onerror = null;
    this.worker.port.onmessage = null;
    this.worker.port.close();
  }
}

/**
 * To the tab that leads: the one that holds the lock of that name. When it goes another gets the
 * lock, and asks all tabs to join again, which they do from where they are.
 *
 * The tabs talk by broadcast channels: `leader` is read by who leads, `tabs` by all, and each tab
 * reads one of its own.
 */
class LeaderLine {
  static isHere = () => Boolean(navigator.locks && globalThis.BroadcastChannel);

  /** @param {Ends} ends @param {boolean} retry the last line was silent: take the lock away */
  constructor({ stream, take, broken }, retry = false) {
    this.shared = true;
    this.broken = broken;
    this.name = `${PROTOCOL} ${stream}`;
    this.id = crypto.randomUUID();
    this.inbox = this.#channel(this.id, take);
    this.news = this.#channel("tabs", () => take({ type: "unknown" }));
    this.leader = this.#channel("leader");
    this.giveUp = new AbortController();
    this.#stand(take, retry ? { steal: true } : { signal: this.giveUp.signal });
  }

  post(message) {
    this.leader.postMessage({ from: this.id, message });
  }

  close() {
    this.closed = true;
    this.giveUp.abort();
    this.retire?.();
    for (const each of [this.inbox, this.news, this.leader]) each.close();
  }

  /** Lead from when the lock is had until it's lost; then stand in line again. */
  async #stand(take, options) {
    try {
      await navigator.locks.request(this.name, options, () => this.#lead(take));
    } catch {
      if (this.closed) return;
      if (!this.retire) return this.broken(); // This page isn't given any lock.
      this.retire(); // Another tab thought this one dead.
      this.#stand(take, { signal: this.giveUp.signal });
    }
  }

  /** @returns {Promise<void>} that ends with the leadership */
  #lead(take) {
    if (this.closed) return Promise.resolve();
    const board = new Switchboard();
    const tabs = new Map();
    const desk = this.#channel("leader", ({ from, message }) => {
      if (!tabs.has(from)) tabs.set(from, this.#tab(from));
      board.take(tabs.get(from).tab, message);
      if (message.type === "leave") {
        tabs.get(from).line.close();
        tabs.delete(from);
      }
    });
    this.news.postMessage({});
    take({ type: "unknown" }); // A channel isn't heard by who speaks.
    return new Promise((resolve) => {
      this.retire = () => {
        this.retire = null;
        board.close();
        desk.close();
        tabs.forEach(({ line }) => line.close());
        resolve();
      };
    });
  }

  #tab(id) {
    const line = this.#channel(id);
    return { line, tab: new Tab((message) => line.postMessage(message)) };
  }

  #channel(name, take) {
    const channel = new BroadcastChannel(`${this.name} ${name}`);
    if (take) channel.onmessage = ({ data }) => take(data);
    return channel;
  }
}

/** To a switchboard of the page's own. */
class OwnLine {
  static isHere = () => true;

  /** @param {Ends} ends */
  constructor({ take }) {
    this.shared = false;
    this.board = new Switchboard();
    this.tab = new Tab(take);
  }

  post(message) {
    this.board.take(this.tab, message);
  }

  close() {
    this.board.close();
  }
}
