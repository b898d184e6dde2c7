// What a page has put into `window` that events could be listened to at: for `chatproof init`, where the documented
// place is empty. Runs in the page's own realm, so all that it gives is hostile: names only, bounded.
() => {
  const verbs = /^(on|addListener|addEventListener|subscribe|listen)$/;
  const found = [];
  let looked = 0;
  for (const name of Object.keys(window)) {
    if (++looked > 2000 || found.length >= 12) break;
    if (!/^[A-Za-z_$][\w$]{1,60}$/.test(name)) continue;
    const descriptor = Object.getOwnPropertyDescriptor(window, name);
    // What the browser itself provides are accessors, or not enumerable.
    if (!descriptor || !("value" in descriptor)) continue;
    const value = descriptor.value;
    if (value === null || (typeof value !== "object" && typeof value !== "function") || value === window || value instanceof Node) continue;
    try {
      const inside = (object, path) => {
        for (const key of Object.getOwnPropertyNames(object).slice(0, 200)) {
          if (verbs.test(key) && typeof object[key] === "function") return `${path}.${key}`;
        }
        return "";
      };
      let place = inside(value, name);
      for (const key of place ? [] : Object.keys(value).slice(0, 50)) {
        const inner = value[key];
        if (inner && typeof inner === "object" && /^[A-Za-z_$][\w$]{0,60}$/.test(key)) place = inside(inner, `${name}.${key}`);
        if (place) break;
      }
      if (place) found.push(place);
    } catch {
      // A page's getter that throws is nobody's API.
    }
  }
  return JSON.stringify(found);
}
