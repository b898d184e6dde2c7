// The locator engine: finds elements by the parts of a locator, through shadow roots. Runs in a sandbox of
// chatproof's own, so the page's changes to built-ins don't reach it. Only declarations: watch.js stands behind it in
// the same function.

// --- Trees: document order, shadow roots included ------------------------------------------------------------------
const isElement = (node) => node.nodeType === 1;
// Each evaluation looks many times at the same things, some of which cost a browser a lot. What is kept here is true until
// `forget` begins the next evaluation.
let kept;
const forget = (token = kept && kept.token) => {
  kept = { token, roots: new Map(), texts: new Map(), displays: new Map(), hidden: new Map(), labels: null, internals: new Map() };
};
forget();
// Closed roots that the driver has handed out (closed.js), kept from one command to the next.
const CLOSED = "chatproof closed";
const closedState = () => {
  if (!Object.hasOwn(globalThis, CLOSED)) Object.defineProperty(globalThis, CLOSED, { value: { roots: new WeakMap(), any: false, count: 0, parsed: false }, configurable: true });
  return globalThis[CLOSED];
};
const shadowOf = (host) => host.shadowRoot || (closedState().any && closedState().roots.get(host)) || null;
// Every tree below `scope`: its own, and those of the shadow roots in it, however deep they lie in each other.
const rootsOf = (scope) => {
  const known = kept.roots.get(scope);
  if (known) return known;
  const roots = [];
  const todo = [scope];
  while (todo.length > 0) {
    const root = todo.pop();
    roots.push(root);
    const inner = [];
    if (isElement(root) && shadowOf(root)) inner.push(shadowOf(root));
    const { any, roots: closed } = closedState();
    for (const host of root.querySelectorAll("*")) {
      const own = host.shadowRoot || (any && closed.get(host));
      if (own) inner.push(own);
    }
    for (let i = inner.length - 1; i >= 0; i--) todo.push(inner[i]);
  }
  kept.roots.set(scope, roots);
  return roots;
};
// An element's kind. HTML's are written in capitals whatever the document's own way is (XHTML keeps them as written), those
// of other namespaces (SVG, MathML) as they are, without a prefix: an SVG `a` or `title` isn't HTML's.
const HTML = "http://www.w3.org/1999/xhtml";
const SVG = "http://www.w3.org/2000/svg";
const capitals = new Map();
const tagOf = (element) => {
  const name = element.localName;
  if (element.namespaceURI !== HTML) return name;
  let tag = capitals.get(name);
  if (tag === undefined) capitals.set(name, (tag = name.toUpperCase()));
  return tag;
};
// The host of the shadow root that a node stands in. Not by `instanceof`: what a page has made in one document and put
// into another may keep the classes of the first.
const hostOf = (node) => {
  const root = node.getRootNode();
  return (root.nodeType === 11 && root.host) || null;
};
const composedParent = (element) => element.assignedSlot || element.parentElement || hostOf(element);
// Ancestors as a selector's author sees them: the host stands above what is in its shadow root.
const treeParent = (element) => element.parentElement || hostOf(element);
const composedContains = (outer, inner) => {
  for (let at = inner; at; at = treeParent(at)) if (at === outer) return true;
  return false;
};
const all = (scope, selector) => {
  const found = [];
  for (const root of rootsOf(scope)) for (const element of root.querySelectorAll(selector)) found.push(element);
  return found;
};

// --- CSS across shadow roots --------------------------------------------------------------------------------------------
// Splits at the top level only: not inside brackets, parentheses or quotes.
const splitSelector = (selector) => {
  const complexes = [];
  let compounds = [];
  let current = "";
  let combinator = " ";
  let depth = 0;
  let quote = "";
  const finish = () => {
    if (current.trim() !== "") compounds.push({ combinator, selector: current.trim() });
    current = "";
  };
  for (let i = 0; i < selector.length; i++) {
    const c = selector[i];
    if (quote) {
      current += c;
      if (c === "\\") current += selector[++i] ?? "";
      else if (c === quote) quote = "";
    } else if (c === "\\") {
      current += c + (selector[++i] ?? "");
    } else if (c === '"' || c === "'") {
      quote = c;
      current += c;
    } else if (c === "(" || c === "[") {
      depth++;
      current += c;
    } else if (c === ")" || c === "]") {
      depth--;
      current += c;
    } else if (depth === 0 && c === ",") {
      finish();
      complexes.push(compounds);
      compounds = [];
      combinator = " ";
    } else if (depth === 0 && (/\s/.test(c) || c === ">" || c === "+" || c === "~")) {
      if (current.trim() !== "") {
        finish();
        combinator = " ";
      }
      if (!/\s/.test(c)) combinator = c;
    } else {
      current += c;
    }
  }
  finish();
  complexes.push(compounds);
  return complexes.filter((one) => one.length > 0);
};
const matchesUpTo = (element, compounds, last, limit) => {
  // The compound at `last` is known to match `element`; do those before it match what stands around it?
  if (last === 0) return true;
  const wanted = compounds[last - 1].selector;
  switch (compounds[last].combinator) {
    case ">": {
      const up = treeParent(element);
      return !!up && up !== limit && up.matches(wanted) && matchesUpTo(up, compounds, last - 1, limit);
    }
    case "+": {
      const before = element.previousElementSibling;
      return !!before && before.matches(wanted) && matchesUpTo(before, compounds, last - 1, limit);
    }
    case "~": {
      for (let before = element.previousElementSibling; before; before = before.previousElementSibling)
        if (before.matches(wanted) && matchesUpTo(before, compounds, last - 1, limit)) return true;
      return false;
    }
    default: {
      for (let up = treeParent(element); up && up !== limit; up = treeParent(up))
        if (up.matches(wanted) && matchesUpTo(up, compounds, last - 1, limit)) return true;
      return false;
    }
  }
};
const byCss = (scope, selector) => {
  const found = new Set();
  for (const compounds of splitSelector(selector)) {
    const last = compounds.length - 1;
    for (const element of all(scope, compounds[last].selector))
      if (matchesUpTo(element, compounds, last, isElement(scope) ? scope : null)) found.add(element);
  }
  return [...found];
};

// --- Texts --------------------------------------------------------------------------------------------------------------
const fold = (text) => text.replace(/\s+/g, " ").trim();
const textMatches = (match, text) => {
  const folded = fold(text);
  switch (match.how) {
    case "exact":
      return folded === match.value;
    case "contains":
      return folded.toLowerCase().includes(match.value.toLowerCase());
    default:
      return new RegExp(match.pattern, match.flags).test(folded);
  }
};
const UNREAD = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "HEAD", "TITLE"]);
const UNREAD_SVG = new Set(["script", "style", "title", "desc", "metadata"]);
const unread = (element) => UNREAD.has(tagOf(element)) || (element.namespaceURI === SVG && UNREAD_SVG.has(element.localName));
// The text a person would read in an element: its shadow root's instead of its own children, slots filled. Each
// element's text is made once in an evaluation.
const composedText = (node) => {
  if (node.nodeType === 3 || node.nodeType === 4) return node.data;
  if (isElement(node)) {
    const known = kept.texts.get(node);
    if (known !== undefined) return known;
  }
  const text = readText(node);
  if (isElement(node)) kept.texts.set(node, text);
  return text;
};
const readText = (node) => {
  if (isElement(node)) {
    if (unread(node)) return "";
    const tag = tagOf(node);
    if (tag === "BR") return " ";
    if (tag === "INPUT" && /^(submit|button|reset)$/.test(node.type)) return node.value;
    if (tag === "SLOT" && node.assignedNodes().length > 0) return node.assignedNodes({ flatten: true }).map(composedText).join("");
  }
  const from = (isElement(node) && shadowOf(node)) || node;
  let text = "";
  for (const child of from.childNodes) {
    const part = composedText(child);
    text += isElement(child) && part !== "" && !/^(inline|contents)/.test(displayOf(child)) ? " " + part + " " : part;
  }
  return text;
};
const displayOf = (element) => {
  let display = kept.displays.get(element);
  if (display === undefined) kept.displays.set(element, (display = getComputedStyle(element).display || "none"));
  return display;
};

// --- Roles and names (ARIA in HTML; Accessible Name and Description Computation, the parts that pages use) ---------------
const INPUT_ROLES = {
  button: "button", submit: "button", reset: "button", image: "button", checkbox: "checkbox", radio: "radio",
  range: "slider", number: "spinbutton", search: "searchbox", email: "textbox", tel: "textbox", text: "textbox", url: "textbox",
};
const TAG_ROLES = {
  ARTICLE: "article", ASIDE: "complementary", BUTTON: "button", DATALIST: "listbox", DD: "definition", DETAILS: "group",
  DIALOG: "dialog", DT: "term", FIELDSET: "group", FIGURE: "figure", FORM: "form", H1: "heading", H2: "heading", H3: "heading",
  H4: "heading", H5: "heading", H6: "heading", HR: "separator", LI: "listitem", MAIN: "main", MENU: "list",
  METER: "meter", NAV: "navigation", OL: "list", OPTGROUP: "group", OPTION: "option", OUTPUT: "status", P: "paragraph",
  PROGRESS: "progressbar", SEARCH: "search", TABLE: "table", TBODY: "rowgroup", TEXTAREA: "textbox", TFOOT: "rowgroup",
  THEAD: "rowgroup", TIME: "time", TR: "row", UL: "list", TD: "cell", SUMMARY: "button", BLOCKQUOTE: "blockquote", CODE: "code",
  EM: "emphasis", STRONG: "strong", INS: "insertion", DEL: "deletion",
};
const MATHML = "http://www.w3.org/1998/Math/MathML";
const XLINK = "http://www.w3.org/1999/xlink";
const SECTIONING = "article,aside,main,nav,section";
const implicitRole = (element) => {
  const tag = tagOf(element);
  switch (tag) {
    case "A":
    case "AREA":
      return element.hasAttribute("href") ? "link" : "generic";
    case "IMG":
      return element.getAttribute("alt") === "" ? "presentation" : "img";
    case "INPUT":
      if (element.hasAttribute("list") && /^(text|search|tel|url|email)$/.test(element.type)) return "combobox";
      return INPUT_ROLES[element.type] || (element.type === "hidden" ? "" : "textbox");
    case "SELECT":
      return element.multiple || element.size > 1 ? "listbox" : "combobox";
    case "HEADER":
      return element.closest(SECTIONING) ? "generic" : "banner";
    case "FOOTER":
      return element.closest(SECTIONING) ? "generic" : "contentinfo";
    case "SECTION":
      return nameOf(element) ? "region" : "generic";
    case "TH":
      return element.scope === "row" ? "rowheader" : "columnheader";
    case "a":
      return element.namespaceURI === SVG && (element.hasAttribute("href") || element.hasAttributeNS(XLINK, "href")) ? "link" : "generic";
    case "svg":
    case "image":
      return element.namespaceURI === SVG ? "img" : "generic";
    case "math":
      return element.namespaceURI === MATHML ? "math" : "generic";
    default:
      return TAG_ROLES[tag] || "generic";
  }
};
// Role and properties that a custom element has by ElementInternals. The listener in the page's own realm knows them, see
// internals.js; where there is none, nor any such element, nobody is asked twice.
const NOTHING = { any: false };
const askedOf = (target) => {
  let answer = NOTHING;
  const name = kept.token + " internals";
  const hear = (event) => {
    event.stopImmediatePropagation();
    try {
      answer = JSON.parse(event.data);
    } catch {
      // somebody else's
    }
  };
  window.addEventListener(name + " are", hear, true);
  target.dispatchEvent(new Event(name, { composed: true }));
  window.removeEventListener(name + " are", hear, true);
  return answer;
};
const hasInternals = () => {
  if (!kept.token) return false;
  if (!kept.internals.has(document)) kept.internals.set(document, askedOf(document));
  return kept.internals.get(document).any;
};
const internalsOf = (element) => {
  if (element.namespaceURI !== HTML || !element.localName.includes("-") || !hasInternals()) return NOTHING;
  if (!kept.internals.has(element)) kept.internals.set(element, askedOf(element));
  return kept.internals.get(element);
};
// An attribute overrides what the element's class says.
const labelBy = (element) => element.getAttribute("aria-label") || internalsOf(element).label || "";
const hiddenBy = (element) => (element.getAttribute("aria-hidden") ?? internalsOf(element).hidden) === "true";
const roleOf = (element) => {
  const given = element.getAttribute("role") ?? internalsOf(element).role ?? null;
  for (const role of given === null ? [] : given.toLowerCase().split(/\s+/)) {
    if (role === "none" || role === "presentation") return "presentation";
    if (role === "image") return "img";
    if (role) return role;
  }
  return implicitRole(element);
};
const NAMED_BY_CONTENT = new Set([
  "button", "cell", "checkbox", "columnheader", "gridcell", "heading", "link", "menuitem", "menuitemcheckbox", "menuitemradio",
  "option", "radio", "row", "rowheader", "switch", "tab", "tooltip", "treeitem",
]);
// From the labels to their controls, of which there may be many more: to look for the labels of one control, Firefox goes
// through the whole document.
const labelsOf = (control) => {
  if (kept.labels === null) {
    kept.labels = new Map();
    for (const label of all(document, "label")) {
      const labelled = label.control;
      if (!labelled) continue;
      const others = kept.labels.get(labelled);
      if (others) others.push(label);
      else kept.labels.set(labelled, [label]);
    }
  }
  return kept.labels.get(control) || [];
};
const byIds = (element, attribute) => {
  const ids = element.getAttribute(attribute);
  if (ids === null) return [];
  // Set by a script as elements, the attribute is there and empty.
  if (ids.trim() === "" && attribute === "aria-labelledby") return element.ariaLabelledByElements || [];
  return ids.split(/\s+/).filter(Boolean).map((id) => element.getRootNode().getElementById?.(id)).filter(Boolean);
};
// What names an SVG element: its own `title`, which is a child of it.
const titleOf = (element) => {
  if (element.namespaceURI !== SVG) return "";
  for (const child of element.children) if (child.localName === "title" && child.namespaceURI === SVG) return child.textContent;
  return "";
};
// The text of an element for a name: what is hidden from everybody is left out, images count by their alt.
const nameFrom = (node, seen) => {
  if (node.nodeType === 3 || node.nodeType === 4) return node.data;
  if (!isElement(node) || seen.has(node) || unread(node)) return "";
  const tag = tagOf(node);
  if (tag === "BR") return " ";
  if (hiddenBy(node) || displayOf(node) === "none") return "";
  seen.add(node);
  const label = labelBy(node);
  if (label.trim()) return label;
  if (tag === "IMG") return node.getAttribute("alt") || "";
  const title = titleOf(node);
  if (title.trim()) return title;
  if (tag === "svg") return node.querySelector("title")?.textContent || "";
  if (tag === "INPUT" && /^(submit|button|reset)$/.test(node.type)) return node.value;
  const children = tag === "SLOT" && node.assignedNodes().length > 0 ? node.assignedNodes({ flatten: true }) : (shadowOf(node) || node).childNodes;
  let text = "";
  for (const child of children) {
    const part = nameFrom(child, seen);
    text += isElement(child) && !/^(inline|contents)/.test(displayOf(child)) ? " " + part + " " : part;
  }
  return text;
};
const nameOf = (element) => {
  const labelled = byIds(element, "aria-labelledby").map((one) => fold(one.getAttribute("aria-label") || nameFrom(one, new Set()) || one.textContent)).join(" ");
  if (labelled.trim()) return fold(labelled);
  const label = element.getAttribute("aria-label") || internalsOf(element).labelled || internalsOf(element).label;
  if (label && label.trim()) return fold(label);
  const native = labelsOf(element).map((one) => fold(nameFrom(one, new Set([element])))).join(" ");
  if (native.trim()) return fold(native);
  const tag = tagOf(element);
  const title = titleOf(element);
  if (title.trim()) return fold(title);
  switch (tag) {
    case "IMG":
    case "AREA":
      if (element.getAttribute("alt")) return fold(element.getAttribute("alt"));
      break;
    case "INPUT":
      if (/^(submit|button|reset)$/.test(element.type)) return fold(element.value || (element.type === "submit" ? "Submit" : element.type === "reset" ? "Reset" : ""));
      if (element.type === "image") return fold(element.alt || element.title || "Submit");
      break;
    case "FIELDSET": {
      const legend = element.querySelector(":scope > legend");
      if (legend) return fold(nameFrom(legend, new Set()));
      break;
    }
    case "TABLE":
      if (element.caption) return fold(nameFrom(element.caption, new Set()));
      break;
    case "FIGURE": {
      const caption = element.querySelector(":scope > figcaption");
      if (caption) return fold(nameFrom(caption, new Set()));
      break;
    }
    case "svg":
      return fold(element.querySelector("title")?.textContent || "");
    default:
  }
  const explicit = element.getAttribute("role") || internalsOf(element).role;
  const role = explicit ? explicit.trim().split(/\s+/)[0] : TAG_ROLES[tag] || (tag === "A" || (tag === "a" && element.namespaceURI === SVG) ? "link" : tag === "TH" ? "columnheader" : "");
  if (NAMED_BY_CONTENT.has(role)) {
    const content = fold(nameFrom(element, new Set()));
    if (content) return content;
  }
  return fold(element.getAttribute("title") || element.getAttribute("placeholder") || "");
};
const exposed = (element) => {
  const way = [];
  let hidden;
  let at = element;
  for (; at; at = composedParent(at)) {
    hidden = kept.hidden.get(at);
    if (hidden !== undefined) break;
    way.push(at);
    if (hiddenBy(at) || displayOf(at) === "none") {
      hidden = true;
      break;
    }
  }
  for (const one of way) kept.hidden.set(one, hidden === true);
  return hidden !== true && getComputedStyle(element).visibility === "visible";
};

// --- One part of a locator ----------------------------------------------------------------------------------------------
const CONTROLS = "input,textarea,select,button,meter,output,progress,[contenteditable],[role]";
// Custom elements are controls if they say so.
const controls = (scope) => {
  if (!hasInternals()) return all(scope, CONTROLS);
  return all(scope, "*").filter((one) => one.matches(CONTROLS) || internalsOf(one) !== NOTHING);
};
const byPart = (part, scope) => {
  switch (part.by) {
    case "css":
      return byCss(scope, part.selector);
    case "testid":
      return all(scope, `[data-testid="${CSS.escape(part.id)}"]`);
    case "placeholder":
      return all(scope, "[placeholder],[data-placeholder],[aria-placeholder]").filter((one) =>
        ["placeholder", "data-placeholder", "aria-placeholder"].some((key) => one.hasAttribute(key) && textMatches(part.text, one.getAttribute(key))),
      );
    case "label":
      return controls(scope).filter((one) => {
        const texts = [
          labelBy(one),
          internalsOf(one).labelled || "",
          byIds(one, "aria-labelledby").map((by) => composedText(by)).join(" "),
          ...labelsOf(one).map((by) => composedText(by)),
        ];
        return texts.some((text) => text.trim() !== "" && textMatches(part.text, text));
      });
    case "role": {
      const role = part.role === "image" ? "img" : part.role === "none" ? "presentation" : part.role;
      return all(scope, "*").filter((one) => role === roleOf(one) && (!part.name || textMatches(part.name, nameOf(one))) && exposed(one));
    }
    case "text": {
      const elements = all(scope, "*");
      // From the last to the first: what stands in an element is read before it, so nothing goes deep.
      for (let i = elements.length - 1; i >= 0; i--) composedText(elements[i]);
      const hits = elements.filter((one) => !unread(one) && textMatches(part.text, composedText(one)));
      // The innermost ones: those that hold no other hit.
      const outer = new Set();
      for (const hit of hits) for (let up = treeParent(hit); up && !outer.has(up); up = treeParent(up)) outer.add(up);
      return hits.filter((one) => !outer.has(one));
    }
    default:
      return [];
  }
};
// The one that is nearest to any of `others`, which it isn't itself: what can't be seen is nowhere.
const nearestTo = (elements, others) => {
  const placed = (one) => ({ one, rect: one.getBoundingClientRect() });
  const shown = ({ rect }) => rect.width > 0 && rect.height > 0;
  const marks = others.map(placed).filter(shown);
  let nearest = null;
  let least = Infinity;
  for (const { one, rect } of elements.map(placed).filter(shown)) {
    for (const mark of marks) {
      if (mark.one === one) continue;
      const [wide, high] = [Math.max(0, mark.rect.left - rect.right, rect.left - mark.rect.right), Math.max(0, mark.rect.top - rect.bottom, rect.top - mark.rect.bottom)];
      const distance = Math.hypot(wide, high);
      if (distance < least) [nearest, least] = [one, distance];
    }
  }
  return nearest;
};
// All matches of the parts from `from` on, below `scopes`; and the scopes at each part, for the frames in them.
const byParts = (parts, from, scopes) => {
  const stages = [scopes];
  for (const part of parts.slice(from)) {
    const next = new Set();
    if (part.by === "nth") {
      const before = [...scopes];
      const one = before[part.index < 0 ? before.length + part.index : part.index];
      if (one) next.add(one);
    } else if (part.by === "has") {
      for (const scope of scopes) if (byParts(part.parts, 0, [scope]).matches.length > 0) next.add(scope);
    } else if (part.by === "near") {
      const one = nearestTo(scopes, byParts(part.parts, 0, [document]).matches);
      if (one) next.add(one);
    } else {
      for (const scope of scopes) for (const found of byPart(part, scope)) next.add(found);
    }
    scopes = [...next];
    stages.push(scopes);
  }
  return { matches: scopes, stages };
};
