// Strict's widget, as far as tests need one. `ready()` says that it is ready; `say(name, payload)` fires; `start()` does
// both once the page has loaded.
{
  const subscribers = new Map();
  const All = { STARTED: "started", ANSWERED: "answered", ENDED: "ended" };
  const listen = (name, callback) => {
    if (!subscribers.has(name)) subscribers.set(name, []);
    subscribers.get(name).push(callback);
  };
  window.Strict = { Names: { All }, listen };
  window.ready = () => window.dispatchEvent(new Event("strict:ready"));
  window.tell = (name, argument) => (subscribers.get(window.Strict.Names.All[name]) || []).forEach((callback) => callback(argument));
  window.say = (name, payload) => tell(name, { data: { payload: { id: "c", sid: "s", ...payload } } });
  window.start = (payload) =>
    addEventListener("load", () => {
      ready();
      say("STARTED", payload);
    });
}
