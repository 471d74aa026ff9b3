/** Attachments: the older way to show a block of facts beside a coloured bar. */

import { dateOf, time } from "./dates.js";
import { drawBlocks } from "./blocks.js";
import { h } from "./dom.js";
import { link } from "./links.js";
import { mrkdwn } from "./mrkdwn.js";
import { picture } from "./files.js";

const NAMED = { good: "#1c8a5f", warning: "#c98a12", danger: "#c0322b" };

/** Return the attachments of a message. */
export function attachments(list, surface) {
  return h("div", { class: "attachments" }, list.map((one) => [one.pretext && mrkdwn(one.pretext), attachment(one, surface)]));
}

function attachment(one, surface) {
  const node = h("div", { class: "attachment" }, one.blocks ? drawBlocks(h("div", { class: "blocks" }), one.blocks, surface) : parts(one));
  const colour = NAMED[one.color] ?? (/^#?[0-9a-f]{6}$/i.test(one.color ?? "") ? `#${one.color.replace("#", "")}` : "");
  if (colour) node.style.borderInlineStartColor = colour;
  return node;
}

function parts(one) {
  const title = one.title && h("b", { class: "attachment-title" }, one.title_link ? link(one.title_link, one.title) : mrkdwn(one.title));
  const shown = [
    one.author_name && h("div", { class: "quiet" }, one.author_name),
    title,
    one.text && mrkdwn(one.text),
    one.fields && h("div", { class: "section-fields" }, one.fields.map(field)),
    one.image_url && picture({ image_url: one.image_url, alt_text: one.fallback ?? "Picture" }),
    (one.footer || one.ts) && h("div", { class: "block-context" }, one.footer, one.ts && time(dateOf(one.ts), "{date_short_pretty} {time}")),
  ].filter(Boolean);
  return shown.length ? shown : mrkdwn(one.fallback ?? "");
}

function field(one) {
  return h("div", { class: one.short ? "section-field" : "section-field field-wide" }, h("b", {}, one.title), mrkdwn(one.value ?? ""));
}
