// How the subscribe function is called: which of its arguments are the event and the callback. Part of the listener, which
// calls it once, before any script of the page.
//
// (intrinsics, documented) => { build, read }
//   documented  a list with "$event" and "$callback" once each, at any depth; null: the event, then the callback
//   build       (event, callback) => what to call it with
//   read        (given) => { event, callback, replaced } of a call of the page's; undefined if it is one for something else.
//               `replaced` is a function that gives the arguments with another callback; what the page gave is left as it is.
(intrinsics, documented) => {
  "use strict";
  const { apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys, isArray, push } = intrinsics;
  const create = Object.create;
  const EVENT = "$event";
  const CALLBACK = "$callback";
  const isObject = (value) => typeof value === "object" && value !== null;
  const put = (object, key, value) =>
    defineProperty(object, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  const copied = (given) => {
    const list = [];
    for (let i = 0; i < given.length; i++) put(list, i, given[i]);
    return list;
  };

  if (documented === null) {
    return {
      __proto__: null,
      build: (event, callback) => [event, callback],
      read: (given) => ({
        __proto__: null, event: given[0], callback: given.length > 1 ? given[1] : undefined,
        replaced: (callback) => {
          const list = copied(given);
          list[1] = callback;
          return list;
        },
      }),
    };
  }

  const made = (part, event, callback) => {
    if (part === EVENT) return event;
    if (part === CALLBACK) return callback;
    if (!isObject(part)) return part;
    const keys = ownKeys(part);
    const whole = isArray(part) ? [] : {};
    for (let i = 0; i < keys.length; i++) if (keys[i] !== "length") put(whole, keys[i], made(part[keys[i]], event, callback));
    return whole;
  };
  // Whether what was given is as documented; what the event and the callback are is put into `found`.
  const fits = (part, given, found) => {
    if (part === EVENT) {
      found.event = given;
      return true;
    }
    if (part === CALLBACK) {
      found.callback = given;
      return true;
    }
    if (!isObject(part)) return part === given;
    if (!isObject(given)) return false;
    const keys = ownKeys(part);
    for (let i = 0; i < keys.length; i++)
      if (keys[i] !== "length" && !fits(part[keys[i]], given[keys[i]], found)) return false;
    return true;
  };
  const holds = (part) => {
    if (part === CALLBACK) return true;
    if (!isObject(part)) return false;
    const keys = ownKeys(part);
    for (let i = 0; i < keys.length; i++) if (holds(part[keys[i]])) return true;
    return false;
  };
  // The same with another callback: whatever holds it is copied, all else is the page's own.
  const exchanged = (part, given, callback) => {
    if (part === CALLBACK) return callback;
    if (!holds(part)) return given;
    const whole = isArray(given) ? copied(given) : create(getPrototypeOf(given));
    if (!isArray(given)) {
      const own = ownKeys(given);
      for (let i = 0; i < own.length; i++) defineProperty(whole, own[i], getOwnPropertyDescriptor(given, own[i]));
    }
    const keys = ownKeys(part);
    for (let i = 0; i < keys.length; i++)
      if (keys[i] !== "length" && holds(part[keys[i]])) put(whole, keys[i], exchanged(part[keys[i]], given[keys[i]], callback));
    return whole;
  };
  return {
    __proto__: null,
    build: (event, callback) => {
      const list = [];
      for (let i = 0; i < documented.length; i++) apply(push, list, [made(documented[i], event, callback)]);
      return list;
    },
    read: (given) => {
      const found = { __proto__: null, event: undefined, callback: undefined };
      try {
        for (let i = 0; i < documented.length; i++) if (!fits(documented[i], given[i], found)) return undefined;
      } catch {
        return undefined; // a getter of the page's
      }
      return {
        __proto__: null, event: found.event, callback: found.callback,
        replaced: (callback) => {
          const list = copied(given);
          for (let i = 0; i < documented.length; i++) list[i] = exchanged(documented[i], given[i], callback);
          return list;
        },
      };
    },
  };
}
