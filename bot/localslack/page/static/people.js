/** People as they are drawn: avatars, and the groups of the list of roles. */

import { h } from "./dom.js";
import { allPeople, isBot } from "./directory.js";

const GROUPS = [
  ["Responders", ["oncall", "ml_engineer", "senior_ml_engineer", "ml_lead", "security"]],
  ["Oversight", ["compliance", "governance", "auditor"]],
  ["Leadership", ["product_owner", "cto", "ceo"]],
];
const REST = "Everyone else";
const HUES = 13;

/** Return `[title, people]` a group; whoever is in none comes last. */
export function grouped(people) {
  const named = new Set(GROUPS.flatMap(([, handles]) => handles));
  const rows = GROUPS.map(([title, handles]) => [
    title,
    handles.map((handle) => people.find((person) => person.handle === handle)).filter(Boolean),
  ]);
  return [...rows, [REST, people.filter((person) => !named.has(person.handle))]].filter(([, row]) => row.length);
}

/** Return the avatar of a person or the bot; a picture beside a name, so silent for screen readers. */
export function avatar(id, name, size = "medium") {
  if (isBot(id)) return h("img", { class: `avatar avatar-${size}`, src: "/static/mark.svg", alt: "" });
  return h("span", { class: `avatar avatar-${size} hue-${hue(id)}`, "aria-hidden": "true" }, initials(name));
}

function initials(name) {
  const parts = name.split(/\s+/).filter((part) => /^\p{L}/u.test(part));
  const shown = parts.length > 1 ? [parts[0], parts.at(-1)] : [parts[0] ?? "?"];
  return shown.map((part) => [...part][0].toUpperCase()).join("");
}

function hue(id) {
  const place = allPeople().findIndex((person) => person.id === id);
  return (place < 0 ? [...id].reduce((sum, sign) => sum + sign.codePointAt(0), 0) : place) % HUES;
}
