//! The API, its constants, its payloads and the page's own language may look like anything.

use crate::ways::{ANSWER, OPEN, OPEN_AND_GO, START, all_are_right, chat, way, whole};

#[tokio::test(flavor = "multi_thread")]
async fn however_the_api_is_made() {
    // Each replaces what the widget has put there.
    let made = |name, script: &str| {
        way(name, &format!("<script>{script}</script>{ANSWER}{START}"), OPEN_AND_GO, "STARTED ANSWERED")
    };
    let lexical = "<!doctype html><script>
        const subscribers = {}; let Names = { All: { STARTED: 1, ANSWERED: 2, ENDED: 3 } };
        function listen(name, callback) { (subscribers[name] ||= []).push(callback) }
        addEventListener('load', () => { dispatchEvent(new Event('strict:ready'));
          for (const one of subscribers[1]) one({ data: { payload: { id: 7, sid: 's' } } }) })</script>";
    all_are_right(vec![
            made("frozen", "Object.freeze(Strict.Names.All); Object.freeze(Strict.Names); Object.freeze(Strict); Object.freeze(Strict.listen)"),
            made("symbols", "Strict.Names.All = { STARTED: Symbol('x'), ANSWERED: Symbol('x'), ENDED: Symbol.for('x') }"),
            made("numbers", "Strict.Names.All = { STARTED: 0, ANSWERED: -1, ENDED: 0.5 }"),
            made("getters", "Strict.Names.All = { get STARTED() { return 's' }, get ANSWERED() { return 'a' }, get ENDED() { return 'e' } }"),
            made("inherited", "Strict.Names.All = Object.create(Object.create(Strict.Names.All), { MORE: { value: 'more' } })"),
            made("statics", "class Base { static STARTED = 's'; static get ANSWERED() { return 'a' } } Strict.Names.All = class extends Base { static ENDED = 'e'; static find() {} }"),
            made("hidden", "Strict.Names.All = new (class { #s = 's'; get STARTED() { return this.#s } get ANSWERED() { return 'a' } get ENDED() { return 'e' } })"),
            made("proxied", "Strict = new Proxy(Strict, {}); const all = Strict.Names.All; Strict.Names.All = new Proxy({}, { get: (_, key) => all[key], has: (_, key) => key in all, ownKeys: () => [] })"),
            made("extra", "Strict.Names.All.MORE = 'more'; Strict.Names.All[Symbol('odd')] = 1; Strict.Names.All.find = () => {}"),
            made("function", "{ const { Names, listen } = Strict; Strict = () => {}; Object.assign(Strict, { Names, listen }) }"),
            made("instance", "{ const { Names, listen } = Strict; class Api { constructor() { this.listen = this.listen.bind(this) } listen(...args) { if (!(this instanceof Api)) throw 1; return listen(...args) } get Names() { return Names } } Object.defineProperty(window, 'Strict', { get: (api => () => api)(new Api()) }) }"),
            made("async", "{ const { listen } = Strict; Strict.listen = async (...args) => { await null; listen(...args) }; const { say } = window; window.say = (...args) => setTimeout(say, 5, ...args) }"),
            made("strictly", "{ const { listen } = Strict; Strict.listen = (name, callback, ...more) => { if (typeof callback !== 'function' || !(callback instanceof Function) || more.length) throw new TypeError(); listen(name, callback); return () => {} } }"),
            made("both", "var listen = Strict.listen, Names = Strict.Names"),
            made("bare", "var listen = Strict.listen, Names = Strict.Names; var Strict = Object.freeze({ version: 1, Names })"),
            made("late-constant", "{ const all = Strict.Names.All; delete all.ENDED; addEventListener('load', () => { all.ENDED = 'ended' }) }"),
            made("stranger", "var listen = (what) => { throw new Error('another vendor: ' + what) }, Names = { All: { STARTED: 'their own' } }; dispatchEvent(new Event('their:ready'))"),
            made("stranger-names", "var Names = ['Ada', 'Grace']; document.body.append(Object.assign(document.createElement('form'), { id: 'listen' }))"),
            whole("lexical", lexical, OPEN, "STARTED"),
        ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_callback_is_given() {
    let given = |name, argument: &str| {
        way(
            name,
            &format!(
                "<script>window.given = (id, sid) => {{ {argument} }}; addEventListener('load', () => {{ ready(); tell('STARTED', given('c', 's')) }})</script><button onclick=\"tell('ANSWERED', given('c', 's'))\">Go</button>"
            ),
            OPEN_AND_GO,
            "STARTED ANSWERED",
        )
    };
    all_are_right(vec![
            given("numbers", "return { data: { payload: { id: 42, sid } } }"),
            given("more", "return { type: 'x', data: { more: [1], payload: { id, sid, more: { deep: [null, true] }, none: undefined, act() {}, when: new Date(0) } }, target: window, page: document }"),
            given("message", "return new MessageEvent('message', { data: { payload: { id, sid } } })"),
            given("custom", "return Object.assign(new CustomEvent('x', { detail: 1 }), { data: { payload: { id, sid } } })"),
            given("subclass", "class Said extends Event { #data = { payload: { id, sid } }; get data() { return this.#data } } return new Said('x')"),
            given("classes", "class Payload { get id() { return id } get sid() { return sid } } class Said { get data() { return { get payload() { return new Payload() } } } } return new Said()"),
            given("prototype", "return Object.create({ data: { payload: Object.create({ id, sid }) } })"),
            given("bare", "return Object.assign(Object.create(null), { data: Object.assign(Object.create(null), { payload: Object.assign(Object.create(null), { id, sid }) }) })"),
            given("hidden", "const payload = Object.defineProperties({}, { id: { value: id }, sid: { get: () => sid } }); return Object.defineProperty({}, 'data', { value: { payload } })"),
            given("frozen", "return Object.freeze({ data: Object.freeze({ payload: Object.freeze({ id, sid }) }) })"),
            given("reactive", "return new Proxy({ data: new Proxy({ payload: new Proxy({ id, sid }, {}) }, {}) }, { get: (target, key) => Reflect.get(target, key) })"),
            given("to-json", "Object.prototype.toJSON = Array.prototype.toJSON = String.prototype.toJSON = () => 'prototype'; return { data: { payload: { id, sid, toJSON: () => null } } }"),
            given("shared", "const one = { a: 1 }; return { data: { again: one, payload: { id, sid, one, two: one } } }"),
            given("cyclic", "const it = { data: { payload: { id, sid } } }; it.data.payload.event = it; return it"),
            given("wide", "const more = {}; for (let i = 0; i < 20000; i++) more[i] = {}; return { before: more, data: { payload: { more, id, sid } } }"),
            given("long", "return { before: 'x'.repeat(9e6), data: { payload: { text: 'y'.repeat(5e6), id, sid } } }"),
            given("foreign", "const frame = document.body.appendChild(document.createElement('iframe')); const made = frame.contentWindow.JSON.parse(JSON.stringify({ data: { payload: { id, sid } } })); frame.remove(); return made"),
            given("foreign-event", "const frame = window.frame ||= document.body.appendChild(document.createElement('iframe')); return new frame.contentWindow.MessageEvent('x', { data: { payload: { id, sid } } })"),
            given("throws", "return { get before() { throw 1 }, data: { get before() { throw 1 }, payload: { get before() { throw 1 }, id, sid } } }"),
        ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whenever_it_fires() {
    let fired = |name, how: &str| {
        way(name, &format!("<button onclick=\"{how}\">Go</button>{START}"), OPEN_AND_GO, "STARTED ANSWERED")
    };
    let started = |name, script: &str| way(name, &format!("<script>{script}</script>"), OPEN, "STARTED");
    all_are_right(vec![
            fired("microtask", "queueMicrotask(() => say('ANSWERED'))"),
            fired("promise", "Promise.resolve().then(async () => { await null; say('ANSWERED') })"),
            fired("timer", "setTimeout(() => say('ANSWERED'), 300)"),
            fired("frame", "requestAnimationFrame(() => requestAnimationFrame(() => say('ANSWERED')))"),
            fired("idle", "requestIdleCallback(() => say('ANSWERED'), { timeout: 200 })"),
            fired("message", "const { port1, port2 } = new MessageChannel(); port2.onmessage = () => say('ANSWERED'); port1.postMessage(1)"),
            fired("worker", "const worker = new Worker(window.URL.createObjectURL(new Blob(['postMessage(1)']))); worker.onmessage = () => say('ANSWERED')"),
            fired("fetched", "fetch('/strict.js').then((answer) => answer.text()).then(() => say('ANSWERED'))"),
            fired("blocked", "const until = Date.now() + 1500; while (Date.now() < until); say('ANSWERED')"),
            fired("thrown", "setTimeout(() => { throw new Error('after all') }); say('ANSWERED'); throw new Error('at once')"),
            whole("head", "<!doctype html><head><script src=/strict.js></script><script>ready(); say('STARTED')</script>", OPEN, "STARTED"),
            started("parsed", "addEventListener('DOMContentLoaded', () => { ready(); say('STARTED') })"),
            started("much-later", "setTimeout(() => { ready(); say('STARTED') }, 3000)"),
            started("long-after-ready", "ready(); setTimeout(() => say('STARTED'), 3000)"),
            started("injected", "const late = Object.assign(document.createElement('script'), { src: '/strict.js?again' }); delete window.Strict; late.onload = () => { ready(); say('STARTED') }; setTimeout(() => document.head.append(late), 500)"),
            started("custom", "addEventListener('load', () => { dispatchEvent(new CustomEvent('strict:ready', { bubbles: true, cancelable: true, detail: {} })); say('STARTED') })"),
            started("bubbled", "addEventListener('load', () => { document.dispatchEvent(new Event('strict:ready', { bubbles: true })); say('STARTED') })"),
            way("twice-in-turn", &format!("{START}<button onclick=\"say('ANSWERED')\">Go</button><button onclick=\"say('ENDED'); say('STARTED', {{ id: 'd', sid: 't' }})\">Next</button><button onclick=\"say('ANSWERED', {{ id: 'd', sid: 't' }})\">On</button>"),
                "[{ open: '/${journey}', fires: STARTED }, { click: text=Go, fires: ANSWERED }, { click: text=Next, fires: [ENDED, STARTED] }, { click: text=On, fires: ANSWERED }]",
                "STARTED ANSWERED ENDED STARTED ANSWERED"),
            way("two-at-once", "<script>start({ id: 'd', sid: 't' }); addEventListener('load', () => say('STARTED'))</script><button onclick=\"say('ANSWERED')\">Go</button><button onclick=\"say('ANSWERED', { id: 'd', sid: 't' })\">On</button><button onclick=\"say('ENDED')\">End</button>",
                "[{ open: '/${journey}', fires: [STARTED, STARTED] }, { click: text=Go, fires: ANSWERED }, { click: text=On, fires: ANSWERED }, { click: text=End, fires: ENDED }, { click: text=On, fires: ANSWERED }]",
                "STARTED STARTED ANSWERED ANSWERED ENDED ANSWERED"),
        ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_page_has_done_to_its_language() {
    let changed = |name, script: &str| {
        whole(
            name,
            &format!("<!doctype html><script>{script}</script><script src=/strict.js></script><body>{ANSWER}{START}"),
            OPEN_AND_GO,
            "STARTED ANSWERED",
        )
    };
    let working = "
        const wrap = (object, name) => { const old = object[name]; object[name] = function (...args) { return old.apply(this, args) } };
        for (const name of ['parse', 'stringify']) wrap(JSON, name);
        for (const name of ['push', 'join', 'sort', 'map', 'forEach', 'concat']) wrap(Array.prototype, name);
        for (const name of ['get', 'set', 'has']) wrap(Map.prototype, name);
        for (const name of ['add', 'has', 'delete']) wrap(WeakSet.prototype, name);
        for (const name of ['defineProperty', 'getOwnPropertyDescriptor', 'keys', 'getPrototypeOf']) wrap(Object, name);
        for (const name of ['log', 'error', 'warn']) wrap(console, name);
        wrap(performance, 'now'); wrap(window, 'setTimeout'); wrap(window, 'queueMicrotask'); wrap(window, 'requestAnimationFrame');
        wrap(EventTarget.prototype, 'addEventListener'); wrap(EventTarget.prototype, 'dispatchEvent');
        window.Map = class extends Map {}; window.WeakSet = class extends WeakSet {}; window.Event = class extends Event {};";
    let zone = "
        const Native = Promise; const later = [];
        window.Promise = class ZonePromise { constructor(run) { this.inner = new Native(run) } then(...args) { return this.inner.then(...args) } static resolve(value) { return new ZonePromise((done) => done(value)) } static reject(why) { return new ZonePromise((_, no) => no(why)) } };
        Native.prototype.then = (then => function (...args) { return then.apply(this, args) })(Native.prototype.then);
        const add = EventTarget.prototype.addEventListener;
        EventTarget.prototype.addEventListener = function (type, callback, options) {
          return add.call(this, type, callback && function (event) { event.zone = 'root'; return (callback.handleEvent || callback).call(this, event) }, options) };
        for (const name of ['load', 'message', 'pagehide']) Object.defineProperty(window, 'on' + name, { set(f) { add.call(window, name, f) }, get: () => null, configurable: true });";
    let shims = "
        Object.prototype.extend = function () {}; Object.prototype.value = 'polluted'; Object.prototype.threw = 1; Array.prototype.last = function () {};
        Array.prototype.toJSON = function () { return '[' + this.map(JSON.stringify).join() + ']' }; Object.prototype.toJSON = function () { return 'shim' };
        Function.prototype.bind = function (self) { const f = this; return (...args) => f.apply(self, args) }; Function.prototype.call = function (self, ...args) { return this.apply(self, args) };
        Symbol.prototype.toString = () => 'symbol'; Number.prototype.toString = () => 'number'; RegExp.prototype.exec = () => null;
        Array.prototype[Symbol.iterator] = (old => function () { return old.apply(this) })(Array.prototype[Symbol.iterator]);";
    let broken = "
        for (const name of ['getOwnPropertyDescriptor', 'getOwnPropertyNames', 'getPrototypeOf', 'entries', 'fromEntries']) Object[name] = () => { throw new Error('gone') };
        for (const name of ['shift', 'unshift', 'splice', 'reverse', 'reduce', 'flat']) Array.prototype[name] = () => { throw new Error('gone') };
        JSON.parse = JSON.stringify = Reflect.apply = Reflect.ownKeys = () => { throw new Error('gone') };
        performance.now = Performance.prototype.now = Date.now = () => NaN; Document.prototype.querySelectorAll = Element.prototype.matches = null;
        window.getComputedStyle = window.MutationObserver = window.requestAnimationFrame = null; window.String = null; Error = null;";
    let frozen = "
        for (const one of [Object, Array, Function, Promise, Map, WeakSet, Symbol, Reflect, JSON, EventTarget, Event, Node, Element, Document, Window, CustomEvent, Performance]) { Object.freeze(one.prototype); Object.freeze(one) }
        Object.freeze(document); Object.freeze(performance); Object.freeze(console); try { Object.freeze(window) } catch {}";
    all_are_right(vec![
            changed("working", working),
            changed("zone", zone),
            changed("shims", shims),
            changed("broken", broken),
            changed("frozen", frozen),
            changed("quiet", "for (const name of Object.keys(console)) console[name] = () => {}; window.onerror = () => true; addEventListener('error', (e) => e.stopImmediatePropagation(), true)"),
            changed("own-goodbyes", "addEventListener('load', () => { dispatchEvent(new PageTransitionEvent('pagehide')); dispatchEvent(new Event('unload')) })"),
            changed("clocked", "let fake = 0; performance.now = () => fake; Date = class extends Date { constructor() { super(0) } static now() { return 0 } }; setInterval(() => fake++, 1)"),
            whole(
                "policy",
                "<!doctype html><script src=/strict.js></script><body><button id=go>Go</button><script src=/policy.js></script>",
                OPEN_AND_GO,
                "STARTED ANSWERED",
            )
            .and(chat("/unused", ""))
            .and(crate::harness::page("/policy.js", "start(); document.getElementById('go').onclick = () => say('ANSWERED')"))
            .header("content-security-policy", "default-src 'none'; script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; sandbox allow-scripts"),
        ])
    .await;
}
