/** The page: looks at the workspace as one person, draws what they see, and looks again when something changes. */

import { APP, back, here, move } from "./place.js";
import { get, post, Unreachable } from "./api.js";
import { Composer } from "./composer.js";
import { refreshTimes } from "./dates.js";
import { channelOf, learn } from "./directory.js";
import { appHeader, channelHeader } from "./header.js";
import { h, keep } from "./dom.js";
import { Home } from "./home.js";
import { drawMessages } from "./messages.js";
import { Modal } from "./modal.js";
import { noticesOf } from "./notices.js";
import { Scroller } from "./scroller.js";
import { learnShortcuts } from "./shortcuts.js";
import { drawSidebar } from "./sidebar.js";
import { drawSwitcher } from "./switcher.js";
import { Thread } from "./thread.js";
import { toast } from "./toast.js";

const FIRST_PERSON = "oncall";
const PAUSE_MS = 1500;
const TICK_MS = 20_000;

const part = (id) => document.getElementById(id);
const start = document.body.dataset.startChannel;
const scroller = new Scroller(part("messages"));
const thread = new Thread(part("thread"));
const composer = new Composer(part("composer"), () => scroller.toEnd());
const modal = new Modal(part("modal"));
const home = new Home(part("home"));

let version = 0;
let isLooking = false;
let again = false;

/** Look at everything that is shown and draw it; a look that is asked for meanwhile follows. */
async function look() {
  again = true;
  if (isLooking) return;
  isLooking = true;
  try {
    while (again) {
      again = false;
      await once();
    }
    warn(null);
  } catch (error) {
    error instanceof Unreachable ? warn("The workspace does not answer. Trying again…") : lost(error);
  } finally {
    isLooking = false;
  }
}

async function once() {
  const at = here();
  const state = await get("/_page/state", { user: at.user });
  const shown = placeIn(state, at);
  const query = { user: at.user, channel: shown.id };
  const [channel, thread] = await Promise.all([
    shown.tab === "home" ? null : get("/_page/channel", query),
    at.thread ? get("/_page/thread", { ...query, ts: at.thread }) : null,
  ]);
  if (here() !== at) {
    again = true;
    return;
  }
  version = state.version;
  draw(state, shown, channel, thread);
}

/** Return the channel of the place as the state knows it: `{id, key, tab, channel}`. */
function placeIn(state, { channel, tab }) {
  const direct = state.channels.find((one) => one.kind === "im");
  const found = state.channels.find((one) => one.id === channel || one.name === channel);
  if (channel === APP || channel === state.bot.id || (found && found === direct)) {
    return { id: direct?.id ?? "dm", key: APP, tab: tab ?? "home", channel: direct };
  }
  if (!found) throw new Error(`${state.me.name} is not in #${channel}.`);
  return { id: found.id, key: found.id, tab: null, channel: found };
}

function draw(state, shown, data, replies) {
  const at = here();
  const place = { user: at.user, channel: shown.id };
  learn(state);
  learnShortcuts(state.shortcuts);
  warnApart(state);
  drawSwitcher(part("acting"), state);
  drawSidebar(part("sidebar"), state, shown.key);
  shown.key === APP ? appHeader(part("place"), state.bot, shown.tab) : channelHeader(part("place"), { ...shown.channel, ...data.channel });
  const isHome = shown.tab === "home";
  for (const id of ["messages", "composer"]) part(id).hidden = isHome;
  part("home").hidden = !isHome;
  isHome ? home.open(at.user) : home.leave();
  if (isHome) home.show(state.home, at.user, state.bot);
  else drawChannel(state, shown, data, place);
  thread.show(replies, place, shown.key === APP ? state.bot.name : `#${shown.channel.name}`);
  modal.show(state.views);
  document.title = titled(state, shown);
}

function drawChannel(state, shown, { messages, channel }, place) {
  const notices = noticesOf(place.user, place.channel);
  const newest = [messages.at(-1)?.ts, notices.length].join();
  scroller.show(`${place.user} ${place.channel}`, newest, (inner) => {
    if (!inner.firstChild) inner.append(h("div", { class: "beginning" }), h("div"));
    keep(inner.firstChild, [beginning(state, shown, channel)]);
    drawMessages(inner.lastChild, messages, place, notices);
  }, messages.at(-1)?.ephemeral ? "A message only you can see" : undefined);
  const name = shown.key === APP ? state.bot.name : `#${shown.channel.name}`;
  const commands = state.commands ?? [];
  composer.show({ ...place, placeholder: commands.length ? `Message ${name}, or / for commands` : `Message ${name}`, commands });
  point();
  if (shown.channel?.unread) markRead(place, newest);
}

let readTo = "";

function markRead(place, newest) {
  const key = [place.user, place.channel, newest].join();
  if (key === readTo || document.visibilityState !== "visible") return;
  readTo = key;
  post("/_page/read", place).then(look, () => {});
}

function beginning(state, shown, channel) {
  const isApp = shown.key === APP;
  const title = isApp ? state.bot.name : `#${channel.name}`;
  const about = channel.purpose ? ` ${channel.purpose}.` : "";
  const words = isApp ? "Messages between you and the app. It also answers here what it answers to a command." : `The channel begins here.${about}`;
  return { key: title, stamp: words, draw: () => h("div", {}, h("h2", {}, title), h("p", {}, words)) };
}

function point() {
  const { message } = here();
  if (!message) return;
  scroller.point(message);
  move({ message: undefined }, { replace: true });
}

function titled(state, shown) {
  const unread = state.channels.reduce((sum, channel) => sum + (channel.id === shown.id ? 0 : channel.unread), 0);
  const name = shown.key === APP ? state.bot.name : `#${shown.channel.name}`;
  return `${unread ? `(${unread}) ` : ""}${name} · ${state.team.name}`;
}

let offline = null;
let apart = null;

/** Say what stops the page from working, or that nothing does. */
function warn(words) {
  offline = words;
  const told = offline ?? apart;
  part("banner").hidden = !told;
  part("banner").textContent = told ?? "";
}

function warnApart({ app_connected: isConnected, bot }) {
  apart = isConnected ? null : `${bot.name} is not connected. Buttons and commands get no answer until it is started.`;
}

/** A place that cannot be shown is left for the first channel; without even that, the reason is all there is. */
function lost(error) {
  toast(error.message, "bad");
  const at = here();
  if (at.thread) leave({ thread: undefined });
  else if (at.channel !== start) leave({ channel: start });
  else if (at.user !== FIRST_PERSON) leave({ user: FIRST_PERSON });
  else warn(`The workspace cannot be shown: ${error.message}`);
}

function leave(changes) {
  move(changes, { replace: true });
  setTimeout(look);
}

/** Wait for changes, and look when there is one, for as long as the page is open. */
async function watch() {
  for (;;) {
    try {
      const seen = version;
      const { version: now } = await get("/_page/changes", { since: seen });
      if (now !== seen || offline) await look();
      if (version === seen) version = now; // a place that could not be shown is not asked for again at once
    } catch {
      warn("The workspace does not answer. Trying again…");
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** Return the place with its channel by name, as it reads best in the address. */
const named = ({ channel, ...rest }) => (channel ? { ...rest, channel: channelOf(channel)?.name || channel } : rest);

document.addEventListener("go", ({ detail }) => (move(named(detail)), look()));
document.addEventListener("changed", look);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
window.addEventListener("popstate", () => (back(), look()));
setInterval(refreshTimes, TICK_MS);

move({ user: here().user ?? FIRST_PERSON, channel: here().channel ?? start }, { replace: true });
await look();
document.body.classList.add("is-ready");
watch();
