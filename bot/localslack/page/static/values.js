/** What was entered into an element, as one plain value: a text, an option's value, or a list of them. */

const OPTION = (option) => option?.value ?? "";
const OPTIONS = (options) => (options ?? []).map(OPTION);
const SAME = (value) => value ?? "";
const LIST = (values) => values ?? [];

const row = (name, plain) => ({ now: name === "value" ? "value" : `selected_${name}`, start: `initial_${name}`, plain });
const nouns = ["user", "conversation", "channel"];

const VALUES = {
  static_select: row("option", OPTION),
  radio_buttons: row("option", OPTION),
  multi_static_select: row("options", OPTIONS),
  checkboxes: row("options", OPTIONS),
  datepicker: row("date", SAME),
  timepicker: row("time", SAME),
  datetimepicker: row("date_time", SAME),
  plain_text_input: row("value", SAME),
  email_text_input: row("value", SAME),
  url_text_input: row("value", SAME),
  number_input: row("value", SAME),
  ...Object.fromEntries(nouns.map((noun) => [`${noun}s_select`, row(noun, SAME)])),
  ...Object.fromEntries(nouns.map((noun) => [`multi_${noun}s_select`, row(`${noun}s`, LIST)])),
};

/** Where clicks of a surface go, and what has been entered there: a message or a view. */
export class Surface {
  constructor(address, state = {}) {
    this.address = address;
    this.state = state;
    this.controls = new Map();
  }

  /** Return the value an element starts with: typed here, known to the workspace, or the app's own. */
  start(element, block) {
    const typed = this.controls.get(keyOf(element, block));
    if (typed) return typed.read();
    const known = VALUES[element.type];
    const entered = this.state[block.block_id]?.[element.action_id];
    return known.plain(entered ? entered[known.now] : element[known.start]);
  }

  /** Remember how to read an element. */
  control(element, block, node, read) {
    this.controls.set(keyOf(element, block), { node, read, block: block.block_id, action: element.action_id });
    return node;
  }

  /** Return all that is entered, as `{block_id: {action_id: value}}`. */
  values() {
    const values = {};
    for (const { node, read, block, action } of this.controls.values()) {
      if (node.isConnected) (values[block] ??= {})[action] = read();
    }
    return values;
  }
}

/** Return a name for the element that stays the same when its block is drawn again. */
export const keyOf = (element, block) => `${block.block_id ?? ""}/${element.action_id ?? ""}`;

/** Return the options of an element, those in groups too, as `[group label or null, options]`. */
export function optionGroups(element) {
  if (element.option_groups) return element.option_groups.map((group) => [group.label.text, group.options]);
  return [[null, element.options ?? []]];
}

/** Return whether a choice within this block is sent at once, or waits until the form is sent. */
export const sends = (block) => block.type !== "input" || block.dispatch_action === true;
