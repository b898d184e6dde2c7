// What says that the widget can be used, where no event of the DOM does, and when to look for what a page puts into its
// window. Part of the listener, which calls it once, before any script of the page.
//
// (kit) => { given, keep, isCall, look, attend, renew }
//   kit     the listener's own means: { apply, push, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, isPrototypeOf,
//           listen, Observer, observe, probe, resolve, unwrap, self, makeShape, slots, heard, pending, complete,
//           subscribe, watch }
//           resolve: what stands at a dotted path; heard: the ready callback was called; pending: an API is there that
//           hasn't been subscribed to; complete: each location has been; subscribe: does it; watch: looks for the page's own handlers
//   given   (n) => the n-th argument that the ready callback got last, from 1
//   keep    what it got, where an event of the DOM says ready
//   isCall  (location, arguments) => whether a call of the subscribe function asks to be told of ready
//   look    looks for what may be there by now
//
// Looked is at each assignment of a name that the way begins with (an accessor on the window until then), between scripts,
// at each script's end, when the document is there and loaded. A function is called once, the first that is found, be it a
// queue's: handing on what was queued is the vendor's part, and the page depends on it as well.
(kit) => {
  "use strict";
  const { apply, push, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, isPrototypeOf, listen, Observer, observe, probe } = kit;
  const { ready } = probe;
  const HTMLScript = HTMLScriptElement.prototype;
  const reflectGet = Reflect.get;
  const disconnect = Observer.prototype.disconnect;
  const MOST_TRIES = 50; // a function that throws may do so because it's called too early

  const shape = ready.by === "callback" ? kit.makeShape(ready.arguments) : undefined;
  let arguments_, asked, tries, placed;
  const renew = () => {
    arguments_ = [];
    asked = false;
    tries = 0;
    placed = undefined;
  };
  renew();

  const keep = (given) => {
    arguments_ = given;
  };
  const heard = (given) => {
    keep(given);
    kit.heard();
  };

  const above = (path) => {
    const list = [];
    for (let i = 0; i + 1 < path.length; i++) apply(push, list, [path[i]]);
    return list;
  };
  const ask = () => {
    if (asked || tries >= MOST_TRIES) return;
    const path = ready.subscribe;
    const fn = kit.unwrap(kit.resolve(path));
    if (typeof fn !== "function") return;
    const owner = ready.bound && path.length > 1 ? kit.self(kit.resolve(above(path))) : undefined;
    asked = true;
    tries++;
    try {
      apply(fn, owner, shape.build(undefined, function () {
        heard(arguments);
      }));
    } catch {
      asked = false;
    }
  };
  const place = () => {
    const path = ready.slot;
    const holder = path.length > 1 ? kit.resolve(above(path)) : window;
    if (kit.slots.hold(holder, path[path.length - 1], heard)) placed = holder;
  };

  let looking = false;
  const look = () => {
    if (looking) return; // scripts of the page's run in between
    looking = true;
    try {
      if (ready.by === "callback") ask();
      else if (ready.by === "slot") place();
      else if (ready.by === "subscribing" && kit.pending()) kit.subscribe();
    } finally {
      looking = false;
    }
    if (ready.by !== "event") kit.watch();
  };

  // --- When -----------------------------------------------------------------------------------------------------------
  const roots = [];
  const wait = (name) => {
    if (name in window) return;
    const plain = (value) => defineProperty(window, name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
    defineProperty(window, name, {
      __proto__: null,
      // An element's or a frame's name may be the same.
      get: () => reflectGet(getPrototypeOf(window), name, window),
      set: (value) => {
        plain(value);
        look();
      },
      enumerable: false,
      configurable: true,
    });
  };
  const add = (path) => {
    if (path.length === 0) return;
    for (let i = 0; i < roots.length; i++) if (roots[i] === path[0]) return;
    apply(push, roots, [path[0]]);
  };
  if (ready.by !== "event") {
    if (ready.by === "callback") add(ready.subscribe);
    if (ready.by === "slot") add(ready.slot);
    for (let i = 0; i < probe.locations.length; i++) {
      const { path, ready: nth } = probe.locations[i];
      if (nth !== undefined) continue;
      add(path.length > 0 ? path : probe.subscribe);
      if (path.length === 0) add(probe.constants);
    }
    for (let i = 0; i < roots.length; i++) wait(roots[i]);
  }

  const isDone = () => {
    if (ready.by === "callback") return asked;
    if (ready.by === "slot") return placed !== undefined && arguments_.length > 0;
    return kit.complete();
  };
  let observing = false;
  const observer = new Observer(() => {
    look();
    if (!isDone()) return;
    apply(disconnect, observer, []);
    observing = false;
  });
  const onLoad = (event) => {
    if (apply(isPrototypeOf, HTMLScript, [event.target])) look();
  };
  const attend = () => {
    if (ready.by === "event") return;
    apply(listen, window.document, ["load", onLoad, true]);
    apply(listen, window.document, ["DOMContentLoaded", look, true]);
    apply(listen, window, ["load", look]);
    if (observing || isDone()) return;
    observing = true;
    apply(observe, observer, [window.document, { childList: true, subtree: true }]);
  };
  const given = (nth) => arguments_[nth - 1];
  const isCall = (location, call) => {
    if (!shape || location.ready !== undefined) return false;
    const { path } = location;
    if (path.length + probe.subscribe.length !== ready.subscribe.length) return false;
    for (let i = 0; i < ready.subscribe.length; i++)
      if (ready.subscribe[i] !== (i < path.length ? path[i] : probe.subscribe[i - path.length])) return false;
    return shape.read(call) !== undefined;
  };
  return { __proto__: null, given, keep, isCall, look, attend, renew };
}
