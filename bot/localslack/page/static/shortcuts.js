/** The app's shortcuts: on a message, and for the whole workspace. */

import { busy, send } from "./actions.js";
import { h, icon } from "./dom.js";
import { openMenu } from "./menu.js";

let known = [];

/** Learn the shortcuts that the app has. */
export function learnShortcuts(list) {
  known = list ?? [];
}

function menu(kind, address, anchor) {
  const items = known.filter((one) => one.type === kind).map((one) => ({
    label: one.name,
    hint: one.description,
    pick: () => busy(anchor, () => send("/_local/shortcut", { callback_id: one.callback_id, ...address })),
  }));
  openMenu(anchor, items, { align: kind === "message" ? "end" : "start" });
}

function opener(kind, address, properties, children) {
  if (!known.some((one) => one.type === kind)) return null;
  const node = h("button", { type: "button", "aria-haspopup": "menu", ...properties, onclick: () => menu(kind, address, node) }, children);
  return node;
}

/** Return the button that offers the shortcuts for a message, if there are any. */
export function messageActions(message, { channel }) {
  return opener("message", { channel, ts: message.ts }, { class: "tool", "aria-label": "More actions", title: "More actions" }, "⋯");
}

/** Return the button that offers the global shortcuts, if there are any. */
export function globalActions() {
  return opener("global", {}, { class: "tool", "aria-label": "Shortcuts", title: "Shortcuts" }, icon("M11 2.500 4.500 11.500H9.500L8.500 17.500 15.500 8.500H10.500Z"));
}
