/** Who looks at what: kept in the page's address, so that it can be shared and reloaded. */

import { placeOf } from "./links.js";

const NAMES = ["user", "channel", "tab", "thread", "message"];
export const APP = "app";

let place = read();

/** Return the place that is shown: `{user, channel, tab, thread, message}`. */
export const here = () => place;

/** Move to another place; what is not named stays, but another channel closes the thread. */
export function move(changes, { replace = false } = {}) {
  const leaves = changes.channel !== undefined && changes.channel !== place.channel;
  place = { ...place, ...(leaves ? { thread: undefined, message: undefined, tab: undefined } : {}), ...changes };
  const query = new URLSearchParams(NAMES.filter((name) => place[name]).map((name) => [name, place[name]]));
  history[replace ? "replaceState" : "pushState"](null, "", `/?${query}`);
}

/** Take the place from the address again, after the browser went back or forward. */
export function back() {
  place = read();
}

function read() {
  const query = new URLSearchParams(location.search);
  const linked = placeOf(new URL(location.href)) ?? {};
  return { ...Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? undefined])), ...linked };
}
