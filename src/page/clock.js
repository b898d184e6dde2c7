// The virtual clock: a page's time, which runs on as usual and can be advanced. Part of the listener, which calls it once,
// before any script of the page and after it has taken the real clock for itself.
//
// (config) => { state, join, advance }
//   config   { offset }: by how many milliseconds time was advanced before this document was born
//   state    () => JSON: what there is to know before advancing: `offset`, `next` (the offset at which the first timer is
//            due, or null)
//   join     (offset): a document that is new jumps to the others' time; its timers are set anew, none fires for it
//   advance  (offset, bound) => Promise<JSON>: all timers due until then fire, each at its own time, in the order in
//            which they are due; what runs longer than `bound` real milliseconds is told, and the rest of the time jumped
//
// Virtual time is real time plus an offset. Each timer is a native one as well, so that without an advance all is as
// always: order, clamping, throttling. While time is advanced, native timers wait; afterwards those that are left are set
// anew for what is left of them. Each callback runs in a task of its own (a message of a channel), so that promises
// settle in between, and what it throws is reported as ever.
(config) => {
  "use strict";
  const apply = Reflect.apply;
  const construct = Reflect.construct;
  const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, create } = Object;
  const hasOwn = Object.prototype.hasOwnProperty;
  const stringify = JSON.stringify;
  const push = Array.prototype.push;
  const { max, min, floor } = Math;
  const String_ = String;
  const Map_ = Map;
  const { get: mapGet, set: mapSet, delete: mapDelete, forEach: mapEach } = Map.prototype;
  const Promise_ = Promise;
  const Proxy_ = Proxy;
  const WeakMap_ = WeakMap;
  const { get: weakGet, set: weakSet } = WeakMap.prototype;
  const realSet = window.setTimeout;
  const realClear = window.clearTimeout;
  const realFrame = window.requestAnimationFrame;
  const realCancelFrame = window.cancelAnimationFrame;
  const realIdle = window.requestIdleCallback;
  const realCancelIdle = window.cancelIdleCallback;
  const performance_ = performance;
  const performanceNow = Performance.prototype.now;
  const RealDate = Date;
  const dateNow = Date.now;
  const channel = new MessageChannel();
  const port = channel.port1;
  const postMessage = MessagePort.prototype.postMessage;
  const listen = EventTarget.prototype.addEventListener;
  const getAnimations = Document.prototype.getAnimations;

  const real = () => apply(performanceNow, performance_, []);
  let offset = config.offset;
  const now = () => real() + offset;
  const FRAME = 1000 / 60;
  const LONGEST = 2147483647;

  // Puts ours in the place of a method; it looks as much like it as it can.
  const replace = (object, name, value) => {
    const how = object && getOwnPropertyDescriptor(object, name);
    if (!how || !apply(hasOwn, how, ["value"])) return undefined;
    defineProperty(object, name, { __proto__: null, value: value(how.value), writable: how.writable, enumerable: how.enumerable, configurable: how.configurable });
    return how.value;
  };
  // `given` is what the page gave, `self` what it called it on.
  const standIn = (original, run) => new Proxy_(original, { __proto__: null, apply: (target, self, given) => run(target, self, given) });

  // --- Timers -----------------------------------------------------------------------------------------------------------
  // By the number that the page knows: that of the first native timer. Animation frames and idle callbacks have numbers
  // of their own kinds.
  const timers = new Map_();
  const frames = new Map_();
  const idles = new Map_();
  let order = 0;
  let nesting = 0; // how deep timers set timers
  let advancing = false;

  const clamp = (delay, level) => (level > 5 && delay < 4 ? 4 : delay);
  const arm = (timer) => {
    timer.native = apply(realSet, window, [() => natural(timer), max(0, min(timer.due - now(), LONGEST))]);
  };
  const natural = (timer) => {
    if (advancing || timer.done) return;
    // A browser rounds to whole milliseconds, and may be a hair early.
    if (timer.due - now() > 1) return arm(timer);
    run(timer);
  };
  const run = (timer) => {
    const before = nesting;
    nesting = timer.nesting;
    try {
      if (timer.every === undefined) {
        timer.done = true;
        apply(mapDelete, timers, [timer.id]);
      }
      // A text is run by the browser itself: only it knows whether it may.
      if (typeof timer.what === "string") apply(realSet, window, [timer.what, 0]);
      else apply(timer.what, window, timer.given);
    } finally {
      nesting = before;
      if (timer.every !== undefined && !timer.done) {
        timer.nesting++;
        timer.order = ++order;
        timer.due = max(timer.due + max(1, clamp(timer.every, timer.nesting)), advancing ? 0 : now());
        if (!advancing) arm(timer);
      }
    }
  };
  const set = (repeats) => (target, self, given) => {
    if (given.length === 0) return apply(target, self, given); // throws as it does
    const function_ = typeof given[0] === "function";
    const what = function_ ? given[0] : String_(given[0]);
    const delay = max(0, given[1] | 0);
    const timer = { __proto__: null, what, given: [], due: 0, every: repeats ? delay : undefined, nesting: nesting + 1, order: ++order, done: false, id: 0, native: 0 };
    for (let i = 2; i < given.length; i++) apply(push, timer.given, [given[i]]);
    if (!function_) apply(realClear, window, [apply(target, self, [what, LONGEST])]); // a policy may forbid texts
    timer.due = now() + clamp(delay, timer.nesting);
    timer.native = apply(realSet, self, [() => natural(timer), delay]);
    timer.id = timer.native;
    apply(mapSet, timers, [timer.id, timer]);
    return timer.id;
  };
  const clear = (target, self, given) => {
    const id = given[0] | 0;
    const timer = apply(mapGet, timers, [id]);
    if (!timer) return apply(target, self, given);
    timer.done = true;
    apply(mapDelete, timers, [id]);
    return apply(target, self, [timer.native]);
  };
  replace(window, "setTimeout", (f) => standIn(f, set(false)));
  replace(window, "setInterval", (f) => standIn(f, set(true)));
  replace(window, "clearTimeout", (f) => standIn(f, clear));
  replace(window, "clearInterval", (f) => standIn(f, clear));

  // --- Animation frames and idle callbacks ------------------------------------------------------------------------------
  // While time is advanced nothing is drawn for anybody to see: frames come as on a slow machine.
  let step = FRAME;
  const waiting = (list, due, id, what, cancel) => {
    const one = { __proto__: null, due, order: ++order, done: false, what, cancel, list, id };
    apply(mapSet, list, [id, one]);
    return one;
  };
  const take = (one) => {
    if (one.done) return false;
    one.done = true;
    apply(mapDelete, one.list, [one.id]);
    return true;
  };
  replace(window, "requestAnimationFrame", (f) => standIn(f, (target, self, given) => {
    const what = given[0];
    if (typeof what !== "function") return apply(target, self, given);
    let one;
    const id = apply(target, self, [(time) => take(one) && apply(what, window, [time + offset])]);
    one = waiting(frames, now() + (advancing ? step : FRAME), id, () => apply(what, window, [now()]), realCancelFrame);
    return id;
  }));
  replace(window, "cancelAnimationFrame", (f) => standIn(f, (target, self, given) => {
    const one = apply(mapGet, frames, [given[0] >>> 0]);
    if (one) take(one);
    return apply(target, self, given);
  }));
  if (realIdle) {
    replace(window, "requestIdleCallback", (f) => standIn(f, (target, self, given) => {
      const what = given[0];
      if (typeof what !== "function") return apply(target, self, given);
      const passed = [(deadline) => take(one) && apply(what, window, [deadline])];
      for (let i = 1; i < given.length; i++) apply(push, passed, [given[i]]);
      let one;
      const id = apply(target, self, passed);
      // What is idle once time is advanced is idle at once.
      const deadline = { __proto__: IdleDeadline.prototype };
      defineProperty(deadline, "didTimeout", { __proto__: null, value: false, enumerable: true });
      defineProperty(deadline, "timeRemaining", { __proto__: null, value: () => 49, enumerable: true });
      one = waiting(idles, now() + (advancing ? step : FRAME), id, () => apply(what, window, [deadline]), realCancelIdle);
      return id;
    }));
    replace(window, "cancelIdleCallback", (f) => standIn(f, (target, self, given) => {
      const one = apply(mapGet, idles, [given[0] >>> 0]);
      if (one) take(one);
      return apply(target, self, given);
    }));
  }

  // --- What time it is --------------------------------------------------------------------------------------------------
  const dated = () => apply(dateNow, RealDate, []) + floor(offset);
  const PageDate = new Proxy_(RealDate, {
    __proto__: null,
    apply: () => String_(new RealDate(dated())),
    construct: (target, given, newTarget) => construct(target, given.length === 0 ? [dated()] : given, newTarget),
  });
  replace(RealDate, "now", (f) => standIn(f, () => dated()));
  replace(RealDate.prototype, "constructor", () => PageDate);
  replace(window, "Date", () => PageDate);
  replace(Performance.prototype, "now", (f) => standIn(f, (target, self, given) => apply(target, self, given) + offset));
  replace(Performance.prototype, "mark", (f) => standIn(f, (target, self, given) => {
    const options = given[1];
    if (typeof options === "object" && options !== null && options.startTime !== undefined) return apply(target, self, given);
    const detail = typeof options === "object" && options !== null ? options.detail : undefined;
    return given.length === 0 ? apply(target, self, given) : apply(target, self, [given[0], { startTime: now(), detail }]);
  }));
  // Pages compare an event's time with `performance.now()`.
  const timeStamp = getOwnPropertyDescriptor(Event.prototype, "timeStamp");
  if (timeStamp && timeStamp.get && timeStamp.configurable) {
    const stamped = new WeakMap_();
    const get = standIn(timeStamp.get, (target, self, given) => {
      const stamp = apply(target, self, given);
      let by = apply(weakGet, stamped, [self]);
      if (by === undefined) {
        by = offset;
        apply(weakSet, stamped, [self, by]);
      }
      return stamp + by;
    });
    defineProperty(Event.prototype, "timeStamp", { __proto__: null, get, set: undefined, enumerable: timeStamp.enumerable, configurable: true });
  }
  // "Now" is what a date is formatted as if there is none.
  const format = typeof Intl === "object" && getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, "format");
  if (format && format.get) {
    const bound = new WeakMap_();
    const get = standIn(format.get, (target, self, given) => {
      const right = apply(target, self, given);
      let ours = apply(weakGet, bound, [right]);
      if (!ours) {
        ours = standIn(right, (inner, _, dates) => apply(inner, undefined, [dates[0] === undefined ? dated() : dates[0]]));
        apply(weakSet, bound, [right, ours]);
      }
      return ours;
    });
    defineProperty(Intl.DateTimeFormat.prototype, "format", { __proto__: null, get, set: format.set, enumerable: format.enumerable, configurable: format.configurable });
    replace(Intl.DateTimeFormat.prototype, "formatToParts", (f) => standIn(f, (target, self, given) => apply(target, self, [given[0] === undefined ? dated() : given[0]])));
  }
  if (typeof Temporal === "object" && Temporal.Now) {
    const later = (value) => value.add({ milliseconds: floor(offset) });
    const dateTime = Temporal.Now.plainDateTimeISO;
    for (const name of ["instant", "zonedDateTimeISO", "plainDateTimeISO"]) replace(Temporal.Now, name, (f) => standIn(f, (target, self, given) => later(apply(target, self, given))));
    replace(Temporal.Now, "plainDateISO", (f) => standIn(f, (_, self, given) => later(apply(dateTime, self, given)).toPlainDate()));
    replace(Temporal.Now, "plainTimeISO", (f) => standIn(f, (_, self, given) => later(apply(dateTime, self, given)).toPlainTime()));
  }

  // --- What else waits --------------------------------------------------------------------------------------------------
  const pageSet = window.setTimeout;
  const Controller = AbortController;
  const abort = AbortController.prototype.abort;
  const signalOf = getOwnPropertyDescriptor(AbortController.prototype, "signal").get;
  const Exception = DOMException;
  replace(AbortSignal, "timeout", (f) => standIn(f, (target, self, given) => {
    apply(target, self, given); // throws as it does
    const controller = new Controller();
    pageSet(() => apply(abort, controller, [new Exception("The operation timed out.", "TimeoutError")]), min(+given[0], LONGEST));
    return apply(signalOf, controller, []);
  }));
  if (typeof Scheduler === "function")
    replace(Scheduler.prototype, "postTask", (f) => standIn(f, (target, self, given) => {
      const options = given[1];
      const delay = options && +options.delay;
      if (!(delay > 0)) return apply(target, self, given);
      const { priority, signal } = options;
      const rest = { __proto__: null };
      if (priority !== undefined) rest.priority = priority;
      if (signal !== undefined) rest.signal = signal;
      return new Promise_((done) => pageSet(done, delay)).then(() => apply(target, self, [given[0], rest]));
    }));

  // What keeps the real time, to be told where it may have mattered.
  const kept = new Map_();
  const count = (name) => apply(mapSet, kept, [name, (apply(mapGet, kept, [name]) || 0) + 1]);
  for (const [name, told] of [["Worker", "worker"], ["SharedWorker", "shared worker"], ["EventSource", "EventSource"], ["WebSocket", "WebSocket"]])
    replace(window, name, (f) => new Proxy_(f, {
      __proto__: null,
      construct: (target, given, newTarget) => {
        const made = construct(target, given, newTarget);
        count(told);
        return made;
      },
    }));
  const keptText = () => {
    const list = [];
    apply(mapEach, kept, [(n, name) => apply(push, list, [n === 1 ? "1 " + name : n + " " + name + "s"])]);
    let animations = 0;
    try {
      const all = apply(getAnimations, window.document, []);
      for (let i = 0; i < all.length; i++) if (all[i].playState === "running") animations++;
    } catch {
      animations = 0;
    }
    if (animations > 0) apply(push, list, [animations === 1 ? "1 animation" : animations + " animations"]);
    return list;
  };

  // --- Advancing --------------------------------------------------------------------------------------------------------
  const earliest = (until) => {
    let first;
    const look = (one) => {
      if (one.due <= until && (!first || one.due < first.due || (one.due === first.due && one.order < first.order))) first = one;
    };
    apply(mapEach, timers, [look]);
    apply(mapEach, frames, [look]);
    apply(mapEach, idles, [look]);
    return first;
  };
  let job;
  let over;
  apply(listen, channel.port2, ["message", () => {
    const { what, done } = { __proto__: null, what: job, done: over };
    try {
      if (what) what();
    } finally {
      done();
    }
  }]);
  channel.port2.start();
  // A task of its own.
  const task = (what) => new Promise_((done) => {
    job = what;
    over = done;
    apply(postMessage, port, [0]);
  });
  // A frame that a timer has made is waited for, a second at most: it takes no time of the page's to load.
  const frameCount = getOwnPropertyDescriptor(window, "length").get;
  const countFrames = () => (frameCount ? apply(frameCount, window, []) : 0);
  let loads = 0;
  let onLoad = () => {};
  const loaded = (event) => {
    const { target } = event;
    if (target && (target.localName === "iframe" || target.localName === "frame")) {
      loads++;
      onLoad();
    }
  };
  const framesLoaded = (wanted) => new Promise_((done) => {
    if (loads >= wanted) return done();
    apply(realSet, window, [done, 1000]);
    onLoad = () => loads >= wanted && done();
  });
  const fire = (one) => {
    if (one.list) {
      const { what, cancel, id } = one;
      if (take(one)) {
        apply(cancel, window, [id]);
        what();
      }
    } else if (!one.done) {
      apply(realClear, window, [one.native]);
      run(one);
    }
  };
  const rearm = () => apply(mapEach, timers, [(timer) => {
    apply(realClear, window, [timer.native]);
    arm(timer);
  }]);
  const advance = async (to, bound) => {
    const began = real();
    const until = began + max(to, offset);
    step = max(FRAME, (until - now()) / 1000);
    let fired = 0;
    let cut = false;
    advancing = true;
    apply(listen, window.document, ["load", loaded, true]);
    try {
      for (let one = earliest(until); one; one = earliest(until)) {
        if (real() - began > bound) {
          cut = true;
          break;
        }
        offset = max(offset, one.due - real());
        const { list } = one;
        const before = countFrames();
        loads = 0;
        const text = typeof one.what === "string";
        await task(() => fire(one));
        if (!list) fired++;
        await task();
        const made = countFrames() - before;
        if (made > 0) await framesLoaded(made);
        if (text) await new Promise_((done) => apply(realSet, window, [done, 1]));
      }
    } finally {
      offset = max(offset, to);
      advancing = false;
      rearm();
    }
    return stringify({ fired, cut, kept: keptText() });
  };
  const join = (to) => {
    if (advancing || to <= offset) return;
    const by = to - offset;
    offset = to;
    // What the page has set since it was born was set for later than the time that it now jumps to.
    const put = (one) => {
      one.due += by;
    };
    apply(mapEach, timers, [put]);
    apply(mapEach, frames, [put]);
    apply(mapEach, idles, [put]);
  };
  const state = () => {
    let first;
    apply(mapEach, timers, [(one) => {
      if (!first || one.due < first.due) first = one;
    }]);
    return stringify({ offset, next: first ? max(offset, first.due - real()) : null });
  };
  return { __proto__: null, state, join, advance, offset: () => offset };
}
