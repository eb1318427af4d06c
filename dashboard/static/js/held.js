// Patches that wait while somebody doesn't want the page to change: paused, or arranging a board.

// What waits is bounded: beyond it the queue is dropped, and the page is fetched anew at the end.
const MOST_WAITING = 5000;

/** @typedef {import("./patch.js").Patch} Patch */

export class Held {
  constructor() {
    /** @type {Set<string>} why patches wait */
    this.reasons = new Set();
    /** @type {Patch[]} */
    this.queue = [];
    this.waiting = 0;
    this.lost = false;
  }

  /** Whether patches wait. */
  get on() {
    return this.reasons.size > 0;
  }

  /** @param {Patch} patch */
  add(patch) {
    this.waiting += Math.max(1, patch.ops.length);
    if (this.waiting > MOST_WAITING) {
      this.lost = true;
      this.queue = [];
    } else {
      this.queue.push(patch);
    }
  }

  /** @returns {{patches: Patch[], lost: boolean}} what has waited, or that too much has */
  take() {
    const { queue, lost } = this;
    this.queue = [];
    this.waiting = 0;
    this.lost = false;
    return { patches: queue, lost };
  }
}
