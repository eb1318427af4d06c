// Joins tabs to connections: one for all of them, and one more for views that don't fit into it.

import { Union } from "./union.js";

export class Switchboard {
  constructor() {
    /** @type {Set<Union>} */
    this.unions = new Set();
  }

  /**
   * Do what a tab asks. Its answers are {type: "event", name, data, since, until},
   * {type: "state", state, since, reason?}, and {type: "unknown"}: join again.
   *
   * @param {import("./tab.js").Tab} tab
   * @param {{type: "join" | "leave" | "check" | "here"}} message; a join has a tab's Terms too
   */
  take(tab, message) {
    if (message.type === "join") this.#join(tab, message);
    else if (!tab.union) message.type === "leave" || tab.post({ type: "unknown" });
    else if (message.type === "leave") this.#leave(tab);
    else if (message.type === "check") this.#check(tab);
    tab.unanswered = 0;
  }

  close() {
    for (const union of this.unions) union.close();
    this.unions.clear();
  }

  #join(tab, terms) {
    this.#leave(tab);
    tab.terms = terms;
    const union = [...this.unions].find((each) => each.fits(terms)) ?? new Union(terms);
    this.unions.add(union);
    union.join(tab);
  }

  #leave(tab) {
    tab.union?.leave(tab);
    for (const union of this.unions) {
      if (union.empty) this.unions.delete(union);
    }
  }

  #check(tab) {
    tab.union.connection.check();
    tab.union.tell(tab);
  }
}
