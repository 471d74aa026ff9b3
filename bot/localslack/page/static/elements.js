/** Block elements: one row an element. In an input they are read when the form is sent, elsewhere each choice is sent at once. */

import { act } from "./actions.js";
import { h, icon } from "./dom.js";
import { link, safe } from "./links.js";
import { openMenu } from "./menu.js";
import { picture } from "./files.js";
import { plain, textObject } from "./mrkdwn.js";
import { multiSelect, select } from "./selects.js";
import { typed } from "./inputs.js";
import { unsupported } from "./unsupported.js";
import { allChannels, allPeople, theBot } from "./directory.js";
import { keyOf, optionGroups, sends } from "./values.js";

const people = () => [[null, allPeople().map((one) => [one.id, one.name])]];
const channels = () => [[null, allChannels().map((one) => [one.id, `#${one.name}`])]];
const conversations = () => [["Channels", channels()[0][1]], ["People", [...people()[0][1], [theBot().id, theBot().name]]]];
const options = (element) => optionGroups(element).map(([label, list]) => [label, list.map((one) => [one.value, one.text.text])]);

const ELEMENTS = {
  button,
  overflow,
  image: (element) => picture(element, "side"),
  radio_buttons: boxes("radio"),
  checkboxes: boxes("checkbox"),
  static_select: select(options),
  users_select: select(people),
  channels_select: select(channels),
  conversations_select: select(conversations),
  multi_static_select: multiSelect(options),
  multi_users_select: multiSelect(people),
  multi_channels_select: multiSelect(channels),
  multi_conversations_select: multiSelect(conversations),
  plain_text_input: typed,
  email_text_input: typed,
  url_text_input: typed,
  number_input: typed,
  datepicker: typed,
  timepicker: typed,
  datetimepicker: typed,
  feedback_buttons: feedback,
  icon_button: (element, block, surface) => button({ ...element, text: { type: "plain_text", text: `🗑 ${element.text.text}` } }, block, surface),
};

/** Return the node of an element within a block of a surface. */
export function element(one, block, surface) {
  return (ELEMENTS[one.type] ?? (() => unsupported(one.type)))(one, block, surface);
}

const LOOKS = { primary: "button button-primary", danger: "button button-danger" };

function button(element, block, surface) {
  const press = () => act(surface, element, block, { value: element.value }, node);
  const shared = {
    class: LOOKS[element.style] ?? "button",
    "aria-label": element.accessibility_label,
    "data-focus": keyOf(element, block),
    "data-action": element.action_id,
    onclick: press,
  };
  const url = element.url && safe(element.url);
  const words = [plain(element.text.text, element.text.emoji), url && icon("M7 13 14 6M8.500 6H14v5.500")];
  const node = url ? link(element.url, words, shared) : h("button", { type: "button", ...shared }, words);
  return node;
}

function overflow(element, block, surface) {
  const pick = (option) => act(surface, element, block, { selected: option.value }, node);
  const items = element.options.map((option) => ({
    label: option.text.text,
    hint: option.description?.text,
    href: option.url && safe(option.url)?.href,
    pick: () => pick(option),
  }));
  const open = () => openMenu(node, items, { align: "end" });
  const node = h("button", {
    type: "button", class: "button button-icon", "aria-haspopup": "menu", "aria-label": "More actions",
    "data-focus": keyOf(element, block), "data-action": element.action_id, onclick: open,
  }, "⋯");
  return node;
}

function boxes(kind) {
  return (element, block, surface) => {
    const start = [surface.start(element, block)].flat();
    const name = `${surface.address.view_id ?? surface.address.ts}:${keyOf(element, block)}`;
    const read = () => {
      const chosen = [...node.querySelectorAll("input:checked")].map((input) => input.value);
      return kind === "radio" ? (chosen[0] ?? "") : chosen;
    };
    const change = () => sends(block) && act(surface, element, block, { selected: read() }, node);
    const rows = element.options.map((option) => choice(kind, option, { name, checked: start.includes(option.value), onchange: change }));
    const role = kind === "radio" ? "radiogroup" : "group";
    const node = h("div", { class: "choices", role, "data-action": element.action_id, "aria-label": block.label?.text }, rows);
    return surface.control(element, block, node, read);
  };
}

function choice(kind, option, properties) {
  const input = h("input", { type: kind, value: option.value, "data-focus": `${properties.name}=${option.value}`, ...properties });
  const hint = option.description && h("span", { class: "choice-hint" }, textObject(option.description));
  return h("label", { class: "choice" }, input, h("span", { class: "choice-text" }, textObject(option.text), hint));
}

function feedback(element, block, surface) {
  const half = (part, sign) => {
    const press = () => act(surface, element, block, { value: part.value }, node);
    const node = h("button", { type: "button", class: "button button-quiet", "aria-label": part.accessibility_label, onclick: press },
      `${sign} `, part.text.text);
    return node;
  };
  return h("span", { class: "feedback" }, half(element.positive_button, "👍"), half(element.negative_button, "👎"));
}
