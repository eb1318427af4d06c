// A tab of the browser, as those know it who hold the connection for it.

/**
 * What a tab says of itself when it joins.
 * @typedef {{stream: string, heartbeat: number, views: string[], since: string, until: string,
 *            user: string | null, page: string, signIn: string, turn: number,
 *            parts: boolean}} Terms `parts`: its views may have others in them
 */

/** A tab as who shares the connection knows it. */
export class Tab {
  /** @param {(message: object) => void} send */
  constructor(send) {
    this.send = send;
    /** @type {Terms | null} */
    this.terms = null;
    /** @type {import("./union.js").Union | null} */
    this.union = null;
    this.unanswered = 0;
  }

  /** Whether it may show a view: which parts there are only the tab knows. @param {string} view */
  mayShow(view) {
    return this.terms.parts || this.terms.views.includes(view);
  }

  /** @param {object} message as answer to the tab's last joining */
  post(message) {
    this.send({ ...message, turn: this.terms?.turn });
  }
}
