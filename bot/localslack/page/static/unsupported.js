/** What this workspace cannot draw is said, not hidden. */

import { h } from "./dom.js";

/** Return a box that names what is not drawn here. */
export function unsupported(type) {
  return h("div", { class: "unsupported" }, "Not drawn in this workspace: ", h("code", { class: "code" }, String(type)));
}
