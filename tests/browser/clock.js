// What a page can tell of its clock, written down. Times are in minutes from the page's beginning, rounded: a slow machine
// is late by seconds at most.
const log = [];
const began = Date.now();
const beganNow = performance.now();
const minutes = () => Math.round((Date.now() - began) / 6000) / 10;
const note = (...parts) => log.push([minutes(), ...parts.map(String)].join(" "));
const MINUTE = 60000;
const at = (minute, what, ...given) => setTimeout(what, minute * MINUTE, ...given);

// In the order in which they are due, whatever the order they were set in; promises in between. No two that were set at
// different times are due at the same one: which of them is first, some milliseconds of real time would decide.
at(3, () => note("three"));
at(1, () => {
  note("one");
  Promise.resolve().then(() => note("promise of one")).then(() => note("and its promise"));
  queueMicrotask(() => note("microtask of one"));
  at(0.4, () => note("set by one"));
});
at(1, () => note("one again"));
at(2.2, function (...given) { note("given", given, this === window); }, "a", 2);
// Repeated ones keep their pace, also after a slow one.
let ticks = 0;
const every = setInterval(() => {
  note("tick", ++ticks);
  if (ticks === 3) clearTimeout(every); // one kind's is the other's
}, 2 * MINUTE);
const never = at(1, () => note("never"));
clearInterval(never);
clearTimeout("nonsense");
clearTimeout();
setTimeout(() => note("negative"), -5);
setTimeout(() => note("nothing"));
setTimeout(() => note("too long wraps around"), 2 ** 32 + 1);
setTimeout("note('text')", 4.1 * MINUTE);
setTimeout(() => setTimeout(() => note("object's number")), { valueOf: () => 4.3 * MINUTE });
at(4.5, () => { throw new Error("thrown at four and a half"); });
window.onerror = (message, source, line) => note("onerror", message, line);
// What is awaited goes on between timers.
(async () => {
  for (let i = 0; i < 3; i++) {
    await new Promise((done) => at(1.7, done));
    note("awaited", i);
  }
})();
requestAnimationFrame((time) => note("frame", Math.abs(time - performance.now()) < 5000));
at(5, () => requestAnimationFrame((time) => note("frame at five", Math.abs(time - performance.now()) < 5000)));
at(5.3, () => window.requestIdleCallback((deadline) => note("idle after five", deadline.didTimeout, deadline.timeRemaining() >= 0)));
cancelAnimationFrame(requestAnimationFrame(() => note("cancelled frame")));
const signal = AbortSignal.timeout(5.5 * MINUTE);
signal.addEventListener("abort", () => note("aborted", signal.reason.name));
// A loop that draws all the time ends nothing.
(function draw() { requestAnimationFrame(draw); })();

const facts = () => {
  const now = Date.now();
  const near = (value) => Math.abs(value - now) < 5000;
  class Mine extends Date { more() { return "more"; } }
  const mine = new Mine();
  note("fact", near(new Date()), near(new Date().getTime()), near(Date.parse(Date()) ), new Date(0).getTime(), new Date(2000, 0, 2).getDate(), new Date("2020-02-03T00:00:00Z").getTime(), Number.isNaN(new Date(undefined).getTime()));
  note("fact", typeof Date(), Date(1, 2) === String(new Date()), Date.name, Date.length, Date.UTC(1970, 0, 1), mine instanceof Mine, mine instanceof Date, mine.more(), near(mine), new Date().constructor === Date, near(new (new Date().constructor)()));
  note("fact", near(performance.timeOrigin + performance.now()), near(began + performance.now() - beganNow), new Event("x").timeStamp - performance.now() < 1, Math.abs(new Event("x").timeStamp - performance.now()) < 5000);
  note("fact", Intl.DateTimeFormat("en", { dateStyle: "short", timeStyle: "short", timeZone: "UTC" }).format() === Intl.DateTimeFormat("en", { dateStyle: "short", timeStyle: "short", timeZone: "UTC" }).format(Date.now()));
  note("fact", near(performance.mark("m").startTime + performance.timeOrigin), typeof setTimeout(() => {}), setTimeout.name, setTimeout.length, Object.keys(window).includes("setTimeout"));
  note("fact", typeof Temporal === "undefined" || near(Temporal.Now.instant().epochMilliseconds), structuredClone(new Date(5)).getTime());
};
