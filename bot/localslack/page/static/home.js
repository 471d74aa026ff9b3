/** The Home tab of the app. */

import { changed, h } from "./dom.js";
import { drawBlocks } from "./blocks.js";
import { post } from "./api.js";
import { Surface } from "./values.js";

export class Home {
  constructor(frame) {
    this.frame = frame;
    this.asked = null;
    this.isWaiting = false;
  }

  /** Tell the app that a person opened its home; it then publishes what they see. */
  async open(user) {
    if (this.asked === user) return;
    this.asked = user;
    this.isWaiting = true;
    await post("/_local/home", { user }).catch(() => {});
    this.isWaiting = false;
    changed();
  }

  /** The person went elsewhere: the next visit asks again. */
  leave() {
    this.asked = null;
  }

  /** Show a home view of a person, or why there is none. */
  show(view, user, bot) {
    if (!view) return this.say(this.isWaiting ? "One moment…" : `${bot.name} has published nothing here yet.`);
    if (this.id !== view.id) {
      this.surface = new Surface({ view_id: view.id }, view.state?.values);
      this.blocks = h("div", { class: "home-blocks blocks" });
      this.frame.replaceChildren(this.blocks);
      this.frame.scrollTop = 0;
      this.id = view.id;
    }
    drawBlocks(this.blocks, view.blocks, this.surface);
    return undefined;
  }

  say(words) {
    this.id = undefined;
    this.frame.replaceChildren(h("p", { class: "empty" }, words));
  }
}
