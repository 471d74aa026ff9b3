/** The question before something is done: Slack's confirmation dialog. */

import { h } from "./dom.js";
import { textObject } from "./mrkdwn.js";

/** Ask, and return whether the answer was yes. */
export function confirmed({ title, text, confirm, deny, style }) {
  const look = style === "danger" ? "button button-danger-solid" : "button button-primary";
  const yes = h("button", { type: "submit", value: "yes", class: look }, confirm?.text ?? "Yes");
  const no = h("button", { type: "submit", value: "no", class: "button", autofocus: true }, deny?.text ?? "Cancel");
  const dialog = h(
    "dialog",
    { class: "confirm", "aria-labelledby": "confirm-title" },
    h("form", { method: "dialog" },
      h("h2", { id: "confirm-title" }, title?.text ?? "Are you sure?"),
      h("div", { class: "confirm-text" }, textObject(text)),
      h("div", { class: "modal-foot" }, no, yes)),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
