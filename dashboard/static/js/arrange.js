// Arranging a board: its panels are moved and resized by pointer or keyboard, then saved at once.
// What changes on the board meanwhile waits, as it does while the page is paused.

import { dragPanel, dragWidth } from "./drag.js";
import { drop, find, move, panelsOf, readLayout, resize, showLayout } from "./layout.js";
import { KEYS, close, label, makeBar, open } from "./movable.js";
import { Saving, versionOf } from "./saving.js";
import { target } from "./view.js";

/** @param {Document} page @param {import("./live.js").Live} live */
export function start(page, live) {
  const board = page.querySelector("[data-arrange]");
  const button = page.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = "Arrange";
  button.addEventListener("click", () => new Arranging(board, button, live).begin());
  board.querySelector(".title-actions").prepend(button);
}

class Arranging {
  /** @param {HTMLElement} board @param {HTMLElement} button @param {import("./live.js").Live} live */
  constructor(board, button, live) {
    this.board = board;
    this.button = button;
    this.live = live;
    this.list = target(board, "rows");
    this.end = new AbortController();
    this.saving = new Saving(this);
  }

  begin() {
    const { list, board, button } = this;
    this.live.hold("arrange", true);
    this.before = this.layout = readLayout(list);
    this.version = versionOf(board);
    board.dataset.arranging = "";
    button.hidden = true;
    this.bar = makeBar({ save: () => this.saving.save(), cancel: () => this.cancel() });
    list.before(this.bar);
    panelsOf(list).forEach(open);
    this.show(this.layout);
    const { signal } = this.end;
    document.addEventListener("keydown", (event) => this.onKey(event), { signal });
    list.addEventListener("pointerdown", (event) => this.onPointer(event), { signal });
    panelsOf(list)[0]?.focus();
    this.say(`Arranging. ${KEYS}`);
  }

  onKey(event) {
    const panel = event.target.closest(".panel[data-key]");
    if (event.ctrlKey || event.metaKey || event.altKey || this.saving.busy) return;
    if (event.key === "Escape") this.cancel();
    else if (event.key === "Enter" && panel) this.saving.save();
    else if (event.key.startsWith("Arrow") && panel) this.onArrow(event, panel);
    else return;
    event.preventDefault();
  }

  onArrow({ key, shiftKey }, panel) {
    const id = panel.dataset.key;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0;
    const { width } = find(this.layout, id).item;
    this.show(shiftKey ? resize(this.layout, id, width + by) : move(this.layout, id, key));
    panel.scrollIntoView({ block: "nearest" });
    this.say(label(panel, this.layout));
  }

  async onPointer(event) {
    const panel = event.target.closest(".panel[data-key]");
    const isGrip = event.target.matches(".panel-grip");
    if (!panel || event.button !== 0 || this.saving.busy) return;
    panel.focus({ preventScroll: true });
    const id = panel.dataset.key;
    const { layout } = this;
    if (event.target.matches(".panel-edge")) {
      const done = await dragWidth(event, panel, (width) => this.show(resize(layout, id, width)));
      if (!done) this.show(layout);
    } else if (isGrip || event.pointerType === "mouse") {
      // A finger elsewhere on the panel scrolls the page.
      const found = await dragPanel(event, panel);
      if (found) this.show(drop(layout, id, found));
    }
    if (this.layout !== layout) this.say(label(panel, this.layout));
  }

  /** @param {import("./layout.js").Layout} layout */
  show(layout) {
    this.layout = layout;
    showLayout(this.list, layout);
    for (const each of panelsOf(this.list)) label(each, this.layout);
  }

  say(text) {
    this.live.summary.say(text);
  }

  cancel() {
    this.show(this.before);
    this.finish("The board is as it was.");
  }

  /** @param {string} text what to say at the end */
  finish(text) {
    this.end.abort();
    this.saving.forget();
    this.bar.remove();
    panelsOf(this.list).forEach(close);
    delete this.board.dataset.arranging;
    this.button.hidden = false;
    this.button.focus({ preventScroll: true });
    this.live.hold("arrange", false);
    this.say(text);
  }
}
