/** The list of channels and the app. */

import { APP } from "./place.js";
import { avatar } from "./people.js";
import { go, h, icon, keep } from "./dom.js";

const LOCK = "M6 9V6.500a4 4 0 0 1 8 0V9M5 9h10v7.500H5Z";
const HASH = "M7.500 3 6 17M14 3l-1.500 14M3.500 7.500h13M3 12.500h13";

/** Draw the sidebar; `shown` is the id of the channel on view, or of the app. */
export function drawSidebar(frame, state, shown) {
  const channels = state.channels.filter((channel) => channel.kind !== "im");
  const direct = state.channels.find((channel) => channel.kind === "im");
  keep(frame, [
    title("Channels"),
    ...channels.map((channel) => ({ ...channel, unread: shown === channel.id ? 0 : channel.unread })).map((channel) =>
      row(channel.id, channel.unread, shown === channel.id, channel.name, () => channelRow(channel, shown === channel.id))),
    title("Apps"),
    row(APP, `${direct?.unread} ${state.app_connected}`, shown === APP, state.bot.name, () => appRow(state, direct?.unread ?? 0, shown === APP)),
    { key: "foot", stamp: "", draw: foot },
  ]);
}

function title(text) {
  return { key: `title ${text}`, stamp: text, draw: () => h("h2", { class: "sidebar-title" }, text) };
}

function row(key, ...parts) {
  const draw = parts.pop();
  return { key, stamp: JSON.stringify(parts), draw };
}

function place(name, unread, isShown, to, sign, more) {
  const looks = ["sidebar-row", unread && "is-unread", isShown && "is-shown"].filter(Boolean).join(" ");
  const count = unread ? h("span", { class: "unread", "aria-label": `${unread} unread` }, unread > 99 ? "99+" : String(unread)) : null;
  return h("button", { type: "button", class: looks, "aria-current": isShown ? "page" : null, "data-focus": to, onclick: () => go({ channel: to }) },
    sign, h("span", { class: "sidebar-name" }, name), more, count);
}

function channelRow(channel, isShown) {
  return place(channel.name, channel.unread, isShown, channel.name, icon(channel.kind === "private" ? LOCK : HASH), null);
}

function appRow({ bot, app_connected: on }, unread, isShown) {
  const words = on ? "connected" : "not connected";
  const dot = h("span", { class: on ? "presence is-on" : "presence", role: "img", "aria-label": words, title: words });
  return place(bot.name, unread, isShown, APP, avatar(bot.id, bot.name, "tiny"), dot);
}

function foot() {
  return h("p", { class: "sidebar-foot" }, "A workspace on this computer. Everyone here is invented, and nothing you do leaves it.");
}
