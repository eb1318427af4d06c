// A wall screen (`?wall` on a board): nothing but the board, large; boards that take turns; and,
// whenever what it shows may not be so any more, since when.

import { viewNames } from "./live.js";
import { Turns } from "./turns.js";

const IDLE = 3000;
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short", hourCycle: "h23" });

/** @param {Document} page @param {import("./live.js").Live} live */
export function start(page, live) {
  const freshness = new Freshness(live);
  freshness.start();
  hideCursor(page.documentElement);
  keepAwake();
  page.addEventListener("keydown", ({ key }) => key === "f" && fullScreen());
  page.addEventListener("dblclick", fullScreen);
  const show = (fresh) => {
    showBoard(fresh, live);
    freshness.show();
  };
  new Turns(page, show).start();
}

/** Says in large letters that what is shown is old. */
class Freshness {
  /** @param {import("./live.js").Live} live */
  constructor(live) {
    this.live = live;
    this.box = document.createElement("p");
    this.box.className = "wall-stale";
    this.box.setAttribute("role", "status");
    this.box.hidden = true;
  }

  start() {
    document.body.append(this.box);
    this.live.stream.addEventListener("state", () => this.show());
    // The browser knows of a dead network before the stream's silence tells.
    addEventListener("offline", () => this.show());
    addEventListener("online", () => this.show());
    this.show();
  }

  show() {
    const { state } = this.live.stream;
    const word = { reconnecting: "reconnecting", ended: "stopped" }[state];
    const text = word ?? (navigator.onLine ? "" : "offline");
    this.box.hidden = !text;
    this.box.textContent = text && `As of ${clock.format(this.live.fresh)}, ${text}`;
    document.documentElement.toggleAttribute("data-stale", Boolean(text));
  }
}

/** Put another board's page in the place of this one's. */
function showBoard(fresh, live) {
  const [old, next] = [document, fresh].map((each) => each.querySelector("main [data-view]"));
  old.replaceWith(document.adoptNode(next));
  document.title = fresh.title;
  live.turnTo(viewNames(document), fresh.body.dataset.cursor);
}

function hideCursor(root) {
  let timer;
  const moved = () => {
    root.removeAttribute("data-idle");
    clearTimeout(timer);
    timer = setTimeout(() => root.setAttribute("data-idle", ""), IDLE);
  };
  addEventListener("pointermove", moved, { passive: true });
  moved();
}

/** Keep the screen on, where the browser can; a hidden page loses that, and asks again. */
async function keepAwake() {
  const ask = () => navigator.wakeLock?.request("screen").catch(() => {});
  document.addEventListener("visibilitychange", () => document.hidden || ask());
  await ask();
}

function fullScreen() {
  const { fullscreenElement, documentElement } = document;
  const done = fullscreenElement ? document.exitFullscreen() : documentElement.requestFullscreen();
  done.catch(() => {}); // The browser, or a person's settings, may refuse.
}
