// Closed shadow roots, which no script can get from their hosts: the driver hands them out, and here they are kept. The engine
// (engine.js) and watch.js stand before it in the same function.

// What may have a shadow root (DOM, section 4.9), and seems to hold nothing by itself.
const HOSTS = "article,aside,blockquote,div,footer,header,main,nav,p,section,span";
const MOST_HOSTS = 300;
commands.hosts = () => {
  const found = [];
  for (const root of rootsOf(document)) {
    for (const element of root.querySelectorAll("*")) {
      if (found.length >= MOST_HOSTS) break;
      if (shadowOf(element) || element.namespaceURI !== HTML) continue;
      if (element.localName.includes("-") || (element.childElementCount === 0 && element.matches(HOSTS) && fold(element.textContent) === "")) found.push(element);
    }
  }
  closedState().parsed = document.readyState !== "loading";
  return found;
};

// Keeps roots. `request.count`: how many the page's scripts had attached by then. `request.parsed`: the parser's are all known.
commands.adopt = (request, ...roots) => {
  const state = closedState();
  for (const root of roots) if (root && root.nodeType === 11 && root.host && root.mode === "closed") state.roots.set(root.host, root);
  state.any ||= roots.length > 0;
  state.count = Math.max(state.count, request.count);
  state.parsed = request.parsed;
  forget();
  return [JSON.stringify({})];
};

// How many closed roots the page's scripts have attached by now, as the listener reports it.
const attachedRoots = () => {
  let attached = 0;
  if (kept.token) {
    const name = kept.token + " roots";
    const hear = (event) => {
      event.stopImmediatePropagation();
      attached = Number(event.data) || 0;
    };
    addEventListener(name + " are", hear, true);
    dispatchEvent(new Event(name));
    removeEventListener(name + " are", hear, true);
  }
  return attached;
};
// What may be had from the driver by now: roots of scripts that aren't known here, and once those of the parser. A number that
// is another one when there's more to ask for; 0 if there's nothing.
const unknownRoots = () => {
  const state = closedState();
  const attached = attachedRoots();
  if (attached > state.count) return attached;
  return state.parsed || document.readyState === "loading" ? 0 : Math.max(1, attached);
};
commands.unknown_roots = () => {
  const attached = attachedRoots();
  return [JSON.stringify({ unknown: unknownRoots() > 0, attached, scripts: attached > closedState().count })];
};

commands.in_closed_root = (request, element) => [JSON.stringify(!!closedRootOf(element))];
commands.choose = (request, option) => {
  const select = option.closest("select");
  select.focus();
  option.selected = select.multiple ? !option.selected : true;
  select.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
  select.dispatchEvent(new Event("change", { bubbles: true }));
  return [JSON.stringify({})];
};
