/** Choosing one or several from a list. `rows` gives `[group label or null, [[value, text], …]]`. */

import { act } from "./actions.js";
import { h } from "./dom.js";
import { keyOf, sends } from "./values.js";
import { popover } from "./menu.js";

const hint = (element, words) => element.placeholder?.text ?? words;

/** Return how a select of one is drawn. */
export function select(rows) {
  return (element, block, surface) => {
    const start = surface.start(element, block);
    const option = ([value, text]) => h("option", { value, selected: value === start }, text);
    const groups = rows(element).map(([label, list]) => (label ? h("optgroup", { label }, list.map(option)) : list.map(option)));
    const none = h("option", { value: "", selected: !start }, hint(element, "Choose one"));
    const change = () => sends(block) && node.value && act(surface, element, block, { selected: node.value }, node);
    const node = h("select", {
      class: "select", "data-focus": keyOf(element, block), "data-action": element.action_id,
      "aria-label": block.label ? null : hint(element, "Choose one"), onchange: change,
    }, none, groups);
    return surface.control(element, block, node, () => node.value);
  };
}

/** Return how a select of several is drawn. */
export function multiSelect(rows) {
  return (element, block, surface) => {
    const groups = rows(element);
    const texts = new Map(groups.flatMap(([, list]) => list));
    const most = element.max_selected_items ?? Infinity;
    let chosen = [...surface.start(element, block)];

    const show = () => {
      const words = chosen.length ? chosen.map((value) => h("span", { class: "chip" }, texts.get(value) ?? value)) : hint(element, "Choose some");
      node.replaceChildren(...[words].flat());
    };
    const pick = (value, input) => {
      chosen = input.checked ? [...chosen, value] : chosen.filter((one) => one !== value);
      for (const box of input.closest(".menu").querySelectorAll("input")) box.disabled = !box.checked && chosen.length >= most;
      show();
    };
    const row = ([value, text]) => {
      const checked = chosen.includes(value);
      const input = h("input", { type: "checkbox", checked, disabled: !checked && chosen.length >= most, onchange: () => pick(value, input) });
      return h("label", { class: "menu-item menu-check" }, input, text);
    };
    const open = () => {
      const before = chosen.join();
      const send = () => sends(block) && before !== chosen.join() && act(surface, element, block, { selected: chosen }, node);
      const list = groups.map(([label, part]) => [label && h("div", { class: "menu-title" }, label), part.map(row)]);
      const menu = popover(node, list, { onclose: send });
      menu.open();
      menu.querySelector("input")?.focus();
    };
    const node = h("button", {
      type: "button", class: "select select-many", "aria-haspopup": "dialog", "aria-expanded": "false",
      "data-focus": keyOf(element, block), "data-action": element.action_id, onclick: open,
    });
    show();
    return surface.control(element, block, node, () => [...chosen]);
  };
}
