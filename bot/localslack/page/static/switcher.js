/** Who you are: every person of the workspace is one click away. */

import { arrows, popover } from "./menu.js";
import { avatar, grouped } from "./people.js";
import { go, h, keep } from "./dom.js";

/** Draw the button that names the person, and opens the list of all. */
export function drawSwitcher(frame, { me, people }) {
  keep(frame, [{ key: "acting", stamp: JSON.stringify([me, people]), draw: () => drawn(me, people) }]);
}

function drawn(me, people) {
  const open = () => {
    const panel = popover(button, list(me, people), { className: "menu people-menu" });
    panel.setAttribute("aria-label", "Act as");
    panel.open();
    arrows(panel, ".person");
    panel.querySelector('[aria-checked="true"]')?.focus();
  };
  const button = h("button", {
    type: "button", class: "acting-button", id: "act-as", "data-focus": "act-as", "aria-haspopup": "menu", "aria-expanded": "false",
    "aria-label": `Acting as ${me.name}, ${me.title}. Change person`, onclick: open,
  }, avatar(me.id, me.name, "small"), h("span", { class: "acting-who" }, h("b", {}, me.name), h("span", {}, me.title)),
    h("span", { class: "acting-change" }, "Change ▾"));
  return h("div", { class: "acting-row" }, h("span", { class: "acting-label" }, "Acting as"), button,
    h("span", { class: "acting-hint" }, "What you may press depends on your role. Try another one."));
}

function list(me, people) {
  const groups = grouped(people).map(([title, row]) =>
    h("div", { class: "people-group", role: "group", "aria-label": title }, h("div", { class: "menu-title" }, title), row.map((one) => person(one, me))));
  return [h("p", { class: "people-intro" }, "Pick a person: you see what they see, and may do what they may do."), h("div", { class: "people-groups" }, groups)];
}

function person(one, me) {
  const pick = (event) => {
    event.currentTarget.closest("[popover]").hidePopover();
    go({ user: one.handle });
  };
  return h("button", { type: "button", class: "person", role: "menuitemradio", "aria-checked": String(one.id === me.id), "data-handle": one.handle, onclick: pick },
    avatar(one.id, one.name, "small"), h("span", { class: "person-text" }, h("b", {}, one.name), h("span", {}, one.title)));
}
