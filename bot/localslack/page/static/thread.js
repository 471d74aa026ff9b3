/** The thread beside the channel: its head, its replies, and a composer of its own. */

import { Composer } from "./composer.js";
import { drawMessages } from "./messages.js";
import { go, h, keep } from "./dom.js";
import { Scroller } from "./scroller.js";

export class Thread {
  constructor(frame) {
    this.frame = frame;
    const close = h("button", { type: "button", class: "tool", "aria-label": "Close thread", onclick: () => go({ thread: undefined }) }, "×");
    this.where = h("span", { class: "quiet" });
    const list = h("div", { class: "scroller", tabindex: "0", "aria-label": "Messages of the thread" });
    const slot = h("div", { class: "composer-slot" });
    frame.replaceChildren(h("header", { class: "place" }, h("h2", {}, "Thread"), this.where, h("span", { class: "place-end" }, close)), list, slot);
    this.scroller = new Scroller(list);
    this.composer = new Composer(slot, () => this.scroller.toEnd());
    frame.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) go({ thread: undefined });
    });
  }

  /** Show `{head, replies}`, or nothing. */
  show(thread, place, title) {
    this.frame.hidden = !thread;
    document.body.classList.toggle("has-thread", Boolean(thread));
    if (!thread) return;
    const { head, replies } = thread;
    const at = { ...place, inThread: true };
    this.where.textContent = title;
    this.scroller.show(`${place.user} ${head.ts}`, replies.at(-1)?.ts, (inner) => {
      if (!inner.firstChild) inner.append(h("div"), h("div"), h("div"));
      const [first, count, rest] = inner.children;
      drawMessages(first, [head], at);
      const words = `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`;
      const line = { key: "count", stamp: words, draw: () => h("div", { class: "day day-count" }, h("span", {}, words)) };
      keep(count, replies.length ? [line] : []);
      drawMessages(rest, replies, at);
    });
    this.composer.show({ ...place, thread: head.ts, placeholder: "Reply…", commands: [] });
  }
}
