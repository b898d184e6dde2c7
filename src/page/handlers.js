// What the page itself listens to: who subscribes, from where, and what becomes of each call. Part of the listener, which
// calls it once, before any script of the page.
//
// (kit) => { look, attend, front, unwrap, self, heard, mark }
//   kit      { apply, say, quote, fold, messageOf, typeName, push, soon, clock, resolve, constantsAt, probe, limits,
//              readyHeard, lastEvent, ears, argumentOf, shape, rootOf, isReady }: the listener's own means
//   look     looks for an API whose functions aren't watched yet; cheap, called wherever one may have been placed
//   attend   listens (again) to window and document
//   front    a function that passes for another one, and is called in its place
//   unwrap   the page's own function behind one of ours; `self`: the API behind its stand-in
//   heard    the listener heard an event: its argument, its constant, its number
//   mark     at a step's mark: says what was too much to say
//
// The page's subscribe function is replaced by a Proxy of it, late: where the ready event has just been heard (before the
// page's own handler of it) or, if the API is there earlier, between two scripts. The callbacks given to it are Proxies,
// too, one for each function, so that an API that compares callbacks still can; functions that take them back
// (`removeListener`, `off`) are given the Proxy instead of the page's function. Name, length, properties, `this`,
// arguments, results and exceptions are the originals'. A Proxy's source text would read "[native code]", so
// `Function.prototype.toString` is told of ours, from the first one on.
//
// An exception passes through `finally`, never through `catch`: what is thrown again has another place in Chromium's
// `window.onerror`. Its text comes from the error event that follows. If none does, whoever called the handler has
// caught it: then the next ones are caught and thrown again, since nobody looks at their place.
(kit) => {
  "use strict";
  const { apply, say, quote, fold, messageOf, typeName, push, soon, clock, probe, limits } = kit;
  const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, create, is, isFrozen, isSealed, isExtensible, freeze, seal, preventExtensions } = Object;
  const objectPrototype = Object.prototype;
  const functionPrototype = Function.prototype;
  const toString = Function.prototype.toString;
  const ownKeys = Reflect.ownKeys;
  const hasOwn = objectPrototype.hasOwnProperty;
  const exec = RegExp.prototype.exec;
  const Proxy_ = Proxy;
  const WeakMap_ = WeakMap;
  const weakGet = WeakMap.prototype.get;
  const weakSet = WeakMap.prototype.set;
  const weakHas = WeakMap.prototype.has;
  const Error_ = Error;
  const String_ = String;
  const isPrototypeOf = objectPrototype.isPrototypeOf;
  const promisePrototype = Promise.prototype;
  const HTMLScript = HTMLScriptElement.prototype;
  const listen = EventTarget.prototype.addEventListener;
  const unlisten = EventTarget.prototype.removeEventListener;
  const Observer = MutationObserver;
  const observe = Observer.prototype.observe;
  const disconnect = Observer.prototype.disconnect;

  const get = (map, key) => apply(weakGet, map, [key]);
  const set = (map, key, value) => apply(weakSet, map, [key, value]);
  const has = (map, key) => ((typeof key === "object" && key !== null) || typeof key === "function") && apply(weakHas, map, [key]);

  const originals = new WeakMap_(); // ours -> the page's
  const callbacks = new WeakMap_(); // the page's callback -> what is known of it
  const functions = new WeakMap_(); // the page's API function -> ours
  const twins = new WeakMap_(); // a frozen API's stand-in -> the API
  const unwrap = (value) => (has(originals, value) ? get(originals, value) : value);
  const self = (value) => (has(twins, value) ? get(twins, value) : value);
  const selfOf = (self) => (has(twins, self) ? get(twins, self) : self);

  // --- Passing for the original ---------------------------------------------------------------------------------------
  let disguised = false;
  const disguise = () => {
    if (disguised) return;
    disguised = true;
    const how = getOwnPropertyDescriptor(functionPrototype, "toString");
    if (!how || typeof how.value !== "function" || !(how.writable || how.configurable)) return;
    const original = how.value;
    const value = proxyOf(original, { __proto__: null, apply: (target, self, given) => apply(target, unwrap(self), given) });
    const { writable, enumerable, configurable } = how;
    defineProperty(functionPrototype, "toString", { __proto__: null, value, writable, enumerable, configurable });
  };
  const proxyOf = (original, traps) => {
    const proxy = new Proxy_(original, traps);
    set(originals, proxy, original);
    return proxy;
  };
  const front = (original, trap) => {
    disguise();
    return proxyOf(original, { __proto__: null, apply: (target, self, given) => trap(target, selfOf(self), given) });
  };
  const isNative = (value) => {
    try {
      return apply(exec, /\{\s*\[native code\]\s*\}\s*$/, [apply(toString, value, [])]) !== null;
    } catch {
      return false;
    }
  };

  // --- Where from -----------------------------------------------------------------------------------------------------
  // The stack as the browser writes it, also if the page cuts or rewrites stacks (Chromium's `Error.stackTraceLimit` and
  // `Error.prepareStackTrace`). Two frames of it are ours.
  const stackOf = () => {
    const limit = getOwnPropertyDescriptor(Error_, "stackTraceLimit");
    const prepare = getOwnPropertyDescriptor(Error_, "prepareStackTrace");
    const change = (key, how, value) => {
      if (how) defineProperty(Error_, key, { __proto__: null, value, writable: true, enumerable: how.enumerable, configurable: how.configurable });
    };
    const restore = (key, how) => {
      if (how) defineProperty(Error_, key, apply(hasOwn, how, ["value"])
        ? { __proto__: null, value: how.value, writable: how.writable, enumerable: how.enumerable, configurable: how.configurable }
        : { __proto__: null, get: how.get, set: how.set, enumerable: how.enumerable, configurable: how.configurable });
    };
    let stack = "";
    try {
      change("stackTraceLimit", limit, 20);
      change("prepareStackTrace", prepare, undefined);
      const found = new Error_().stack;
      if (typeof found === "string") stack = found;
    } catch {
      // a frozen Error: the place stays unknown
    }
    try {
      restore("stackTraceLimit", limit);
      restore("prepareStackTrace", prepare);
    } catch {
      // was never changed
    }
    return fold(stack, 3000);
  };

  // --- Registrations and calls ----------------------------------------------------------------------------------------
  let handlers = 0;
  let said = { registrations: 0, calls: 0, lost: 0 };
  const events = new WeakMap_(); // an event's argument, as the listener heard it -> its constant and number
  let thrown; // a call that threw, whose error isn't known yet
  let swallowed = false; // the widget catches what handlers throw
  let rethrown; // what was caught and thrown again last
  let depth = 0; // a handler that calls another may catch what that one throws: that isn't the widget

  const optional = (text) => (text === undefined ? "null" : quote(text));
  const register = (location, value, callback, stack, ok) => {
    let known;
    if (typeof callback === "function") known = stateOf(callback);
    const constant = kit.constantsAt(location, value);
    if (known && ok) {
      let listed = false;
      for (let i = 0; i < known.constants.length; i++) listed = listed || known.constants[i] === constant;
      if (!listed) apply(push, known.constants, [constant]);
    }
    if (++said.registrations > limits.handlers) {
      said.lost++;
      return;
    }
    let shown = "";
    try {
      shown = value === undefined || value === null ? "" : fold(String_(value), 200);
    } catch {
      shown = "(can't be shown)";
    }
    let name = "";
    if (known) {
      try {
        const how = getOwnPropertyDescriptor(callback, "name");
        if (how && typeof how.value === "string") name = fold(how.value, 100);
      } catch {
        name = ""; // a proxy that refuses
      }
    }
    say("handler", ',"h":' + (known ? known.id : "null") + ',"c":' + optional(constant) + ',"y":' + quote(typeName(value)) + ',"v":' + quote(shown)
      + ',"b":' + quote(typeName(callback)) + ',"f":' + quote(name) + ',"l":' + quote(location.name) + ',"st":' + quote(stack)
      + ',"r":' + (kit.readyHeard() ? "true" : "false") + ',"ok":' + (ok ? "true" : "false"));
  };

  // One Proxy for each function, whatever it is subscribed to: an API that knows its callbacks again still does.
  const stateOf = (callback) => {
    // The page may hand on what it got from the API: our own Proxy.
    const original = unwrap(callback);
    if (has(callbacks, original)) return get(callbacks, original);
    const state = {
      __proto__: null, id: ++handlers, constants: [], after: kit.subscribed(), proxy: undefined, registering: false, ears: [], since: 0, location: undefined, pending: undefined,
    };
    state.proxy = proxyOf(original, { __proto__: null, apply: (target, self, given) => call(state, target, selfOf(self), given) });
    set(callbacks, original, state);
    return state;
  };

  const call = (state, target, self, given) => {
    if (thrown) caught();
    const first = state.constants.length === 1 && state.constants[0] !== undefined
      && kit.ears.pageHears(state, state.location, state.constants[0], given);
    const began = clock();
    let done = false;
    let result;
    let message = "";
    depth++;
    if (!swallowed) {
      try {
        result = apply(target, self, given);
        done = true;
        return result;
      } finally {
        depth--;
        finish(state, given, began, done, result, "", first);
      }
    }
    try {
      result = apply(target, self, given);
      done = true;
      return result;
    } catch (error) {
      message = messageOf(error);
      rethrown = { __proto__: null, error };
      throw error;
    } finally {
      depth--;
      finish(state, given, began, done, result, message, first);
    }
  };

  const finish = (state, given, began, done, result, message, heardFirst) => {
    const took = clock() - began;
    kit.ears.spoils();
    const first = kit.argumentOf(given);
    const same = has(events, first) ? get(events, first) : undefined;
    const last = kit.lastEvent();
    let constant;
    let by = "unknown";
    let event = "null";
    // An API may tell it at once what has been, while it is being registered.
    const one = state.constants.length === 1 ? state.constants[0] : state.registering && state.constants.length === 0 ? state.pending : undefined;
    if (same) {
      constant = same.constant;
      by = "argument";
      event = String_(same.seq);
    } else if (one !== undefined) {
      constant = one;
      by = "registration";
      // The listener subscribed first, so it was told first; mostly.
      const latest = state.after && !heardFirst ? kit.lastOf(one) : undefined;
      if (latest !== undefined) event = String_(latest);
    } else if (last) {
      for (let i = 0; i < state.constants.length; i++) {
        if (state.constants[i] === last.constant) {
          constant = last.constant;
          by = "latest";
          if (state.after && !heardFirst) event = String_(last.seq);
        }
      }
    }
    const text = (message, caught) => ',"h":' + state.id + ',"c":' + optional(constant) + ',"by":' + quote(by) + ',"ev":' + event + ',"ms":' + took
      + ',"ok":' + (done ? "true" : "false") + ',"e":' + quote(message) + ',"ca":' + (caught ? "true" : "false")
      + ',"p":' + (isPromise ? "true" : "false");
    let isPromise = false;
    if (done && typeof result === "object" && result !== null) {
      try {
        isPromise = apply(isPrototypeOf, promisePrototype, [result]);
      } catch {
        isPromise = false; // a proxy that refuses
      }
      if (isPromise) set(promises, result, { __proto__: null, id: state.id, constant });
    }
    if (++said.calls > limits.calls) {
      said.lost++;
      return;
    }
    if (done || message !== "") return say("handled", text(message, message !== ""));
    const own = { __proto__: null, text, depth };
    thrown = own;
    // By then an error that nobody caught has had its event.
    soon(() => {
      if (thrown === own) caught();
    });
  };
  const caught = () => {
    if (thrown.depth === 0) swallowed = true;
    settle();
  };
  const settle = (message) => {
    if (!thrown) return;
    const { text } = thrown;
    thrown = undefined;
    say("handled", text(message === undefined ? "" : message, message === undefined));
  };

  const promises = new WeakMap_();
  // Of a script that can't be parsed browsers tell nobody but the page which one it is.
  let unparsed = 0;
  const onSyntax = (event) => {
    try {
      if (!event.isTrusted || typeof event.message !== "string" || typeof event.filename !== "string") return;
      if (event.filename === "" || apply(exec, /^(Uncaught )?SyntaxError/, [event.message]) === null || ++unparsed > 20) return;
      say("unparsed", ',"u":' + quote(fold(event.filename, 2000)) + ',"ln":' + (event.lineno >>> 0) + ',"e":' + quote(fold(event.message, 500)));
    } catch {
      // an event of the page's own making
    }
  };
  const onError = (event) => {
    onSyntax(event);
    try {
      if (rethrown && is(event.error, rethrown.error)) swallowed = false;
    } catch {
      // an event of the page's own making
    }
    rethrown = undefined;
    if (!thrown) return;
    let message = "";
    try {
      message = event.error === undefined || event.error === null ? String_(event.message) : messageOf(event.error);
    } catch {
      message = "(an error that can't be read)";
    }
    settle(fold(message, 500));
  };
  const onRejection = (event) => {
    let promise;
    let reason;
    try {
      promise = event.promise;
      reason = event.reason;
    } catch {
      return;
    }
    if (!has(promises, promise)) return;
    const { id, constant } = get(promises, promise);
    if (++said.calls > limits.calls) {
      said.lost++;
      return;
    }
    say("rejected", ',"h":' + id + ',"c":' + optional(constant) + ',"e":' + quote(messageOf(reason)));
  };

  // --- The API's functions --------------------------------------------------------------------------------------------
  const copied = (given) => {
    const list = [];
    for (let i = 0; i < given.length; i++) defineProperty(list, i, { __proto__: null, value: given[i], writable: true, enumerable: true, configurable: true });
    return list;
  };
  const subscribing = (location) => (original) => watched(original, (target, self, given) => {
    // An API in front of another one hands on what the listener itself subscribes with.
    if (kit.ears.busy()) return apply(target, selfOf(self), given);
    const read = kit.shape.read(given);
    if (original === listen && !isDocumented(given[0])) return apply(target, selfOf(self), given);
    // A function that does more than subscribe was called for something else.
    if (!read || kit.isReady(location, given)) return apply(target, selfOf(self), given);
    const stack = stackOf();
    const { callback, event } = read;
    let passed = given;
    let state;
    if (typeof callback === "function") {
      state = stateOf(callback);
      passed = read.replaced(state.proxy);
    }
    // An API in front of another one hands the same handler on: the page registered it once.
    const outer = !(state && state.registering);
    if (state) {
      if (outer) kit.ears.again(location, target, event);
      state.registering = true;
      state.location = location;
      state.pending = kit.constantsAt(location, event);
      state.since = clock();
    }
    let done = false;
    try {
      const result = apply(target, selfOf(self), passed);
      done = true;
      return result;
    } finally {
      if (outer) {
        if (state) state.registering = false;
        register(location, event, callback, stack, done);
      }
    }
  });
  // Of events of the document's own only those that are the widget's.
  const isDocumented = (value) => {
    for (let i = 0; i < probe.names.length; i++) if (probe.names[i] === value) return true;
    return false;
  };
  const removing = (name) => (original) => watched(original, (target, self, given) => {
    if (original === unlisten && !isDocumented(given[0])) return apply(target, selfOf(self), given);
    let passed = given;
    const removed = [];
    for (let i = 0; i < given.length; i++) {
      const callback = unwrap(given[i]);
      if (typeof callback !== "function" || !has(callbacks, callback)) continue;
      if (passed === given) passed = copied(given);
      const state = get(callbacks, callback);
      passed[i] = state.proxy;
      apply(push, removed, [state]);
    }
    const result = apply(target, selfOf(self), passed);
    // Without a callback it takes all off: those of one event, or of all.
    let all = given.length < 3;
    for (let i = 0; i < given.length; i++) all = all && typeof given[i] !== "function" && typeof given[i] !== "object";
    if (all && !kit.ears.busy()) kit.ears.anew(given[0]);
    for (let i = 0; i < removed.length; i++) {
      if (++said.registrations > limits.handlers) said.lost++;
      else {
        let constant;
        for (let j = 0; j < given.length && constant === undefined; j++)
          if (typeof given[j] !== "function") constant = kit.constantsAt(undefined, given[j]);
        say("removed", ',"h":' + removed[i].id + ',"c":' + optional(constant) + ',"by":' + quote(fold(name, 100)));
      }
    }
    return result;
  });
  const passing = (original) => watched(original, (target, self, given) => apply(target, selfOf(self), given));
  const watched = (original, trap) => {
    if (has(originals, original)) return original;
    if (has(functions, original)) return get(functions, original);
    const proxy = proxyOf(original, { __proto__: null, apply: trap });
    set(functions, original, proxy);
    return proxy;
  };

  // `add...` is undone by `remove...`, `on` by `off`: what such a function is given may be one of ours.
  const undoes = (name) => apply(exec, /^(remove|off|un(sub|listen|bind|reg|observe|watch|hook)|un$|detach|delete|drop|dereg|cancel)/i, [name]) !== null;
  const data = (how) => apply(hasOwn, how, ["value"]);
  const changed = (how, value) => ({ __proto__: null, value, writable: how.writable, enumerable: how.enumerable, configurable: how.configurable });
  // Where along the prototypes a property is.
  const find = (object, name) => {
    let at = object;
    for (let up = 0; up < 10 && at !== null && at !== undefined; up++) {
      const how = getOwnPropertyDescriptor(at, name);
      if (how) return { __proto__: null, at, how };
      at = getPrototypeOf(at);
    }
    return undefined;
  };
  // Puts ours in place of a function; says how that went.
  const put = (object, name, wrap) => {
    const found = find(object, name);
    if (!found) return "missing";
    const { how } = found;
    let { at } = found;
    let next;
    if (data(how)) {
      if (typeof how.value !== "function") return "missing";
      if (has(originals, how.value)) return "watched";
      if (at !== object && isNative(how.value)) {
        // A method of the language's or the document's own is everybody's: only this object gets another.
        if (!isExtensible(object)) return "frozen";
        at = object;
        next = { __proto__: null, value: wrap(how.value), writable: true, enumerable: false, configurable: true };
      } else {
        if (!how.writable && !how.configurable) return "frozen";
        next = changed(how, wrap(how.value));
      }
    } else {
      if (typeof how.get !== "function") return "missing";
      if (has(originals, how.get)) return "watched";
      if (!how.configurable) return "frozen";
      const getter = watched(how.get, (target, self, given) => {
        const value = apply(target, selfOf(self), given);
        return typeof value === "function" ? wrap(value) : value;
      });
      next = { __proto__: null, get: getter, set: how.set, enumerable: how.enumerable, configurable: how.configurable };
    }
    defineProperty(at, name, next);
    const now = getOwnPropertyDescriptor(at, name);
    return now && has(originals, data(now) ? now.value : now.get) ? "watched" : "refused";
  };
  const namesOf = (object) => {
    const names = [];
    let at = object;
    for (let up = 0; up < 10 && at !== null && at !== objectPrototype && at !== functionPrototype; up++) {
      const own = ownKeys(at);
      for (let i = 0; i < own.length && i < 500; i++) if (typeof own[i] === "string") apply(push, names, [own[i]]);
      at = getPrototypeOf(at);
    }
    return names;
  };
  // A frozen plain object can't be changed, but the place where it is found may be: there a twin of it goes, whose
  // functions are called on the object itself.
  const twinOf = (object, name, wrap) => {
    const prototype = getPrototypeOf(object);
    if (typeof object !== "object" || (prototype !== objectPrototype && prototype !== null)) return undefined;
    const twin = create(prototype);
    const own = ownKeys(object);
    for (let i = 0; i < own.length; i++) {
      const how = getOwnPropertyDescriptor(object, own[i]);
      const as = own[i] === name ? wrap : typeof own[i] === "string" && undoes(own[i]) ? removing(own[i]) : passing;
      if (data(how)) defineProperty(twin, own[i], typeof how.value === "function" ? changed(how, as(how.value)) : changed(how, how.value));
      else {
        const getter = how.get && watched(how.get, (target, self, given) => {
          const value = apply(target, selfOf(self), given);
          return typeof value === "function" ? as(value) : value;
        });
        defineProperty(twin, own[i], { __proto__: null, get: getter, set: how.set && passing(how.set), enumerable: how.enumerable, configurable: how.configurable });
      }
    }
    if (isFrozen(object)) freeze(twin);
    else if (isSealed(object)) seal(twin);
    else if (!isExtensible(object)) preventExtensions(twin);
    set(twins, twin, object);
    return twin;
  };

  const states = [];
  const watch = (location) => {
    const path = [];
    for (let i = 0; i < location.path.length; i++) apply(push, path, [location.path[i]]);
    for (let i = 0; i < probe.subscribe.length; i++) apply(push, path, [probe.subscribe[i]]);
    const name = path[path.length - 1];
    let holder = kit.rootOf(location);
    let parent;
    let own; // the holder's name in its parent
    for (let i = 0; i + 1 < path.length; i++) {
      parent = holder;
      own = path[i];
      holder = holder === undefined || holder === null ? undefined : holder[path[i]];
      if ((typeof holder !== "object" && typeof holder !== "function") || holder === null) {
        holder = undefined;
        break;
      }
    }
    if ((typeof holder !== "object" && typeof holder !== "function") || holder === null || !find(holder, name)) {
      // Not there, or a `let`, `const` or `class` of the page's scripts, which are no properties of anything.
      return location.path.length === 0 && location.ready === undefined && typeof kit.resolve(location) === "function" ? "lexical" : "";
    }
    const wrap = subscribing(location);
    // Of globals only those with the name that belongs to the subscribe function's: `addListener`, `removeListener`.
    let state = put(holder, name, wrap);
    if (state === "frozen" && parent !== undefined) {
      const how = getOwnPropertyDescriptor(parent, own);
      const twin = how && data(how) && (how.writable || how.configurable) ? twinOf(holder, name, wrap) : undefined;
      if (twin === undefined) return state;
      defineProperty(parent, own, changed(how, twin));
      const after = getOwnPropertyDescriptor(parent, own);
      return after && after.value === twin ? "watched" : "refused";
    }
    if (state !== "watched") return state;
    const there = find(holder, name);
    if (there && data(there.how) && unwrap(there.how.value) === listen) {
      put(holder, "removeEventListener", removing("removeEventListener"));
      return state;
    }
    if (holder === window) {
      const stem = apply(exec, /^(add|on|sub|listen|bind|reg|attach|watch|observe|hook)(.*)$/i, [name]);
      const others = stem ? ["remove" + stem[2], "off" + stem[2], "un" + name, "de" + name, "detach" + stem[2]] : ["un" + name];
      for (let i = 0; i < others.length; i++) {
        const found = find(window, others[i]);
        if (found && data(found.how) && typeof found.how.value === "function" && !isNative(found.how.value)) put(window, others[i], removing(others[i]));
      }
      return state;
    }
    const names = namesOf(holder);
    for (let i = 0; i < names.length; i++) {
      if (names[i] !== name && undoes(names[i])) {
        try {
          put(holder, names[i], removing(names[i]));
        } catch {
          // stays the page's own: what it is given is one of ours only where the page got it from the API
        }
      }
    }
    return state;
  };

  let looking = false;
  const look = () => {
    if (looking) return; // getters of the page's run in between
    looking = true;
    for (let i = 0; i < probe.locations.length; i++) {
      let state;
      try {
        // A function that doesn't live any more in its place isn't looked at: the page replaced it, and it's found anew.
        state = watch(probe.locations[i]);
      } catch {
        state = "refused";
      }
      if (state === "missing") state = "";
      if (state === "watched") disguise();
      if (state !== "" && state !== states[i]) {
        states[i] = state;
        say("watched", ',"l":' + quote(probe.locations[i].name) + ',"st":' + quote(state) + ',"r":' + (kit.readyHeard() ? "true" : "false"));
      }
    }
    looking = false;
    let one = false;
    for (let i = 0; i < states.length; i++) one = one || states[i] !== undefined;
    if (one && observing) {
      apply(disconnect, observer, []);
      observing = false;
    }
  };

  // Between two scripts: the parser lets microtasks run before each, and a script that came over the net has its event.
  const observer = new Observer(look);
  let observing = false;
  const onLoad = (event) => {
    if (apply(isPrototypeOf, HTMLScript, [event.target])) look();
  };
  const attend = () => {
    apply(listen, window, ["error", onError, true]);
    apply(listen, window, ["unhandledrejection", onRejection, true]);
    apply(listen, window.document, ["load", onLoad, true]);
    apply(listen, window.document, ["DOMContentLoaded", look, true]);
    let none = true;
    for (let i = 0; i < states.length; i++) none = none && states[i] === undefined;
    if (none) {
      observing = true;
      apply(observe, observer, [window.document, { childList: true, subtree: true }]);
    }
  };
  const heard = (argument, constant, seq) => {
    if ((typeof argument === "object" && argument !== null) || typeof argument === "function") set(events, argument, { __proto__: null, constant, seq });
  };
  const mark = () => {
    look();
    if (said.lost > 0) say("unsaid", ',"n":' + said.lost);
    said.lost = 0;
  };
  const renew = () => {
    said = { registrations: 0, calls: 0, lost: 0 };
    for (let i = 0; i < states.length; i++) states[i] = undefined;
  };
  return { __proto__: null, look, attend, front, unwrap, self, heard, mark, renew };
}
