/** Making nodes: whatever is shown goes in as text, never as markup. */

const SVG = "http://www.w3.org/2000/svg";

/** Return an element; `on…` properties are listeners, `false` and `null` are left out, children may be nested lists. */
export function h(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/** Return a line icon, 20 × 20, from the path data of its strokes. */
export function icon(...paths) {
  const svg = document.createElementNS(SVG, "svg");
  const drawn = paths.map((d) => filled(document.createElementNS(SVG, "path"), { d }, []));
  return filled(svg, { class: "icon", viewBox: "0 0 20 20", "aria-hidden": "true" }, drawn);
}

function filled(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

const drawn = new WeakMap();

/**
 * Make the children of `parent` those of `rows`, each `{key, stamp, draw}`.
 * A row whose stamp is what it was keeps its node, and with it focus, scroll position and half-typed text.
 */
export function keep(parent, rows) {
  const before = drawn.get(parent) ?? new Map();
  const after = new Map();
  let next = parent.firstChild;
  for (const { key, stamp, draw } of rows) {
    const old = before.get(key);
    const same = old && old.stamp === stamp;
    const node = same ? old.node : draw();
    const focus = !same && old && focusIn(old.node);
    if (old && !same) {
      if (next === old.node) next = next.nextSibling;
      old.node.replaceWith(node);
    }
    if (node === next) next = next.nextSibling;
    else if (node.nextSibling !== next || node.parentNode !== parent) parent.insertBefore(node, next);
    if (focus) node.querySelector(`[data-focus="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
    after.set(key, { stamp, node });
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
  drawn.set(parent, after);
}

function focusIn(node) {
  return node.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
}

/** Ask the page to show another place: `{user, channel, tab, thread, message}`. */
export function go(place) {
  document.dispatchEvent(new CustomEvent("go", { detail: place }));
}

/** Ask the page to look again at what it shows. */
export function changed() {
  document.dispatchEvent(new Event("changed"));
}
