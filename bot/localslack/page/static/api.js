/** The workspace's doors: read what is shown, and act as the chosen person. */

/** What the workspace refused, in its own words. */
export class Refused extends Error {}

/** The workspace did not answer at all. */
export class Unreachable extends Error {}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable("The workspace does not answer.");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok || body.error) throw new Refused(words(body.error ?? body.detail ?? `HTTP ${answer.status}`));
  return body;
}

function words(error) {
  return typeof error === "string" ? error : JSON.stringify(error);
}

/** Return the JSON of a page. */
export function get(path, query = {}, signal = undefined) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  return ask(`${path}?${new URLSearchParams(given)}`, { signal, headers: { accept: "application/json" } });
}

/** Return the JSON answer to an action. What the app shows afterwards comes as a change, so nothing waits for it here. */
export function post(path, body) {
  return ask(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
  });
}
