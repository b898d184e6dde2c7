// What a page that nobody has told us about looks like: for `chatproof init`. The engine (engine.js) and watch.js stand
// before it in the same function. It runs in chatproof's sandbox, where `additions.js` has kept count of what scripts
// put into the page.
//
// Heuristics, all of them: words in several languages that chat widgets of any make use, and where on the page such
// things sit. No vendor is named here; what is known of one stands in its spec's `hints`.

const CHATTY = /chat|messag|help|support|assist|\bask\b|talk|conversation|concierge|\bbot\b|berat|frage|aide|ayuda|aiuto/i;
const OTHERS = /cookie|consent|privacy|dismiss|scroll|back.to.top|share|\bcart\b|basket|menu|search|log.?in|sign.?in|language|play|video/i;
const CONSENT = /cookie|consent|datenschutz|einwillig|confidentialit|traceurs|privacidad|riservatezza|gdpr|rgpd|dsgvo/i;
const AGREE =
  /^(accept|agree|allow|i agree|i accept|yes|ok\b|okay|got it|understood|alle akzeptieren|akzeptieren|zustimmen|einverstanden|tout accepter|accepter|j'accepte|aceptar|accetta|aceitar|akkoord|godk|hyv)/i;
const CLICKABLE = "button,a[href],[role=button],summary,[tabindex]:not([tabindex='-1']),input[type=button],input[type=submit],iframe";

const added = (element) => {
  const additions = globalThis.chatproofAdditions;
  for (let at = element; additions && at; at = composedParent(at)) if (additions.has(at)) return true;
  return false;
};
const shadowed = (element) => element.getRootNode() instanceof ShadowRoot;
// The nearest element around it that doesn't scroll with the page.
const pinned = (element) => {
  for (let at = element; at; at = composedParent(at)) if (/fixed|sticky/.test(getComputedStyle(at).position)) return at;
  return null;
};
const dialogOf = (element) => {
  for (let at = element; at; at = composedParent(at)) if (/^(alert)?dialog$/.test(roleOf(at)) || /fixed|sticky/.test(getComputedStyle(at).position)) return at;
  return null;
};
const wordsOf = (element) =>
  [element.id, element.getAttribute("class"), element.getAttribute("data-testid"), element.getAttribute("title"), element.getAttribute("src"), element.tagName, nameOf(element)].filter(Boolean).join(" ");
const wordsAround = (element) => {
  const words = [];
  for (let at = element, up = 0; at && at !== document.body && up < 6; at = composedParent(at), up++) words.push(up === 0 ? wordsOf(at) : [at.id, at.getAttribute("class"), at.tagName].filter(Boolean).join(" "));
  return words.join(" ");
};

// --- A locator for an element: one that finds just it, and that a person would write ------------------------------------
// In a site file `${` begins a reference.
const literal = (locator) => locator.replace(/\$\{/g, "$$$${");
const lasting = (word) => /^[A-Za-z_][\w-]*$/.test(word) && !/\d{3,}|[0-9a-f]{8,}/i.test(word) && word.length < 60;
const quoted = (text) => '"' + text.replace(/\\/g, "\\\\").replace(/"/g, '\\"') + '"';
const only = (found, element) => {
  const visible = found.filter(isVisible);
  return visible.length === 1 && visible[0] === element;
};
const anchorsOf = (element) => {
  const anchors = [];
  for (let at = treeParent(element); at; at = treeParent(at)) if (at.id && lasting(at.id)) anchors.push("#" + at.id);
  return anchors;
};
const locatorOf = (element) => {
  const tag = element.tagName.toLowerCase();
  const css = (selector) => {
    try {
      return only(byCss(document, selector), element) ? selector : "";
    } catch {
      return "";
    }
  };
  const classes = [...element.classList].filter(lasting).map((one) => "." + one);
  const anchors = anchorsOf(element);
  const role = roleOf(element);
  const name = nameOf(element);
  const byName = () =>
    name && name.length <= 80 && role && role !== "generic" && only(byPart({ by: "role", role, name: { how: "exact", value: name } }, document), element) ? `role=${role}[name=${quoted(name)}]` : "";
  const testid = element.getAttribute("data-testid");
  const tries = [
    () => element.id && lasting(element.id) && css("#" + element.id),
    () => testid && lasting(testid) && css(`[data-testid="${testid}"]`) && `testid=${testid}`,
    ...anchors.slice(0, 2).flatMap((anchor) => classes.map((one) => () => css(`${anchor} ${one}`))),
    () => element.getAttribute("name") && lasting(element.getAttribute("name")) && css(`${tag}[name="${element.getAttribute("name")}"]`),
    byName,
    ...classes.map((one) => () => css(one)),
    ...anchors.slice(0, 1).map((anchor) => () => css(`${anchor} ${tag}`)),
    () => css(tag),
  ];
  for (const attempt of tries) {
    const found = attempt();
    if (found) return literal(found);
  }
  return "";
};
// For what a visitor picks in a conversation, the name is what tells one from the other.
const optionOf = (element) => {
  const role = roleOf(element);
  const name = nameOf(element);
  if (name && name.length <= 60 && /^(button|link|option|menuitem|radio|checkbox|textbox|combobox)$/.test(role) && only(byPart({ by: "role", role, name: { how: "exact", value: name } }, document), element))
    return literal(`role=${role}[name=${quoted(name)}]`);
  return locatorOf(element);
};

// --- The launcher ---------------------------------------------------------------------------------------------------------
const judged = (element) => {
  const box = element.getBoundingClientRect();
  const signs = [];
  let score = 0;
  const sign = (points, words) => {
    score += points;
    if (words) signs.push(words);
  };
  if (shadowed(element)) sign(2, "in a shadow root");
  if (added(element)) sign(2, "put into the page by a script");
  if (pinned(element)) sign(3, "stays in its place when the page scrolls");
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  const side = x > innerWidth - 240 ? "right" : x < 240 ? "left" : "";
  if (side && y > innerHeight - 240) sign(3, `at the bottom ${side}`);
  if (CHATTY.test(wordsOf(element))) sign(3, "its name or class speaks of a chat");
  else if (CHATTY.test(wordsAround(element))) sign(2, "what is around it speaks of a chat");
  if (nameOf(element)) sign(1, "");
  if (box.width >= 24 && box.width <= 280 && box.height >= 24 && box.height <= 160) sign(1, "");
  if (OTHERS.test(wordsOf(element))) sign(-5, "");
  if (box.bottom < 0 || box.top > innerHeight || box.right < 0 || box.left > innerWidth) score -= 4;
  return { element, score, signs };
};
const ENOUGH = 6;

// --- A banner that asks for consent ---------------------------------------------------------------------------------------
const consentIn = (elements) => {
  for (const element of elements) {
    const name = nameOf(element);
    const dialog = AGREE.test(name.trim()) && dialogOf(element);
    if (dialog && CONSENT.test(composedText(dialog) + " " + wordsAround(element))) return { dialog, element, name };
  }
  return null;
};

const FIELDS = "input:not([type=hidden]),textarea,select,[contenteditable=true],[role=textbox]";
const ACTING = /^(button|link|option|menuitem|radio|checkbox|tab|switch)$/;
const controlsOf = (elements) =>
  [...new Set(elements)]
    .filter((one) => one.matches(FIELDS) || ACTING.test(roleOf(one)))
    .map((one) => ({ locator: optionOf(one), field: one.matches(FIELDS) && !/^(radio|checkbox|button|submit)$/.test(one.type || "") }))
    .filter((one) => one.locator)
    .slice(0, 8);

commands.survey = (request) => {
  forget();
  const elements = all(document, CLICKABLE).filter((one) => isVisible(one) && !isDisabled(one));
  const consent = consentIn(elements.filter((one) => one.tagName !== "IFRAME"));
  const others = elements.filter((one) => !(consent && composedContains(consent.dialog, one)));
  // What scrolls away with the page isn't a corner's button: it may be a link that opens a chat, or the chat itself.
  const launchers = others
    .filter(pinned)
    .map(judged)
    .filter((one) => one.score >= ENOUGH)
    .sort((a, b) => b.score - a.score)
    .map(({ element, signs }) => ({ locator: locatorOf(element), name: shorten(nameOf(element), 80), signs }))
    .filter((one) => one.locator)
    .slice(0, 3);
  const inline = (one) => !pinned(one) && (shadowed(one) || added(one));
  const flowing = others.filter((one) => one.tagName !== "IFRAME" && !pinned(one));
  return [
    JSON.stringify({
      inline: controlsOf(all(document, FIELDS + "," + CLICKABLE).filter((one) => isVisible(one) && one.tagName !== "IFRAME" && inline(one) && CHATTY.test(wordsAround(one)))),
      links: controlsOf(flowing.filter((one) => !inline(one) && CHATTY.test(wordsOf(one) + " " + [...one.attributes].map((a) => a.name).join(" ")))).slice(0, 3),
      title: shorten(document.title, 120),
      url: location.href,
      consent: consent && { locator: optionOf(consent.element), name: shorten(consent.name, 80) },
      launchers,
      frames: [...document.querySelectorAll("iframe")].filter(isVisible).map((one) => shorten(one.src, 200)).filter(Boolean).slice(0, 8),
    }),
  ];
};

// Remembers what can be clicked or filled now; `appeared` tells what has come since.
commands.remember = () => {
  globalThis.chatproofSeen = new WeakSet(all(document, CLICKABLE + "," + FIELDS).filter(isVisible));
  return [JSON.stringify({})];
};
commands.appeared = () => {
  forget();
  const seen = globalThis.chatproofSeen;
  return [JSON.stringify(controlsOf(all(document, CLICKABLE + "," + FIELDS).filter((one) => isVisible(one) && one.tagName !== "IFRAME" && !(seen && seen.has(one)))))];
};
