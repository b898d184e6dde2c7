//! The listener's messages as they come over the wire, and what each is in a recording. `page/listener.js` says them.

use serde::Deserialize;
use serde_json::Value;

use super::recorder::bounded;
use super::stack;
use crate::recording::{
    ApiLocation, ApiSnapshot, CopyNote, Handled, Kind, Place, Registration, Silent, Subscription, Unheard,
};

/// A batch of the listener's: `{"d": document, "m": [messages]}`.
#[derive(Deserialize)]
pub(super) struct Batch {
    pub(super) d: String,
    pub(super) m: Vec<Said>,
}

/// One message. See `listener.js` for the meaning of the letters.
#[derive(Deserialize)]
pub(super) struct Said {
    pub(super) s: u64,
    pub(super) t: f64,
    #[serde(flatten)]
    pub(super) what: What,
}

#[derive(Deserialize)]
#[serde(tag = "k", rename_all = "lowercase")]
pub(super) enum What {
    Alive {
        u: String,
        top: bool,
    },
    Mark {
        p: usize,
    },
    Ready {
        o: String,
        n: u64,
    },
    Api {
        w: String,
        l: Vec<ApiLocation>,
        u: Option<String>,
        r: Vec<Subscription>,
        #[serde(default)]
        p: Vec<Place>,
        #[serde(default)]
        g: Vec<String>,
    },
    Event {
        c: String,
        n: u64,
        a: u64,
        v: Value,
        x: Vec<CopyNote>,
        h: Option<u64>,
    },
    Unheard {
        c: String,
        ev: u64,
        m: Vec<(u64, u8)>,
        #[serde(default)]
        y: Vec<(u64, u8)>,
    },
    Differs {
        c: String,
        ev: u64,
        n: u64,
        v: Value,
        x: Vec<CopyNote>,
    },
    Changed {
        c: String,
        ev: u64,
        v: Value,
        x: Vec<CopyNote>,
    },
    Push {
        l: String,
        i: u64,
        f: bool,
        a: bool,
        v: Value,
        x: Vec<CopyNote>,
    },
    Dropped {
        n: u64,
    },
    Unload,
    Shown,
    Beforehand,
    Refused {
        u: String,
        y: String,
    },
    Handler(Box<SaidHandler>),
    Handled {
        h: u64,
        c: Option<String>,
        by: String,
        ev: Option<u64>,
        ms: f64,
        ok: bool,
        e: String,
        ca: bool,
        p: bool,
    },
    Rejected {
        h: u64,
        c: Option<String>,
        e: String,
    },
    Removed {
        h: u64,
        c: Option<String>,
        by: String,
    },
    Watched {
        l: String,
        st: String,
        r: bool,
    },
    Unsaid {
        n: u64,
    },
    Unparsed {
        u: String,
        ln: u32,
        e: String,
    },
    Asked {
        w: String,
        a: String,
    },
    Webdriver,
}

/// A registration of the page's own. See `handlers.js`.
#[derive(Deserialize)]
pub(super) struct SaidHandler {
    h: Option<u64>,
    c: Option<String>,
    y: String,
    v: String,
    b: String,
    f: String,
    l: String,
    st: String,
    r: bool,
    ok: bool,
}

impl What {
    /// As the recording keeps it.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Alive { u, top } => Kind::Alive { url: u, top },
            Self::Mark { p } => Kind::Mark { step: p },
            Self::Ready { o, n } => Kind::Ready { target: o, nth: n },
            Self::Api { w, l, u, r, p, g } => Kind::Api(Box::new(ApiSnapshot {
                when: w,
                locations: l,
                used: u,
                subscriptions: r,
                places: p,
                replaced: g,
            })),
            Self::Event { c, n, a, v, x, h } => {
                Kind::Event { constant: c, subscription: n, data: v, arguments: a, notes: x, handler: h }
            }
            Self::Unheard { c, ev, m, y } => {
                let silent = |(subscription, which): (u64, u8)| Silent { subscription, which: which.into() };
                Kind::Unheard(Box::new(Unheard {
                    constant: c,
                    event: ev,
                    silent: m.into_iter().map(silent).collect(),
                    after_all: y.into_iter().map(silent).collect(),
                }))
            }
            Self::Differs { c, ev, n, v, x } => {
                Kind::HeardOtherwise { constant: c, event: ev, subscription: n, data: v, notes: x }
            }
            Self::Changed { c, ev, v, x } => Kind::PayloadChanged { constant: c, event: ev, data: v, notes: x },
            Self::Push { l, i, f, a, v, x } => {
                Kind::Push { layer: l, index: i, found: f, arguments: a, data: v, notes: x }
            }
            Self::Dropped { n } => Kind::Dropped { count: n },
            Self::Unload => Kind::Unload,
            Self::Shown => Kind::Shown,
            Self::Beforehand => Kind::Beforehand,
            Self::Refused { u, y } => {
                Kind::Refused { what: "script".to_owned(), url: bounded(&u), status: 0, reason: bounded(&y) }
            }
            Self::Handler(said) => Kind::Handler(Box::new(registration(*said))),
            Self::Handled { h, c, by, ev, ms, ok, e, ca, p } => Kind::Handled(Box::new(Handled {
                handler: h,
                constant: c,
                by,
                event: ev,
                took_ms: ms,
                returned: ok,
                promise: p,
                message: e,
                caught: ca,
            })),
            Self::Rejected { h, c, e } => Kind::HandlerRejected { handler: h, constant: c, message: e },
            Self::Removed { h, c, by } => Kind::HandlerRemoved { handler: h, constant: c, by },
            Self::Watched { l, st, r } => Kind::HandlersWatched { location: l, state: st, after_ready: r },
            Self::Unsaid { n } => Kind::HandlersUnsaid { count: n },
            Self::Webdriver => Kind::WebdriverRead,
            Self::Asked { w, a } => Kind::Asked { what: bounded(&w), answer: bounded(&a) },
            Self::Unparsed { u, ln, e } => Kind::Unparsed {
                source: bounded(&u),
                line: ln,
                message: e.strip_prefix("Uncaught ").unwrap_or(&e).to_owned(),
            },
        }
    }
}

fn registration(said: SaidHandler) -> Registration {
    let place = stack::caller(&said.st, stack::OWN_FRAMES).unwrap_or_default();
    Registration {
        handler: said.h,
        constant: said.c,
        value_type: said.y,
        value: said.v,
        callback: said.b,
        name: said.f,
        location: said.l,
        script: bounded(&place.script),
        line: place.line,
        column: place.column,
        after_ready: said.r,
        accepted: said.ok,
    }
}
