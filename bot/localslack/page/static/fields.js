/** Input blocks: label, element, hint, and the error beside it. */

import { element } from "./elements.js";
import { h } from "./dom.js";
import { plain } from "./mrkdwn.js";

let count = 0;

/** Return the field of an input block. */
export function field(block, surface) {
  const id = `field-${(count += 1)}`;
  const control = element(block.element, block, surface);
  const input = control.matches("input, textarea, select, button") ? control : null;
  if (input) input.id = id;
  if (input && !block.optional) input.setAttribute("aria-required", "true");
  control.setAttribute("aria-describedby", `${id}-hint ${id}-error`);
  const mark = block.optional
    ? h("span", { class: "field-optional" }, " (optional)")
    : h("span", { class: "field-required", title: "Required", "aria-hidden": "true" }, " *");
  return h("div", { class: "field", "data-block": block.block_id },
    h(input ? "label" : "div", { class: "field-label", for: input && id }, plain(block.label.text, block.label.emoji), mark),
    control,
    counter(block.element, control),
    h("div", { class: "field-error", id: `${id}-error`, role: "alert" }),
    h("div", { class: "field-hint", id: `${id}-hint` }, block.hint && plain(block.hint.text, block.hint.emoji)));
}

/** Say how much room is left once it gets scarce. */
function counter(asked, control) {
  const { max_length: most, min_length: least } = asked;
  if (!most && !least) return null;
  const node = h("div", { class: "field-count quiet" });
  const show = () => {
    const length = control.value.length;
    const few = least && length > 0 && length < least;
    const full = most && length > most * 0.8;
    node.textContent = few ? `${least - length} more to go` : full ? `${length} of ${most}` : "";
  };
  control.addEventListener("input", show);
  return node;
}

/** Show the errors of `{block_id: text}` beside their fields, focus the first, and return those that have no field. */
export function showErrors(form, errors) {
  const left = { ...errors };
  let first = null;
  for (const node of form.querySelectorAll(".field")) {
    const told = errors[node.dataset.block];
    node.querySelector(".field-error").textContent = told ?? "";
    node.classList.toggle("field-wrong", Boolean(told));
    const control = node.querySelector("input, textarea, select, button");
    told ? control?.setAttribute("aria-invalid", "true") : control?.removeAttribute("aria-invalid");
    if (told) first ??= control;
    delete left[node.dataset.block];
  }
  first?.focus({ preventScroll: true });
  first?.closest(".field").scrollIntoView({ block: "nearest", behavior: "smooth" });
  return Object.values(left);
}
