/** Uploaded files and pictures. */

import { h } from "./dom.js";
import { isOurs, link, safe } from "./links.js";
import { plain } from "./mrkdwn.js";

const UNITS = ["bytes", "KB", "MB", "GB"];
const SHOWN = /^image\/(png|jpe?g|gif|webp)$/;

const address = (id) => `/_page/file/${encodeURIComponent(id)}`;

/** Return the files of a message: pictures in view, others as cards. */
export function files(list) {
  return h("div", { class: "files" }, list.map((file) => (SHOWN.test(file.mimetype) ? photo(file) : card(file))));
}

function photo(file) {
  const name = h("figcaption", { class: "picture-title" }, file.title || file.name);
  return h("figure", { class: "picture" }, name, image(address(file.id), file.title || file.name));
}

function card(file) {
  const kind = (file.name.split(".").slice(1).pop() ?? "file").slice(0, 5).toUpperCase();
  const told = h("span", { class: "file-text" }, h("b", {}, file.name), h("span", { class: "quiet" }, `${kind} · ${size(file.size)}`));
  const badge = h("span", { class: "file-kind", "aria-hidden": "true" }, kind);
  return h("a", { class: "file-card", href: address(file.id), download: file.name }, badge, told, h("span", { class: "file-get" }, "Download"));
}

/** Return a size in the unit that people would use. */
export function size(bytes) {
  const step = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1000))));
  return `${(bytes / 1000 ** step).toFixed(step && bytes / 1000 ** step < 10 ? 1 : 0)} ${UNITS[step]}`;
}

/** Return the picture of an image block or element: an uploaded file, or an address of this workspace. */
export function picture(block, look = "block") {
  const source = block.slack_file ? ownFile(block.slack_file) : ownAddress(block.image_url);
  const shown = source ? image(source, block.alt_text) : elsewhere(block);
  if (look !== "block") return h("span", { class: `picture-${look}` }, shown);
  const title = block.title && h("figcaption", { class: "picture-title" }, plain(block.title.text, block.title.emoji));
  return h("figure", { class: "picture" }, title, shown);
}

function ownFile(file) {
  if (file.id) return address(file.id);
  return ownAddress(file.url);
}

function ownAddress(text) {
  const url = safe(text);
  return url && isOurs(url) ? url.href : null;
}

function image(source, alt) {
  const node = h("img", { src: source, alt });
  return h("a", { class: "picture-link", href: source, target: "_blank", rel: "noopener noreferrer", title: "Open full size" }, node);
}

function elsewhere(block) {
  const address = block.image_url ?? block.slack_file?.url ?? "";
  return h("span", { class: "picture-elsewhere" }, "Picture elsewhere, not loaded here: ", link(address, block.alt_text || address));
}
