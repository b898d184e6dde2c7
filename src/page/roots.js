// The closed shadow roots that a page's scripts attach: only who attaches one holds it. Part of the listener, which calls it
// once, before any script of the page. What looks for elements (engine.js) runs in a sandbox, and asks by an event on the
// window how many there are; chatproof asks for the roots themselves and takes them there.
//
// (kit) => { attend, all }
//   kit      { apply, put, push, name }: the listener's own means; put: as in asks.js; name: of the event that asks
//   attend   listens (again) to the window
//   all      the roots that are still there
(kit) => {
  "use strict";
  const { apply, put, push, name } = kit;
  const { getOwnPropertyDescriptor } = Object;
  const listen = EventTarget.prototype.addEventListener;
  const dispatch = EventTarget.prototype.dispatchEvent;
  const stop = Event.prototype.stopImmediatePropagation;
  const Answer = InputEvent;
  const Weak = WeakRef;
  const deref = WeakRef.prototype.deref;
  const String_ = String;
  const modeOf = window.ShadowRoot && getOwnPropertyDescriptor(ShadowRoot.prototype, "mode").get;
  const MOST = 10000;
  const roots = [];
  let count = 0;

  put(Element.prototype, "attachShadow", (target, self, given) => {
    const made = apply(target, self, given);
    if (modeOf && apply(modeOf, made, []) === "closed" && count < MOST) {
      count++;
      apply(push, roots, [new Weak(made)]);
    }
    return made;
  });

  const onAsk = (event) => {
    apply(stop, event, []);
    apply(dispatch, window, [new Answer(name + " are", { __proto__: null, data: String_(count) })]);
  };
  const attend = () => apply(listen, window, [name, onAsk, true]);
  attend();
  const all = () => {
    const there = [];
    for (let i = 0; i < roots.length; i++) {
      const root = apply(deref, roots[i], []);
      if (root) apply(push, there, [root]);
    }
    return there;
  };
  return { __proto__: null, attend, all };
}
