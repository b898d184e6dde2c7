// What a chat offers its visitor, and whether it has answered: for `chatproof explore`. The engine (engine.js), watch.js and
// survey.js stand before it in the same function.
//
// Which part of a page is the chat's is a guess, by where it stands and what its names speak of (survey.js); what was
// found once is handed back as `known`, so that it is found again when it speaks of nothing any more.

const OFFERS =
  CLICKABLE + "," + FIELDS + ",[role=option],[role=menuitem],[role=menuitemradio],[role=radio],[role=checkbox],[role=switch],[role=tab],[role=link],[role=gridcell][tabindex],[onclick],label[tabindex]";
const TYPING = "[aria-busy=true],[class*=typing i],[class*=is-loading i],[class*=spinner i],[data-typing=true]";
const holdsPage = (element) => element === document.body || element === document.documentElement || /^(MAIN|NAV|FOOTER)$/.test(tagOf(element)) || all(element, "main,nav,footer,[role=main],[role=navigation]").length > 0;
const saysOf = (element) => [element.id, element.getAttribute("class"), element.localName, element.getAttribute("aria-label"), element.getAttribute("data-testid"), element.getAttribute("title"), element.getAttribute("name"), tagOf(element) === "IFRAME" ? element.src : ""].filter(Boolean).join(" ");
const isKnown = (element, known) =>
  known.some((selector) => {
    try {
      return element.matches(selector);
    } catch {
      return false;
    }
  });

// The outermost element around this one that is set apart from the page, unless the page itself is in it.
const apart = (element, known) => {
  let root = null;
  for (let at = element; at && at !== document.body && at !== document.documentElement; at = composedParent(at)) {
    if (holdsPage(at)) break;
    if (shadowOf(at) || /fixed|sticky/.test(getComputedStyle(at).position) || /^(alert)?dialog$/.test(roleOf(at)) || CHATTY.test(saysOf(at)) || isKnown(at, known)) root = at;
  }
  return root;
};
const selectorOf = (element) => {
  const id = element.id && lasting(element.id) ? "#" + element.id : "";
  if (id) return id;
  if (element.localName.includes("-")) return element.localName;
  const one = [...element.classList].find(lasting);
  return one ? `${element.localName}.${one}` : "";
};
// The chat's parts of this document. `request.whole`: all of it, for those who have a page of their own for it.
const partsOf = (request) => {
  if (request.whole) return [document.documentElement];
  const consent = consentIn(all(document, CLICKABLE).filter((one) => isVisible(one) && !isFrame(one)), null);
  const roots = new Set();
  const hinted = request.launchers.flatMap((parts) => {
    try {
      return byParts(parts, 0, [document]).matches;
    } catch {
      return [];
    }
  });
  const likely = [];
  for (const one of all(document, OFFERS)) {
    if (!isVisible(one)) continue;
    const root = apart(one, request.known);
    if (!root || roots.has(root)) continue;
    if (consent && composedContains(root, consent.element)) continue;
    let chatty = isKnown(root, request.known) || hinted.includes(one);
    for (let at = one; !chatty && at; at = at === root ? null : composedParent(at)) chatty = CHATTY.test(saysOf(at));
    if (!chatty) chatty = CHATTY.test(nameOf(one)) && root !== one;
    if (chatty && !(OTHERS.test(saysOf(root)) && !CHATTY.test(saysOf(root)))) roots.add(root);
    else likely.push({ root, score: judged(one, null).score });
  }
  if (roots.size === 0) {
    const best = likely.filter((one) => one.score >= ENOUGH).sort((a, b) => b.score - a.score)[0];
    if (best) roots.add(best.root);
  }
  // What stands in another part is a piece of that.
  return [...roots].filter((one) => ![...roots].some((other) => other !== one && composedContains(other, one)));
};

// --- What is said -------------------------------------------------------------------------------------------------------
const ownText = (element) => {
  let text = "";
  for (const child of element.childNodes) if (child.nodeType === 3) text += child.data;
  return fold(text).trim();
};
const linesOf = (parts) => {
  const lines = [];
  for (const part of parts) {
    for (const one of [part, ...all(part, "*")]) {
      if (lines.length >= 400) return lines;
      if (unread(one) || /^(OPTION|STYLE|SCRIPT)$/.test(tagOf(one))) continue;
      const text = ownText(one);
      if (text && isVisible(one)) lines.push(shorten(text, 200));
    }
  }
  return lines;
};
// The last of what was said: of the conversation, if it can be told from what is around it.
const saidIn = (parts, candidates) => {
  const visible = (selector) => parts.flatMap((part) => all(part, selector)).filter(isVisible);
  let places = visible("[role=log],[role=feed]");
  if (places.length === 0) places = visible("[aria-live=polite],[aria-live=assertive]").filter((one) => linesOf([one]).length > 0);
  if (places.length === 0) {
    const scrolls = visible("*").filter((one) => /auto|scroll/.test(getComputedStyle(one).overflowY) && linesOf([one]).length > 0);
    places = scrolls.length > 0 ? scrolls.slice(0, 1) : parts;
  }
  const spoken = (place) => {
    const lines = [];
    for (const one of [place, ...all(place, "*")]) {
      if (unread(one) || candidates.some((other) => composedContains(other, one))) continue;
      const text = ownText(one);
      if (text && isVisible(one) && !/^(\d{1,2}[:.]\d{2}(\s?[ap]m)?|just now|now|\d+ ?(s|sec|m|min|h).*)$/i.test(text)) lines.push(shorten(text, 160));
    }
    return lines.slice(-2);
  };
  const alerts = visible("[role=alert]").filter((one) => !places.some((place) => composedContains(place, one)));
  return [...places.slice(-1).flatMap(spoken), ...alerts.flatMap(spoken)];
};
const isTyping = (parts) => parts.some((part) => all(part, TYPING).some((one) => isVisible(one) && getComputedStyle(one).opacity !== "0"));

// --- What can be done -----------------------------------------------------------------------------------------------------
// Days and times are others tomorrow.
const dated = (() => {
  const names = new Set();
  for (const language of [document.documentElement.lang || "en", "en"])
    for (const style of ["long", "short"])
      try {
        for (let i = 0; i < 12; i++) names.add(new Intl.DateTimeFormat(language, { month: style }).format(new Date(2024, i, 3)).toLowerCase().replace(/\.$/, ""));
        for (let i = 0; i < 7; i++) names.add(new Intl.DateTimeFormat(language, { weekday: style }).format(new Date(2024, 0, 1 + i)).toLowerCase().replace(/\.$/, ""));
      } catch {
        // no such language
      }
  return (text) => /\b\d{1,2}[:.h]\d{2}\b|\b\d{1,4}[./-]\d{1,2}\b|^\d{1,2}$|^(to(day|morrow))\b/i.test(text) || (/\d/.test(text) && text.toLowerCase().split(/[^\p{L}]+/u).some((word) => names.has(word)));
})();
const alone = (parts, element) => {
  try {
    return only(byParts(parts, 0, [document]).matches, element);
  } catch {
    return false;
  }
};
// A locator that a person would write: role and name, if need be inside of something; else what `locatorsOf` finds; else a
// place in a row, which is brittle.
const offerLocators = (element, volatile) => {
  const role = roleOf(element);
  const name = nameOf(element);
  const found = [];
  const named = name && name.length <= 60 && role && !/^(generic|presentation)$/.test(role);
  const part = { by: "role", role, name: { how: "exact", value: name } };
  const text = `role=${role}[name=${quoted(name)}]`;
  if (named && !volatile) {
    if (alone([part], element)) found.push(text);
    for (let at = treeParent(element), up = 0; at && up < 12 && found.length < 2; at = treeParent(at), up++) {
      const selectors = [at.id && lasting(at.id) && "#" + at.id, ...[...at.classList].filter(lasting).map((one) => "." + one)].filter(Boolean);
      const selector = selectors.find((one) => alone([{ by: "css", selector: one }, part], element));
      if (selector) found.push(`${selector} >> ${text}`);
    }
  }
  const others = locatorsOf(element);
  if (found.length + others.length > 0) return { locators: [...found.map(literal), ...others].slice(0, 4), brittle: found.length === 0 && others[0] !== undefined && !/#|testid|name=/.test(others[0]) };
  const scoped = named && !volatile ? byPart(part, document).filter(isVisible) : all(document, element.localName).filter(isVisible);
  const nth = scoped.indexOf(element);
  if (nth < 0) return { locators: [], brittle: true };
  return { locators: [literal(`${named && !volatile ? text : element.localName} >> nth=${nth}`)], brittle: true };
};
const isFieldOf = (one) => one.matches(FIELDS) && !/^(radio|checkbox|button|submit|reset|image|file|range|color)$/.test(one.type || "");
const awayOf = (one) => {
  const link = one.closest && one.closest("a[href]");
  if (!link) return "";
  const href = link.getAttribute("href") || "";
  if (/^(mailto|tel|sms|whatsapp):/i.test(href)) return "it opens another program";
  if (link.hasAttribute("download")) return "it downloads a file";
  if (link.target && link.target !== "_self") return "it opens another window";
  if (/^(#|javascript:|$)/.test(href)) return "";
  try {
    const to = new URL(href, document.baseURI);
    if (to.origin !== location.origin) return "it leads to another site";
    if (to.pathname !== location.pathname) return "it leads to another page";
  } catch {
    return "";
  }
  return "";
};
const covered = (element) => {
  const point = clickPoint(element);
  if (!point) return false;
  for (let at = treeParent(element); at; at = treeParent(at)) {
    const style = getComputedStyle(at);
    if (!/auto|scroll|hidden|clip/.test(style.overflowY + style.overflowX)) continue;
    const box = at.getBoundingClientRect();
    // Scrolled out of sight: a step scrolls to it.
    if (point.x < box.left || point.x > box.right || point.y < box.top || point.y > box.bottom) return false;
  }
  const top = deepElementFromPoint(point.x, point.y);
  return !!top && !composedContains(element, top) && !slottedInto(element, top) && !composedContains(top, element);
};
const submitOf = (field, candidates) => {
  const form = field.closest("form");
  const buttons = candidates.filter((one) => /^(button)$/.test(roleOf(one)) && !one.matches("[type=reset]"));
  const own = form && (buttons.find((one) => one.closest("form") === form && (one.type === "submit" || one.type === "image")) || buttons.find((one) => one.closest("form") === form));
  if (own) return own;
  for (let at = treeParent(field), up = 0; at && up < 4; at = treeParent(at), up++) {
    const near = buttons.filter((one) => composedContains(at, one));
    const after = near.filter((one) => field.compareDocumentPosition(one) & 4);
    if (near.length > 0) return near.find((one) => /send|submit|senden|envoyer|enviar|invia|verzend|skicka|send|wyślij|отправ|送信|发送|전송/i.test(saysOf(one) + " " + nameOf(one))) || after[after.length - 1] || null;
  }
  return null;
};
const offerOf = (one, place, candidates, avoided, whole = false) => {
  const field = isFieldOf(one);
  const name = nameOf(one) || (field ? one.getAttribute("placeholder") || one.getAttribute("data-placeholder") || "" : "");
  // What somebody's own window names by a number is another one in the next conversation.
  const volatile = !field && (dated(name) || (whole && /\b(?=[0-9a-f]*\d)[0-9a-f]{4,}\b/i.test(name)));
  const { locators, brittle } = offerLocators(one, volatile);
  const form = field ? one.closest("form,fieldset,[role=form]") : null;
  const submit = field ? submitOf(one, candidates) : null;
  const days = volatile ? candidates.filter((other) => !isFieldOf(other) && dated(nameOf(other))) : [];
  // The row, or the table, of days or times that it's one of.
  let rows = volatile ? treeParent(one) : null;
  while (rows && treeParent(rows) && days.filter((other) => composedContains(rows, other)).length < 2) rows = treeParent(rows);
  const kind = tagOf(one) === "SELECT" ? "select" : field ? "fill" : "click";
  return {
    locators,
    brittle,
    act: kind,
    role: roleOf(one),
    name: shorten(name || composedText(one).trim(), 80),
    volatile,
    group: rows ? `${place} ${all(document, rows.localName).indexOf(rows)}` : "",
    form: form ? `${place} ${all(document, "form,fieldset,[role=form]").indexOf(form)}` : "",
    submit: submit ? offerLocators(submit, false).locators.slice(0, 1) : [],
    type: field ? one.type || "text" : "",
    hints: field ? [one.getAttribute("autocomplete"), one.getAttribute("inputmode"), one.getAttribute("name"), one.id, one.getAttribute("placeholder"), name].filter(Boolean).map((text) => shorten(text, 80)) : [],
    filled: field && kind === "fill" && !!(valueOf(one) || "").trim(),
    options: kind === "select" ? [...one.options].filter((option) => !option.disabled && option.value !== "").map((option) => shorten(fold(option.label), 80)).slice(0, 20) : [],
    refused: avoided(one) ? "it is to be avoided" : one.type === "file" ? "it wants a file" : one.type === "password" ? "it wants a password" : /^cc-/.test(one.getAttribute("autocomplete") || "") ? "it wants payment data" : awayOf(one),
  };
};
const avoiding = (request) => {
  const found = new Set();
  for (const parts of request.avoid)
    try {
      for (const one of byParts(parts, 0, [document]).matches) found.add(one);
    } catch {
      // not a selector here
    }
  return (element) => {
    for (let at = element; at; at = composedParent(at)) if (found.has(at)) return true;
    return false;
  };
};
const pointed = (part) => all(part, "li,div,span,label,td").filter((one) => getComputedStyle(one).cursor === "pointer" && !(treeParent(one) && getComputedStyle(treeParent(one)).cursor === "pointer") && composedText(one).trim().length > 0 && composedText(one).trim().length <= 80);

commands.offers = (request, ...frames) => {
  const parts = partsOf(request);
  const avoided = avoiding(request);
  const inside = (frame) => parts.some((part) => composedContains(part, frame));
  const candidates = [];
  for (const part of parts) {
    const own = part.matches(OFFERS) ? [part] : [];
    for (const one of [...own, ...all(part, OFFERS), ...pointed(part)]) if (!candidates.includes(one) && isVisible(one) && !isFrame(one) && one !== document.documentElement) candidates.push(one);
  }
  // What can only be scrolled by keys, or be read out, does nothing when it's clicked.
  const idle = (one) => !isFieldOf(one) && /^(generic|region|group|dialog|document|article|list|listitem|log|tabpanel|main|feed|status|presentation|)$/.test(roleOf(one)) && !one.hasAttribute("onclick") && getComputedStyle(one).cursor !== "pointer";
  const enabled = candidates.filter((one) => !isDisabled(one) && !idle(one) && !covered(one));
  // Of what stands in each other, the innermost.
  const inner = enabled.filter((one) => isFieldOf(one) || !enabled.some((other) => other !== one && composedContains(one, other)));
  const consent = request.whole ? null : consentIn(all(document, CLICKABLE).filter((one) => isVisible(one) && !isFrame(one)), null);
  const links = request.whole ? [] : all(document, CLICKABLE).filter((one) => isVisible(one) && !isDisabled(one) && !isFrame(one) && !parts.some((part) => composedContains(part, one)) && !(consent && composedContains(consent.dialog, one)) && CHATTY.test(wordsOf(one) + " " + [...one.attributes].map((a) => a.name).join(" ")) && !awayOf(one) && !avoided(one));
  const place = request.place;
  return [
    JSON.stringify({
      title: shorten(document.title, 120),
      url: location.href,
      offers: inner.slice(0, 60).map((one) => offerOf(one, place, candidates, avoided, request.whole && !request.inside)),
      page: links.slice(0, 3).map((one) => offerOf(one, place, [], avoided)),
      consent: consent ? [offerOf(consent.element, place, [], () => false)] : [],
      lines: linesOf(parts),
      said: saidIn(parts, candidates),
      roots: parts.map(selectorOf).filter(Boolean),
      visible: frames.map(isVisible),
      inside: frames.map(inside),
      locators: frames.map(locatorsOf),
    }),
  ];
};

// Answers when the chat has: it has changed, says more than what its visitor did, and has been still for a while; or when
// nothing has come for `request.idle` milliseconds.
commands.answered = async (request) => {
  const before = new Set(request.before);
  const echo = request.echo.map((text) => fold(text).trim()).filter(Boolean);
  const began = performance.now();
  let last = null;
  let stirred = began;
  let changed = false;
  for (;;) {
    forget(request.token);
    const parts = partsOf(request);
    const lines = linesOf(parts);
    const now = lines.join("\n").replace(/\d+/g, "#") + "\n" + parts.reduce((count, part) => count + all(part, OFFERS).filter((one) => isVisible(one) && !isDisabled(one)).length, 0);
    const at = performance.now();
    if (now !== last) {
      if (last !== null) changed = true;
      last = now;
      stirred = at;
    }
    const more = lines.filter((line) => !before.has(line));
    const answered = more.some((line) => !echo.some((text) => text.includes(line) || line.includes(text)));
    if (more.length > 0 || request.count !== lines.length) changed = true;
    const still = at - stirred;
    const typing = isTyping(parts) && at - stirred < request.idle * 2;
    if (!typing && still >= request.quiet && ((changed && (answered || echo.length === 0 || still >= request.idle)) || still >= request.idle)) return [JSON.stringify({ changed })];
    if (at - began > request.most) return [JSON.stringify({ changed })];
    await new Promise((resolve) => setTimeout(resolve, 80));
  }
};
