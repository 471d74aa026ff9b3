/** Menus that open beside a button: light-dismissed, driven by arrow keys. */

import { h } from "./dom.js";

const GAP = 6;
const MARGIN = 8;

/** Return a popover below or above its anchor; `open()` shows it, and it removes itself when it closes. */
export function popover(anchor, content, { className = "menu", onclose, align = "start" } = {}) {
  const node = h("div", { class: className, popover: "auto" }, content);
  node.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    anchor.setAttribute("aria-expanded", "false");
    if (node.contains(document.activeElement) || document.activeElement === document.body) anchor.focus();
    node.remove();
    onclose?.();
  });
  node.open = () => {
    (anchor.closest("dialog") ?? document.body).append(node);
    node.showPopover();
    anchor.setAttribute("aria-expanded", "true");
    put(node, anchor, align);
  };
  return node;
}

function put(node, anchor, align) {
  const { top, bottom, left, right } = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = node;
  const below = bottom + GAP + height < innerHeight - MARGIN || top < height;
  const wanted = align === "end" ? right - width : left;
  node.style.left = `${Math.max(MARGIN, Math.min(wanted, innerWidth - width - MARGIN))}px`;
  node.style.top = `${Math.max(MARGIN, below ? bottom + GAP : top - GAP - height)}px`;
}

/** Open a menu of `{label, hint, danger, href, pick}` at the anchor. */
export function openMenu(anchor, items, options = {}) {
  const rows = items.map(({ label, hint, danger, href, pick }) =>
    h(href ? "a" : "button", {
      type: href ? null : "button", href, target: href && "_blank", rel: href && "noopener noreferrer",
      role: "menuitem", class: danger ? "menu-item menu-danger" : "menu-item",
      onclick: () => (node.hidePopover(), pick()),
    }, h("span", { class: "menu-label" }, label), hint && h("span", { class: "menu-hint" }, hint)),
  );
  const node = popover(anchor, rows, options);
  node.setAttribute("role", "menu");
  node.open();
  arrows(node, '[role="menuitem"]');
  rows[0]?.focus();
}

/** Let the arrow keys, Home and End move among the nodes of a selector. */
export function arrows(node, selector) {
  node.addEventListener("keydown", (event) => {
    const rows = [...node.querySelectorAll(selector)];
    const at = rows.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    rows.at(to === rows.length ? 0 : to).focus();
  });
}
