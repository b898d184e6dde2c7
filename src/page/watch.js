// What the runner asks of a document, with the engine (engine.js) before it in the same function. Every command gives
// [JSON text, elements...], so that one small answer carries data and element references alike.

const shorten = (text, most) => (text.length > most ? text.slice(0, most - 1) + "…" : text);
// An element as a person would recognise it: <button class="x">Talk to sales</button>
const describe = (element) => describeWith(element, fold(composedText(element)));
const describeWith = (element, all) => {
  const tag = element.localName;
  const shown = ["id", "class", "name", "type", "role", "aria-label", "placeholder", "href", "data-testid"]
    .filter((key) => element.getAttribute(key))
    .map((key) => ` ${key}="${shorten(fold(element.getAttribute(key)), 40)}"`)
    .join("");
  const text = shorten(all, 40);
  return shorten(`<${tag}${shown}>${text}${text ? `</${tag}>` : ""}`, 160);
};

// --- Visible, enabled, not covered --------------------------------------------------------------------------------------
const isVisible = (element) => {
  if (!element.isConnected) return false;
  const style = getComputedStyle(element);
  if (style.visibility !== "visible") return false;
  if (style.display === "contents") return [...element.children].some(isVisible);
  if (element.checkVisibility && !element.checkVisibility({ contentVisibilityAuto: false })) return false;
  // An option shows with its select.
  if (/^(OPTION|OPTGROUP)$/.test(tagOf(element))) return !!element.closest("select") && isVisible(element.closest("select"));
  return [...element.getClientRects()].some((rect) => rect.width > 0 && rect.height > 0);
};
const isDisabled = (element) => {
  for (let at = element; at; at = composedParent(at)) {
    if (at === element && at.matches(":disabled")) return true;
    if (at.getAttribute("aria-disabled") === "true") return true;
    if (at.hasAttribute("inert")) return true;
  }
  return false;
};
const deepElementFromPoint = (x, y) => {
  let root = document;
  let found = null;
  for (;;) {
    const next = root.elementFromPoint(x, y);
    if (!next || next === found) return found;
    found = next;
    if (!shadowOf(found)) return found;
    root = shadowOf(found);
  }
};
// The visible part of its first rectangle, in whose middle WebDriver clicks.
const clickArea = (element) => {
  const rect = [...element.getClientRects()].find((one) => one.width > 0 && one.height > 0);
  if (!rect) return null;
  const left = Math.max(0, Math.min(rect.left, rect.right));
  const right = Math.min(innerWidth, Math.max(rect.left, rect.right));
  const top = Math.max(0, Math.min(rect.top, rect.bottom));
  const bottom = Math.min(innerHeight, Math.max(rect.top, rect.bottom));
  return right > left && bottom > top ? { left, right, top, bottom } : null;
};
const clickPoint = (element) => {
  const area = clickArea(element);
  return area && { x: (area.left + area.right) / 2, y: (area.top + area.bottom) / 2 };
};
const intoView = (element) => {
  if (!clickPoint(element)) element.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
};
const hit = (element, mayScroll = true) => {
  intoView(element);
  const point = clickPoint(element);
  if (!point) return { state: "off-screen" };
  const top = deepElementFromPoint(point.x, point.y);
  if (top && (composedContains(element, top) || slottedInto(element, top))) return { state: "ok" };
  // Below a sticky header, or scrolled out of a container: a person would scroll before giving up.
  if (mayScroll) {
    element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    return hit(element, false);
  }
  return { state: "covered", by: top ? describe(top) : "(nothing: outside of the window)" };
};
// Text slotted into a component's button is a child of the host, not of the button.
const slottedInto = (element, inner) => {
  for (let at = inner; at; at = composedParent(at)) if (at === element) return true;
  return false;
};

const rectOf = (element) => {
  const { x, y, width, height } = element.getBoundingClientRect();
  return `${x},${y},${width},${height}`;
};

// What a locator finds in this document, and in which frames its other parts are to be searched. On a large page that
// takes a while, and a page may change all the time (a counter, a ticker): then what was found last holds for twice as
// long as it took, so that the page keeps most of its time for itself. What is found is looked at anew each time.
const SLOW = 16;
const evaluated = new WeakMap();
const evaluate = (request, frames) => {
  const known = evaluated.get(request);
  if (known && known.took > SLOW && performance.now() < known.until) return { ...known, list: known.list.filter((one) => one.isConnected) };
  const began = performance.now();
  forget();
  const matches = new Set();
  const scopes = frames.map(() => []);
  for (const stage of request.stages) {
    const { matches: found, stages } = byParts(request.parts, stage, [document]);
    for (const one of found) matches.add(one);
    // A part that is searched in a scope is searched in the frames of that scope as well.
    stages.slice(0, -1).forEach((scope, ahead) => {
      frames.forEach((frame, index) => {
        if (scope.some((one) => one === document || composedContains(one, frame))) scopes[index].push(stage + ahead);
      });
    });
  }
  const now = { list: [...matches], scopes, took: performance.now() - began };
  now.until = performance.now() + 2 * now.took;
  evaluated.set(request, now);
  return now;
};

// What there is to say about a locator in this document, and the element to act on. `before` is where that element was
// a moment ago: what still moves isn't ready.
const look = (request, frames, before) => {
  const { list, scopes } = evaluate(request, frames);
  const visible = list.filter(isVisible);
  const element = visible.length === 1 ? visible[0] : visible.length === 0 && list.length === 1 ? list[0] : null;
  const result = {
    found: list.length,
    visible: visible.length,
    shown: (visible.length > 0 ? visible : list).slice(0, 5).map(describe),
    state: "none",
    by: "",
    rect: "",
    point: null,
    frames: frames.map((frame, index) => ({ stages: [...new Set(scopes[index])], visible: isVisible(frame) })),
    // Closed shadow roots that haven't been handed out yet.
    closed: unknownRoots(),
    // Those that the browser has not named. (One that is just being made is named in a moment.)
    lost: [...document.getElementsByTagName("iframe")].filter((frame) => !frames.includes(frame) && isVisible(frame)).slice(0, 3).map((frame) => describe(frame)),
  };
  if (visible.length === 1) {
    result.state = "ok";
    if (request.act) {
      if (isDisabled(element)) result.state = "disabled";
      else {
        // What moves is under other things for moments; to scroll then would be to chase it.
        const at = hit(element, !(before && before.moving && before.element === element));
        result.state = at.state;
        result.by = at.by || "";
        result.rect = rectOf(element);
        if (result.state === "ok" && !(before && before.element === element && before.rect === result.rect)) result.state = "moving";
      }
    }
  }
  return { result, element };
};

// The next frame, or half a second where none is drawn: on a busy machine frames are late, and an element that hasn't
// moved since no frame was drawn isn't still.
const tick = () =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, 500);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      resolve();
    });
  });

const commands = {
  // Answers as soon as there is something to say that differs from what was said last (`request.said`), or at the
  // latest when `request.wait` milliseconds are over. Looks again at each change of the document, and each tenth of a
  // second for what changes without one (style sheets, transitions).
  watch: async (request, ...frames) => {
    const until = performance.now() + request.wait;
    // Of those who ask (a step; what looks for something beside it), each has one question: the newest counts.
    const lanes = (globalThis.watching = globalThis.watching || {});
    const lane = request.lane ?? "step";
    const mine = (lanes[lane] = (lanes[lane] || 0) + 1);
    let changed = null;
    const roots = new Set();
    const observer = new MutationObserver(() => changed && changed());
    const observe = () => {
      for (const root of rootsOf(document)) {
        if (roots.has(root)) continue;
        roots.add(root);
        observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
      }
    };
    let before = null;
    let last = false;
    let motion = null;
    try {
      for (;;) {
        const { result, element } = look(request, frames, before);
        observe();
        const moves = result.state === "moving" || (result.state === "covered" && motion && motion.element === element && before.rect !== result.rect);
        before = element && { element, rect: result.rect, moving: moves };
        if (!moves) motion = null;
        else if (!motion || motion.element !== element) motion = motionOf(element);
        if (motion && motion.point) [result.state, result.by, result.point] = ["ok", "", motion.point];
        else if (motion && motion.by) [result.state, result.by] = ["covered", motion.by];
        else if (motion && motion.none) result.state = "restless";
        const text = JSON.stringify({ ...result, rect: undefined });
        const moving = !!motion && !motion.point;
        // What moves is waited for, but not before all is known that may be meant.
        const unknown = result.closed > 0 && !request.said.includes(`"closed":${result.closed},`);
        if ((text !== request.said && !moving) || unknown || last || lanes[lane] !== mine) return [text, element];
        if (performance.now() >= until) {
          // What was seen only once can't be said to move: where the page was too busy to be asked in time, it is
          // looked at once more.
          if (!moving) return [text, element];
          last = true;
        }
        if (moving) await motion.watch();
        else
          await new Promise((resolve) => {
            const timer = setTimeout(resolve, Math.max(0, Math.min(100, until - performance.now())));
            changed = () => {
              clearTimeout(timer);
              // Once for all the changes of one frame.
              tick().then(resolve);
            };
          });
        changed = null;
      }
    } finally {
      observer.disconnect();
    }
  },

  // Where an element is clicked, in its own window.
  point: (request, element) => [JSON.stringify(clickPoint(element) || { x: 0, y: 0 })],

  // What stands where a locator found nothing: how far it came, and the nearest things that it could have meant.
  explain: (request) => {
    forget();
    const notes = [];
    let scopes = [document];
    for (let i = 0; i < request.parts.length; i++) {
      const next = byParts(request.parts.slice(i, i + 1), 0, scopes).matches;
      if (next.length === 0) {
        if (i > 0) notes.push(`part ${i} of the locator matched ${scopes.length} element${scopes.length === 1 ? "" : "s"}, part ${i + 1} none in ${scopes.length === 1 ? "it" : "them"}`);
        const part = request.parts[i];
        let near = [];
        for (const scope of scopes) {
          if (part.by === "css") {
            // How far does the selector itself come?
            for (const compounds of splitSelector(part.selector))
              for (let n = compounds.length - 1; n > 0; n--) {
                const start = compounds.slice(0, n).map((one, at) => (at === 0 ? "" : one.combinator + " ") + one.selector).join(" ");
                const here = byCss(scope, start);
                if (here.length > 0) {
                  notes.push(`\`${start}\` matched ${here.length}, but \`${compounds.slice(n).map((one) => one.selector).join(" ")}\` nothing in it`);
                  break;
                }
              }
          }
          if (part.by === "role") near.push(...all(scope, "*").filter((one) => roleOf(one) === part.role && isVisible(one)));
          if (near.length === 0 && (part.by === "label" || part.by === "placeholder")) near.push(...all(scope, "input,textarea,select,[contenteditable]").filter(isVisible));
          if (near.length === 0) near.push(...all(scope, "a[href],button,input,textarea,select,[role=button],[tabindex]").filter(isVisible));
        }
        return [JSON.stringify({ notes, near: [...new Set(near)].slice(0, 8).map((one) => ({ text: describe(one), name: shorten(nameOf(one), 80) })) })];
      }
      scopes = next;
    }
    return [JSON.stringify({ notes, near: [] })];
  },

  focus: (request, element) => {
    element.focus();
    return [JSON.stringify({})];
  },
  // Answers as soon as keys get to this document, or when `request.wait` milliseconds are over; its element asks for them.
  has_focus: async (request, element) => {
    const until = performance.now() + request.wait;
    while (!document.hasFocus() && performance.now() < until) {
      (element.closest("select") || element).focus();
      await tick();
    }
    return [JSON.stringify(document.hasFocus())];
  },
  // The element with the focus, through shadow roots; a frame where the focus is in that frame.
  focused: () => {
    let at = document.activeElement;
    while (at && shadowOf(at) && shadowOf(at).activeElement) at = shadowOf(at).activeElement;
    at = at || document.body || document.documentElement;
    // What can't have the focus itself has it in a closed shadow root.
    const page = at === document.body || at === document.documentElement;
    const closed = !page && at.tabIndex < 0 && !at.hasAttribute("tabindex") && !at.isContentEditable;
    return [JSON.stringify({ frame: /^I?FRAME$/.test(tagOf(at)), closed }), at];
  },

  // The options to click so that just these are chosen: by label, else by value.
  options: (request, select) => {
    if (tagOf(select) !== "SELECT") return [JSON.stringify({ ok: false, is: describe(select), options: [] })];
    const options = [...select.options];
    const shown = options.slice(0, 20).map((one) => fold(one.label));
    const wanted = [];
    for (const text of request.options) {
      const one = options.find((o) => fold(o.label) === fold(text)) || options.find((o) => o.value === text);
      if (!one) return [JSON.stringify({ ok: false, missing: text, options: shown })];
      if (one.disabled || one.parentElement.disabled) return [JSON.stringify({ ok: false, disabled: text, options: shown })];
      wanted.push(one);
    }
    if (!select.multiple && wanted.length > 1) return [JSON.stringify({ ok: false, single: true, options: shown })];
    // In a list with several choices a click toggles.
    const clicks = select.multiple ? options.filter((one) => one.selected !== wanted.includes(one)) : wanted.slice(-1);
    return [JSON.stringify({ ok: true, options: shown }), ...clicks];
  },

  scroll_to: (request, element) => {
    element.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    return [JSON.stringify({})];
  },
  scroll_page: async (request) => {
    const page = document.scrollingElement || document.documentElement;
    const top = ((page.scrollHeight - innerHeight) * request.percent) / 100;
    scrollTo({ top, behavior: "instant" });
    await tick();
    return [JSON.stringify({ top: page.scrollTop })];
  },
  // The status that the server gave for this document; 0 where the browser doesn't tell.
  status: () => [JSON.stringify({ status: performance.getEntriesByType("navigation")[0]?.responseStatus || 0, url: location.href, ready: document.readyState, login: [...document.querySelectorAll("input[type=password i]")].some((field) => field.getClientRects().length > 0) })],
};
