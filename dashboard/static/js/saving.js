// Saving how a board was arranged. What can't be saved stays as it is, and the person decides.

import { merge, readLayout, toPanels } from "./layout.js";
import { notice } from "./notice.js";
import { target } from "./view.js";

const LONGEST_TEXT = 300;

/** @param {Element} board @returns {string} the name of how its panels are arranged */
export function versionOf(board) {
  return target(board, "version").textContent.trim();
}

export class Saving {
  /** @param {object} arranging what has the layout, its board and the version it began from */
  constructor(arranging) {
    this.arranging = arranging;
    this.busy = false;
    /** @type {import("./layout.js").Layout | undefined} what somebody else has saved meanwhile */
    this.theirs = undefined;
  }

  async save() {
    if (this.busy) return;
    this.forget();
    this.#isBusy(true);
    const answer = await this.#post();
    this.#isBusy(false);
    if (answer?.ok) this.arranging.finish("The board is saved.");
    else if (answer?.status === 409) this.#conflict();
    else this.#refused(answer ? await textOf(answer) : "The server can't be reached.");
  }

  /** Take back what was said of the last try. */
  forget() {
    this.notice?.remove();
  }

  #isBusy(busy) {
    this.busy = busy;
    this.arranging.bar.setAttribute("aria-busy", String(busy));
  }

  /** @returns {Promise<Response | null>} null where the server can't be reached */
  async #post() {
    const { version, layout, board } = this.arranging;
    const all = this.theirs ? merge(layout, this.theirs) : layout;
    const token = board.querySelector("[data-csrf]").value;
    try {
      return await fetch(board.dataset.arrange, {
        method: "POST",
        redirect: "manual",
        headers: {
          "Accept": "application/json",
          "Content-Type": "application/json",
          "X-CSRF-Token": token,
        },
        body: JSON.stringify({ version, panels: toPanels(all) }),
      });
    } catch {
      return null;
    }
  }

  #conflict() {
    this.#tell(
      "Somebody has changed the board since you began, so nothing is saved yet.",
      { label: "Save mine", click: () => this.#again() },
      { label: "Take theirs", click: () => this.arranging.cancel() },
    );
  }

  /** Save over what somebody else has saved, with the panels that there are now. */
  async #again() {
    const { arranging } = this;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const view = CSS.escape(arranging.board.dataset.view);
      const board = page.querySelector(`[data-view="${view}"]`);
      arranging.version = versionOf(board);
      this.theirs = readLayout(target(board, "rows"));
    } catch {
      this.#refused("The server can't be reached.");
      return;
    }
    this.save();
  }

  #refused(text) {
    const again = { label: "Try again", click: () => this.save() };
    this.#tell(`The board isn't saved. ${text} What you arranged is still here.`, again);
  }

  #tell(text, ...actions) {
    this.forget();
    this.notice = notice("warning", text, ...actions);
    this.notice.scrollIntoView({ block: "nearest" });
    this.notice.querySelector("button")?.focus({ preventScroll: true });
  }
}

/** @param {Response} answer @returns {Promise<string>} what it says, if that is a sentence */
async function textOf(answer) {
  if (answer.type === "opaqueredirect" || answer.status === 401) return "You were signed out.";
  const text = await answer.text();
  try {
    return String(JSON.parse(text).error.text).slice(0, LONGEST_TEXT);
  } catch {
    const isPlain = answer.headers.get("Content-Type")?.startsWith("text/plain");
    return isPlain ? text.slice(0, LONGEST_TEXT) : `The server answers ${answer.status}.`;
  }
}
