/** Short notices at the edge of the page. */

import { h } from "./dom.js";

const SECONDS = { good: 4, bad: 8 };

/** Show a sentence for a while; `bad` ones stay longer. */
export function toast(sentence, kind = "good") {
  const region = document.getElementById("toasts");
  const close = h("button", { type: "button", class: "toast-close", "aria-label": "Dismiss", onclick: () => node.remove() }, "×");
  const node = h("div", { class: `toast toast-${kind}` }, h("span", {}, sentence), close);
  region.append(node);
  region.hidePopover?.();
  region.showPopover?.(); // above an open dialog
  setTimeout(() => node.remove(), SECONDS[kind] * 1000);
}
