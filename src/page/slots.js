// Properties that hold one callback each: the page sets it, the widget reads and calls it. Part of the listener, which calls
// it once, before any script of the page.
//
// (kit) => { hold, own }
//   kit    the listener's own means: { apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, is, front, unwrap }
//          front: a function that passes for another one, and is called in its place
//   hold   (object, name, hear) => whether ours is called whenever the property's callback is, before the page's own;
//          `hear` is given what the widget gives. Any number of times for the same property: one call is heard once.
//   own    (object, name) => what the page itself has set there
//
// An accessor: what the page sets is kept, and the widget gets a stand-in of it with ours in front; where the page has set
// nothing, it gets ours, as it would on a page that sets one. A stand-in that is set again, or elsewhere, is the page's own
// function still.
(kit) => {
  "use strict";
  const { apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, is, front, unwrap } = kit;
  const WeakMap_ = WeakMap;
  const weakGet = WeakMap.prototype.get;
  const weakSet = WeakMap.prototype.set;
  const Map_ = Map;
  const mapGet = Map.prototype.get;
  const mapSet = Map.prototype.set;
  const hasOwn = Object.prototype.hasOwnProperty;
  const held = new WeakMap_(); // object -> name -> slot
  const mine = new WeakMap_(); // a callback of ours -> true
  const isObject = (value) => (typeof value === "object" || typeof value === "function") && value !== null;
  const isMine = (value) => typeof value === "function" && apply(weakGet, mine, [value]) === true;

  // A handler that calls the one that was there before it hands the same call on: that was heard.
  const calls = [];
  const isNested = (given) => {
    for (let i = 0; i < calls.length; i++) {
      let same = calls[i].length === given.length;
      for (let j = 0; same && j < given.length; j++) same = is(calls[i][j], given[j]);
      if (same) return true;
    }
    return false;
  };
  const during = (given, run) => {
    calls[calls.length] = given;
    try {
      return run();
    } finally {
      calls.length--;
    }
  };
  const told = (slot, given) => {
    if (isNested(given)) return false;
    slot.hear(given);
    return true;
  };

  const find = (object, name) => {
    let at = object;
    for (let up = 0; up < 10 && at !== null && at !== undefined; up++) {
      const how = getOwnPropertyDescriptor(at, name);
      if (how) return { __proto__: null, at, how };
      at = getPrototypeOf(at);
    }
    return undefined;
  };
  const isData = (how) => apply(hasOwn, how, ["value"]);

  const slotFor = (hear) => {
    const slot = { __proto__: null, hear, own: undefined, given: undefined, proxy: undefined, getter: undefined };
    slot.ours = function () {
      const given = arguments;
      told(slot, given);
    };
    apply(weakSet, mine, [slot.ours, true]);
    return slot;
  };
  // What the widget reads where the page has set `value`.
  const shown = (slot, value) => {
    if (isMine(value)) return slot.ours;
    const original = unwrap(value);
    if (typeof original !== "function") return value === undefined || value === null ? slot.ours : value;
    if (slot.given !== original) {
      slot.given = original;
      slot.proxy = front(original, (target, self, given) => {
        told(slot, given);
        return during(given, () => apply(target, self, given));
      });
    }
    return slot.proxy;
  };

  const hold = (object, name, hear) => {
    if (!isObject(object)) return false;
    let slots = apply(weakGet, held, [object]);
    if (!slots) apply(weakSet, held, [object, (slots = new Map_())]);
    const known = apply(mapGet, slots, [name]);
    const found = find(object, name);
    const how = found && found.at === object ? found.how : undefined;
    if (known) {
      known.hear = hear;
      if (how && how.get === known.getter) return true;
    }
    const slot = known || slotFor(hear);
    const put = (get, set) => {
      defineProperty(object, name, { __proto__: null, get, set, enumerable: how ? how.enumerable : true, configurable: true });
      const after = getOwnPropertyDescriptor(object, name);
      if (!after || after.get !== get) return false;
      slot.getter = get;
      apply(mapSet, slots, [name, slot]);
      return true;
    };
    try {
      if (found && !isData(found.how)) {
        // The widget's own accessor: it keeps what it's given, which is ours from now on.
        const { get, set } = found.how;
        if (typeof set !== "function" || (how && !how.configurable)) return false;
        slot.own = typeof get === "function" ? apply(get, object, []) : undefined;
        if (!put(function () {
          return typeof get === "function" ? apply(get, this, []) : undefined;
        }, function (value) {
          slot.own = isMine(value) ? undefined : unwrap(value);
          apply(set, this, [shown(slot, value)]);
        })) return false;
        apply(set, object, [shown(slot, slot.own)]);
        return true;
      }
      const there = found ? found.how.value : undefined;
      slot.own = isMine(there) ? undefined : unwrap(there);
      if (how && !how.configurable) {
        if (!how.writable) return false;
        object[name] = shown(slot, there);
        apply(mapSet, slots, [name, slot]);
        return true;
      }
      return put(() => shown(slot, slot.own), (value) => {
        slot.own = isMine(value) ? undefined : unwrap(value);
      });
    } catch {
      return false; // a frozen object, or a proxy that refuses
    }
  };
  const own = (object, name) => {
    const slots = isObject(object) ? apply(weakGet, held, [object]) : undefined;
    const slot = slots && apply(mapGet, slots, [name]);
    return slot ? slot.own : undefined;
  };
  return { __proto__: null, hold, own };
}
