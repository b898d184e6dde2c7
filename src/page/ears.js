// What the listener subscribes to, with which callbacks of its own, and which of their calls are one firing. Part of the
// listener, which calls it once, before any script of the page.
//
// (kit) => { busy, attend, pending, complete, subscribe, failed, replaced, again, anew, pageHears, spoils, mark, renew }
//   kit        the listener's own means: { apply, is, push, join, soon, setTimeout_, now, say, quote, copy, messageOf, probe,
//              limits, throws, at, holder, constantsAt, unwrap, self, follow, literal, usableConstants, room, firing,
//              argumentOf, shape, listen }
//   busy       whether the subscribe function is being called by the listener itself
//   attend     subscribes (again) to events of the window's or the document's own, which needn't be waited for
//   pending    where nothing says ready: an API is there that hasn't been subscribed to; complete: every location has been
//   failed     where nothing says ready: what was thrown, as long as subscribing hasn't worked
//   subscribe  in the ready handler: subscribes wherever there is an API that hasn't been subscribed to yet
//   replaced   names of locations where another function stands by now than the one that was subscribed with
//   again      the page is about to subscribe (it may have taken callbacks off before): subscribes once more in front of it
//   anew       the page took all callbacks of an event off, or of all events: subscribes once more
//   pageHears  a handler of the page's own is about to be called
//   spoils     a handler of the page's own has been called: what it did to a payload is no doing of the widget's
//   mark       at a step's mark: says which callbacks didn't hear what others heard, and which payloads have changed
//
// A *place* is one location's API as it was found: its object, its subscribe function, its constants. For each event it
// gets a pair of callbacks, both of which have to hear it. Whatever of our callbacks hears a firing first says it; the
// others join it: those that are called with the same data, or in the same turn. An API that has the very same function
// and constants as another location's isn't subscribed to twice.
(kit) => {
  "use strict";
  const { apply, is, push, soon, setTimeout_, now, say, quote, copy, messageOf, probe, throws } = kit;
  const Error_ = Error;
  const Map_ = Map;
  const mapGet = Map.prototype.get;
  const mapSet = Map.prototype.set;
  const get = (map, key) => apply(mapGet, map, [key]);
  const set = (map, key, value) => apply(mapSet, map, [key, value]);
  const isObject = (value) => (typeof value === "object" || typeof value === "function") && value !== null;

  // Which callback didn't hear: one of the pair, the youngest in front of the page's own, all of a place that has never
  // heard this event, all of a place whose page has heard it.
  const FIRST = 0;
  const SECOND = 1;
  const AGAIN = 2;
  const PLACE = 3;
  const DROPPED = 4;
  const MOST_AGAIN = 8; // for one event at one place: a widget may bound how many it takes
  const MOST_EARS = 64; // that are noted of one firing: a page may have thousands of handlers
  const LATEST = 50; // firings of a turn among which the same object is looked for
  const MOST_FIRINGS = 1000; // of one event that are remembered
  const MOST_SAID = 200; // of what is said of callbacks and payloads in one document
  const MOST_KEPT = 200; // payloads that are looked at again at the next mark
  const MOST_KEPT_TEXT = 1 << 21;
  const MOST_KNOWN = 500; // texts of one event that are remembered
  // Milliseconds: for callbacks that are called one by one, each in a task of its own, a mark may come in between.
  const GRACE = 1000;
  // Milliseconds in which an API that keeps what has been for those who come late tells it.
  const REPLAY = 100;

  const MOST_TRIES = 50; // a function that throws may do so because it's called too early
  // Nothing says ready: an API that has been subscribed to isn't again, whatever the vendor puts in its place.
  const once = probe.ready.by === "subscribing";
  const unlisten = EventTarget.prototype.removeEventListener;
  const natives = []; // what `addEventListener` was given

  let wave, number, current, logs, turn, turns, said, kept, keptText, held, subscribing, tries, refusals, early;
  const renew = () => {
    wave = 0;
    number = 0;
    current = []; // by location
    logs = new Map_(); // by constant
    turn = 0;
    turns = []; // firings of this turn, which still hold what they brought
    said = 0;
    kept = [];
    keptText = 0;
    held = [];
    subscribing = 0;
    tries = 0;
    refusals = "";
    early = undefined; // what was subscribed to before anything said ready, until that is told
    for (let i = 0; i < natives.length; i++) apply(unlisten, window, natives[i]);
    natives.length = 0;
  };
  renew();

  // A turn lasts until microtasks run: for a widget that calls one callback after the other, one turn is one firing.
  let ticking = false;
  const begin = () => {
    if (ticking) return;
    ticking = true;
    soon(() => {
      ticking = false;
      turn++;
      for (let i = 0; i < turns.length; i++) turns[i].argument = undefined; // nothing of the page's is kept alive
      turns = [];
    });
  };
  const logOf = (constant) => {
    let log = get(logs, constant);
    if (!log) set(logs, constant, (log = { __proto__: null, list: [], first: 0, known: new Map_(), texts: 0 }));
    return log;
  };
  const end = (log) => log.first + log.list.length;

  // --- Places ---------------------------------------------------------------------------------------------------------
  // What the subscribe function is called on, where it isn't called by itself.
  const above = [];
  for (let i = 0; i + 1 < probe.subscribe.length; i++) apply(push, above, [probe.subscribe[i]]);
  const ownerAt = (location) => kit.self(above.length > 0 ? kit.at(location, above) : kit.holder(location));
  const found = () => {
    const places = [];
    for (let i = 0; i < probe.locations.length; i++) {
      const location = probe.locations[i];
      const fn = kit.unwrap(kit.at(location, probe.subscribe));
      const constants = kit.literal ? undefined : kit.at(location, probe.constants);
      if (typeof fn !== "function" || !(kit.literal || kit.usableConstants(constants))) {
        apply(push, places, [undefined]);
        continue;
      }
      const values = [];
      for (let j = 0; j < probe.events.length; j++)
        apply(push, values, [kit.literal ? probe.names[j] : kit.follow(constants, [probe.events[j]])]);
      const native = nativeAt(location, fn);
      apply(push, places, [{
        __proto__: null, native, location, object: kit.self(kit.holder(location)), self: probe.bound ? ownerAt(location) : undefined, fn, values, wave: 0, number: 0, alias: undefined, stale: false,
        born: turn, fresh: kit.unwrap(kit.at(location, probe.subscribe)) !== fn, ears: new Map_(), alive: new Map_(), results: [], refused: [],
      }]);
    }
    return places;
  };
  // Events of the window's or the document's own; the latter are listened to from the window, whose listeners stay when a
  // frame's first, empty document hands it on.
  const nativeAt = (location, fn) => {
    if (fn !== kit.listen) return undefined;
    const object = ownerAt(location);
    return object === window ? "window" : object === window.document ? "document" : undefined;
  };
  const sameValues = (a, b) => {
    for (let j = 0; j < probe.events.length; j++) if (!is(a.values[j], b.values[j])) return false;
    return true;
  };
  // What lacks most of the constants that an earlier location has is another vendor's, with names that sound alike.
  const isForeign = (place, places, index) => {
    for (let k = 0; k < index; k++) {
      if (!places[k]) continue;
      let shared = 0;
      let lacking = 0;
      for (let j = 0; j < probe.events.length; j++) {
        const own = place.values[j];
        const other = places[k].values[j];
        if (other === undefined || other === null) continue;
        if (own === undefined || own === null) lacking++;
        else shared++;
      }
      if (lacking > shared) return true;
    }
    return false;
  };
  // A getter may bind the function anew at each look: then the object tells.
  const sameFunction = (place, old) => old.fn === place.fn || (old.fresh && place.fresh && place.object !== window);
  const known = (place, old) => old && old.object === place.object && sameFunction(place, old) && sameValues(place, old);

  const callbackOf = (ear) => function () {
    hear(ear, arguments);
  };
  const earAt = (place, constant, which, from) => {
    const ear = {
      __proto__: null, place, constant, which, page: null, from, first: from, born: turn, at: now(), late: which === AGAIN || place.wave > 1,
    };
    ear.callback = callbackOf(ear);
    return ear;
  };
  const listenAt = (place, given) => {
    if (place.native === "document") {
      const callback = given[1];
      if (typeof callback === "function") given[1] = function (event) {
        if (event.target !== window) apply(callback, this, arguments);
      };
      given[2] = true;
    }
    apply(push, natives, [given]);
    apply(kit.listen, window, given);
  };
  const attend = () => {
    for (let i = 0; i < natives.length; i++) apply(kit.listen, window, natives[i]);
    if (natives.length > 0) return;
    const places = found();
    const used = [];
    for (let i = 0; i < places.length; i++) {
      if (!places[i] || !places[i].native) continue;
      places[i].wave = wave = 1;
      places[i].number = ++number;
      subscribeAt(places[i]);
      current[i] = places[i];
      apply(push, used, [places[i]]);
    }
    if (used.length > 0) early = told(used);
  };
  // Subscribes with one callback; what was thrown, if anything was.
  const give = (place, fn, value, callback) => {
    subscribing++;
    try {
      if (place.native) listenAt(place, kit.shape.build(value, callback));
      else apply(fn, place.self, kit.shape.build(value, callback));
    } catch (error) {
      return messageOf(error);
    } finally {
      subscribing--;
    }
    return undefined;
  };
  const subscribeAt = (place) => {
    const { fn } = place;
    for (let j = 0; j < probe.events.length; j++) {
      const constant = probe.events[j];
      const value = place.values[j];
      if (value === undefined || value === null) {
        apply(push, place.results, [{ __proto__: null, constant, result: "no-constant", message: "" }]);
        continue;
      }
      const from = end(logOf(constant));
      const first = earAt(place, constant, FIRST, from);
      const threw = give(place, fn, value, first.callback);
      apply(push, place.results, [{ __proto__: null, constant, result: threw === undefined ? "ok" : "threw", message: threw === undefined ? "" : threw }]);
      if (threw !== undefined) continue;
      // Where a journey asks for it. Between the two: whichever way the widget goes through its callbacks, one comes later.
      if (throws) give(place, fn, value, () => {
        throw new Error_("thrown by a callback of chatproof's, as this journey asks for");
      });
      const second = earAt(place, constant, SECOND, from);
      const refused = give(place, fn, value, second.callback);
      if (refused !== undefined) apply(push, place.refused, [{ __proto__: null, constant, result: "threw", message: refused }]);
      set(place.ears, constant, { __proto__: null, first, second: refused === undefined ? second : undefined, again: [] });
    }
  };
  const results = (list) => {
    const parts = [];
    for (let i = 0; i < list.length; i++)
      apply(push, parts, ['{"constant":' + quote(list[i].constant) + ',"result":' + quote(list[i].result) + ',"message":' + quote(list[i].message) + "}"]);
    return "[" + apply(kit.join, parts, [","]) + "]";
  };

  // The documented way: in each ready handler. An API that was subscribed to at an earlier one isn't again.
  const subscribe = () => {
    const places = found();
    let any = false;
    for (let i = 0; i < places.length; i++) {
      if (once && current[i]) places[i] = current[i];
      else any = any || (places[i] && !known(places[i], current[i]));
    }
    const before = early;
    early = undefined;
    if (!any) return before;
    wave++;
    begin();
    const used = [];
    for (let i = 0; i < places.length; i++) {
      const place = places[i];
      if (!place) continue;
      if (isForeign(place, places, i)) {
        places[i] = undefined;
        continue;
      }
      if (place === current[i]) continue;
      if (known(place, current[i])) {
        // It may still belong to the API that was there before: it is listened to, but needn't hear.
        places[i] = current[i];
        places[i].stale = !places[i].native;
        continue;
      }
      place.wave = wave;
      for (let j = 0; j < i && !place.alias; j++)
        if (places[j] && !places[j].alias && places[j].fn === place.fn && sameValues(places[j], place)) place.alias = places[j];
      if (place.alias) place.number = place.alias.number;
      else {
        place.number = ++number;
        subscribeAt(place);
        if (once && allThrew(place)) {
          tries++;
          refusals = results(place.results);
          places[i] = undefined;
          continue;
        }
      }
      apply(push, used, [place]);
    }
    current = places;
    return used.length > 0 ? told(used) : before;
  };
  const allThrew = (place) => {
    for (let i = 0; i < place.results.length; i++) if (place.results[i].result !== "threw") return false;
    return place.results.length > 0;
  };
  const pending = () => {
    if (early) return window.top === window;
    if (tries >= MOST_TRIES) return false;
    const places = found();
    for (let i = 0; i < places.length; i++) if (places[i] && !current[i]) return true;
    return false;
  };
  const complete = () => {
    for (let i = 0; i < probe.locations.length; i++) if (!current[i]) return false;
    return true;
  };
  const failed = () => {
    for (let i = 0; i < current.length; i++) if (current[i]) return "";
    return refusals;
  };
  const told = (used) => {
    // The first one is told in the words that there were when there was but one.
    let first;
    const parts = [];
    for (let i = 0; i < used.length; i++) {
      const place = used[i];
      if (!place.alias && !first) first = place;
      apply(push, parts, [
        '{"location":' + quote(place.location.name) + ',"subscription":' + place.number + ',"callbacks":' + (place.alias ? 0 : throws ? 3 : 2)
          + (place.alias ? ',"same_as":' + quote(place.alias.location.name) : "")
          + (place === first || place.alias ? "" : ',"subscriptions":' + results(place.results))
          + (place.refused.length > 0 ? ',"refused":' + results(place.refused) : "") + "}",
      ]);
    }
    if (!first) return undefined;
    return { __proto__: null, used: quote(first.location.name), subscriptions: results(first.results), places: "[" + apply(kit.join, parts, [","]) + "]" };
  };

  const real = (place) => (place && place.alias ? place.alias : place);
  const replaced = () => {
    const names = [];
    for (let i = 0; i < current.length; i++) {
      if (once || !current[i] || current[i].fresh) continue;
      const fn = kit.unwrap(kit.at(probe.locations[i], probe.subscribe));
      if (typeof fn === "function" && fn !== current[i].fn) apply(push, names, [quote(probe.locations[i].name)]);
    }
    return names.length > 0 ? "[" + apply(kit.join, names, [","]) + "]" : "";
  };

  // --- Again ----------------------------------------------------------------------------------------------------------
  const add = (place, constant, fn, value) => {
    const ears = get(place.ears, constant);
    if (!ears || value === undefined || value === null || ears.again.length >= MOST_AGAIN) return;
    const ear = earAt(place, constant, AGAIN, end(logOf(constant)));
    if (give(place, fn, value, ear.callback) === undefined) apply(push, ears.again, [ear]);
  };
  // At every place, since one emitter may stand behind several; `own`: the function and value that the page uses.
  const addAll = (constant, own) => {
    for (let i = 0; i < current.length; i++) {
      const place = current[i];
      if (!place || place.alias) continue;
      const mine = own && own.place === place;
      for (let j = 0; j < probe.events.length; j++) {
        if (probe.events[j] !== constant) continue;
        add(place, constant, mine ? own.fn : place.fn, mine ? own.value : place.values[j]);
      }
    }
  };
  const placeOf = (location) => {
    for (let i = 0; i < probe.locations.length; i++) if (probe.locations[i] === location) return real(current[i]);
    return undefined;
  };
  let swept = -1; // the turn in which all events were last subscribed to again
  const again = (location, fn, value) => {
    if (subscribing > 0) return; // an API in front of another one hands our own callbacks on
    const place = placeOf(location);
    const constant = place && kit.constantsAt(location, value);
    if (!place || !get(place.ears, constant)) return;
    begin();
    const whole = swept !== turn && place.born !== turn;
    swept = turn;
    for (let j = 0; j < probe.events.length; j++) {
      if (probe.events[j] === constant) addAll(constant, { __proto__: null, place, fn, value });
      else if (whole) addAll(probe.events[j]);
    }
  };
  const anew = (value) => {
    if (subscribing > 0) return;
    const constant = value === undefined ? undefined : kit.constantsAt(undefined, value);
    if (value !== undefined && constant === undefined) return;
    begin();
    for (let j = 0; j < probe.events.length; j++) if (constant === undefined || probe.events[j] === constant) addAll(probe.events[j]);
  };

  // --- Firings --------------------------------------------------------------------------------------------------------
  const has = (list, one) => {
    for (let i = list.length - 1; i >= 0; i--) if (list[i] === one) return true;
    return false;
  };
  // The firing that an ear hears now: one with the same data, else one of this turn (a widget may give each callback
  // its own time or number).
  const search = (log, ear, data, within) => {
    let loose;
    for (let at = ear.from < log.first ? log.first : ear.from; at < end(log); at++) {
      const firing = log.list[at - log.first];
      if (has(firing.ears, ear)) continue;
      if (firing.data === data) return firing;
      if (!loose && firing.turn === within && firing.wave === ear.place.wave) loose = firing;
    }
    return loose;
  };
  const joins = (log, firing, ear) => {
    apply(push, firing.ears, [ear]);
    if (ear.page === null) set(ear.place.alive, ear.constant, true);
    if (firing.at === ear.from) ear.from++;
    // Later than was waited for: it has heard it all the same.
    if (firing.missing) {
      for (let i = 0; i < firing.missing.length; i++) {
        const [place, which] = firing.missing[i];
        if (place === ear.place && (which === ear.which || which === PLACE)) lateSay(firing, place.number, which);
      }
    }
  };
  const lateSay = (firing, place, which) => {
    if (++said <= MOST_SAID * 2) say("unheard", ',"c":' + quote(firing.constant) + ',"ev":' + firing.seq + ',"m":[],"y":[[' + place + "," + which + "]]");
  };
  const remember = (log, data) => {
    if (log.texts >= MOST_KNOWN || data.length > 4096 || get(log.known, data)) return;
    log.texts++;
    set(log.known, data, true);
  };
  // What an API tells those who come late has been heard before.
  const isReplay = (log, ear, data) =>
    ear.late && get(log.known, data) === true && (subscribing > 0 || ear.born === turn || now() - ear.at < REPLAY);

  const fire = (log, ear, argument, count, copied, within) => {
    const firing = {
      __proto__: null, constant: ear.constant, data: copied.data, argument: isObject(argument) ? argument : undefined, turn: within,
      wave: ear.place.wave, places: current, ears: [ear], at: end(log), when: now(), seq: 0, missing: undefined,
      computed: copied.computed,
    };
    firing.seq = kit.firing(ear, argument, count, copied);
    if (ear.page === null) set(ear.place.alive, ear.constant, true);
    apply(push, log.list, [firing]);
    if (ear.from === firing.at) ear.from++;
    if (turns.length >= 4 * LATEST) {
      for (let i = 0; i < turns.length; i++) turns[i].argument = undefined;
      turns = [];
    }
    if (within === turn) apply(push, turns, [firing]);
    remember(log, copied.data);
    keep(firing, argument, copied);
    if (log.list.length > MOST_FIRINGS * 2) {
      for (let i = 0; i < MOST_FIRINGS; i++) conclude(log.list[i]);
      forget(log, MOST_FIRINGS);
    }
    return firing;
  };
  const forget = (log, count) => {
    const rest = [];
    for (let i = count; i < log.list.length; i++) apply(push, rest, [log.list[i]]);
    log.list = rest;
    log.first += count;
  };

  const differs = (firing, ear, copied) => {
    if (++said > MOST_SAID || !kit.room(copied.data.length)) return;
    say("differs", ',"c":' + quote(firing.constant) + ',"ev":' + firing.seq + ',"n":' + ear.place.number + ',"w":' + ear.which + ',"v":' + copied.data + ',"x":' + copied.notes);
  };
  let dropping = -1; // the turn for which a firing was counted as dropped
  const hear = (ear, given) => {
    const argument = kit.argumentOf(given);
    const log = logOf(ear.constant);
    begin();
    // The same object in the same turn needn't be copied again.
    if (isObject(argument)) {
      for (let i = turns.length - 1; i >= 0 && i >= turns.length - LATEST; i--) {
        const firing = turns[i];
        if (firing.argument === argument && firing.constant === ear.constant && firing.at >= ear.from && !has(firing.ears, ear))
          return joins(log, firing, ear);
      }
    }
    if (!kit.room(0)) {
      if (ear.which === FIRST || dropping !== turn) kit.drop();
      dropping = turn;
      return;
    }
    const copied = copy(argument, 0);
    const firing = search(log, ear, copied.data, turn);
    if (firing) {
      joins(log, firing, ear);
      // What a getter gives may be another at each look, and each look of ours is one more.
      if (firing.data !== copied.data && !firing.computed && !copied.computed) differs(firing, ear, copied);
    } else if (!isReplay(log, ear, copied.data)) fire(log, ear, argument, given.length, copied, turn);
  };

  // --- The page's own handlers, as ears -------------------------------------------------------------------------------
  // Where a page takes all callbacks off, its own may be the only one that is called. Ours come before it, mostly; if
  // they don't come in this turn either, it has heard for us. Gives whether it is the first to hear.
  const pageHears = (state, location, constant, given) => {
    const place = placeOf(location);
    if (!place || state.registering || !get(place.ears, constant)) return false;
    const argument = kit.argumentOf(given);
    const log = logOf(constant);
    begin();
    let ear;
    for (let i = 0; i < state.ears.length; i++) if (state.ears[i].constant === constant && state.ears[i].place === place) ear = state.ears[i];
    if (!ear) {
      ear = { __proto__: null, place, constant, which: -1, page: state.id, from: 0, first: 0, born: -1, at: state.since, late: true };
      apply(push, state.ears, [ear]);
    }
    for (let i = turns.length < LATEST ? 0 : turns.length - LATEST; i < turns.length; i++) {
      if (turns[i].constant !== constant) continue;
      if (turns[i].ears.length > MOST_EARS) return false;
      if (has(turns[i].ears, ear)) continue;
      joins(log, turns[i], ear);
      return false;
    }
    if (held.length >= 100 || !kit.room(0)) return false;
    const copied = copy(argument, 0);
    const firing = search(log, ear, copied.data, -1);
    if (firing) joins(log, firing, ear);
    if (firing || isReplay(log, ear, copied.data)) return false;
    if (held.length === 0) setTimeout_(release, 0);
    apply(push, held, [{ __proto__: null, log, ear, argument, count: given.length, copied, turn }]);
    return true;
  };
  const release = () => {
    const list = held;
    held = [];
    for (let i = 0; i < list.length; i++) {
      const { log, ear, argument, count, copied, turn: within } = list[i];
      const firing = search(log, ear, copied.data, within);
      if (firing) joins(log, firing, ear);
      else fire(log, ear, argument, count, copied, within);
    }
  };

  // --- Who didn't hear ------------------------------------------------------------------------------------------------
  const missingOf = (firing) => {
    const missing = [];
    const of = (place) => {
      const ears = get(place.ears, firing.constant);
      if (!ears) return undefined;
      let young;
      for (let i = 0; i < ears.again.length; i++) if (firing.at >= ears.again[i].first) young = ears.again[i];
      return { __proto__: null, ears, young };
    };
    for (let i = 0; i < firing.places.length; i++) {
      const place = firing.places[i];
      if (!place || place.alias) continue;
      const mine = of(place);
      if (!mine) continue;
      const { first, second } = mine.ears;
      let heard = false; // by any of this place's, the page's own among them
      let ours = false;
      for (let j = 0; j < firing.ears.length; j++) {
        if (firing.ears[j].place !== place) continue;
        heard = true;
        ours = ours || firing.ears[j].page === null;
      }
      const a = has(firing.ears, first);
      const b = second !== undefined && has(firing.ears, second);
      if (second !== undefined && a !== b) apply(push, missing, [[place, a ? SECOND : FIRST]]);
      if (mine.young && heard && !has(firing.ears, mine.young)) apply(push, missing, [[place, AGAIN]]);
      if (!ours && heard && !mine.young) apply(push, missing, [[place, DROPPED]]);
      // One that has heard it before may have lost its callbacks by what the page did.
      if (!heard && !place.stale && place.wave === firing.wave && !get(place.alive, firing.constant)) apply(push, missing, [[place, PLACE]]);
    }
    return missing;
  };
  const conclude = (firing) => {
    if (firing.missing) return;
    firing.missing = missingOf(firing);
    if (firing.missing.length === 0 || ++said > MOST_SAID) return;
    const parts = [];
    for (let i = 0; i < firing.missing.length; i++) apply(push, parts, ["[" + firing.missing[i][0].number + "," + firing.missing[i][1] + "]"]);
    say("unheard", ',"c":' + quote(firing.constant) + ',"ev":' + firing.seq + ',"m":[' + apply(kit.join, parts, [","]) + "]");
  };

  // --- What a handler keeps -------------------------------------------------------------------------------------------
  const keep = (firing, argument, copied) => {
    if (!isObject(argument) || copied.computed || kept.length >= MOST_KEPT || keptText + copied.data.length > MOST_KEPT_TEXT) return;
    keptText += copied.data.length;
    apply(push, kept, [{ __proto__: null, firing, argument, turn }]);
  };
  const spoilt = (one) => {
    if (one.argument === undefined || copy(one.argument, 0).data === one.firing.data) return false;
    one.argument = undefined;
    return true;
  };
  const spoils = () => {
    let any = false;
    for (let i = kept.length - 1; i >= 0 && i >= kept.length - 2 && kept[i].turn === turn; i--) any = spoilt(kept[i]) || any;
    for (let i = kept.length - 1; any && i >= 0; i--) spoilt(kept[i]);
  };
  const look = () => {
    const list = kept;
    kept = [];
    keptText = 0;
    for (let i = 0; i < list.length; i++) {
      const { firing, argument } = list[i];
      if (argument === undefined) continue;
      const copied = copy(argument, 0);
      if (copied.data === firing.data || ++said > MOST_SAID || !kit.room(copied.data.length)) continue;
      say("changed", ',"c":' + quote(firing.constant) + ',"ev":' + firing.seq + ',"v":' + copied.data + ',"x":' + copied.notes);
    }
  };

  const mark = () => {
    release();
    look();
    for (let j = 0; j < probe.events.length; j++) {
      const log = get(logs, probe.events[j]);
      if (!log) continue;
      let old = 0;
      for (let i = 0; i < log.list.length; i++) {
        const firing = log.list[i];
        conclude(firing);
        if (i === old && now() - firing.when > GRACE) old++;
      }
      if (old > 0) forget(log, old);
    }
  };
  return { __proto__: null, busy: () => subscribing > 0, attend, pending, complete, subscribe, failed, replaced, again, anew, pageHears, spoils, mark, renew };
}
