// What was heard in a journey: waits for it, and checks it, as `chatproof` does for the demo: each event once for its
// cause and in order, with its payload, heard by every callback and handled by the page, and sent on to each product.
import { SETTLE, WITHIN } from "./journeys.mjs";

const LIVE = ["CHAT_INITIATED", "CHAT_ENDED"];
const PLACES = ["g/collect", "b/ss/brightquay", "collector/events", "push"];

/** @returns the problems, and how many checks there were. */
export class Heard {
  all = [];
  expected = [];
  checks = 0;
  problems = [];
  #waiting = new Set();

  say(what) {
    this.all.push(what);
    for (const wake of this.#waiting) wake();
  }

  events(from = 0) {
    return this.all.slice(from).filter(({ kind }) => kind === "event");
  }

  /** Waits until `done()` holds, for as long as `bound` says. */
  async until(done, bound) {
    if (done()) return true;
    let wake;
    const held = new Promise((resolve) => {
      wake = () => done() && resolve(true);
      this.#waiting.add(wake);
    });
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, bound, false)));
    const ended = await Promise.race([held, late]);
    clearTimeout(timer);
    this.#waiting.delete(wake);
    return ended;
  }

  check(holds, problem) {
    this.checks += 1;
    if (!holds) this.problems.push(problem());
  }

  /** The events of a step that began when `from` things had been heard. */
  async came(from, fires, within = WITHIN) {
    this.expected.push(...fires);
    const missing = () => fires.filter((name) => !this.events(from).some((event) => event.name === name));
    await this.until(() => missing().length === 0, within);
    this.check(missing().length === 0, () => `missing: ${missing()}`);
  }

  hits(place) {
    return this.all.filter(({ kind, url }) => (place === "push" ? kind === "push" : kind === "hit" && url.includes(place)));
  }

  /** How often a product was told of an event of a conversation. */
  told(place, { name, payload: { id, name: title } }) {
    const chat = name.toLowerCase().replace("conversation_", "chat_");
    const tells = {
      "g/collect": ({ body }) => body.split("\r\n").filter((line) => is(line, { en: chat, "ep.conversation_id": id })).length,
      "b/ss/brightquay": ({ url }) => Number(is(new URL(url, "http://x").search, { pev2: chat, v10: id, events: "event10" })),
      "collector/events": ({ body }) => ((json) => Number(json.type === chat && json.chat?.id === id))(JSON.parse(body)),
      push: ({ item: [command, event, more] }) =>
        Number(command === "event" && event === chat && more?.conversation_name === title && more?.conversation_id === id),
    };
    return this.hits(place).reduce((sum, hit) => sum + tells[place](hit), 0);
  }

  /** `deaf()`: events of which a callback heard nothing. */
  async end(deaf) {
    const outstanding = () => this.events().some((event) => PLACES.some((place) => this.told(place, event) === 0));
    await this.until(() => !outstanding(), WITHIN);
    await new Promise((resolve) => setTimeout(resolve, SETTLE));
    const silent = await deaf();
    this.check(silent.length === 0, () => `not heard by all: ${silent}`);
    this.check(this.all.some(({ kind }) => kind === "ready"), () => "no ready event");
    for (const { kind, ...more } of this.all)
      if (["no-api", "no-constant", "page-error"].includes(kind)) this.check(false, () => `${kind} ${JSON.stringify(more)}`);

    const heard = this.events();
    const count = (list) => list.reduce((counts, name) => ({ ...counts, [name]: (counts[name] ?? 0) + 1 }), {});
    const [wanted, counts] = [count(this.expected), count(heard.map(({ name }) => name))];
    for (const name of new Set([...Object.keys(wanted), ...Object.keys(counts)])) {
      // It may be announced again in another document.
      const again = name === "CONVERSATION_TRIGGERED" && counts[name] >= wanted[name];
      this.check(counts[name] === wanted[name] || again, () => `${name}: ${counts[name] ?? 0} times, not ${wanted[name] ?? 0}`);
    }
    this.#order(heard.map(({ name }) => name.replace("CONVERSATION_", "")));
    for (const event of heard) this.#payload(event, heard[0]);
    const handled = this.all.filter(({ kind }) => kind === "handled");
    this.check(handled.length === heard.length, () => `handled ${handled.length} times, heard ${heard.length}`);
    for (const { error, took } of handled) this.check(!error && took < 1000, () => `a handler: ${error ?? took}`);
    for (const event of heard)
      for (const place of PLACES) {
        const times = this.told(place, event);
        this.check(times === 1, () => `${event.name} was sent to ${place} ${times} times`);
      }
    for (const { url, body } of this.all.filter(({ kind }) => kind === "hit"))
      this.check(!/example\.com|555.?010/.test(decodeURIComponent(url) + body), () => `personal data in ${url}`);
  }

  #order(names) {
    const at = (name) => names.indexOf(name);
    const after = (one, other) => names.includes(one) && this.check(at(other) >= 0 && at(other) < at(one), () => `${one} before ${other}`);
    for (const name of names) if (name !== "TRIGGERED") after(name, "TRIGGERED");
    after("LIVE_CHAT_INITIATED", "LIVE_CHAT_REQUESTED");
    after("LIVE_CHAT_ENDED", "LIVE_CHAT_INITIATED");
    after("LIVE_CHAT_REQUEST_TIMEOUT", "LIVE_CHAT_REQUESTED");
    for (const name of ["INPUT_PHONE", "INPUT_EMAIL", "MEETING_BOOKED", "LIVE_CHAT_REQUESTED"]) after(name, "ENGAGED");
    const [ended, closed] = [at("COMPLETED"), at("CLOSED")];
    this.check(closed < 0 || ended < 0, () => "completed and closed");
    if (ended >= 0)
      for (const name of ["MEETING_BOOKED", "LIVE_CHAT_ENDED"]) this.check(at(name) < ended, () => `${name} after the end`);
  }

  #payload({ name, payload }, first) {
    const text = (value) => typeof value === "string" && /\S/.test(value);
    this.check(payload && typeof payload === "object", () => `${name} without a payload`);
    for (const field of ["name", "id", "type", "uiType", "sid"]) {
      this.check(text(payload?.[field]), () => `${name}: ${field} is ${JSON.stringify(payload?.[field])}`);
      const same = payload?.id !== first.payload?.id || payload?.[field] === first.payload?.[field];
      this.check(same, () => `${name}: another ${field}`);
    }
    this.check(/^(dialogue|conversation flow)$/i.test(payload?.type?.replace(/[_-]/g, " ")), () => `${name}: type ${payload?.type}`);
    this.check(/^(pop-?up|chat-?bot|inline)$/i.test(payload?.uiType), () => `${name}: uiType ${payload?.uiType}`);
    if (LIVE.some((part) => name.endsWith(part))) {
      this.check(payload.agentName === "Ada", () => `${name}: agentName ${payload.agentName}`);
      this.check(text(payload.agentID), () => `${name}: agentID ${payload.agentID}`);
    }
    if (name.endsWith("BOOKED")) this.check(Object.keys(payload?.meetingInfo ?? {}).length > 0, () => "no meetingInfo");
  }
}

const is = (query, wanted) => {
  const parameters = new URLSearchParams(query);
  return Object.entries(wanted).every(([name, value]) => parameters.get(name) === String(value));
};

/** Says how all journeys went, and ends with 1 if any check failed. */
export function conclude(all) {
  const checks = all.reduce((sum, { heard }) => sum + heard.checks, 0);
  const events = all.reduce((sum, { heard }) => sum + heard.events().length, 0);
  for (const { name, heard } of all) for (const problem of heard.problems) console.error(`${name}: ${problem}`);
  const failed = all.reduce((sum, { heard }) => sum + heard.problems.length, 0);
  console.log(`${all.length} journeys, ${events} events, ${checks} checks, ${failed} failed`);
  process.exitCode = failed === 0 && all.length > 0 ? 0 : 1;
}
