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
  return found;
};

// Keeps roots. `request.count`: how many the page's scripts have attached by now.
commands.adopt = (request, ...roots) => {
  const state = closedState();
  for (const root of roots) if (root && root.nodeType === 11 && root.host && root.mode === "closed") state.roots.set(root.host, root);
  state.any ||= roots.length > 0;
  state.count = Math.max(state.count, request.count);
  state.parsed ||= request.parsed;
  forget();
  return [JSON.stringify({})];
};

// How many closed roots there are by now of which nothing is known here: those of scripts, and once those of the parser.
const unknownRoots = () => {
  const state = closedState();
  let told = 0;
  if (kept.token) {
    const name = kept.token + " roots";
    const hear = (event) => {
      event.stopImmediatePropagation();
      told = Number(event.data) || 0;
    };
    addEventListener(name + " are", hear, true);
    dispatchEvent(new Event(name));
    removeEventListener(name + " are", hear, true);
  }
  if (told > state.count) return told;
  return state.parsed || document.readyState === "loading" ? 0 : Math.max(1, told);
};
commands.unknown_roots = () => [JSON.stringify({ unknown: unknownRoots(), parsed: document.readyState !== "loading" })];

commands.in_closed_root = (request, element) => [JSON.stringify(!!closedRootOf(element))];
commands.choose = (request, option) => {
  const select = option.closest("select");
  select.focus();
  option.selected = select.multiple ? !option.selected : true;
  select.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
  select.dispatchEvent(new Event("change", { bubbles: true }));
  return [JSON.stringify({})];
};
