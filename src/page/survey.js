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
  [element.id, element.getAttribute("class"), element.getAttribute("data-testid"), element.getAttribute("title"), element.getAttribute("src"), element.localName, nameOf(element)].filter(Boolean).join(" ");
const wordsAround = (element) => {
  const words = [];
  for (let at = element, up = 0; at && at !== document.body && up < 6; at = composedParent(at), up++) words.push(up === 0 ? wordsOf(at) : [at.id, at.getAttribute("class"), at.localName].filter(Boolean).join(" "));
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
// The likeliest first. They hold in this document; of which none holds in another frame too is for the one who asked.
const locatorsOf = (element) => {
  const tag = element.localName;
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
  const found = [];
  for (const attempt of tries) {
    const locator = attempt();
    if (locator && !found.includes(locator)) found.push(locator);
    if (found.length === 3) break;
  }
  return found.map(literal);
};
// For what a visitor picks in a conversation, the name is what tells one from the other.
const optionsOf = (element) => {
  const role = roleOf(element);
  const name = nameOf(element);
  if (name && name.length <= 60 && /^(button|link|option|menuitem|radio|checkbox|textbox|combobox)$/.test(role) && only(byPart({ by: "role", role, name: { how: "exact", value: name } }, document), element))
    return [literal(`role=${role}[name=${quoted(name)}]`), ...locatorsOf(element)];
  return locatorsOf(element);
};

// --- The launcher ---------------------------------------------------------------------------------------------------------
// `frame`: where the frame's own window lies in the page's, and what is known of it; none for the page itself.
const judged = (element, frame) => {
  const box = element.getBoundingClientRect();
  const signs = [];
  let score = 0;
  const sign = (points, words) => {
    score += points;
    if (words) signs.push(words);
  };
  if (shadowed(element)) sign(2, "in a shadow root");
  if (frame) sign(2, "in a frame");
  if (added(element) || (frame && frame.added)) sign(2, "put into the page by a script");
  if (pinned(element) || (frame && frame.pinned)) sign(3, "stays in its place when the page scrolls");
  const [x, y] = [box.left + box.width / 2 + (frame ? frame.x : 0), box.top + box.height / 2 + (frame ? frame.y : 0)];
  const [wide, high] = frame ? [frame.wide, frame.high] : [innerWidth, innerHeight];
  const side = x > wide - 240 ? "right" : x < 240 ? "left" : "";
  if (side && y > high - 240) sign(3, `at the bottom ${side}`);
  if (CHATTY.test(wordsOf(element))) sign(3, "its name or class speaks of a chat");
  else if (CHATTY.test(wordsAround(element)) || (frame && frame.chatty)) sign(2, "what is around it speaks of a chat");
  if (nameOf(element)) sign(1, "");
  if (box.width >= 24 && box.width <= 280 && box.height >= 24 && box.height <= 160) sign(1, "");
  if (OTHERS.test(wordsOf(element))) sign(-5, "");
  if (box.bottom < 0 || box.top > innerHeight || box.right < 0 || box.left > innerWidth) score -= 4;
  return { element, score, signs };
};
const ENOUGH = 6;

// --- A banner that asks for consent ---------------------------------------------------------------------------------------
const consentIn = (elements, frame) => {
  for (const element of elements) {
    const name = nameOf(element);
    // The whole of a frame that stays in its place is a dialog.
    const dialog = AGREE.test(name.trim()) && (dialogOf(element) || (frame && frame.pinned && document.documentElement));
    if (dialog && CONSENT.test(composedText(dialog) + " " + wordsAround(element))) return { dialog, element, name };
  }
  return null;
};

const FIELDS = "input:not([type=hidden]),textarea,select,[contenteditable=true],[role=textbox]";
const ACTING = /^(button|link|option|menuitem|radio|checkbox|tab|switch)$/;
const controlsOf = (elements) =>
  [...new Set(elements)]
    .filter((one) => one.matches(FIELDS) || ACTING.test(roleOf(one)))
    .map((one) => ({ locators: optionsOf(one), field: one.matches(FIELDS) && !/^(radio|checkbox|button|submit)$/.test(one.type || "") }))
    .filter((one) => one.locators.length > 0)
    .slice(0, 8);
const isFrame = (element) => /^I?FRAME$/.test(tagOf(element));

// `frames` are those of this document that can be looked into: what is in them speaks for itself.
commands.survey = (request, ...frames) => {
  const around = request.frame || null;
  const elements = all(document, CLICKABLE).filter((one) => isVisible(one) && !isDisabled(one));
  const consent = consentIn(elements.filter((one) => !isFrame(one)), around);
  const others = elements.filter((one) => !(consent && composedContains(consent.dialog, one)));
  // What scrolls away with the page isn't a corner's button: it may be a link that opens a chat, or the chat itself.
  const held = (one) => pinned(one) || (around && around.pinned);
  const launchers = others
    .filter(held)
    .map((one) => judged(one, around))
    .filter((one) => one.score >= ENOUGH)
    .sort((a, b) => b.score - a.score)
    .map(({ element, signs, score }) => ({ locators: locatorsOf(element), name: shorten(nameOf(element), 80), signs, score, frame: frames.indexOf(element) }))
    .filter((one) => one.locators.length > 0)
    .slice(0, 3);
  const inline = (one) => !held(one) && (shadowed(one) || added(one) || around !== null);
  const chatty = (one) => CHATTY.test(wordsAround(one)) || (around && around.chatty);
  const flowing = others.filter((one) => !isFrame(one) && !held(one));
  return [
    JSON.stringify({
      inline: controlsOf(all(document, FIELDS + "," + CLICKABLE).filter((one) => isVisible(one) && !isFrame(one) && inline(one) && chatty(one))),
      links: controlsOf(flowing.filter((one) => !inline(one) && CHATTY.test(wordsOf(one) + " " + [...one.attributes].map((a) => a.name).join(" ")))).slice(0, 3),
      title: shorten(document.title, 120),
      url: location.href,
      consent: consent && { locators: optionsOf(consent.element), name: shorten(consent.name, 80) },
      launchers,
      frames: [...document.querySelectorAll("iframe")].filter(isVisible).map((one) => shorten(one.src, 200)).filter(Boolean).slice(0, 8),
      around: frames.map((frame) => {
        const box = frame.getBoundingClientRect();
        return {
          visible: isVisible(frame),
          locators: locatorsOf(frame),
          pinned: !!held(frame),
          added: added(frame) || !!(around && around.added),
          chatty: !!chatty(frame),
          x: box.left + (around ? around.x : 0),
          y: box.top + (around ? around.y : 0),
          wide: around ? around.wide : innerWidth,
          high: around ? around.high : innerHeight,
        };
      }),
    }),
  ];
};

// How many visible elements each of several locators finds here.
commands.counts = (request) => [
  JSON.stringify(
    request.locators.map((parts) => {
      try {
        return byParts(parts, 0, [document]).matches.filter(isVisible).length;
      } catch {
        return 0;
      }
    }),
  ),
];

// Remembers what can be clicked or filled now; `appeared` tells what has come since. What is in a frame that can't be seen
// isn't there yet.
commands.remember = (request, ...frames) => {
  globalThis.chatproofSeen = new WeakSet(request.visible ? all(document, CLICKABLE + "," + FIELDS).filter(isVisible) : []);
  return [JSON.stringify({ visible: frames.map(isVisible) })];
};
commands.appeared = (request, ...frames) => {
  const seen = globalThis.chatproofSeen;
  const now = all(document, CLICKABLE + "," + FIELDS).filter((one) => isVisible(one) && !isFrame(one));
  return [
    JSON.stringify({
      known: !!seen,
      controls: controlsOf(now.filter((one) => !(seen && seen.has(one)))),
      visible: frames.map(isVisible),
      locators: frames.map(locatorsOf),
    }),
  ];
};
