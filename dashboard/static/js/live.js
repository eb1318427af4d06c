// Joins the stream to the page: patches to their views, the badge, the pause button, the summary.

import { Badge } from "./badge.js";
import { Held } from "./held.js";
import { notice } from "./notice.js";
import { applyPatch } from "./patch.js";
import { unseenCount } from "./pill.js";
import { Stream } from "./stream.js";
import { Summary } from "./summary.js";
import { outerViews, viewsNamed } from "./view.js";

// A hidden tab lets a connection of its own go: browsers open six to a server, for all tabs
// together. One that it shares is there for the others anyway.
const HIDDEN_GRACE = 60_000;

/**
 * @param {Document} page whose body has data-stream, data-cursor and data-heartbeat
 * @returns {Live}
 */
export function start(page) {
  const { body } = page;
  const stream = new Stream({
    url: body.dataset.stream,
    views: viewNames(page),
    cursor: body.dataset.cursor,
    heartbeat: Number(body.dataset.heartbeat) || 15,
    user: body.dataset.user ?? null,
    signIn: body.dataset.signIn,
    parts: page.querySelector(".panels") !== null,
  });
  const live = new Live(stream);
  live.start();
  return live;
}

/** @param {ParentNode} page @returns {string[]} the views that its stream has to be of */
export function viewNames(page) {
  return outerViews(page).map((each) => each.dataset.view);
}

/** What the page shows, followed. Views are looked for when they change: parts come and go. */
export class Live {
  /** @param {Stream} stream */
  constructor(stream) {
    this.stream = stream;
    this.held = new Held();
    this.summary = new Summary(document.querySelector("[data-summary]"));
    this.badge = new Badge(document.querySelector("[data-badge]"));
    this.button = document.querySelector("[data-pause]");
    /** When the page was last known to be as a fresh load would be. */
    this.fresh = new Date();
  }

  start() {
    const { stream } = this;
    stream.addEventListener("patch", (event) => this.take(event.detail));
    stream.addEventListener("ping", () => this.heard());
    stream.addEventListener("reset", () => this.summary.say("The page is brought up to date."));
    stream.addEventListener("state", (event) => this.changed(event.detail));
    this.button?.addEventListener("click", () => this.toggle());
    document.addEventListener("visibilitychange", () => this.visibility());
    addEventListener("online", () => stream.check());
    addEventListener("pagehide", () => stream.close());
    addEventListener("pageshow", (event) => event.persisted && stream.check());
    stream.open();
    this.rest();
    this.show();
  }

  /** @param {import("./patch.js").Patch} patch */
  take(patch) {
    if (this.held.on) this.held.add(patch);
    else this.apply(patch);
    this.heard();
  }

  heard() {
    this.fresh = new Date();
    this.show();
  }

  apply(patch) {
    for (const view of viewsNamed(patch.view)) {
      const counts = applyPatch(view, patch);
      // Of a board's panels, each has a total of its own.
      const isPart = !this.stream.terms.views.includes(patch.view);
      this.summary.add(counts, isPart ? {} : patch, unseenCount());
    }
  }

  /** Let patches wait for `reason`, or no longer. @param {string} reason @param {boolean} on */
  hold(reason, on) {
    const { reasons } = this.held;
    if (on) reasons.add(reason);
    else if (reasons.delete(reason) && !this.held.on) this.release();
    this.show();
  }

  toggle() {
    const paused = !this.held.reasons.has("pause");
    this.button.textContent = paused ? "Resume" : "Pause";
    this.button.title = paused ? "Show what waits (p)" : "Hold updates (p)";
    this.hold("pause", paused);
  }

  release() {
    const { patches, lost } = this.held.take();
    if (lost) this.stream.refetch();
    else patches.forEach((patch) => this.apply(patch));
  }

  /** Follow other views, which the page shows from now on. @param {string[]} views */
  turnTo(views, cursor) {
    this.held.take();
    this.fresh = new Date();
    this.badge.title = document.title;
    this.stream.turnTo(views, cursor);
  }

  visibility() {
    this.rest();
    if (!document.hidden) this.stream.check();
    this.show();
  }

  rest() {
    clearTimeout(this.resting);
    if (!document.hidden) return;
    this.resting = setTimeout(() => this.stream.shared || this.stream.close(), HIDDEN_GRACE);
  }

  changed({ state, reason }) {
    if (state === "live") this.fresh = new Date();
    this.show();
    if (state === "reconnecting") this.summary.say("The connection is lost. Trying again.");
    if (state === "ended" && reason === "auth") {
      const next = new URLSearchParams({ next: location.pathname + location.search });
      const href = `${document.body.dataset.signIn}?${next}`;
      const text = "You were signed out, so this page has stopped.";
      notice("warning", text, { href, label: "Sign in again" });
    }
  }

  show() {
    const { state, since } = this.stream;
    this.badge.show({ state, since, held: this.held });
  }
}
