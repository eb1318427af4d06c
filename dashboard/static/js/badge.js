// The badge in the bar: whether the page is live, and since when it isn't.

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });

/** @typedef {{state: string, since: Date, held: import("./held.js").Held}} Shown */

export class Badge {
  /** @param {HTMLElement | null} element with data-badge */
  constructor(element) {
    this.element = element;
    this.title = document.title;
  }

  /** @param {Shown} shown */
  show({ state, since, held }) {
    const waiting = document.hidden && held.waiting;
    document.title = waiting ? `(${held.waiting}) ${this.title}` : this.title;
    if (!this.element) return;
    const isHeld = held.on && state === "live";
    const [text, time] = isHeld ? [heldText(held), ""] : texts(state, since, held);
    this.element.dataset.state = isHeld ? "paused" : state;
    this.element.querySelector("[data-badge-text]").textContent = text;
    this.element.querySelector("[data-badge-time]").textContent = time;
  }
}

function heldText(held) {
  const word = held.reasons.has("arrange") ? "Arranging" : "Paused";
  return word + (held.waiting || word === "Paused" ? waitingText(held) : "");
}

function waitingText(held) {
  return held.on ? ` (${held.waiting.toLocaleString()} waiting)` : "";
}

/** The badge's words, and those which a narrow screen leaves out. */
function texts(state, since, held) {
  const at = clock.format(since);
  return {
    connecting: ["Connecting…", ""],
    live: ["Live", `, as of ${clock.format(new Date())}`],
    reconnecting: [`Reconnecting since ${at}`, waitingText(held)],
    ended: [`Stopped at ${at}`, waitingText(held)],
  }[state];
}
