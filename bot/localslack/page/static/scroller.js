/** A scrolling list that stays at its end while new lines come, and stays put while someone reads further up. */

import { h } from "./dom.js";

const NEAR = 60;

export class Scroller {
  constructor(frame) {
    this.frame = frame;
    this.isAtEnd = true;
    this.inner = h("div", { class: "scroller-inner", role: "log", "aria-live": "polite" });
    this.pill = h("button", { type: "button", class: "new-below", hidden: true, onclick: () => this.toEnd() });
    frame.replaceChildren(this.inner, this.pill);
    frame.addEventListener("scroll", () => this.look(), { passive: true });
    const follow = new ResizeObserver(() => this.isAtEnd && this.toEnd());
    follow.observe(this.inner);
    follow.observe(frame);
  }

  look() {
    const { scrollHeight, scrollTop, clientHeight } = this.frame;
    this.isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.isAtEnd) this.pill.hidden = true;
  }

  toEnd() {
    this.frame.scrollTop = this.frame.scrollHeight;
    this.isAtEnd = true;
    this.pill.hidden = true;
  }

  /** Draw anew with `draw(inner)`; another `key` than before begins at the end. `words` tell of something new below. */
  show(key, newest, draw, words = "New messages") {
    const isOther = key !== this.key;
    if (isOther) this.inner.replaceChildren();
    draw(this.inner);
    if (isOther || this.isAtEnd) this.toEnd();
    else if (newest !== this.newest) {
      this.pill.textContent = `${words} ↓`;
      this.pill.hidden = false;
    }
    [this.key, this.newest] = [key, newest];
  }

  /** Bring a message into view and let it shine for a moment. */
  point(ts) {
    const node = this.inner.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
    if (!node) return;
    node.scrollIntoView({ block: "center" });
    node.classList.add("message-found");
    this.look();
    setTimeout(() => node.classList.remove("message-found"), 2500);
  }
}
