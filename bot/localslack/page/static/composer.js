/** Where people write: a message, or a slash command with what it offers. */

import { busy, send } from "./actions.js";
import { globalActions } from "./shortcuts.js";
import { h, icon } from "./dom.js";
import { notice } from "./notices.js";
import { post } from "./api.js";
import { changed } from "./dom.js";
import { Suggestions } from "./suggestions.js";

const TALLEST = 220;
const drafts = new Map();
let count = 0;

export class Composer {
  constructor(slot, onsend) {
    this.onsend = onsend;
    const id = `composer-${(count += 1)}`;
    this.input = h("textarea", { class: "composer-input", id, rows: "1", autocomplete: "off", spellcheck: "true" });
    this.suggestions = new Suggestions(this.input, () => this.grow());
    this.extra = h("span", { class: "composer-extra" });
    this.button = h("button", { type: "submit", class: "composer-send", "aria-label": "Send", title: "Send", disabled: true },
      icon("M3 10 17 4l-4 13-3.500-5.500Z", "M9.500 11.500 17 4"));
    const hint = h("span", { class: "composer-hint" }, h("kbd", {}, "Enter"), " sends · ", h("kbd", {}, "Shift"), " ", h("kbd", {}, "Enter"), " new line");
    const foot = h("div", { class: "composer-foot" }, this.extra, hint, this.button);
    this.form = h("form", { class: "composer" }, this.suggestions.node, this.input, foot);
    slot.replaceChildren(this.form);
    this.form.addEventListener("submit", (event) => (event.preventDefault(), this.send()));
    this.input.addEventListener("input", () => this.grow());
    this.input.addEventListener("keydown", (event) => this.press(event));
  }

  /** Serve a place `{user, channel, thread, placeholder, commands}`; what was half-typed elsewhere waits there. */
  show(place) {
    const key = [place.user, place.channel, place.thread].join();
    if (this.key !== undefined && this.key !== key) drafts.set(this.key, this.input.value);
    if (this.key !== key) this.write(drafts.get(key) ?? "");
    [this.key, this.place] = [key, place];
    this.input.placeholder = place.placeholder;
    this.input.setAttribute("aria-label", place.placeholder);
    this.suggestions.commands = place.commands;
    this.offer(place);
  }

  offer({ commands, thread }) {
    const slash = commands.length && h("button", { type: "button", class: "tool", "aria-label": "Commands", title: "Commands", onclick: () => this.begin("/") }, "/");
    const parts = thread ? [] : [slash, globalActions()].filter(Boolean);
    if (parts.length !== this.extra.childElementCount) this.extra.replaceChildren(...parts);
  }

  begin(text) {
    if (!this.input.value) this.write(text);
    this.input.focus();
    this.suggestions.update();
  }

  write(text) {
    this.input.value = text;
    this.grow();
  }

  grow() {
    this.button.disabled = !this.input.value.trim();
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, TALLEST)}px`;
    this.suggestions.update();
  }

  press(event) {
    if (this.suggestions.press(event)) return;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.send();
  }

  async send() {
    const text = this.input.value.trim();
    const { user, channel, thread } = this.place;
    if (!text || this.form.getAttribute("aria-busy") === "true") return;
    this.write("");
    this.onsend();
    const taken = await busy(this.form, () =>
      text.startsWith("/") ? this.command(text) : send("/_local/say", { user, channel, text, ...(thread ? { thread_ts: thread } : {}) }));
    if (!taken && !this.input.value) this.write(text);
    this.input.focus();
  }

  /** Return whether the command was taken; why not is told where commands are answered. */
  async command(text) {
    const { user, channel, thread } = this.place;
    try {
      if (thread) throw new Error("Commands do not work in threads. Type it in the channel.");
      await post("/_local/command", { user, channel, text, wait_s: 0 });
      return true;
    } catch (error) {
      notice(user, channel, error.message);
      return false;
    } finally {
      changed();
    }
  }
}
