// A message on top of the page, as the server's own messages are.

/** @typedef {{href?: string, label: string, click?: () => void}} Action a link, or a button */

/**
 * @param {"good" | "warning" | "critical" | "info"} tone
 * @param {string} text
 * @param {...Action} actions
 * @returns {HTMLElement} the notice, already on the page
 */
export function notice(tone, text, ...actions) {
  const box = document.createElement("p");
  box.className = "notice";
  box.dataset.tone = tone;
  box.setAttribute("role", "status");
  box.append(text);
  for (const each of actions) box.append(" ", control(each));
  document.querySelector("[data-notices]")?.append(box);
  return box;
}

function control({ href, label, click }) {
  const made = document.createElement(href ? "a" : "button");
  made.textContent = label;
  if (href) {
    made.href = href;
  } else {
    made.type = "button";
    made.className = "link";
    made.addEventListener("click", click);
  }
  return made;
}
