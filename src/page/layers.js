// Data layers: what the page pushes into `window.dataLayer` and the like. Part of the listener, made by it where there is
// a layer to listen to.
//
// ({ names, say, quote, copy, intrinsics }) => { look, soon, renew }
//
// An array that doesn't exist yet can't be listened to without being seen: `"dataLayer" in window` must stay false. So it
// is looked for, at every moment at which a script may just have made it. While its `push` is the language's own, it stays
// so: libraries ask whether it is, to know whether another one has taken over; and what is pushed then stays in the array,
// where it is found at the next look. A library's `push` may keep things out of the array, so it is replaced by a proxy of
// that very function: same `this`, same arguments, same answer, same exceptions, and whoever overrides it later calls it
// like the original.
((tools) => {
  "use strict";
  const { names, say, quote, copy, intrinsics } = tools;
  const { apply, defineProperty, getOwnPropertyDescriptor, classOf, isArray, push, setTimeout_, soon, listen, Observer, observe, WeakSet_, weakHas, weakAdd } = intrinsics;
  const Proxy_ = Proxy;
  const isObject = (value) => (typeof value === "object" || typeof value === "function") && value !== null;
  const proxies = new WeakSet_();
  const layers = [];
  for (let i = 0; i < names.length; i++) apply(push, layers, [{ name: names[i], array: undefined, seen: 0, depth: 0 }]);

  const tell = (layer, index, found, value) => {
    let data = value;
    let isArguments = false;
    try {
      isArguments = isObject(value) && !isArray(value) && apply(classOf, value, []) === "[object Arguments]";
      if (isArguments) {
        data = [];
        for (let i = 0; i < value.length && i < 50; i++) apply(push, data, [value[i]]);
      }
    } catch {
      data = value;
    }
    const copied = copy(data, -1);
    say("push", ',"l":' + quote(layer.name) + ',"i":' + index + ',"f":' + found + ',"a":' + isArguments + ',"v":' + copied.data + ',"x":' + copied.notes, copied.data.length);
  };

  // What came into the array since the last look, by whatever way.
  const catchUp = (layer, found) => {
    const array = layer.array;
    let length = 0;
    try {
      length = array.length;
    } catch {
      return;
    }
    if (typeof length !== "number") return;
    // A tag manager keeps the last few hundred: what was taken from the front moves the rest.
    if (length < layer.seen) layer.seen = length;
    for (let i = layer.seen; i < length && i < layer.seen + 1000; i++) {
      let value;
      try {
        value = array[i];
      } catch {
        value = undefined;
      }
      tell(layer, i, found, value);
    }
    layer.seen = length;
  };

  const attach = (layer) => {
    const array = layer.array;
    try {
      const own = getOwnPropertyDescriptor(array, "push");
      const original = array.push;
      if (typeof original !== "function" || original === push || apply(weakHas, proxies, [original])) return;
      if (own && !("value" in own && own.writable)) return;
      const proxy = new Proxy_(original, {
        __proto__: null,
        apply: (target, self, pushed) => {
          // Only what is pushed into the array that the page calls its layer; told before anybody handles it.
          if (self === layer.array && layer.depth === 0) {
            catchUp(layer, true);
            for (let i = 0; i < pushed.length; i++) tell(layer, layer.seen + i, false, pushed[i]);
            layer.depth++;
            const before = layer.seen;
            try {
              return apply(target, self, pushed);
            } finally {
              layer.depth--;
              // Handlers that push more while this one is pushed have told it by now, or it is found below. A library may
              // also keep what was pushed out of the array.
              layer.seen = before + pushed.length;
              let length = 0;
              try {
                length = array.length;
              } catch {
                length = layer.seen;
              }
              if (length > layer.seen) catchUp(layer, true);
              else layer.seen = length;
            }
          }
          return apply(target, self, pushed);
        },
      });
      apply(weakAdd, proxies, [proxy]);
      defineProperty(array, "push", own ? { ...own, value: proxy } : { value: proxy, writable: true, configurable: true, enumerable: false });
    } catch {
      // frozen, or a proxy that refuses: looking will do
    }
  };

  const look = () => {
    for (let i = 0; i < layers.length; i++) {
      const layer = layers[i];
      let value;
      try {
        value = window[layer.name];
      } catch {
        value = undefined;
      }
      if (!isObject(value)) continue;
      // A window's element of that id, say.
      if (!isArray(value) && typeof value.push !== "function") continue;
      if (value !== layer.array) {
        layer.array = value;
        layer.seen = 0;
        layer.depth = 0;
        catchUp(layer, true);
        attach(layer);
      } else if (layer.depth === 0) {
        // A moment ago at most: it has been looked at all the time.
        catchUp(layer, false);
        attach(layer);
      }
    }
  };

  // Before a script of the parser's runs, whatever has changed in the document is told: after the script before it.
  const observer = new Observer(look);
  let waiting = false;
  const later = () => {
    waiting = false;
    look();
    wait();
  };
  // Also where nothing else happens: a script that is run by a timer.
  const wait = () => {
    if (waiting) return;
    waiting = true;
    setTimeout_(later, 100);
  };
  const attend = () => {
    apply(observe, observer, [window.document, { childList: true, subtree: true }]);
    apply(listen, window.document, ["readystatechange", look, true]);
    // Of the scripts and images in the page.
    apply(listen, window, ["load", look, true]);
    apply(listen, window, ["error", look, true]);
    wait();
  };
  attend();
  return {
    look,
    soon: () => soon(look),
    renew: () => {
      for (let i = 0; i < layers.length; i++) {
        layers[i].array = undefined;
        layers[i].seen = 0;
      }
      attend();
    },
  };
})
