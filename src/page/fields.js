// Typing into fields. The engine (engine.js) and watch.js stand before it in the same function.

const isTextField = (element) => {
  const tag = tagOf(element);
  return tag === "INPUT" ? !/^(checkbox|radio|file|button|submit|reset|image|hidden)$/.test(element.type) : tag === "TEXTAREA" || element.isContentEditable === true;
};
const valueOf = (element) => (/^(INPUT|TEXTAREA)$/.test(tagOf(element)) ? element.value : element.innerText ?? element.textContent);
// What editors put around a text isn't a difference, and neither is how a character is made up.
const plain = (text) =>
  text.replace(/\r\n?/g, "\n").replace(/[\u200b\ufeff]/g, "").normalize("NFC").replace(/[ \t\u00a0]+/g, " ").replace(/ ?\n+ ?/g, "\n").trim();
const breaksIn = (text) => text.replace(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n").length - 1;
const count = (text) => [...text].length;

// What reaches the page while a text is typed, in characters. It counts wherever it can be typed into: fields for one
// digit each hand the focus on. A key has its own `beforeinput` and `input`, unless the page sees to its character itself;
// what is handed over has these only, and in Firefox no `beforeinput`.
const listenForTyping = (element) => {
  globalThis.chatproofTyping?.stop();
  const heard = { keys: 0, beforeinput: 0, input: 0, composed: 0, composing: 0, breaks: 0, changed: null };
  const ofKey = { beforeinput: false, input: false };
  const on = (event) => {
    if (!event.isTrusted || !isTextField(event.composedPath()[0] || event.target)) return;
    const { type, inputType } = event;
    if (type === "keydown") {
      const character = count(event.key) <= 1;
      if (character) heard.keys++;
      ofKey.beforeinput = ofKey.input = character;
    } else if (type === "compositionstart") {
      heard.composed += heard.composing;
      heard.composing = 0;
    } else if (inputType === "insertCompositionText") heard.composing = Math.max(heard.composing, count(event.data || ""));
    else if (/^insert(LineBreak|Paragraph)$/.test(inputType)) {
      if (type === "beforeinput") heard.breaks++;
    } else if (ofKey[type]) ofKey[type] = false;
    else heard[type] += count(event.data || "");
    if (heard.changed) heard.changed();
  };
  const types = ["keydown", "compositionstart", "beforeinput", "input"];
  // From outside of a closed root an event seems to be at its host.
  const places = [window, closedRootOf(element)].filter(Boolean);
  for (const place of places) for (const type of types) place.addEventListener(type, on, true);
  globalThis.chatproofTyping = {
    heard,
    stop: () => {
      for (const place of places) for (const type of types) place.removeEventListener(type, on, true);
      globalThis.chatproofTyping = null;
    },
  };
};

// Puts the caret into a field with all of its text selected, so that what is typed replaces it. A field whose parts
// are typed one by one, in an order that depends on the browser's language, is set as by its picker.
commands.focus_all = (request, element) => {
  const tag = tagOf(element);
  const no = (is, more) => [JSON.stringify({ ok: false, is, ...more })];
  if (!isTextField(element)) return no(describe(element));
  if (element.readOnly) return no("read-only " + describe(element));
  if (tag === "INPUT" && request.breaks > 0) return no(describe(element), { one: true });
  element.focus();
  if (tag === "INPUT" && /^(date|datetime-local|month|time|week|color|range)$/.test(element.type)) {
    element.value = request.text;
    if (element.value !== request.text) return no(`${describe(element)}, which takes no ${JSON.stringify(request.text)}`);
    element.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
    element.dispatchEvent(new Event("change", { bubbles: true }));
    return [JSON.stringify({ ok: true, done: true })];
  }
  let empty;
  if (tag === "INPUT" || tag === "TEXTAREA") {
    empty = element.value === "";
    element.select();
  } else {
    empty = element.textContent === "";
    const range = document.createRange();
    range.selectNodeContents(element);
    const root = element.getRootNode();
    if (root.nodeType === 11 && !root.getSelection) {
      // In Firefox nothing in a shadow root can be selected, neither by a range nor by keys: what is there is taken away.
      if (!empty) {
        element.replaceChildren();
        element.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true, inputType: "deleteContentBackward" }));
      }
      empty = true;
    } else {
      const selection = root.nodeType === 11 ? root.getSelection() : getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
    }
  }
  listenForTyping(element);
  return [JSON.stringify({ ok: true, empty, rooted: element.getRootNode() !== document })];
};

// For what a driver would press as a key.
commands.insert = (request) => [JSON.stringify(document.execCommand("insertText", false, request.text))];

// Whether what was typed got there. What the field holds is the page's business once it has had the keys: it may have
// sent it already, put it in order, or cut it. Only what never came, or line breaks that didn't stay, are told.
commands.typed = async (request, element) => {
  if (!globalThis.chatproofTyping) return [JSON.stringify({})];
  const { heard, stop } = globalThis.chatproofTyping;
  const whole = count(request.text) - request.breaks;
  const arrived = () => Math.min(whole, heard.keys + Math.max(heard.beforeinput, heard.input) + heard.composed + heard.composing);
  const lost = () => {
    const value = valueOf(element);
    if (plain(value) === plain(request.text) && breaksIn(value) >= request.breaks) return "";
    if (Math.max(heard.breaks, breaksIn(value)) < request.breaks) return "breaks";
    return arrived() < whole ? "text" : "";
  };
  const until = performance.now() + 1000;
  while (lost() && performance.now() < until)
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, until - performance.now());
      heard.changed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  stop();
  const why = lost();
  return [JSON.stringify(why ? { lost: why, arrived: arrived(), breaks: Math.min(request.breaks, Math.max(heard.breaks, breaksIn(valueOf(element)))), is: describe(element) } : {})];
};
