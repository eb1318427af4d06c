// The buttons of a conflict: each puts one side's value into its field of the form below.

/** @param {ParentNode} page */
export function start(page) {
  const conflict = page.querySelector("[data-conflict]");
  conflict.addEventListener("click", (event) => {
    const button = event.target.closest("[data-take]");
    if (button) take(button);
  });
  // They are disabled until there is something that they do.
  for (const each of conflict.querySelectorAll("[data-take]")) each.disabled = false;
}

function take(button) {
  // By name alone: a picker's visible input has the same id.
  const name = CSS.escape(button.dataset.take);
  const field = document.querySelector(`form[data-draft] [name="${name}"]`);
  if (!field) return;
  setValue(field, button.dataset.value ?? "");
  for (const each of button.closest("tr").querySelectorAll("[data-take]")) {
    each.setAttribute("aria-pressed", String(each === button));
  }
}

/**
 * @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} field
 * @param {string} value
 */
function setValue(field, value) {
  if (field.type === "checkbox") {
    field.checked = ["true", "yes", "on", "1"].includes(value.toLowerCase());
  } else if (field instanceof HTMLSelectElement) {
    const wanted = [...field.options].find((each) => each.value === value || each.text === value);
    if (wanted) field.value = wanted.value;
  } else {
    field.value = value;
  }
  field.dispatchEvent(new Event("change", { bubbles: true }));
}
