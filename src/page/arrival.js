// Whether what was done arrived where it was to arrive. Stands behind watch.js, in the same function; its commands are
// of the same kind. A listener on the window, in the sandbox, is the first to hear of a press (but for the page's own
// on the window), and no page can find it. What it finds to be going astray it stops: a press that hits something else
// is then without effect, and can be made again.

const ARMED = "chatproof armed";
const SIGNS = {
  press: ["pointerdown", "mousedown", "touchstart", "click"],
  hover: ["pointermove", "mousemove", "pointerover", "mouseover"],
  keys: ["keydown", "compositionstart", "beforeinput", "input"],
};
// What belongs to an act that has gone astray, and goes nowhere as well.
const CONSEQUENCES = {
  press: ["pointerup", "mouseup", "touchend", "touchcancel", "auxclick", "dblclick", "contextmenu", "dragstart", "selectstart"],
  hover: [],
  keys: ["keypress", "keyup", "compositionupdate", "compositionend"],
};
// Both halves of a press. Of two events for the same half, the first one that a page lets through counts.
const DOWN = ["pointerdown", "mousedown"];
const UP = ["pointerup", "mouseup"];
// An own property: what a page puts into its window is seen through the sandbox in Firefox.
const armed = () => (Object.hasOwn(globalThis, ARMED) ? globalThis[ARMED] : null);
// What was hit; without its text where that's long, since that is read while the page waits.
const named = (target) => (target.nodeType === 1 ? target.getElementsByTagName("*").length < 100 ? describe(target) : describeWith(target, "") : "(the document)");
const inside = (element, path) => path.includes(element) || (!!path[0] && path[0].nodeType === 1 && (composedContains(element, path[0]) || slottedInto(element, path[0])));
// A closed root around the element: from outside of it an event seems to be at its host.
const closedRootOf = (element) => {
  for (let root = element.getRootNode(); root.nodeType === 11 && root.host; root = root.host.getRootNode()) if (root.mode === "closed") return root;
  return null;
};
// Whether an event is seen at a host around an element: closed roots stand in one another.
const atHost = (element, path) => {
  for (let host = hostOf(element); host; host = hostOf(host)) if (path.includes(host)) return true;
  return false;
};
// What stands at the point where the element was, if that is a frame that the element isn't in: what happens in there
// can't be seen from here.
const foreignFrame = (state) => {
  const top = state.point && deepElementFromPoint(state.point.x, state.point.y);
  return top && top !== state.element && /^(I?FRAME|OBJECT|EMBED|FENCEDFRAME)$/i.test(top.localName) ? describe(top) : "";
};

// Down it came, and the page has answered that: is the element still under the pointer? Where it isn't, the page has put it
// away, and what becomes of the press is the page's own doing.
const held = (state, event, root) => {
  const { clientX: x, clientY: y } = event;
  const top = deepElementFromPoint(x, y) || (root && root.elementFromPoint(x, y));
  state.held = !!top && inside(state.element, [top]);
  state.rect = state.held ? rectOf(state.element) : "";
};
// It was let go elsewhere, though the page had not put it away: then nobody has clicked on it.
const tear = (state, by) => {
  state.torn = by;
  state.moved = state.element.isConnected && isVisible(state.element) && rectOf(state.element) !== state.rect;
};

const arrivals = {
  // Listens from now on for `request.sign`. Without an element everything goes astray here, or with `anywhere` nothing.
  arm: (request, element) => {
    armed()?.disarm();
    const state = { sign: request.sign, element, seen: "", by: "", x: null, y: null, torn: "", moved: false, held: false, rect: "", released: false, up: "", point: element && clickPoint(element) };
    const types = [...SIGNS[request.sign], ...CONSEQUENCES[request.sign]];
    const root = element && closedRootOf(element);
    let tell;
    state.told = new Promise((resolve) => (tell = resolve));
    const decide = (event, there) => {
      const target = event.composedPath()[0];
      state.seen = there ? "there" : "elsewhere";
      state.by = there || !target ? "" : named(target);
      if ("clientX" in event) [state.x, state.y] = [event.clientX, event.clientY];
      tell();
    };
    const stop = (event) => {
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    const listen = (event) => {
      if (!event.isTrusted) return;
      const path = event.composedPath();
      const there = element ? inside(element, path) : request.anywhere === true;
      // One that lands in the closed root is decided on in there.
      if (!there && root && event.currentTarget !== root && atHost(element, path)) return;
      if (!state.seen) {
        // Pressed in a frame, and let go outside of it.
        if (request.sign === "press" && UP.includes(event.type) && path[0]) state.up ||= named(path[0]);
        if (!SIGNS[request.sign].includes(event.type)) return;
        decide(event, there);
      } else if (request.sign === "hover" && there && state.seen !== "there") {
        decide(event, there);
      } else if (request.sign === "hover" && "clientX" in event) {
        [state.x, state.y] = [event.clientX, event.clientY];
      }
      if (state.seen === "elsewhere") {
        if (request.sign !== "hover") stop(event);
        return;
      }
      if (request.sign !== "press" || request.apart || !element) return;
      // Whatever the page does in answer it does while the event makes its way, or in a task of its own if it keeps the event
      // from getting to its end.
      if (DOWN.includes(event.type)) {
        answered = state.held = false;
        setTimeout(() => answered || state.released || held(state, event, root));
      } else if (UP.includes(event.type) && !state.released) {
        state.released = true;
        if (!there && state.held) tear(state, named(path[0]));
      }
    };
    let answered = false;
    const settle = (event) => {
      if (!event.isTrusted || state.seen !== "there" || state.released) return;
      answered = true;
      held(state, event, root);
    };
    // After the page's own handlers: the browser's menu would swallow the next click.
    const noMenu = (event) => event.isTrusted && event.preventDefault();
    if (request.sign === "press") addEventListener("contextmenu", noMenu);
    if (request.sign === "press" && element && !request.apart) for (const type of DOWN) addEventListener(type, settle);
    for (const type of types) {
      addEventListener(type, listen, { capture: true, passive: false });
      if (root) root.addEventListener(type, listen, { capture: true, passive: false });
    }
    state.disarm = () => {
      for (const type of DOWN) removeEventListener(type, settle);
      removeEventListener("contextmenu", noMenu);
      for (const type of types) {
        removeEventListener(type, listen, { capture: true });
        if (root) root.removeEventListener(type, listen, { capture: true });
      }
      if (armed() === state) Object.defineProperty(globalThis, ARMED, { value: null, configurable: true });
      tell();
    };
    Object.defineProperty(globalThis, ARMED, { value: state, configurable: true });
    return [JSON.stringify({})];
  },
  // Answers in the moment in which it arrives: what comes of that may be the end of the document.
  arrival: async () => {
    const state = armed();
    if (state) await state.told;
    return [JSON.stringify({ seen: state ? state.seen : "" })];
  },
  // What has arrived; nothing is listened for any more. The act is over: what is still on its way is there in two frames.
  disarm: async () => {
    const state = armed();
    // Another document, in the place of the one that was armed.
    if (!state) return [JSON.stringify({ gone: true })];
    if (!state.seen && state.sign === "hover" && state.element?.matches(":hover")) state.seen = "there";
    // Let go in another document, perhaps: in that of a frame that has come over it, or around its own frame.
    const open = () => state.held && !state.released;
    for (let i = 0; i < 2 && (!state.seen || open()); i++) await tick();
    const over = open() ? foreignFrame(state) : "";
    if (over) tear(state, over);
    const { seen, by, x, y, torn, moved, up } = state;
    state.disarm();
    return [JSON.stringify({ seen, by, x, y, torn, moved, up, open: open(), foreign: seen ? "" : foreignFrame(state) })];
  },

  // Where a point of a frame's document is in this one, and what stands there. A frame that is moving is waited for, for a
  // second.
  frame_point: async (request, frame) => {
    let rest = rectOf(frame);
    for (const until = performance.now() + 1000; performance.now() < until; ) {
      await tick();
      const now = rectOf(frame);
      if (now === rest) break;
      rest = now;
    }
    const map = frameMap(frame);
    const { x, y } = map.point(request.x, request.y);
    const top = deepElementFromPoint(x, y);
    const ok = !!top && (top === frame || composedContains(frame, top));
    // Firefox hands what is done at a window's coordinates only to frames of the same process.
    const near = !!frame.contentDocument;
    return [JSON.stringify({ ok, x, y, linear: map.linear, near, by: ok ? "" : top ? describe(top) : "(nothing: outside of the window)" })];
  },
};

// How a frame's document is laid into the one around it. The linear part is the product of what its ancestors do to
// it; with that, and its size, the frame's bounding rectangle says where it is, whatever it is scrolled by, wherever it
// is turned around. (Not with a perspective: there one is near the place, and has to look how near.)
const TURNS = {
  rotate: (value) => {
    const parts = value.split(" ");
    const angle = parts.pop();
    if (parts.length === 3) return `rotate3d(${parts.join(",")},${angle})`;
    return parts.length === 1 ? `rotate${parts[0].toUpperCase()}(${angle})` : `rotate(${angle})`;
  },
  scale: (value) => (value.split(" ").length === 3 ? `scale3d(${value.split(" ").join(",")})` : `scale(${value.split(" ").join(",")})`),
  transform: (value) => value,
};
const frameMap = (frame) => {
  let all = new DOMMatrix();
  for (let at = frame; at; at = composedParent(at)) {
    const style = getComputedStyle(at);
    let own = new DOMMatrix();
    for (const key of ["rotate", "scale", "transform"]) {
      const value = style[key];
      if (value && value !== "none") own = own.multiply(new DOMMatrix(TURNS[key](value)));
    }
    all = own.multiply(all);
  }
  const { a, b, c, d } = all;
  const turn = (x, y) => ({ x: a * x + c * y, y: b * x + d * y });
  const zoom = frame.currentCSSZoom || 1;
  const [wide, high] = [frame.offsetWidth * zoom, frame.offsetHeight * zoom];
  const corners = [turn(0, 0), turn(wide, 0), turn(0, high), turn(wide, high)];
  const rect = frame.getBoundingClientRect();
  const left = rect.left - Math.min(...corners.map((one) => one.x));
  const top = rect.top - Math.min(...corners.map((one) => one.y));
  const style = getComputedStyle(frame);
  const inner = { x: (frame.clientLeft + parseFloat(style.paddingLeft)) * zoom, y: (frame.clientTop + parseFloat(style.paddingTop)) * zoom };
  return {
    linear: [a * zoom, b * zoom, c * zoom, d * zoom],
    point: (x, y) => {
      const at = turn(inner.x + x * zoom, inner.y + y * zoom);
      return { x: at.x + left, y: at.y + top };
    },
  };
};
Object.assign(commands, arrivals);
