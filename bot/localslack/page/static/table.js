/** Table blocks: the first row is the head, columns align as their settings say. */

import { h } from "./dom.js";
import { richText } from "./richtext.js";

/** Return the table of a block. */
export function table(block) {
  const settings = block.column_settings ?? [];
  const [head, ...body] = block.rows.map((row) => row.map((cell, column) => [cell, settings[column] ?? {}]));
  const row = (cells, tag) => h("tr", {}, cells.map(([cell, setting]) => h(tag, { class: look(cell, setting) }, content(cell))));
  const rows = h("tbody", {}, body.map((cells) => row(cells, "td")));
  return h("div", { class: "table-frame", tabindex: "0" }, h("table", { class: "table" }, h("thead", {}, row(head, "th")), rows));
}

function look(cell, { align, is_wrapped }) {
  const side = align ?? (cell.type === "raw_number" ? "right" : "left");
  return `align-${side}${is_wrapped ? " is-wrapped" : ""}`;
}

function content(cell) {
  if (cell.type === "rich_text") return richText(cell);
  return cell.text ?? String(cell.value ?? "");
}
