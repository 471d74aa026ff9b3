/** Block Kit: one row a block. */

import { h, keep } from "./dom.js";
import { element } from "./elements.js";
import { field } from "./fields.js";
import { markdown } from "./markdown.js";
import { picture } from "./files.js";
import { namesStamp } from "./directory.js";
import { richText } from "./richtext.js";
import { table } from "./table.js";
import { textObject } from "./mrkdwn.js";
import { unsupported } from "./unsupported.js";

const BLOCKS = {
  header: (block) => h(`h${Math.min(6, 2 + (block.level ?? 1))}`, { class: "block-header" }, textObject(block.text)),
  section,
  divider: () => h("hr", { class: "divider" }),
  context: (block) => h("div", { class: "block-context" }, block.elements.map(small)),
  actions: (block, surface) => h("div", { class: "block-actions" }, all(block, surface)),
  context_actions: (block, surface) => h("div", { class: "block-actions block-quiet" }, all(block, surface)),
  image: (block) => picture(block),
  input: field,
  rich_text: (block) => richText(block),
  markdown: (block) => markdown(block.text),
  table,
  alert: (block) => h("div", { class: `block-alert alert-${block.level ?? "default"}`, role: "note" }, textObject(block.text)),
};

/** Draw the blocks into `parent`; those that are unchanged stay as they are, with what was typed into them. */
export function drawBlocks(parent, blocks, surface) {
  const rows = blocks.map((block, index) => ({
    key: `${index}:${block.type}:${block.block_id ?? ""}`,
    stamp: JSON.stringify(block) + namesStamp(),
    draw: () => drawn(block, surface),
  }));
  keep(parent, rows);
  return parent;
}

function drawn(block, surface) {
  try {
    return (BLOCKS[block.type] ?? (() => unsupported(block.type)))(block, surface);
  } catch (error) {
    console.warn(`Block of type ${block.type} could not be drawn:`, error);
    return unsupported(block.type);
  }
}

function all(block, surface) {
  return block.elements.map((one) => element(one, block, surface));
}

function section(block, surface) {
  const side = block.accessory && h("div", { class: "section-side" }, element(block.accessory, block, surface));
  const fields = block.fields && h("div", { class: "section-fields" }, block.fields.map(one));
  return h("div", { class: "block-section" }, h("div", { class: "section-main" }, textObject(block.text), fields), side);
}

function one(text) {
  return h("div", { class: "section-field" }, textObject(text));
}

function small(part) {
  if (part.type === "image") return picture(part, "small");
  return h("span", { class: "context-text" }, textObject(part));
}
