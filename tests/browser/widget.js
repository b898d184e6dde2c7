// Acme's widget, as far as tests need one. `window.acmeReady()` says that it is ready; `acme(topic, info)` fires.
{
  const subscribers = new Map();
  const Topics = { OPENED: 1, SAID: 2, CLOSED: 3, UNDOCUMENTED: 4 };
  window.Acme = {
    chat: {
      Topics,
      on: (topic, callback) => {
        if (!subscribers.has(topic)) subscribers.set(topic, []);
        subscribers.get(topic).push(callback);
      },
    },
  };
  window.acmeReady = () => document.dispatchEvent(new Event("acme:ready"));
  window.acme = (topic, info) => {
    for (const callback of subscribers.get(Topics[topic]) || []) callback({ detail: { info } });
  };
}
