// What the runner asks of a document for a picture of its window and for its tree, with engine.js and watch.js before
// it in the same function. Everything here only looks: it changes nothing, so the page can't notice.

// The text of a page that holds a secret, in any case and any white space; a short one only where it is the whole text.
const tells = (text, secrets) => {
  const folded = fold(text).toLowerCase();
  return folded !== "" && secrets.some((one) => (one.length < 4 ? folded === one : folded.includes(one)));
};
// An element as in watch.js, unless that would tell a secret.
const told = (element, secrets) => {
  const text = describe(element);
  return secrets.length > 0 && (tells(text, secrets) || tells(composedText(element), secrets)) ? `<${element.localName}> that shows a secret` : text;
};
const box = ({ left, top, width, height }) => [left, top, width, height];
// Where an element or a text can be seen in this document's window.
const boxes = (thing) => [...thing.getClientRects()].filter((one) => one.width > 0 && one.height > 0).map(box);
// What stands in an element as it is shown: its shadow root's content instead of its own, slots filled.
const shownIn = (element) => {
  if (shadowOf(element)) return [...shadowOf(element).childNodes];
  if (tagOf(element) === "SLOT" && element.assignedNodes().length > 0) return element.assignedNodes({ flatten: true });
  return [...element.childNodes];
};
// The places that show a secret: texts, and whole elements where it is spread over several texts or in a field.
const secretPlaces = (secrets) => {
  const found = [];
  const seek = (node) => {
    if (!tells(composedText(node), secrets)) return false;
    if (node.nodeType === 3) {
      const range = document.createRange();
      range.selectNodeContents(node);
      found.push(...boxes(range));
      return true;
    }
    const inner = shownIn(node).filter((one) => one.nodeType === 3 || isElement(one));
    if (!inner.map(seek).some(Boolean)) found.push(...boxes(node));
    return true;
  };
  const page = document.body || document.documentElement;
  if (page) seek(page);
  for (const field of all(document, "input,textarea,select,[placeholder],[data-placeholder],img[alt]")) {
    const texts = [field.value, ...["placeholder", "alt", "data-placeholder"].map((key) => field.getAttribute(key))];
    if (texts.some((text) => typeof text === "string" && tells(text, secrets))) found.push(...boxes(field));
  }
  return found;
};

// --- The tree ---------------------------------------------------------------------------------------------------------
const SAID_BY_NAME = new Set(["button", "link", "heading", "option", "tab", "menuitem", "img", "switch", "checkbox", "radio"]);
const stateOf = (element, role) => {
  const on = [];
  const aria = (key) => element.getAttribute("aria-" + key);
  if (role === "heading") on.push("level " + (aria("level") || tagOf(element).slice(1)));
  if (isDisabled(element)) on.push("disabled");
  if (element.checked === true || aria("checked") === "true") on.push("checked");
  if (aria("expanded")) on.push(aria("expanded") === "true" ? "expanded" : "collapsed");
  if (aria("selected") === "true") on.push("selected");
  if (/^(textbox|searchbox|spinbutton)$/.test(role) && "value" in element) on.push(element.value === "" ? "empty" : "filled");
  return on;
};
const handle = (element) => {
  const id = element.id ? "#" + element.id : "";
  const classes = [...element.classList].slice(0, 3).map((one) => "." + one).join("");
  const test = element.getAttribute("data-testid");
  return shorten(id + classes + (test ? ` testid=${test}` : ""), 80);
};
const treeOf = (scopes, frames, secrets, most) => {
  const lines = [];
  let cut = false;
  const add = (depth, text, frame) => {
    if (lines.length >= most) cut = true;
    else lines.push({ depth, text: shorten(text, 160), ...(frame === undefined ? {} : { frame }) });
  };
  const secret = (text) => secrets.length > 0 && tells(text, secrets);
  const walk = (node, depth, said) => {
    if (cut) return;
    // Told in full by nothing in it: spread over several texts, or a text itself.
    if (secret(composedText(node)) && !(isElement(node) && shownIn(node).some((one) => (one.nodeType === 3 || isElement(one)) && secret(composedText(one))))) {
      add(depth, "text (a secret)");
      return;
    }
    if (node.nodeType === 3) {
      const text = fold(node.data);
      if (text && text !== said) add(depth, "text " + JSON.stringify(shorten(text, 120)));
      return;
    }
    if (!isElement(node) || unread(node)) return;
    if (tagOf(node) !== "SLOT" && (displayOf(node) === "none" || node.getAttribute("aria-hidden") === "true")) return;
    const frame = frames.indexOf(node);
    if (frame >= 0) {
      add(depth, `frame ${JSON.stringify(nameOf(node) || node.getAttribute("src") || "")} ${handle(node)}`.trim(), frame);
      return;
    }
    const role = roleOf(node);
    const quiet = ["generic", "presentation", "", "paragraph", "strong", "emphasis", "rowgroup", "term"].includes(role);
    const seen = getComputedStyle(node).visibility === "visible";
    let inner = depth;
    let called = said;
    if (seen && (!quiet || shadowOf(node) || node.id)) {
      // A row is called what its cells are called.
      const full = quiet || role === "row" ? "" : nameOf(node);
      const name = secret(full) ? "(a secret)" : shorten(full, 100);
      called = name;
      const state = quiet ? [] : stateOf(node, role);
      const what = quiet ? node.localName : role;
      add(
        depth,
        [what, name && JSON.stringify(name), state.length > 0 && `(${state.join(", ")})`, handle(node), shadowOf(node) && "with a shadow root"].filter(Boolean).join(" "),
      );
      inner = depth + 1;
      // What it is called has been said; and what was typed into a field stays in it.
      if (!shadowOf(node) && ((SAID_BY_NAME.has(role) && name !== "") || /^(INPUT|TEXTAREA)$/.test(tagOf(node)))) {
        for (const child of node.querySelectorAll("a[href],button,input,select,textarea")) walk(child, inner, called);
        return;
      }
      if (node.isContentEditable) return;
    }
    for (const child of shownIn(node)) if (seen || child.nodeType === 1) walk(child, inner, called);
  };
  for (const scope of scopes) walk(scope.nodeType === 9 ? scope.documentElement : scope, 0, "");
  return { lines, cut };
};

const sights = {
  // What there is to outline and what to cover, in this document's window, and where its frames' own windows lie.
  places: (request, ...frames) => {
    forget();
    const matches = request.parts ? byParts(request.parts, 0, [document]).matches.filter(isVisible).slice(0, 10) : [];
    return [
      JSON.stringify({
        width: innerWidth,
        height: innerHeight,
        scale: devicePixelRatio,
        matches: matches.map((one) => ({ box: box(one.getBoundingClientRect()), text: told(one, request.secrets) })),
        covers: request.secrets.length > 0 ? secretPlaces(request.secrets) : [],
        frames: frames.map((frame) => {
          const rect = frame.getBoundingClientRect();
          const style = getComputedStyle(frame);
          const [wide, high] = [rect.width / frame.offsetWidth || 1, rect.height / frame.offsetHeight || 1];
          const inset = (side) => parseFloat(style[`border${side}Width`]) + parseFloat(style[`padding${side}`]);
          return {
            x: rect.left + wide * inset("Left"),
            y: rect.top + high * inset("Top"),
            width: wide * (frame.offsetWidth - inset("Left") - inset("Right")),
            height: high * (frame.offsetHeight - inset("Top") - inset("Bottom")),
            wide,
            high,
          };
        }),
      }),
    ];
  },
  // One element, if it can be seen.
  place: (request, element) => {
    forget();
    return [JSON.stringify(isVisible(element) ? { box: box(element.getBoundingClientRect()), text: told(element, request.secrets) } : null)];
  },
  // The tree of the document, or of what the locator's first parts match where the others match nothing in it. Of a
  // document that is too long, the largest part around the element that was acted on last.
  tree: (request, ...elements) => {
    forget();
    const frames = elements.slice(0, request.frames);
    const acted = elements[request.frames];
    let scopes = [document];
    let matched = 0;
    for (const part of request.parts || []) {
      const next = byParts([part], 0, scopes).matches;
      if (next.length === 0) break;
      matched++;
      scopes = next;
    }
    // All parts match: the element is there, so its surroundings are of interest.
    if (!request.parts || matched === request.parts.length) [scopes, matched] = [[document], 0];
    let tree = treeOf(scopes.slice(0, 5), frames, request.secrets, request.most);
    let around = "";
    if (tree.cut && matched === 0 && acted && acted.isConnected) {
      for (let at = composedParent(acted); at; at = composedParent(at)) {
        const larger = treeOf([at], frames, request.secrets, request.most);
        if (larger.cut) break;
        [tree, around] = [{ ...larger, cut: true }, told(at, request.secrets)];
      }
    }
    return [JSON.stringify({ ...tree, matched, around, url: location.href })];
  },
};
