/** Times as people read them: in the viewer's own zone, with Slack's tokens. */

import { h } from "./dom.js";

const LOCALE = navigator.language.startsWith("en") ? navigator.language : "en-GB";
const DAY = 86_400_000;
const MINUTE = 60;

const formats = new Map();

function format(date, options) {
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(LOCALE, options));
  return formats.get(key).format(date);
}

const ordinal = (day) => day + (/1[123]$/.test(day) ? "th" : (["th", "st", "nd", "rd"][day % 10] ?? "th"));
const long = (date) => `${format(date, { month: "long" })} ${ordinal(date.getDate())}, ${date.getFullYear()}`;
const short = (date) => format(date, { month: "short", day: "numeric", year: "numeric" });
const weekday = (date) => `${format(date, { weekday: "long" })}, ${long(date)}`;
const two = (number) => String(number).padStart(2, "0");
const numbers = (date, sign) => [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join(sign);

/** Return the time of day. */
export const clock = (date) => format(date, { hour: "numeric", minute: "2-digit" });

const TOKENS = {
  date: long,
  date_long: weekday,
  date_short: short,
  date_num: (date) => numbers(date, "-"),
  date_slash: (date) => numbers(date, "/"),
  date_pretty: (date) => near(date) ?? long(date),
  date_short_pretty: (date) => near(date) ?? short(date),
  date_long_pretty: (date) => near(date) ?? weekday(date),
  day_divider_pretty: (date) => near(date) ?? weekday(date),
  time: clock,
  time_secs: (date) => format(date, { hour: "numeric", minute: "2-digit", second: "2-digit" }),
  ago,
};

/** Return the date of a message's timestamp. */
export const dateOf = (ts) => new Date(Number(ts) * 1000);

/** Return "today", "yesterday" or "tomorrow" if the date is one of them. */
function near(date) {
  const midnight = (time) => new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
  const days = Math.round((midnight(date) - midnight(new Date())) / DAY);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days];
}

/** Return how long ago a date was, or how far ahead it is. */
export function ago(date) {
  const seconds = Math.round((Date.now() - date.getTime()) / 1000);
  const span = Math.abs(seconds);
  if (span < MINUTE) return seconds < 0 ? "in less than a minute" : "just now";
  const steps = [["year", 31_557_600], ["month", 2_629_800], ["day", 86_400], ["hour", 3600], ["minute", MINUTE]];
  const [unit, size] = steps.find(([, length]) => span >= length);
  const count = Math.floor(span / size);
  const words = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return seconds < 0 ? `in ${words}` : `${words} ago`;
}

/** Return the text of a date with the tokens of `<!date^…>`; `first` begins it with a capital letter. */
export function told(date, pattern, first = false) {
  const text = pattern.replace(/\{(\w+)\}/g, (whole, token) => TOKENS[token]?.(date) ?? whole);
  return first ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

/** Return a node that shows the date and stays right as time passes. */
export function time(date, pattern, { first = false, ...properties } = {}) {
  const node = h("time", { datetime: date.toISOString(), title: told(date, "{date_long} at {time_secs}"), ...properties });
  node.dataset.pattern = pattern;
  if (first) node.dataset.first = "";
  node.textContent = told(date, pattern, first);
  return node;
}

/** Write every shown date anew: "today" ends at midnight, "3 minutes ago" sooner. */
export function refreshTimes() {
  for (const node of document.querySelectorAll("time[data-pattern]")) {
    const text = told(new Date(node.dateTime), node.dataset.pattern, "first" in node.dataset);
    if (node.textContent !== text) node.textContent = text;
  }
}

/** Return the title of the day that a message belongs to. */
export const dayTitle = (date) => told(date, "{day_divider_pretty}", true);
