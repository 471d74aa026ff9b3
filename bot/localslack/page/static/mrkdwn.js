/** Slack's markup as nodes: lines, quotes and code first, then what stands within a line. */

import { h } from "./dom.js";
import { channel, date, group, person, range } from "./mentions.js";
import { link, safe } from "./links.js";
import { withEmoji } from "./emoji.js";

const ITEM = /^(\s*)([•◦▪-]|\d{1,3}\.)\s+(.*)$/;
const QUOTE = /^(?:>|&gt;)\s?(.*)$/;
const ATOM = /`([^`\n]+)`|<([^<>\n]+)>/g;
const HELD = /\uE000(\d+)\uE001/;
const ADDRESS = /\b(https?:\/\/[^\s<>|\uE000-\uE001]+[^\s<>|.,;:!?)'"\uE000-\uE001])/;
const STYLES = [
  ["strong", /(?<![\p{L}\p{N}*])\*(?![\s*])([^*\n]*[^*\s])\*(?![\p{L}\p{N}*])/u],
  ["em", /(?<![\p{L}\p{N}_])_(?![\s_])([^\n]*?[^_\s])_(?![\p{L}\p{N}_])/u],
  ["del", /(?<![\p{L}\p{N}~])~(?![\s~])([^~\n]*[^~\s])~(?![\p{L}\p{N}~])/u],
];

/** Return what a text object shows: `mrkdwn` with its markup, `plain_text` as it is. */
export function textObject(text) {
  if (!text) return null;
  if (text.type === "mrkdwn") return mrkdwn(text.text, { verbatim: text.verbatim });
  return plain(text.text, text.emoji !== false);
}

/** Return a text in which nothing is markup; line breaks are kept. */
export function plain(text, hasEmoji = true) {
  return h("span", { class: "plain" }, hasEmoji ? withEmoji(text) : text);
}

/** Return the nodes of a text in Slack's markup; `verbatim` keeps bare addresses as text. */
export function mrkdwn(text, { verbatim = false } = {}) {
  const parts = text.replace(/[\uE000\uE001]/g, "").split(/```([\s\S]+?)```/);
  const nodes = parts.map((part, index) => (index % 2 ? pre(part) : lines(part, verbatim, parts.length > 1)));
  return h("div", { class: "mrkdwn" }, nodes);
}

function pre(code) {
  return h("pre", { class: "pre", tabindex: "0" }, literal(code.replace(/^\n|\n$/g, "")));
}

function lines(text, verbatim, isPart) {
  const trimmed = isPart ? text.replace(/^\n|\n$/g, "") : text;
  if (isPart && !trimmed) return [];
  const nodes = [];
  let quote = null;
  for (const row of trimmed.split("\n")) {
    const quoted = QUOTE.exec(row);
    if (!quoted) quote = null;
    else if (!quote) nodes.push((quote = h("blockquote", { class: "quote" })));
    (quote ?? { append: (node) => nodes.push(node) }).append(line(quoted ? quoted[1] : row, verbatim));
  }
  return nodes;
}

function line(row, verbatim) {
  if (!row.trim()) return h("div", { class: "line line-empty" }, h("br"));
  const item = ITEM.exec(row);
  if (!item) return h("div", { class: "line" }, inline(row, verbatim));
  const [, indent, sign, rest] = item;
  const depth = Math.min(4, Math.floor(indent.length / 2));
  const marker = h("span", { class: "item-sign" }, sign === "-" ? "•" : sign, " ");
  return h("div", { class: `line item item-${depth}` }, marker, h("span", {}, inline(rest, verbatim)));
}

/** Return the nodes of one line: code, links, mentions and dates are taken out first, so that no style cuts them. */
export function inline(row, verbatim = false) {
  const atoms = [];
  const held = row.replace(ATOM, (whole, code, angle, at) => {
    const node = code !== undefined ? h("code", { class: "code" }, literal(code)) : angled(angle, at === 0);
    if (!node) return whole;
    return `\uE000${atoms.push(node) - 1}\uE001`;
  });
  return styled(held, atoms, verbatim);
}

function styled(text, atoms, verbatim) {
  const nodes = [];
  let rest = text;
  for (let found = firstStyle(rest); found; found = firstStyle(rest)) {
    const [tag, match] = found;
    nodes.push(pieces(rest.slice(0, match.index), atoms, verbatim), h(tag, {}, styled(match[1], atoms, verbatim)));
    rest = rest.slice(match.index + match[0].length);
  }
  return [...nodes, pieces(rest, atoms, verbatim)];
}

function firstStyle(text) {
  const found = STYLES.map(([tag, pattern]) => [tag, pattern.exec(text)]).filter(([, match]) => match);
  return found.length ? found.reduce((first, one) => (one[1].index < first[1].index ? one : first)) : null;
}

function pieces(text, atoms, verbatim) {
  return text.split(/(\uE000\d+\uE001)/).map((piece) => {
    const held = HELD.exec(piece);
    if (held) return atoms[Number(held[1])];
    return verbatim ? literal(withEmoji(piece)) : linked(piece);
  });
}

function linked(text) {
  return text.split(ADDRESS).map((part, index) => (index % 2 ? link(literal(part), literal(part)) : literal(withEmoji(part))));
}

/** Return the text with Slack's three entities turned back. */
export function literal(text) {
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
}

function angled(inside, first) {
  const [what, ...rest] = inside.split("|");
  const label = rest.length ? literal(rest.join("|")) : "";
  if (/^@[UWB][A-Z0-9]+$/.test(what)) return person(what.slice(1));
  if (/^#[CGD][A-Z0-9]+$/.test(what)) return channel(what.slice(1), label);
  if (what.startsWith("!subteam^")) return group(what.slice(9), label);
  if (what.startsWith("!date^")) return date(what, label, first);
  if (/^!(here|channel|everyone)$/.test(what)) return range(what.slice(1));
  const address = literal(what);
  return safe(address) ? link(address, label ? withEmoji(label) : address.replace(/^mailto:/, "")) : null;
}
