// In every document, before its own scripts: subscribes to all events, at each documented place and with two callbacks
// each, looks on as the page's own handlers are called, and says what it hears to `say(what)`.
//
// `hits`: also what the page sends to analytics, where the library doesn't see requests itself. They are answered here.
(say, hits) => {
  if (top !== window) return;
  const NAMES = ["TRIGGERED", "ENGAGED", "COMPLETED", "CLOSED", "INPUT_PHONE", "INPUT_EMAIL", "MEETING_BOOKED", "LIVE_CHAT_REQUESTED",
    "LIVE_CHAT_INITIATED", "LIVE_CHAT_ENDED", "LIVE_CHAT_REQUEST_TIMEOUT"].map((name) => `CONVERSATION_${name}`);
  const message = (error) => String(error?.message ?? error);
  const subscribed = new Set();
  // How often each callback was called: all of an event's as often.
  const calls = new Map();
  const hear = (name, ear, event) => {
    if (ear === 0) say({ kind: "event", name, payload: structuredClone(event.data?.payload), at: performance.now() });
    const counts = calls.get(name) ?? [0, 0];
    counts[ear] += 1;
    calls.set(name, counts);
  };
  addEventListener("adobedx.conversations.ready", () => {
    say({ kind: "ready" });
    for (const [place, api] of [["window.AdobeDX", window.AdobeDX], ["bare globals", window]]) {
      const { addListener, Enum } = api ?? {};
      if (typeof addListener !== "function" || !Enum?.Events) {
        say({ kind: "no-api", place });
        continue;
      }
      for (const name of NAMES) if (Enum.Events[name] === undefined) say({ kind: "no-constant", place, name });
      if (!subscribed.has(addListener)) {
        subscribed.add(addListener);
        for (const name of NAMES)
          for (const ear of [0, 1]) addListener(Enum.Events[name], (event) => hear(name, ear, event));
      }
      // The page's own handlers, which subscribe after this.
      api.addListener = (constant, handler) =>
        addListener(constant, (event) => {
          const began = performance.now();
          try {
            handler(event);
            say({ kind: "handled", constant, took: performance.now() - began });
          } catch (error) {
            say({ kind: "handled", constant, error: message(error) });
            throw error;
          }
        });
    }
  });
  // Events of which not all callbacks heard the same; asked at the end of a journey.
  window.__ears = () => [...calls].filter(([, [first, second]]) => first !== second).map(([name]) => name);
  addEventListener("error", (event) => say({ kind: "page-error", message: message(event.error ?? event.message) }));

  const layer = (window.dataLayer = []);
  const push = layer.push;
  layer.push = (...items) => {
    for (const item of items) say({ kind: "push", item: JSON.parse(JSON.stringify(Array.from(item))) });
    return push.apply(layer, items);
  };

  if (!hits) return;
  const hit = (url, body) => say({ kind: "hit", url: String(url), body: body ?? "" });
  const ours = (url) => /\/g\/collect|\/b\/ss\/|\/collector\/events/.test(String(url));
  const { sendBeacon } = Navigator.prototype;
  Navigator.prototype.sendBeacon = function (url, body) {
    return ours(url) ? (hit(url, body), true) : sendBeacon.call(this, url, body);
  };
  const { fetch } = window;
  window.fetch = function (url, options) {
    return ours(url) ? (hit(url, options?.body), Promise.resolve(new Response(null, { status: 204 }))) : fetch.apply(this, arguments);
  };
  const source = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
  Object.defineProperty(HTMLImageElement.prototype, "src", {
    ...source,
    set(url) {
      if (ours(url)) hit(url, "");
      else source.set.call(this, url);
    },
  });
}
