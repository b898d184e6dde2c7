// Copying a hostile value as JSON text: the part of the listener that makes it, before any script of the page runs.
//
// (intrinsics, { quote, fold, limits, payload, parse }) => (root, from) => { data, notes, computed }
//   intrinsics  what this needs of the language, taken before the page could replace it
//   quote       a string as JSON text; fold: a text, cut to a length; limits: those of the listener
//   payload     the documented way to the payload, as keys; parse: whether a text that stands there is JSON
//   from        where that way begins in `root`, -1 for what has none
//
//   computed    whether something in it is the result of a getter of the page's, and so may be another the next time
//
// Bounded in depth, nodes and text; what is no JSON is noted by its path, never thrown.
(intrinsics, tools) => {
  "use strict";
  const { quote, fold, limits, payload, parse } = tools;
  const parseJson = JSON.parse;
  const {
    apply, getOwnPropertyDescriptor, getPrototypeOf, ownKeys, isArray, isFinite_, String_, symbolToString, classOf,
    slice, push, join, WeakSet_, weakHas, weakAdd, weakDelete, Map_, mapGet, mapSet, EventPrototype, NodePrototype,
    isPrototypeOf,
  } = intrinsics;

  return (root, from) => {
    const notes = [];
    const open = new WeakSet_();
    let nodes = 0;
    let size = 0;
    let computed = false;
    const note = (path, what) => {
      if (notes.length < 100)
        apply(push, notes, ['{"path":' + quote(fold(path, 500)) + ',"what":' + quote(what) + "}"]);
      return "null";
    };
    const text = (value, path) => {
      const room = size > limits.bytes / 8 ? 0 : limits.text;
      const kept = value.length > room ? (room > 0 ? apply(slice, value, [0, room]) + "…" : "") : value;
      if (kept !== value) note(path, "truncated");
      size += kept.length;
      return quote(kept);
    };
    const key = (path, name) => (path === "" ? name : path + "." + name);
    // Without a prototype: a page may have given `Object.prototype` a property of any name.
    const read = (object, name) => {
      try {
        return { __proto__: null, threw: false, value: object[name] };
      } catch {
        return { __proto__: null, threw: true, value: undefined };
      }
    };
    const computes = (object, name) => {
      let at = object;
      for (let up = 0; up < 5 && at; up++) {
        const how = getOwnPropertyDescriptor(at, name);
        if (how) return how.get !== undefined;
        at = getPrototypeOf(at);
      }
      return false;
    };
    const isObject = (value) => (typeof value === "object" || typeof value === "function") && value !== null;
    // What `object.name` can give: own properties, enumerable or not, and inherited ones but for methods. The prototype
    // at the end of a chain is the language's, or a polluted one.
    const namesOf = (object) => {
      const names = [];
      const seen = new Map_();
      const add = (name) => {
        if (typeof name !== "string" || names.length > limits.nodes || apply(mapGet, seen, [name])) return;
        apply(mapSet, seen, [name, true]);
        apply(push, names, [name]);
      };
      if (apply(isPrototypeOf, EventPrototype, [object])) {
        // Of the DOM's own objects only what a callback is documented to look at: walking `target` or `view` would copy
        // the whole page.
        apply(push, names, ["type", "detail", "data"]);
        const own = ownKeys(object);
        for (let i = 0; i < own.length; i++) if (own[i] !== "isTrusted") add(own[i]);
        return names;
      }
      let at = object;
      for (let up = 0; up < 5 && at; up++) {
        const above = getPrototypeOf(at);
        if (up > 0 && above === null) break;
        const own = ownKeys(at);
        for (let i = 0; i < own.length && (up === 0 || i < 200); i++) {
          const how = up === 0 ? undefined : getOwnPropertyDescriptor(at, own[i]);
          if (!how || typeof how.value !== "function") add(own[i]);
        }
        at = above;
      }
      return names;
    };
    // `on`: how many keys of the documented way to the payload lead here; -1 beside that way. What stands on it is
    // copied first, then texts and numbers, then the rest: where there is too much, that is left out which nobody reads.
    const walk = (value, path, depth, on) => {
      switch (typeof value) {
        case "string": {
          if (!parse || on !== payload.length || value.length > limits.bytes / 8) return text(value, path);
          let parsed;
          try {
            parsed = parseJson(value);
          } catch {
            return text(value, path);
          }
          return walk(parsed, path, depth, -1);
        }
        case "number":
          return isFinite_(value) ? String_(value) : note(path, "number " + String_(value));
        case "boolean":
          return value ? "true" : "false";
        case "bigint":
          note(path, "bigint");
          return quote(fold(String_(value), 100));
        case "undefined":
          return note(path, "undefined");
        case "function":
          return note(path, "function");
        case "symbol":
          note(path, "symbol");
          return quote(fold(apply(symbolToString, value, []), 100));
        default:
      }
      if (value === null) return "null";
      if (apply(weakHas, open, [value])) return note(path, "cycle");
      if (depth >= limits.depth || ++nodes > limits.nodes) return note(path, "truncated");
      apply(weakAdd, open, [value]);
      const parts = [];
      let array = false;
      try {
        array = isArray(value);
        if (array) {
          const length = value.length;
          for (let i = 0; i < length; i++) {
            if (nodes > limits.nodes || i >= limits.nodes) {
              note(path, "truncated");
              break;
            }
            const got = read(value, i);
            apply(push, parts, [got.threw ? note(key(path, String_(i)), "throws") : walk(got.value, key(path, String_(i)), depth + 1, -1)]);
          }
        } else {
          const isNode = apply(isPrototypeOf, NodePrototype, [value]);
          const isWindow = value === window || value === window.parent || value === window.top;
          if (isNode || isWindow) return note(path, isNode ? "node" : "window");
          const isEvent = apply(isPrototypeOf, EventPrototype, [value]);
          const names = namesOf(value);
          const next = on >= 0 && on < payload.length ? payload[on] : undefined;
          const values = [];
          for (let i = 0; i < names.length; i++) {
            computed = computed || (!isEvent && computes(value, names[i]));
            apply(push, values, [read(value, names[i])]);
          }
          const member = (i, step) => {
            const name = names[i];
            const got = values[i];
            if (isEvent && !got.threw && got.value === undefined) return;
            const at = key(path, name);
            if (nodes > limits.nodes && isObject(got.value)) return note(at, "truncated");
            const body = got.threw ? note(at, "throws") : walk(got.value, at, depth + 1, step);
            // `undefined` and functions are noted and left out, as JSON does; a field that throws reads null.
            if (!got.threw && (got.value === undefined || typeof got.value === "function")) return;
            apply(push, parts, [quote(fold(name, 500)) + ":" + body]);
          };
          for (let i = 0; i < names.length; i++) if (names[i] === next) member(i, on + 1);
          for (let i = 0; i < names.length; i++) if (names[i] !== next && !isObject(values[i].value)) member(i, -1);
          for (let i = 0; i < names.length; i++) if (names[i] !== next && isObject(values[i].value)) member(i, -1);
          if (names.length > limits.nodes) note(path, "truncated");
          const className = apply(classOf, value, []);
          // A Map's or Set's entries are no fields, so it seems emptier than it is.
          const holdsMore = className === "[object Map]" || className === "[object Set]";
          if (holdsMore || (parts.length === 0 && className !== "[object Object]")) note(path, "object " + fold(className, 60));
        }
      } catch (error) {
        return note(path, "throws"); // a proxy's trap
      } finally {
        apply(weakDelete, open, [value]);
      }
      const body = apply(join, parts, [","]);
      return array ? "[" + body + "]" : "{" + body + "}";
    };
    const data = walk(root, "", 0, from);
    return { data, notes: "[" + apply(join, notes, [","]) + "]", computed };
  };
}
