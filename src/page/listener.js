// The listener: runs as a preload script, before any script of the page, in every document and frame.
//
// (channel, config) => void
//   channel  a BiDi channel: called with one string, it sends a message
//   config   { token, key, granted, pushed, limits: { events, bytes, text, depth, nodes }, probe: { ready, locations,
//              subscribe, arguments, bound, constants, events, names, payload, argument, parse }, globals, makeCopy, handlers, clock: { offset, make }, layers,
//              observeLayers, throws, asks }
//            `makeCopy` is the function of copy.js, `makeShape` that of shape.js, `makeEars` that of ears.js, `makeReady` that of
//            ready.js, `makeSlots` that of slots.js, `handlers` that of handlers.js,
//            `clock.make` that of clock.js where time is virtual; `layers` are the names of data layers, `observeLayers` is
//            the function of layers.js, `asks` that of asks.js; `globals`
//            maps a root identifier to a function that gives its value or undefined, since a bare global may be a `let`,
//            `const` or `class` binding and so no property of `window`
//
// It follows the vendor's documented usage to the letter: it subscribes inside the ready handler, with the subscribe
// function taken off its object. What it needs of the language it takes before the page can replace it; it calls
// nothing of the page's but that subscribe function, and changes nothing that the page could see, except for one
// non-enumerable property with a random name, through which chatproof asks for a mark. (handlers.js stands in front of
// the subscribe function, to see who else subscribes.)
(channel, config) => {
  "use strict";

  // --- What the page may replace later, taken now -------------------------------------------------------------------
  const apply = Reflect.apply;
  const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, is, freeze } = Object;
  const objectPrototype = Object.prototype;
  const ownKeys = Reflect.ownKeys;
  const isArray = Array.isArray;
  const stringify = JSON.stringify; // only ever given strings: those never reach a toJSON of the page's
  const toWellFormed = String.prototype.toWellFormed;
  const isFinite_ = Number.isFinite;
  const String_ = String;
  const Symbol_ = Symbol;
  const symbolToString = Symbol.prototype.toString;
  const classOf = objectPrototype.toString;
  const slice = String.prototype.slice;
  const push = Array.prototype.push;
  const sort = Array.prototype.sort;
  const join = Array.prototype.join;
  const WeakSet_ = WeakSet;
  const weakHas = WeakSet.prototype.has;
  const weakAdd = WeakSet.prototype.add;
  const weakDelete = WeakSet.prototype.delete;
  const Proxy_ = Proxy;
  const Map_ = Map;
  const mapGet = Map.prototype.get;
  const mapSet = Map.prototype.set;
  const soon = window.queueMicrotask;
  const setTimeout_ = window.setTimeout;
  const listen = EventTarget.prototype.addEventListener;
  const Observer = window.MutationObserver;
  const observe = Observer.prototype.observe;
  const performance_ = window.performance;
  const now = Performance.prototype.now;
  const origin = performance_.timeOrigin;
  const random = crypto.getRandomValues;
  const crypto_ = crypto;
  const Uint32Array_ = Uint32Array;
  const EventPrototype = Event.prototype;
  const NodePrototype = Node.prototype;
  const isPrototypeOf = objectPrototype.isPrototypeOf;
  // What the listener's parts in files of their own need of the above.
  const intrinsics = {
    apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys, isArray, isFinite_, String_, symbolToString,
    classOf, slice, push, join, WeakSet_, weakHas, weakAdd, weakDelete, Map_, mapGet, mapSet, setTimeout_, soon, listen,
    Observer, observe, EventPrototype, NodePrototype, isPrototypeOf,
  };

  const token = config.token;
  // A frame's first, empty document hands its window on to the page that it loads, with the listener in it.
  const alive = getOwnPropertyDescriptor(window, token);
  if (alive) return alive.value.again(config.clock ? config.clock.offset : 0);
  const { limits, probe } = config;
  let layers = null; // what is told of data layers, where there are any to listen to

  const clock = () => origin + apply(now, performance_, []);
  // Half a surrogate pair is a string to JavaScript, but no text to anybody else.
  const quote = (text) => stringify(apply(toWellFormed, text, []));
  // Where a text was cut is marked: what is left there of a secret is to be found.
  const fold = (text, most) =>
    text.length > most ? apply(slice, text, [0, most]) + "…" : text;
  const typeName = (value) => (value === null ? "null" : typeof value);
  const copy = config.makeCopy(intrinsics, { quote, fold, limits, payload: probe.payload, parse: probe.parse });
  // Which of a callback's arguments is documented to bring the payload.
  const argumentOf = (given) => (given.length >= probe.argument ? given[probe.argument - 1] : undefined);
  const shape = config.makeShape(intrinsics, probe.arguments);

  // A new id for each document. Not Math.random, which a page may have seeded or replaced in its parent frame.
  const numberToString = Number.prototype.toString;
  const newId = () => {
    const numbers = new Uint32Array_(2);
    apply(random, crypto_, [numbers]);
    return apply(numberToString, numbers[0], [36]) + apply(numberToString, numbers[1], [36]);
  };
  let documentId = newId();
  let current = document;

  // Chromium fetches a channel's messages one by one, by a promise of the page's realm: slowly, and what is pending when
  // the document goes away is lost. Where the browser has been asked for one, a binding pushes them at once. It doesn't
  // say from which browsing context, so a document's first message goes both ways.
  const binding = config.pushed && window[config.pushed.binding];
  if (typeof binding === "function") delete window[config.pushed.binding];
  const send = typeof binding === "function" ? (body) => binding(config.pushed.route + body) : channel;

  // --- Sending: in order, in batches, without gaps ------------------------------------------------------------------
  let seq = 0;
  let batch = [];
  let batchSize = 0;
  let scheduled = false;
  let lastFlush = -1;
  let events = 0;
  let bytes = 0;
  let dropped = 0;
  const MESSAGE = 256 * 1024; // one message's size, about: large ones keep a socket busy for too long

  const flush = () => {
    scheduled = false;
    if (batch.length === 0) return;
    const body = '{"d":' + quote(documentId) + ',"m":[' + apply(join, batch, [","]) + "]}";
    batch = [];
    batchSize = 0;
    lastFlush = apply(now, performance_, []);
    if (leaving) apply(push, farewells, [body]);
    send(body);
  };
  let leaving = false;
  // What is sent while the page goes away may find nobody who takes it; a page that comes back sends it once more.
  let farewells = [];
  // The first of a burst leaves at the end of the running task; while they keep coming, one message every 4 ms will do.
  const schedule = () => {
    if (leaving) return flush(); // no later turn may come
    if (scheduled) return;
    scheduled = true;
    if (apply(now, performance_, []) - lastFlush < 4) setTimeout_(flush, 4);
    else soon(flush);
  };

  // A page may be rendered before its visitor goes there (Chromium's speculation rules): that comes before whatever is
  // heard in it, and that it's shown before whatever is heard from then on.
  const prerendering = getOwnPropertyDescriptor(Document.prototype, "prerendering");
  const addressOf = getOwnPropertyDescriptor(Document.prototype, "URL").get;
  const isBeforehand = () => prerendering !== undefined && apply(prerendering.get, current, []) === true;
  let beforehand = false;
  const catchUp = () => {
    if (window.document !== current) renew();
    if (!beforehand || isBeforehand()) return;
    beforehand = false;
    say("shown", "");
  };
  const activated = (event) => {
    if (event.isTrusted) catchUp();
  };

  // `rest` is JSON text beginning with a comma, or empty.
  const say = (kind, rest) => {
    catchUp();
    const text = '{"k":"' + kind + '","s":' + seq++ + ',"t":' + clock() + rest + "}";
    apply(push, batch, [text]);
    batchSize += text.length;
    if (batchSize > MESSAGE) flush();
    else schedule();
  };

  const messageOf = (error) => {
    try {
      const text = error && typeof error === "object" && typeof error.message === "string"
        ? String_(error.name) + ": " + error.message
        : String_(error);
      return fold(text, 500);
    } catch {
      return "(an error that can't be read)";
    }
  };

  // --- Finding the API ------------------------------------------------------------------------------------------------
  // Follows a path; undefined where it ends early or something throws.
  const follow = (object, path) => {
    let value = object;
    try {
      for (let i = 0; i < path.length; i++) {
        if (value === null || value === undefined) return undefined;
        value = value[path[i]];
      }
    } catch {
      return undefined;
    }
    return value;
  };
  // For bare globals the first identifier of a path is looked up as a script would.
  const isBare = (location) => location.path.length === 0 && location.ready === undefined;
  const rootOf = (location) => (location.ready === undefined ? window : readiness.given(location.ready));
  const at = (location, path) => (isBare(location) ? resolve(path) : follow(follow(rootOf(location), location.path), path));
  const resolve = (path) => {
    if (path.length === 0) return undefined;
    let root;
    try {
      root = config.globals[path[0]]();
    } catch {
      root = undefined; // in its temporal dead zone
    }
    const rest = [];
    for (let i = 1; i < path.length; i++) apply(push, rest, [path[i]]);
    return follow(root, rest);
  };
  const holder = (location) => follow(rootOf(location), location.path);
  const literal = probe.constants.length === 0; // no constants object: events go by their names

  const usableConstants = (value) => (typeof value === "object" || typeof value === "function") && value !== null;

  const constantsOf = (object) => {
    const list = [];
    const names = new Map_();
    const add = (name) => {
      if (typeof name !== "string" || list.length >= 500 || apply(mapGet, names, [name])) return;
      apply(mapSet, names, [name, true]);
      let value;
      let type;
      try {
        value = object[name];
        type = typeName(value);
      } catch {
        type = "throws";
      }
      if (type === "function") return; // methods of a constants class are no constants
      apply(push, list, [{ name, type, value }]);
    };
    try {
      const own = ownKeys(object);
      for (let i = 0; i < own.length && i < 2000; i++) add(own[i]);
      // Inherited enumerable ones count too: `class Events { static ... }`, `Object.create(base)`.
      for (const name in object) add(name);
      for (let i = 0; i < probe.events.length; i++) if (probe.events[i] in object) add(probe.events[i]);
    } catch {
      // a proxy that refuses: what was found so far stands
    }
    apply(sort, list, [(a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)]);
    const parts = [];
    for (let i = 0; i < list.length; i++) {
      const one = list[i];
      let same = i;
      for (let j = 0; j < i; j++) {
        if (list[j].type === one.type && one.type !== "throws" && is(list[j].value, one.value)) {
          same = j;
          break;
        }
      }
      let shown = "";
      try {
        if (one.type === "symbol") shown = apply(symbolToString, one.value, []);
        else if (one.type === "object") shown = apply(classOf, one.value, []);
        else if (one.type !== "throws") shown = String_(one.value);
      } catch {
        shown = "(throws)";
      }
      apply(push, parts, [
        '{"name":' + quote(fold(one.name, 200)) + ',"type":' + quote(one.type) + ',"value":' + quote(fold(shown, 200)) + ',"same_as":' + same + "}",
      ]);
    }
    return "[" + apply(join, parts, [","]) + "]";
  };

  const locationsText = () => {
    const parts = [];
    for (let i = 0; i < probe.locations.length; i++) {
      const location = probe.locations[i];
      const constants = literal ? undefined : at(location, probe.constants);
      apply(push, parts, [
        '{"name":' + quote(location.name) +
          ',"object":' + quote(isBare(location) ? "globals" : typeName(holder(location))) +
          ',"subscribe":' + quote(typeName(at(location, probe.subscribe))) +
          ',"constants_object":' + quote(literal ? "object" : typeName(constants)) +
          ',"constants":' + (!literal && usableConstants(constants) ? constantsOf(constants) : "[]") + "}",
      ]);
    }
    return "[" + apply(join, parts, [","]) + "]";
  };

  let subscribed = false;
  let lastEvent;
  let lastOf = new Map_();
  // An event was heard, by whichever of the listener's callbacks was the first; its number.
  const firing = (ear, argument, count, copied) => {
    events++;
    bytes += copied.data.length;
    catchUp();
    const { constant } = ear;
    const at = seq;
    lastEvent = { __proto__: null, constant, seq };
    apply(mapSet, lastOf, [constant, seq]);
    watching.heard(argument, constant, seq);
    say("event", ',"c":' + quote(constant) + ',"n":' + ear.place.number + ',"a":' + count + ',"v":' + copied.data + ',"x":' + copied.notes
      + (ear.page === null ? "" : ',"h":' + ear.page));
    // What a site's own handler of the same event pushes.
    if (layers) layers.soon();
    return at;
  };

  let lastSeen = "";
  let lastReplaced = "";
  let lastFailed = "";
  let snapshots = 0; // characters of them all
  const SNAPSHOTS = 2 << 20;
  const snapshot = (when) => {
    // Looked at before subscribing: subscribing is the page's code and may change what is there.
    const full = snapshots > SNAPSHOTS;
    const found = full ? "[]" : locationsText();
    const got = when === "ready" ? ears.subscribe() : undefined;
    const replaced = ears.replaced();
    const failed = got ? "" : ears.failed();
    if (got) subscribed = true;
    else if (found === lastSeen && replaced === lastReplaced && failed === lastFailed) return;
    lastFailed = failed;
    lastSeen = found;
    lastReplaced = replaced;
    snapshots += found.length;
    if (full && !got) return drop();
    say("api", ',"w":' + quote(when) + ',"l":' + found + ',"u":' + (got ? got.used : "null") + ',"r":' + (got ? got.subscriptions : failed === "" ? "[]" : failed)
      + (got ? ',"p":' + got.places : "") + (replaced === "" ? "" : ',"g":' + replaced));
  };

  // --- The page's own handlers ----------------------------------------------------------------------------------------
  // The name of a constant by its value, the documented ones first; undefined if it has none. Without a location: at any.
  const constantsAt = (location, value) => {
    if (literal) {
      for (let j = 0; j < probe.names.length; j++) if (probe.names[j] === value) return probe.events[j];
      return typeof value === "string" ? fold(value, 200) : undefined;
    }
    if (value === undefined || value === null) return undefined;
    for (let i = 0; i < probe.locations.length; i++) {
      if (location !== undefined && location !== probe.locations[i]) continue;
      const constants = at(probe.locations[i], probe.constants);
      if (!usableConstants(constants)) continue;
      for (let j = 0; j < probe.events.length; j++) if (is(follow(constants, [probe.events[j]]), value)) return probe.events[j];
      try {
        const own = ownKeys(constants);
        for (let j = 0; j < own.length && j < 500; j++)
          if (typeof own[j] === "string" && is(follow(constants, [own[j]]), value)) return fold(own[j], 200);
      } catch {
        // a proxy that refuses
      }
    }
    return undefined;
  };
  const nobody = () => {};
  const same = (value) => value;
  const front = (original, trap) => new Proxy_(original, { __proto__: null, apply: trap });
  const blind = { look: nobody, attend: nobody, front, unwrap: same, self: same, heard: nobody, mark: nobody, renew: nobody };
  const drop = () => {
    dropped++;
  };
  const room = (more) => {
    if (events >= limits.events || bytes > limits.bytes) return false;
    bytes += more;
    return true;
  };
  const ears = config.makeEars({
    apply, is, push, join, soon, setTimeout_, now: clock, say, quote, copy, messageOf, probe, limits, throws: config.throws, at, holder,
    constantsAt, follow, literal, usableConstants, room, drop, firing, argumentOf, shape, listen,
    unwrap: (value) => watching.unwrap(value),
    self: (value) => watching.self(value),
  });
  const watching = !config.handlers ? blind : config.handlers({
    apply, say, quote, fold, messageOf, typeName, push, soon, clock, probe, limits, constantsAt, ears, argumentOf, shape,
    resolve: (location) => at(location, probe.subscribe),
    readyHeard: () => (target === undefined ? subscribed : counts[target] > 0), rootOf, isReady: (location, given) => readiness.isCall(location, given),
    subscribed: () => subscribed,
    lastEvent: () => lastEvent,
    lastOf: (constant) => apply(mapGet, lastOf, [constant]),
  });

  const asking = config.asks({ apply, say, quote, granted: config.granted });
  const roots = config.roots({ apply, push, put: asking.put, name: token + " roots" });
  const internals = config.internals({ apply, quote, put: asking.put, name: token + " internals" });

  // --- Ready ----------------------------------------------------------------------------------------------------------
  // On the documented target whatever reaches it counts, as it would for a site's own handler; the other one is only
  // listened to for a diagnosis, so there just what was fired at it. `document` is listened to from above it: a frame's
  // first, empty document hands its window on to the page that it loads, and with it only the window's listeners.
  const target = probe.ready.by === "event" ? probe.ready.target : probe.ready.by === "subscribing" ? undefined : "callback";
  const counts = { window: 0, document: 0, callback: 0 };
  const MOST_READY = 1000; // of which each is said; of further ones only how many there were, at the next mark
  let unsaid = { window: false, document: false, callback: false };
  const sayReady = (name) => say("ready", ',"o":' + quote(name) + ',"n":' + counts[name]);
  const heardReady = (name) => {
    catchUp();
    if (++counts[name] <= MOST_READY) sayReady(name);
    else unsaid[name] = true;
    if (name === target) snapshot("ready");
    // Before the page's own handler of the ready event: it is the first that may subscribe.
    watching.look();
    flush();
  };
  const readyOnWindow = (event) => {
    if (target !== "window" && event.target !== window) return;
    readiness.keep([event]);
    heardReady("window");
  };
  const readyOnDocument = (event) => {
    if (event.target !== window.document) return;
    readiness.keep([event]);
    heardReady("document");
  };
  const slots = config.makeSlots({
    apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, is, front: watching.front, unwrap: watching.unwrap,
  });
  const readiness = config.makeReady({
    apply, push, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, isPrototypeOf, listen, Observer, observe, probe, resolve, slots,
    unwrap: watching.unwrap, self: watching.self, makeShape: (documented) => config.makeShape(intrinsics, documented),
    heard: () => heardReady("callback"),
    pending: () => ears.pending(),
    complete: () => ears.complete(),
    subscribe: () => snapshot("ready"),
    watch: () => watching.look(),
  });

  // --- Going away -----------------------------------------------------------------------------------------------------
  const drops = () => {
    if (unsaid.window) sayReady("window");
    if (unsaid.document) sayReady("document");
    if (unsaid.callback) sayReady("callback");
    unsaid = { window: false, document: false, callback: false };
    if (dropped === 0) return;
    say("dropped", ',"n":' + dropped);
    dropped = 0;
  };
  const goes = (event) => {
    if (!event.isTrusted) return; // the page's own make-believe
    if (layers) layers.look();
    leaving = true;
    ears.mark();
    drops();
    say("unload", "");
    // Chromium hands a window on without running this once more: it has the next page's document before the timer ends.
    if (apply(addressOf, current, []) === "about:blank") setTimeout_(catchUp, 0);
  };
  // A page that comes back from the back/forward cache is the same document, and goes on.
  const comes = (event) => {
    if (!event.isTrusted || !event.persisted) return;
    leaving = false;
    for (let i = 0; i < farewells.length; i++) send(farewells[i]);
    farewells = [];
    say("shown", "");
    flush();
  };

  // Scripts that were not run, for whatever reason: the browser tells of their responses, if there were any.
  const scriptPrototype = HTMLScriptElement.prototype;
  const sourceOf = getOwnPropertyDescriptor(scriptPrototype, "src").get;
  let refused = 0;
  const refuses = (url, why) => {
    if (url !== "" && ++refused <= 20) say("refused", ',"u":' + quote(fold(url, 2000)) + ',"y":' + quote(why));
  };
  const onFailure = (event) => {
    try {
      if (!event.isTrusted || !apply(isPrototypeOf, scriptPrototype, [event.target])) return;
      refuses(apply(sourceOf, event.target, []), "");
    } catch {
      // an event of the page's own making
    }
  };
  const onViolation = (event) => {
    try {
      if (!event.isTrusted || event.disposition !== "enforce" || typeof event.blockedURI !== "string") return;
      if (apply(slice, String_(event.effectiveDirective), [0, 10]) === "script-src") refuses(event.blockedURI, "csp");
    } catch {
      // an event of the page's own making
    }
  };

  // `document.open()` takes every listener off document and window, and empties the document: then they are put there
  // again. (One that is there still isn't added twice.)
  const listenAll = () => {
    if (probe.ready.by === "event") {
      apply(listen, window, [probe.ready.event, readyOnWindow]);
      apply(listen, window, [probe.ready.event, readyOnDocument, true]);
    }
    ears.attend();
    readiness.attend();
    apply(listen, window, ["pagehide", goes]);
    apply(listen, window, ["pageshow", comes]);
    apply(listen, window, ["prerenderingchange", activated, true]);
    apply(listen, window, ["error", onFailure, true]);
    apply(listen, window, ["securitypolicyviolation", onViolation, true]);
    watching.attend();
    asking.attend();
    internals.attend();
    roots.attend();
  };
  const emptied = new Observer(listenAll);
  const attend = () => {
    listenAll();
    apply(observe, emptied, [window.document, { childList: true }]);
  };
  attend();

  // --- What chatproof may ask -----------------------------------------------------------------------------------------
  defineProperty(window, token, {
    enumerable: false,
    configurable: false,
    writable: false,
    value: freeze({
      // A page that lists the window's properties finds this one; what widgets hide from it is for the driver alone.
      closed: (key) => (key === config.key ? roots.all() : []),
      mark: (step) => {
        readiness.look();
        // Also without a ready event: "the API is there, but ready never fired" is worth saying.
        snapshot("later");
        if (layers) layers.look();
        watching.mark();
        ears.mark();
        drops();
        say("mark", ',"p":' + step);
        flush();
        return documentId;
      },
      again: (offset) => {
        if (window.document !== current) renew();
        if (virtual) virtual.join(offset);
      },
      // What clock.js can be asked; null where time is real.
      clock: (what, offset, bound) => {
        if (!virtual) return null;
        if (what === "offset") return virtual.offset();
        if (what === "state") return '{"d":' + quote(documentId) + ',"s":' + virtual.state() + "}";
        if (what === "join") return virtual.join(offset);
        return virtual.advance(offset, bound);
      },
    }),
  });
  // Another document in this window: new numbers, and nothing seen yet.
  const renew = () => {
    flush();
    current = window.document;
    documentId = newId();
    seq = 0;
    counts.window = 0;
    counts.document = 0;
    counts.callback = 0;
    subscribed = false;
    readiness.renew();
    ears.renew();
    lastEvent = undefined;
    lastOf = new Map_();
    watching.renew();
    lastSeen = "";
    lastReplaced = "";
    lastFailed = "";
    snapshots = 0;
    leaving = false;
    farewells = [];
    refused = 0;
    attend();
    hello();
    readiness.look();
    if (layers) layers.renew();
  };
  const hello = () => {
    let isTop = false;
    try {
      isTop = window.top === window;
    } catch {
      isTop = false;
    }
    say("alive", ',"u":' + quote(fold(String_(location.href) || "about:blank", 2000)) + ',"top":' + (isTop ? "true" : "false"));
    beforehand = isBeforehand();
    if (beforehand) say("beforehand", "");
    if (send !== channel) channel('{"d":' + quote(documentId) + ',"m":[' + apply(join, batch, [","]) + "]}");
    flush();
  };
  // Everything above has the real clock by now. A window that this one can look into knows better what time it is.
  const latest = () => {
    let offset = config.clock.offset;
    const look = (other) => {
      try {
        const there = other && other !== window ? getOwnPropertyDescriptor(other, token) : undefined;
        const known = there && there.value.clock("offset");
        if (typeof known === "number" && known > offset) offset = known;
      } catch {
        // of another origin
      }
    };
    look(window.parent);
    look(window.opener);
    return offset;
  };
  const virtual = config.clock ? config.clock.make({ offset: latest() }) : undefined;
  hello();
  readiness.look();

  // --- Data layers ----------------------------------------------------------------------------------------------------
  // They count against the same bounds as events.
  const sayPush = (kind, rest, size) => {
    if (++events > limits.events || bytes > limits.bytes) {
      dropped++;
      return;
    }
    bytes += size;
    say(kind, rest);
  };
  if (config.layers.length > 0) layers = config.observeLayers({ names: config.layers, say: sayPush, quote, copy, intrinsics });
}
