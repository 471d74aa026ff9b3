/** Markdown blocks: the standard's common part, not Slack's own markup. */

import { h } from "./dom.js";
import { link } from "./links.js";
import { withEmoji } from "./emoji.js";

const INLINE =
  /(?<code>`+)(?<inside>[^`]+)\k<code>|!?\[(?<label>[^\]\n]+)\]\((?<url>[^)\s]+)\)|(?<bold>\*\*|__)(?=\S)(?<strong>.+?)\k<bold>|~~(?=\S)(?<del>.+?)~~|(?<![\p{L}\p{N}])(?<slant>[*_])(?=\S)(?<em>[^*_\n]*[^*_\s])\k<slant>(?![\p{L}\p{N}])/u;
const FENCE = /^\s*(?:```|~~~)/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^\s*(?:-{3,}|\*{3,}|_{3,})\s*$/;
const QUOTE = /^\s*>\s?(.*)$/;
const ITEM = /^(\s*)(?:[-*+]|(\d+)[.)])\s+(.*)$/;
const TABLE_LINE = /^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$/;

/** Return the nodes of a text in Markdown. */
export function markdown(text) {
  const rows = text.split("\n");
  const nodes = [];
  while (rows.length) {
    const node = PARTS.map((part) => part(rows)).find((one) => one !== undefined);
    if (node) nodes.push(node);
  }
  return h("div", { class: "markdown" }, nodes);
}

const PARTS = [fence, rule, heading, quote, table, list, paragraph];

function taken(rows, pattern) {
  const found = [];
  while (rows.length && pattern.test(rows[0])) found.push(rows.shift());
  return found;
}

function fence(rows) {
  if (!FENCE.test(rows[0])) return undefined;
  rows.shift();
  const code = [];
  while (rows.length && !FENCE.test(rows[0])) code.push(rows.shift());
  rows.shift();
  return h("pre", { class: "pre", tabindex: "0" }, code.join("\n"));
}

function rule(rows) {
  return RULE.test(rows[0]) ? (rows.shift(), h("hr", { class: "divider" })) : undefined;
}

function heading(rows) {
  const found = HEADING.exec(rows[0]);
  if (!found) return undefined;
  rows.shift();
  return h(`h${Math.min(found[1].length + 2, 6)}`, { class: `md-heading md-${found[1].length}` }, inline(found[2]));
}

function quote(rows) {
  if (!QUOTE.test(rows[0])) return undefined;
  const inner = taken(rows, QUOTE).map((row) => QUOTE.exec(row)[1]);
  return h("blockquote", { class: "quote" }, markdown(inner.join("\n")));
}

function table(rows) {
  if (!rows[0].includes("|") || !TABLE_LINE.test(rows[1] ?? "")) return undefined;
  const [head, , ...body] = taken(rows, /\|/);
  const cells = (row, tag) => h("tr", {}, split(row).map((cell) => h(tag, {}, inline(cell))));
  const rest = h("tbody", {}, body.map((row) => cells(row, "td")));
  return h("div", { class: "table-frame" }, h("table", { class: "table" }, h("thead", {}, cells(head, "th")), rest));
}

const split = (row) => row.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

function list(rows) {
  const first = ITEM.exec(rows[0]);
  if (!first) return undefined;
  const items = taken(rows, ITEM).map((row) => ITEM.exec(row));
  const drawn = items.map(([, indent, , rest]) => h("li", { class: `indent-${Math.min(indent.length >> 1, 8)}` }, inline(rest)));
  return first[2] ? h("ol", { class: "rich-list", start: first[2] }, drawn) : h("ul", { class: "rich-list" }, drawn);
}

function paragraph(rows) {
  const inner = [rows.shift()];
  const starts = (row) => [FENCE, RULE, HEADING, QUOTE, ITEM].some((pattern) => pattern.test(row));
  while (rows.length && rows[0].trim() && inner[0].trim() && !starts(rows[0])) inner.push(rows.shift());
  return inner[0].trim() ? h("p", { class: "md-text" }, inline(inner.join("\n"))) : null;
}

function inline(text) {
  const nodes = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    nodes.push(withEmoji(rest.slice(0, found.index)), styled(found.groups));
    rest = rest.slice(found.index + found[0].length);
  }
  return [...nodes, withEmoji(rest)];
}

function styled(part) {
  if (part.inside) return h("code", { class: "code" }, part.inside);
  if (part.url) return link(part.url, inline(part.label));
  if (part.strong) return h("strong", {}, inline(part.strong));
  return part.del ? h("del", {}, inline(part.del)) : h("em", {}, inline(part.em));
}
