/** Mentions and dates within a text. */

import { go, h } from "./dom.js";
import { channelOf, groupOf, isBot, myself, nameOf, personOf } from "./directory.js";
import { link, safe } from "./links.js";
import { time } from "./dates.js";

/** Return the mention of a person or the bot; one's own stands out. */
export function person(id) {
  const mine = myself()?.id === id;
  const known = personOf(id) || isBot(id);
  const title = personOf(id)?.title;
  return h("span", { class: mine ? "mention mention-me" : "mention", title }, `@${known ? nameOf(id) : id}`);
}

/** Return the mention of a user group. */
export function group(id, label) {
  return h("span", { class: "mention" }, label || `@${groupOf(id)}`);
}

/** Return the mention of everybody here. */
export function range(name) {
  return h("span", { class: "mention mention-me" }, `@${name}`);
}

/** Return the mention of a channel, which leads there if the person may see it. */
export function channel(id, label) {
  const known = channelOf(id);
  const name = `#${known?.name || label || "private-channel"}`;
  if (!known) return h("span", { class: "mention" }, name);
  return h("button", { type: "button", class: "mention mention-link", onclick: () => go({ channel: known.name }) }, name);
}

/** Return the time of `!date^timestamp^pattern^link`, or its fallback where that cannot be read. */
export function date(source, fallback, first) {
  const [, seconds, pattern, address] = source.split("^");
  const at = new Date(Number(seconds) * 1000);
  if (!pattern || Number.isNaN(at.getTime())) return h("span", {}, fallback || source);
  const shown = time(at, pattern, { first: first && pattern.startsWith("{"), class: "date" });
  return address && safe(address) ? link(address, shown) : shown;
}
