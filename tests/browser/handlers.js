// A widget's insides and a site's code for the tests of handlers: both write down all that they can see of each other, so
// that a log with chatproof in between can be held against one without.
const log = [];
const note = (...parts) => log.push(parts.map(String).join(" "));
const Topics = { OPENED: "opened", SAID: "said", CLOSED: "closed" };
const core = {
  list: [],
  seen: [],
  // What a widget may look at of a callback.
  look(callback) {
    let known = this.seen.indexOf(callback);
    if (known < 0) known = this.seen.push(callback) - 1;
    if (typeof callback !== "function") return `#${known} ${typeof callback}`;
    const how = (text) => text.replace(/\s+/g, " ").slice(0, 60);
    return `#${known} ${callback.name}/${callback.length} once=${callback.once} ${Object.keys(callback)} | ${how(String(callback))} | ${how(Function.prototype.toString.call(callback))} | ${callback instanceof Function} ${Object.prototype.toString.call(callback)}`;
  },
  // The listener subscribes, too, and more often where it looks after the page's handlers: not what this log is about.
  isListener: (callback) => typeof callback === "function" && callback.name === "" && /^function \(\) \{\s*hear\(/.test(String(callback)),
  add(topic, callback, rest, self) {
    if (topic === Topics.SAID && self !== "quiet") return this.list.push([topic, callback]);
    if (this.isListener(callback)) return this.list.push([topic, callback]);
    note("add", topic, this.look(callback), rest.length);
    if (callback === null) throw new TypeError("a callback is wanted");
    if (this.list.some(([t, c]) => t === topic && c === callback)) note("known already");
    this.list.push([topic, callback]);
    return () => this.remove(topic, callback);
  },
  remove(topic, callback) {
    const before = this.list.length;
    this.list = this.list.filter(([t, c]) => !(t === topic && c === callback));
    note("remove", topic, this.look(callback), before - this.list.length);
    return before - this.list.length;
  },
  // How a widget calls: `catch`, `report`, `later`, or straight on.
  tell(topic, info, how) {
    const receiver = { receiver: topic };
    for (const [t, callback] of [...this.list]) {
      if (t !== topic) continue;
      const event = { detail: { info } };
      const call = () => {
        const result = typeof callback === "function" ? callback.call(receiver, event, "second") : callback && callback.handleEvent ? callback.handleEvent(event) : undefined;
        if (topic !== Topics.SAID && result !== undefined) note("result", Object.prototype.toString.call(result), result === window.lastResult);
      };
      if (how === "straight") call();
      else
        try {
          call();
        } catch (error) {
          if (how === "report") reportError(error);
          else if (how === "later") setTimeout(() => { throw error; });
          else note("widget caught", error && error.message, error === window.lastError);
        }
    }
  },
};
const ready = () => document.dispatchEvent(new Event("acme:ready"));
window.onerror = (message, source, line, column, error) => note("onerror", message, new URL(source || location).pathname, line, column, error === window.lastError);
// Between it and a timer there is no order: it has a log of its own, and is waited for.
const unhandled = [];
let onUnhandled = () => {};
window.addEventListener("unhandledrejection", (event) => {
  unhandled.push(`unhandled ${event.reason && event.reason.message} ${event.promise === window.lastRejected}`);
  onUnhandled();
});

// --- The site's code -----------------------------------------------------------------------------------------------------
const site = (api) => {
  const facts = (object, name) => {
    const how = Object.getOwnPropertyDescriptor(object, name);
    const f = object[name];
    note("fact", name, typeof f, f.name, f.length, String(f).replace(/\s+/g, " ").slice(0, 50), f === object[name], how && [how.writable, how.enumerable, how.configurable, typeof how.get], "prototype" in f);
  };
  note("keys", api === window ? "" : Object.keys(api), Object.isFrozen(api), Object.isExtensible(api), Object.getPrototypeOf(api) && Object.getPrototypeOf(api).constructor.name);
  facts(api, "on");
  facts(api, "off");
  note("toString", Function.prototype.toString.name, Function.prototype.toString.length, String(Function.prototype.toString).replace(/\s+/g, " "), Object.keys(Function.prototype).length);
  const name = (f) => (...args) => { note("called", f, args.length, args[1]); };
  function named(event) { note("named", this && this.receiver, arguments.length, event.detail.info.id, new.target); }
  const arrow = (event, second) => { note("arrow", second); return (window.lastResult = { result: 1 }); };
  const later = async (event) => { note("async"); return event; };
  const bound = named.bind({ receiver: "bound" });
  const proxied = new Proxy(named, { apply(target, self, given) { note("trap"); return Reflect.apply(target, self, given); } });
  const method = { method(event) { note("method", this && this.receiver); } }.method;
  const withProperties = Object.assign(name("properties"), { once: true });
  const failing = () => { window.lastError = new Error("handler failed"); throw window.lastError; };
  const failingText = () => { window.lastError = "just text"; throw "just text"; };
  const rejecting = () => (window.lastResult = window.lastRejected = Promise.reject(new Error("too late")));
  const object = { handleEvent(event) { note("object", this === object); } };
  const self = () => { note("self", api.off(Topics.OPENED, self)); };
  const adds = () => { note("adds"); api.on(Topics.CLOSED, name("added while told")); };
  class Component { constructor() { this.told = this.told.bind(this); } told() { note("component", this instanceof Component); } }
  const { on, off } = api;
  on(Topics.OPENED, named);
  api.on(Topics.OPENED, arrow, "third");
  for (const callback of [later, bound, proxied, method, withProperties, object, self, adds, new Component().told]) on(Topics.OPENED, callback);
  on(Topics.OPENED, arrow);
  on(Topics.CLOSED, named);
  off(Topics.OPENED, method);
  const undo = on(Topics.OPENED, method);
  undo();
  on(Topics.OPENED, failing);
  on(Topics.OPENED, failingText);
  on(Topics.OPENED, rejecting);
  on(Topics.OPENED, name("after those that failed"));
  try { api.on(Topics.OPENED, null); } catch (error) { note("threw", error.message); }
  api.on(undefined, named);
  api.on();
  note("off", off(Topics.OPENED, name("never given")), off.call(api, Topics.CLOSED, adds));
};
const tell = (how) => { core.tell(Topics.OPENED, { id: "c" }, how); };
// By and by, so that what is reported later has its turn.
const turn = () => new Promise((done) => setTimeout(done));
const everything = async (straight) => {
  for (const how of ["catch", "report", "catch", "later", "report"]) {
    note("--", how);
    const rejected = new Promise((done) => (onUnhandled = done));
    tell(how);
    await turn();
    await rejected;
  }
  note("-- straight");
  setTimeout(straight);
  await turn();
  core.tell(Topics.CLOSED, { id: "c" }, "report");
  await turn();
  core.tell(Topics.SAID, { id: "c", log: [...log, ...unhandled] });
};
