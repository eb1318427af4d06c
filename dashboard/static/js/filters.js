// The filter form offers only the conditions that its column knows, and the column's choices as a
// list. Without script it offers all of them, and the server says what doesn't fit.

/** Conditions that take no value. */
const WITHOUT_VALUE = new Set(["isnull", "notnull"]);
/** Conditions whose value is one of the column's choices. */
const ONE_CHOICE = new Set(["exact", "not"]);

/** @param {ParentNode} page */
export function start(page) {
  for (const form of page.querySelectorAll("form[data-filters]")) {
    const [column, op] = [form.elements._filter_column, form.elements._filter_op];
    column.addEventListener("change", () => {
      showOps(column, op);
      showValue(form, column, op);
    });
    op.addEventListener("change", () => showValue(form, column, op));
    showOps(column, op);
    showValue(form, column, op);
  }
}

function showOps(column, op) {
  const before = op.value;
  const ops = JSON.parse(column.selectedOptions[0].dataset.ops);
  op.replaceChildren(...ops.map(([name, label]) => new Option(label, name)));
  if (ops.some(([name]) => name === before)) op.value = before;
}

function showValue(form, column, op) {
  const label = form.querySelector("[data-filter-value]");
  const choices = JSON.parse(column.selectedOptions[0].dataset.choices ?? "[]");
  const listed = choices.length > 0 && ONE_CHOICE.has(op.value);
  const old = form.elements._filter_value;
  const fresh = document.createElement(listed ? "select" : "input");
  fresh.name = "_filter_value";
  if (listed) fresh.append(...choices.map(([value, text]) => new Option(text, value)));
  else if (old.nodeName === "INPUT") fresh.value = old.value;
  fresh.disabled = WITHOUT_VALUE.has(op.value);
  label.hidden = fresh.disabled;
  old.replaceWith(fresh);
}
