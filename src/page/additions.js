// Keeps count of what is put into a document after it was parsed: a preload script in chatproof's sandbox, for
// `chatproof init`. It changes nothing and tells nobody; survey.js asks.
() => {
  const additions = (globalThis.chatproofAdditions = new WeakSet());
  const observe = () =>
    new MutationObserver((records) => {
      for (const record of records) for (const node of record.addedNodes) if (node.nodeType === 1) additions.add(node);
    }).observe(document, { subtree: true, childList: true });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", observe, { once: true });
  else observe();
}
