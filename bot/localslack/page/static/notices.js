/** Lines of the workspace itself, for one person on this page only; and which whispers they have put away. */

import { avatar } from "./people.js";
import { changed, h } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";

const STORED = "dismissed";
const away = new Set(JSON.parse(sessionStorage.getItem(STORED) ?? "[]"));
let notices = [];
let count = 0;

/** Say a sentence beneath the messages of a channel, to the person alone. */
export function notice(user, channel, text) {
  notices.push({ key: `notice ${(count += 1)}`, user, channel, text });
  changed();
}

/** Return the rows of a channel's notices for a person. */
export function noticesOf(user, channel) {
  return notices
    .filter((one) => one.user === user && one.channel === channel)
    .map((one) => ({ key: one.key, stamp: "", draw: () => drawn(one) }));
}

function drawn(one) {
  const hide = () => {
    notices = notices.filter((other) => other !== one);
    changed();
  };
  return h("article", { class: "message message-whisper" },
    h("div", { class: "gutter" }, avatar("local", "Workspace")),
    h("div", { class: "message-body" },
      h("div", { class: "only-you" }, "Only visible to you"),
      h("div", { class: "message-head" }, h("b", { class: "message-name" }, "Workspace")),
      mrkdwn(one.text),
      h("button", { type: "button", class: "dismiss", onclick: hide }, "Dismiss message")));
}

/** Put a whisper away for as long as this tab is open. */
export function dismiss(ts) {
  away.add(ts);
  sessionStorage.setItem(STORED, JSON.stringify([...away]));
}

/** Return whether a whisper was put away. */
export const dismissed = (ts) => away.has(ts);
