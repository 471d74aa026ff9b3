/** Addresses from outside: only those that cannot run anything become links. */

import { go, h } from "./dom.js";

const SAFE = new Set(["http:", "https:", "mailto:"]);
const ARCHIVE = /^\/archives\/([A-Z0-9]+)(?:\/p(\d+)(\d{6}))?$/;

/** Return the address if it may be followed, otherwise nothing. */
export function safe(address) {
  try {
    const url = new URL(address);
    return SAFE.has(url.protocol) ? url : null;
  } catch {
    return null;
  }
}

/** Return whether the address is one of this workspace. */
export const isOurs = (url) => url.origin === location.origin;

/** Return a link to the address with these children, or the children alone where it is not to be trusted. */
export function link(address, children, properties = {}) {
  const url = safe(address);
  if (!url) return h("span", { class: "dead-link", title: "This address is not shown as a link" }, children);
  const place = placeOf(url);
  const follow = place ? (event) => (event.preventDefault(), go(place)) : properties.onclick;
  const outside = !place && { target: "_blank", rel: "noopener noreferrer" };
  return h("a", { ...properties, href: url.href, onclick: follow, ...outside }, children);
}

/** Return the place on this page that a permalink names, if it is one. */
export function placeOf(url) {
  const found = isOurs(url) && ARCHIVE.exec(url.pathname);
  if (!found) return null;
  const ts = found[2] && `${found[2]}.${found[3]}`;
  const thread = url.searchParams.get("thread_ts") ?? undefined;
  return { channel: found[1], message: ts, thread };
}
