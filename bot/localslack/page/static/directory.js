/** Who and what an id stands for. */

let people = new Map();
let channels = new Map();
let groups = new Map();
let everybody = [];
let bot = { id: "", name: "App" };
let me = null;
let stamp = "";

/** Learn the names from the state of the workspace. */
export function learn(state) {
  everybody = state.people;
  people = new Map(state.people.map((person) => [person.id, person]));
  channels = new Map(state.channels.map((channel) => [channel.id, channel]));
  groups = new Map((state.groups ?? []).map((group) => [group.id, group]));
  bot = state.bot;
  me = state.me;
  stamp = JSON.stringify([me.id, state.people.length, state.channels.map((channel) => channel.id + channel.name)]);
}

/** Return a text that differs once names differ, so that what was drawn with them is drawn again. */
export const namesStamp = () => stamp;

export const allPeople = () => everybody;
export const allChannels = () => [...channels.values()].filter((channel) => channel.kind !== "im");
export const theBot = () => bot;
export const myself = () => me;
export const isBot = (id) => id === bot.id;

/** Return the person of an id, or nothing. */
export const personOf = (id) => people.get(id);

/** Return the channel of an id, or nothing. */
export const channelOf = (id) => channels.get(id);

/** Return how the person or the bot of an id is called. */
export const nameOf = (id) => (isBot(id) ? bot.name : (people.get(id)?.name ?? id));

/** Return how the user group of an id is called. */
export const groupOf = (id) => groups.get(id)?.name ?? groups.get(id)?.handle ?? "group";
