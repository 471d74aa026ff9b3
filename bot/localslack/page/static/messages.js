/** The list of a channel's or a thread's messages, and what each of them shows. */

import { attachments } from "./attachments.js";
import { avatar } from "./people.js";
import { changed, go, h, icon, keep } from "./dom.js";
import { clock, dateOf, dayTitle, time } from "./dates.js";
import { drawBlocks } from "./blocks.js";
import { emoji } from "./emoji.js";
import { files } from "./files.js";
import { messageActions } from "./shortcuts.js";
import { mrkdwn } from "./mrkdwn.js";
import { nameOf, namesStamp } from "./directory.js";
import { Surface } from "./values.js";
import { dismiss, dismissed } from "./notices.js";

const TOGETHER_S = 300;
const FACES = 4;
const surfaces = new Map();

/** Draw the messages into `parent`; `place` is `{channel, user, inThread}`, `notices` are lines of the page's own. */
export function drawMessages(parent, messages, place, notices = []) {
  const rows = [];
  let before = null;
  for (const message of messages.filter((one) => !dismissed(one.ts))) {
    const day = dayTitle(dateOf(message.ts));
    const isNewDay = !before || dayTitle(dateOf(before.ts)) !== day;
    if (isNewDay && !place.inThread) rows.push({ key: `day ${day}`, stamp: day, draw: () => divider(day) });
    const follows = !isNewDay && belongs(message, before);
    rows.push({
      key: message.ts,
      stamp: JSON.stringify([message, follows, place]) + namesStamp(),
      draw: () => drawn(message, follows, place),
    });
    before = message;
  }
  rows.push(...notices);
  keep(parent, rows);
}

function divider(day) {
  return h("div", { class: "day", role: "separator" }, h("span", {}, day));
}

function belongs(message, before) {
  const near = Number(message.ts) - Number(before.ts) < TOGETHER_S;
  const plain = [message, before].every((one) => !one.ephemeral && !one.subtype && !one.reply_count);
  return near && plain && message.user === before.user && !message.blocks?.some((block) => block.type === "header");
}

function drawn(message, follows, place) {
  const sent = dateOf(message.ts);
  const who = message.name ?? nameOf(message.user);
  const small = h("time", { class: "gutter-time", datetime: sent.toISOString(), "aria-hidden": "true" }, clock(sent).replace(/\s?[AP]M$/i, ""));
  return h(
    "article",
    { class: looks(message, follows), "data-ts": message.ts, "aria-label": `${who}, ${clock(sent)}` },
    h("div", { class: "gutter" }, follows ? small : avatar(message.user, who, place.inThread ? "small" : "medium")),
    h("div", { class: "message-body" },
      message.ephemeral && h("div", { class: "only-you" }, eye(), "Only visible to you"),
      !follows && head(message, who, sent),
      content(message, place),
      message.reactions?.length ? h("div", { class: "reactions" }, message.reactions.map(reaction)) : null,
      !place.inThread && message.reply_count ? threadBar(message) : null,
      message.ephemeral && dismissal(message)),
    !message.ephemeral && tools(message, place),
  );
}

function looks(message, follows) {
  return ["message", follows && "message-follows", message.ephemeral && "message-whisper"].filter(Boolean).join(" ");
}

const eye = () => icon("M2 10s3-5.500 8-5.500S18 10 18 10s-3 5.500-8 5.500S2 10 2 10Z", "M10 12.300a2.300 2.300 0 1 0 0-4.600 2.300 2.300 0 0 0 0 4.600Z");

function head(message, who, sent) {
  const title = { title: null, class: "message-time" };
  return h("div", { class: "message-head" },
    h("b", { class: "message-name" }, who),
    message.is_bot && h("span", { class: "badge" }, "APP"),
    time(sent, "{time}", title));
}

/** Return text or blocks, attachments and files of a message. */
function content(message, place) {
  const surface = surfaceOf(place, message.ts);
  const edited = message.edited ? h("span", { class: "edited" }, "(edited)") : null;
  const main = message.blocks?.length
    ? drawBlocks(h("div", { class: "blocks" }), message.blocks, surface)
    : message.text ? mrkdwn(message.text) : null;
  if (edited) (main?.lastElementChild ?? main)?.append(edited);
  return [
    main,
    message.attachments?.length ? attachments(message.attachments, surface) : null,
    message.files?.length ? files(message.files) : null,
  ];
}

function surfaceOf({ user, channel }, ts) {
  const key = [user, channel, ts].join();
  if (!surfaces.has(key)) surfaces.set(key, new Surface({ channel, ts }));
  return surfaces.get(key);
}

function reaction({ name, users, count }) {
  const title = `${users.map(nameOf).join(", ")} reacted with :${name}:`;
  return h("span", { class: "reaction", title, "aria-label": title }, h("span", {}, emoji(name) ?? `:${name}:`), h("b", {}, String(count)));
}

function threadBar(message) {
  const faces = (message.reply_users ?? []).slice(0, FACES).map((id) => avatar(id, nameOf(id), "tiny"));
  const count = `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`;
  const last = message.latest_reply && time(dateOf(message.latest_reply), "{ago}", { class: "quiet" });
  return h("button", { type: "button", class: "thread-bar", "data-focus": `thread ${message.ts}`, onclick: () => go({ thread: message.ts }) },
    h("span", { class: "faces" }, faces),
    h("b", {}, count),
    last && h("span", { class: "quiet" }, "last reply ", last),
    h("span", { class: "thread-open", "aria-hidden": "true" }, "View thread ›"));
}

function dismissal(message) {
  const hide = () => {
    dismiss(message.ts);
    changed();
  };
  return h("button", { type: "button", class: "dismiss", onclick: hide }, "Dismiss message");
}

function tools(message, place) {
  const answer = !place.inThread && h("button", {
    type: "button", class: "tool", title: "Reply in thread", "aria-label": "Reply in thread",
    "data-focus": `reply ${message.ts}`, onclick: () => go({ thread: message.thread_ts ?? message.ts }),
  }, icon("M3 5.500A2.500 2.500 0 0 1 5.500 3h9A2.500 2.500 0 0 1 17 5.500v6a2.500 2.500 0 0 1-2.500 2.500H9l-4 3v-3.050A2.500 2.500 0 0 1 3 11.500Z"));
  const more = messageActions(message, place);
  return answer || more ? h("div", { class: "tools" }, answer, more) : null;
}
