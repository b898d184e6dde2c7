// Reports all that a page, a frame or a worker can find out about who visits. Included by pages and by workers alike.
const found = async () => {
  const media = (query) => (typeof matchMedia === "function" ? matchMedia(query).matches : undefined);
  const hints = navigator.userAgentData;
  const high = hints ? await hints.getHighEntropyValues(["platformVersion", "model"]) : undefined;
  const headers = await (await fetch("/headers?" + Math.random())).json();
  const state = async (name) => {
    try { return (await navigator.permissions.query({ name })).state; } catch { return undefined; }
  };
  const place = () => new Promise((done) => {
    if (!navigator.geolocation) return done(undefined);
    navigator.geolocation.getCurrentPosition(({ coords }) => done([coords.latitude, coords.longitude]), () => done("none"), { timeout: 5000 });
  });
  const kept = () => { try { return localStorage.getItem("seen"); } catch { return undefined; } };
  const isPage = typeof document !== "undefined";
  const options = Intl.DateTimeFormat().resolvedOptions();
  return {
    "user agent": navigator.userAgent,
    "`navigator.platform`": navigator.platform,
    "languages": navigator.languages,
    "`Intl`'s locale": options.locale,
    "time zone": options.timeZone,
    "client hints": hints && [hints.mobile, hints.platform, high.platformVersion, high.model],
    "`User-Agent` as sent": headers["user-agent"],
    "`Accept-Language` as sent": headers["accept-language"],
    "`Sec-CH-UA-Mobile`, `-Platform` as sent": [headers["sec-ch-ua-mobile"], headers["sec-ch-ua-platform"]],
    "touch points": navigator.maxTouchPoints,
    "`ontouchstart`": isPage ? "ontouchstart" in window : undefined,
    "`pointer: coarse`, `hover: none`": isPage ? [media("(pointer: coarse)"), media("(any-pointer: fine)"), media("(hover: none)")] : undefined,
    "`prefers-color-scheme`": isPage ? media("(prefers-color-scheme: dark)") : undefined,
    "`prefers-reduced-motion`": media("(prefers-reduced-motion: reduce)"),
    "`forced-colors`": media("(forced-colors: active)"),
    "screen": isPage ? [screen.width, screen.height] : undefined,
    "pixel ratio": isPage ? devicePixelRatio : undefined,
    "orientation": isPage ? screen.orientation.type : undefined,
    "width of a page without `<meta name=viewport>`": isPage && top === self ? Math.abs(innerWidth - 980) < 3 : undefined,
    "geolocation": isPage ? await place() : undefined,
    "permissions": [await state("geolocation"), await state("notifications")],
    "cookies": isPage ? document.cookie.split("; ").includes("plan=trial") : undefined,
    "local storage": isPage ? kept() : undefined,
    "online": navigator.onLine,
  };
};
if (typeof document === "undefined") {
  const answer = async (port) => port.postMessage(await found());
  onconnect = ({ ports }) => answer(ports[0]);
  onmessage = ({ ports }) => answer(ports[0] ?? self);
} else if (top !== self) {
  addEventListener("message", async () => parent.postMessage(JSON.stringify([document.title, await found()]), "*"));
} else {
  globalThis.report = async () => {
    // The widget is ready once the page has loaded; what is told before that nobody hears.
    await new Promise((done) => {
      if (document.readyState === "complete") setTimeout(done);
      else addEventListener("load", () => setTimeout(done));
    });
    // Several levels deep is more than chatproof keeps of a payload.
    const tell = (place, all) => acme("SAID", { id: place, all: JSON.stringify(all) });
    tell("page", await found());
    for (const frame of document.querySelectorAll("iframe")) {
      const heard = new Promise((done) => addEventListener("message", ({ data }) => done(JSON.parse(data)), { once: true }));
      frame.contentWindow.postMessage("?", "*");
      tell(...(await heard));
    }
    const answer = (port) => new Promise((done) => { port.onmessage = ({ data }) => done(data); });
    const worker = new Worker("/visitors.js");
    worker.postMessage("?");
    tell("worker", await answer(worker));
    tell("shared worker", await answer(new SharedWorker("/visitors.js").port));
    await navigator.serviceWorker.register("/visitors.js");
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    active.postMessage("?", [port2]);
    tell("service worker", await answer(port1));
  };
}
