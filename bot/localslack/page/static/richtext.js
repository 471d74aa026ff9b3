/** Rich text blocks: sections, lists, quotes and code, and the pieces they are made of. */

import { h } from "./dom.js";
import { link } from "./links.js";
import { channel, date, group, person, range } from "./mentions.js";
import { emoji } from "./emoji.js";
import { nameOf } from "./directory.js";
import { unsupported } from "./unsupported.js";

const WRAPS = { code: "code", strike: "del", italic: "em", bold: "strong", underline: "u", highlight: "mark" };

const PIECES = {
  text: (piece) => piece.text,
  link: (piece) => link(piece.url, piece.text || piece.url),
  emoji: (piece) => emoji(piece.name) ?? fromUnicode(piece.unicode) ?? `:${piece.name}:`,
  user: (piece) => person(piece.user_id),
  usergroup: (piece) => group(piece.usergroup_id, ""),
  channel: (piece) => channel(piece.channel_id, ""),
  broadcast: (piece) => range(piece.range),
  color: (piece) => [swatch(piece.value), piece.value],
  date: (piece) => date(`!date^${piece.timestamp}^${piece.format}^${piece.url ?? ""}`, piece.fallback, false),
};

const PARTS = {
  rich_text_section: (part) => h("div", { class: "rich-section" }, pieces(part)),
  rich_text_quote: (part) => h("blockquote", { class: "quote rich-section" }, pieces(part)),
  rich_text_preformatted: (part) => h("pre", { class: "pre", tabindex: "0" }, part.elements.map(raw)),
  rich_text_list: list,
};

/** Return the parts of a rich text block. */
export function richText(block) {
  return h("div", { class: "rich" }, block.elements.map((part) => PARTS[part.type]?.(part) ?? unsupported(part.type)));
}

function pieces(part) {
  return part.elements.map((piece) => {
    const drawn = PIECES[piece.type]?.(piece);
    return drawn === undefined ? unsupported(piece.type) : styled(drawn, piece.style ?? {});
  });
}

function styled(node, style) {
  const wraps = Object.keys(WRAPS).filter((name) => style[name]);
  return wraps.reduce((inner, name) => h(WRAPS[name], name === "code" ? { class: "code" } : {}, inner), node);
}

function raw(piece) {
  if (piece.type === "user") return `@${nameOf(piece.user_id)}`;
  return piece.text ?? piece.url ?? (piece.name ? `:${piece.name}:` : "");
}

function list(part) {
  const ordered = part.style === "ordered";
  const start = ordered && part.offset ? part.offset + 1 : null;
  const indent = `rich-list indent-${Math.min(part.indent ?? 0, 8)}`;
  return h(ordered ? "ol" : "ul", { class: indent, start }, part.elements.map((one) => h("li", {}, pieces(one))));
}

function swatch(value) {
  const node = h("span", { class: "swatch", "aria-hidden": "true" });
  node.style.backgroundColor = value;
  return node;
}

function fromUnicode(codes) {
  if (!/^[0-9a-f]{2,6}(-[0-9a-f]{2,6})*$/i.test(codes ?? "")) return undefined;
  return String.fromCodePoint(...codes.split("-").map((code) => Math.min(parseInt(code, 16), 0x10ffff)));
}
