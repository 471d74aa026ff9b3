/** Inputs that are typed into: text, number, address, date and time. */

import { act } from "./actions.js";
import { h } from "./dom.js";
import { keyOf, sends } from "./values.js";

const KINDS = {
  email_text_input: { type: "email", autocomplete: "off" },
  url_text_input: { type: "url", autocomplete: "off" },
  number_input: { type: "text", inputmode: "decimal" },
  datepicker: { type: "date" },
  timepicker: { type: "time" },
  datetimepicker: { type: "datetime-local" },
};
const PICKED = new Set(["datepicker", "timepicker", "datetimepicker"]);
const LINES = 4;

/** Return the input of a typed element. */
export function typed(element, block, surface) {
  const isPicked = PICKED.has(element.type);
  const isLong = element.type === "plain_text_input" && element.multiline;
  const node = h(isLong ? "textarea" : "input", {
    type: isLong ? null : "text", ...(KINDS[element.type] ?? {}), rows: isLong ? LINES : null,
    class: isPicked ? "input input-short" : "input",
    placeholder: element.placeholder?.text, maxlength: element.max_length, autofocus: element.focus_on_load,
    "data-focus": keyOf(element, block), "data-action": element.action_id,
    "aria-label": block.label ? null : (element.placeholder?.text ?? "Value"),
  });
  node.value = shown(element, surface.start(element, block));
  const read = () => entered(element, node.value);
  const send = () => act(surface, element, block, isPicked ? { selected: read() } : { value: read() }, node);
  if (isPicked && sends(block)) node.addEventListener("change", send);
  if (!isPicked && block.dispatch_action) dispatch(element, node, send);
  return surface.control(element, block, node, read);
}

function dispatch(element, node, send) {
  const on = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  if (on.includes("on_character_entered")) node.addEventListener("input", send);
  if (!on.includes("on_enter_pressed")) return;
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    send();
  });
}

/** Seconds since 1970 are shown as the viewer's own date and time, and read back from it. */
function shown(element, value) {
  if (element.type !== "datetimepicker" || !value) return value;
  const at = new Date(Number(value) * 1000);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function entered(element, value) {
  if (element.type !== "datetimepicker") return value;
  return value ? Math.floor(new Date(value).getTime() / 1000) : "";
}
