// What custom elements say of themselves to assistive technology by ElementInternals (HTML, section 4.13.7.3): only the page's
// own scripts hold that object. Part of the listener, which calls it once, before any script of the page. What looks for
// elements (engine.js) runs in a sandbox, and asks by an event on the element, whose name nobody else knows; it is answered by
// an event on the window, whose text is of the same kind in both worlds.
//
// (kit) => { attend }
//   kit      { apply, quote, put, name }: the listener's own means; put: as in asks.js; name: of the event that asks
//   attend   listens (again) to the window
(kit) => {
  "use strict";
  const { apply, quote, put, name } = kit;
  const { getOwnPropertyDescriptor } = Object;
  const weakGet = WeakMap.prototype.get;
  const weakSet = WeakMap.prototype.set;
  const listen = EventTarget.prototype.addEventListener;
  const dispatch = EventTarget.prototype.dispatchEvent;
  const stop = Event.prototype.stopImmediatePropagation;
  const pathOf = Event.prototype.composedPath;
  const Answer = InputEvent;
  const held = new WeakMap(); // custom element -> its internals
  let any = false;
  const from = window.ElementInternals ? ElementInternals.prototype : {};
  const getter = (key) => {
    const how = getOwnPropertyDescriptor(from, key);
    return how && how.get;
  };
  const texts = { __proto__: null, role: getter("role"), label: getter("ariaLabel"), hidden: getter("ariaHidden") };
  const labelledBy = getter("ariaLabelledByElements");
  const textOf = getOwnPropertyDescriptor(Node.prototype, "textContent").get;

  if (window.HTMLElement)
    put(HTMLElement.prototype, "attachInternals", (target, self, given) => {
      const made = apply(target, self, given);
      any = true;
      apply(weakSet, held, [self, made]);
      return made;
    });

  const told = (internals) => {
    let body = "";
    for (const key in texts) {
      const value = texts[key] && apply(texts[key], internals, []);
      if (typeof value === "string") body += "," + quote(key) + ":" + quote(value);
    }
    const labels = labelledBy && apply(labelledBy, internals, []);
    let text = "";
    for (let i = 0; labels && i < labels.length; i++) text += (i ? " " : "") + apply(textOf, labels[i], []);
    if (text) body += ',"labelled":' + quote(text);
    return body;
  };
  const onAsk = (event) => {
    apply(stop, event, []);
    const target = apply(pathOf, event, [])[0];
    const internals = apply(weakGet, held, [target]);
    const body = '{"any":' + any + (internals ? told(internals) : "") + "}";
    apply(dispatch, window, [new Answer(name + " are", { __proto__: null, data: body })]);
  };
  const attend = () => apply(listen, window, [name, onAsk, true]);
  attend();
  return { __proto__: null, attend };
}
