// What never comes to rest: a launcher that pulses for ever, or wanders. A visitor clicks it all the same, at a point
// that it covers all the time; so the places where it was are laid upon each other. Only declarations: watch.js stands
// behind it in the same function.

// How long something may move until it's no longer waited for: what slides in has come to rest by then.
const REST = 1500;
// How far back its places are looked at: as far as there is a point that all of them cover, at most this far.
const SPANS = [4000, 1000, 500];
// Narrower than that it can't be aimed at, pointers being rounded to pixels.
const NARROW = 3;
// In how many frames after each other the point has to be hit.
const STEADY = 3;

// How long one round of an endless movement takes, the element's own or of what it stands in; 0 where none is known.
const cycleOf = (element) => {
  let longest = 0;
  for (let at = element; at; at = composedParent(at))
    for (const one of at.getAnimations ? at.getAnimations() : []) {
      if (one.playState !== "running" || !one.effect) continue;
      const { endTime, duration, direction } = one.effect.getComputedTiming();
      if (endTime !== Infinity || typeof duration !== "number") continue;
      longest = Math.max(longest, (duration * (/alternate/.test(direction) ? 2 : 1)) / Math.abs(one.playbackRate || 1));
    }
  return longest;
};

const motionOf = (element) => {
  const began = performance.now();
  const places = [];
  let steady = 0;
  const motion = { element, point: null, none: false, by: "" };
  // The middle of what was covered during the last `span` milliseconds.
  const common = (span, now) => {
    const all = places.filter((one) => now - one.at <= span);
    const [left, right] = [Math.max(...all.map((one) => one.left)), Math.min(...all.map((one) => one.right))];
    const [top, bottom] = [Math.max(...all.map((one) => one.top)), Math.min(...all.map((one) => one.bottom))];
    return right - left >= NARROW && bottom - top >= NARROW ? { x: (left + right) / 2, y: (top + bottom) / 2 } : null;
  };
  // Once in each frame.
  motion.note = () => {
    const now = performance.now();
    const area = clickArea(element) || { left: 0, right: 0, top: 0, bottom: 0 };
    places.push({ at: now, ...area });
    while (places.length > 0 && now - places[0].at > SPANS[0]) places.shift();
    const cycle = cycleOf(element);
    motion.point = null;
    if (now - began < (cycle > 0 ? Math.min(cycle, SPANS[0]) : REST)) return;
    const point = SPANS.map((span) => common(span, now)).find(Boolean);
    motion.none = !point;
    const top = point && deepElementFromPoint(point.x, point.y);
    const ok = !!top && (composedContains(element, top) || slottedInto(element, top));
    motion.by = point && !ok && top ? describe(top) : "";
    steady = ok ? steady + 1 : 0;
    if (steady >= STEADY) motion.point = point;
  };
  // A few frames: what only comes to its place is at rest again in the next one.
  motion.watch = async () => {
    for (let i = places.length === 0 ? 3 : 0; i < 4 && !motion.point; i++) {
      await tick();
      motion.note();
    }
  };
  return motion;
};
