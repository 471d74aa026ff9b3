/** Presses and choices on their way to the app. */

import { post } from "./api.js";
import { changed } from "./dom.js";
import { confirmed } from "./confirm.js";
import { here } from "./place.js";
import { toast } from "./toast.js";

/**
 * Send what was pressed or chosen in an element, after its question has been answered with yes.
 * Return whether it was sent; `given` is `{}`, `{value}` or `{selected}`.
 */
export async function act(surface, element, block, given, node) {
  if (element.confirm && !(await confirmed(element.confirm))) return false;
  const named = { action_id: element.action_id, block_id: block.block_id };
  return busy(node, () => send("/_local/click", { ...surface.address, ...named, ...given }));
}

/** Send an action as the chosen person, show what it answers, and look again. Return whether it was taken. */
export async function send(path, body) {
  try {
    await post(path, { user: here().user, wait_s: 0, ...body });
    return true;
  } catch (error) {
    toast(error.message, "bad");
    return false;
  } finally {
    changed();
  }
}

/** Show that a node waits for its answer; a second press meanwhile does nothing. */
export async function busy(node, work) {
  if (node.getAttribute("aria-busy") === "true") return undefined;
  node.setAttribute("aria-busy", "true");
  try {
    return await work();
  } finally {
    node.removeAttribute("aria-busy");
  }
}
