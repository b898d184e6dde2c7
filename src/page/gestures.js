// What gestures need to know of an element, and scrolling through a list. The engine (engine.js) and watch.js stand before
// it in the same function.

// The middle of what can be seen of an element, how large that is, and how large the window.
commands.reach = (request, element) => {
  intoView(element);
  const area = clickArea(element) || { left: 0, right: 0, top: 0, bottom: 0 };
  const { left, right, top, bottom } = area;
  return [JSON.stringify({ x: (left + right) / 2, y: (top + bottom) / 2, width: right - left, height: bottom - top, wide: innerWidth, high: innerHeight })];
};

// What scrolls when somebody scrolls in an element: itself, something in it, or something around it.
const scrollsBy = (element) => {
  if (element === document.documentElement || element === document.body) return null;
  const { overflowX, overflowY } = getComputedStyle(element);
  if (/^(auto|scroll|hidden)$/.test(overflowY) && element.scrollHeight > element.clientHeight + 1) return "y";
  if (/^(auto|scroll|hidden)$/.test(overflowX) && element.scrollWidth > element.clientWidth + 1) return "x";
  return null;
};
const scrollerOf = (element) => {
  for (const one of [element, ...all(element, "*")]) if (scrollsBy(one)) return { box: one, axis: scrollsBy(one) };
  for (let at = composedParent(element); at; at = composedParent(at)) if (scrollsBy(at)) return { box: at, axis: scrollsBy(at) };
  return { box: document.scrollingElement || document.documentElement, axis: "y" };
};

// Scrolls through a list until the locator `request.parts` has a match that can be seen: from where it stands to its end,
// which is waited at for more to be loaded, and then once from its beginning. Each time by less than what can be seen, so
// that nothing is passed over, and only when what came last has been drawn.
const LOADING = 1500;
commands.scroll_until = async (request, element) => {
  const until = performance.now() + request.wait;
  const seen = () => {
    forget();
    return byParts(request.parts, 0, [document]).matches.find(isVisible);
  };
  let round = 0;
  let ended = null;
  let before = -1;
  for (;;) {
    // Lists draw what has come into view in a frame of their own, some in the one after it.
    for (let i = 0; i < 3; i++) await tick();
    const found = seen();
    if (found) {
      found.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
      return [JSON.stringify({ found: true })];
    }
    if (performance.now() >= until || !element.isConnected) return [JSON.stringify({ found: false, gone: !element.isConnected })];
    const { box, axis } = scrollerOf(element);
    const [at, size, whole] = axis === "y" ? [box.scrollTop, box.clientHeight, box.scrollHeight] : [box.scrollLeft, box.clientWidth, box.scrollWidth];
    const end = Math.abs(at) + size >= whole - 1 || at === before;
    if (end && ended && ended.whole === whole && performance.now() - ended.since >= LOADING) {
      if (round++ > 0) return [JSON.stringify({ found: false, through: true })];
      ended = null;
      before = -1;
      box.scrollTo({ [axis === "y" ? "top" : "left"]: 0, behavior: "instant" });
      continue;
    }
    if (end) {
      if (!ended || ended.whole !== whole) ended = { since: performance.now(), whole };
      before = -1;
    } else {
      ended = null;
      before = at;
    }
    const way = axis === "x" && getComputedStyle(box).direction === "rtl" ? -1 : 1;
    box.scrollBy({ [axis === "y" ? "top" : "left"]: way * Math.max(20, size * 0.7), behavior: "instant" });
  }
};
