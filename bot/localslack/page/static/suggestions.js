/** What a slash command offers, while it is typed. */

import { h, keep } from "./dom.js";

const BRACKETS = /[<[{(…]/;
let count = 0;

/** Return a row for each thing a command may be followed by: `{begins, usage, description, title}`. */
function rows(commands) {
  return commands.flatMap(({ name, usage_hint: usage = "", description = "" }) => {
    const ways = alternatives(usage);
    const whole = { begins: name, usage: ways.length > 1 ? "" : usage, description };
    if (ways.length < 2) return [whole];
    return ways.map((way) => ({ begins: `${name} ${way.split(BRACKETS)[0]}`.trimEnd(), usage: `${name} ${way}`, title: description }));
  });
}

/** Return the alternatives of a usage hint, split at bars that stand outside brackets. */
function alternatives(usage) {
  let depth = 0;
  const parts = [""];
  for (const sign of usage) {
    depth += { "[": 1, "<": 1, "(": 1, "]": -1, ">": -1, ")": -1 }[sign] ?? 0;
    if (sign === "|" && depth === 0) parts.push("");
    else parts[parts.length - 1] += sign;
  }
  return parts.map((part) => part.trim()).filter(Boolean);
}

export class Suggestions {
  constructor(input, onchange) {
    this.input = input;
    this.onchange = onchange;
    this.commands = [];
    this.active = -1;
    this.id = `suggestions-${(count += 1)}`;
    this.node = h("div", { class: "suggestions", id: this.id, role: "listbox", "aria-label": "Commands", hidden: true });
    for (const [name, value] of [["role", "combobox"], ["aria-controls", this.id], ["aria-expanded", "false"], ["aria-autocomplete", "list"]]) {
      input.setAttribute(name, value);
    }
    input.addEventListener("blur", () => setTimeout(() => document.activeElement !== input && this.hide(), 120));
  }

  /** Offer what fits the text as it stands. */
  update() {
    const text = this.input.value;
    const typed = text.trimEnd();
    const isCommand = text.startsWith("/") && !text.includes("\n") && document.activeElement === this.input;
    const fits = ({ begins }) => begins.startsWith(typed) || typed === begins || typed.startsWith(`${begins} `);
    this.found = isCommand ? rows(this.commands).filter(fits) : [];
    const isKnown = this.commands.some(({ name }) => typed === name || typed.startsWith(`${name} `));
    this.active = isKnown || !this.found.length ? -1 : 0;
    this.draw();
  }

  draw() {
    this.node.hidden = !this.found.length;
    this.input.setAttribute("aria-expanded", String(!this.node.hidden));
    const at = this.active < 0 ? "" : `${this.id}-${this.active}`;
    at ? this.input.setAttribute("aria-activedescendant", at) : this.input.removeAttribute("aria-activedescendant");
    const title = this.found[0]?.title;
    keep(this.node, [
      ...(title ? [{ key: "title", stamp: title, draw: () => h("div", { class: "menu-title", role: "presentation" }, title) }] : []),
      ...this.found.map((row, index) => ({ key: index, stamp: `${row.begins}${row.usage}${index === this.active}`, draw: () => this.row(row, index) })),
    ]);
    this.node.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }

  row({ begins, usage, description }, index) {
    const args = usage.startsWith(begins) ? usage.slice(begins.length) : usage && ` ${usage}`;
    const pick = (event) => (event.preventDefault(), this.take(index));
    return h("div", { class: "suggestion", role: "option", id: `${this.id}-${index}`, "aria-selected": String(index === this.active), onmousedown: pick },
      h("span", {}, h("b", {}, begins), h("span", { class: "suggestion-usage" }, args)),
      description && h("span", { class: "quiet" }, description));
  }

  hide() {
    this.found = [];
    this.active = -1;
    this.draw();
  }

  take(index) {
    const { begins, usage } = this.found[index];
    this.input.value = usage === begins ? begins : `${begins} `;
    this.onchange();
  }

  /** Return whether the key was meant for the suggestions. */
  press(event) {
    if (this.node.hidden) return false;
    const last = this.found.length - 1;
    const keys = {
      ArrowDown: () => (this.active = this.active >= last ? 0 : this.active + 1),
      ArrowUp: () => (this.active = this.active <= 0 ? last : this.active - 1),
      Escape: () => (this.found = []),
      Tab: () => this.take(Math.max(0, this.active)),
      Enter: () => this.take(this.active),
    };
    const isSending = event.key === "Enter" && (this.active < 0 || event.shiftKey);
    if (!keys[event.key] || isSending || (event.key === "Tab" && event.shiftKey)) return false;
    event.preventDefault();
    keys[event.key]();
    if (event.key.startsWith("Arrow") || event.key === "Escape") this.draw();
    return true;
  }
}
