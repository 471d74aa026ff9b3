/** The line above the messages: where one is, and for the app its two tabs. */

import { avatar } from "./people.js";
import { go, h, keep } from "./dom.js";
import { arrows } from "./menu.js";

const TABS = [["home", "Home"], ["messages", "Messages"]];

/** Draw the header of a channel. */
export function channelHeader(frame, channel) {
  const sign = channel.kind === "private" ? "🔒 " : "# ";
  const about = channel.topic || channel.purpose;
  keep(frame, [{
    key: "channel",
    stamp: JSON.stringify([channel.name, channel.kind, about]),
    draw: () => h("div", { class: "place-row" },
      h("h1", {}, h("span", { class: "place-sign", "aria-hidden": "true" }, sign), channel.name),
      about && h("span", { class: "place-about", title: about }, about)),
  }]);
}

/** Draw the header of the app, with the tab that is shown. */
export function appHeader(frame, bot, tab) {
  keep(frame, [{ key: "app", stamp: JSON.stringify([bot, tab]), draw: () => app(bot, tab) }]);
}

function app(bot, shown) {
  const tabs = TABS.map(([name, words]) =>
    h("button", {
      type: "button", class: "tab", role: "tab", id: `tab-${name}`, "aria-selected": String(name === shown), "aria-controls": name,
      tabindex: name === shown ? null : "-1", "data-focus": `tab ${name}`, onclick: () => go({ tab: name }),
    }, words));
  const row = h("div", { class: "tabs", role: "tablist", "aria-label": bot.name }, tabs);
  arrows(row, '[role="tab"]');
  return h("div", { class: "place-app" },
    h("div", { class: "place-row" }, avatar(bot.id, bot.name, "small"), h("h1", {}, bot.name), h("span", { class: "badge" }, "APP")), row);
}
