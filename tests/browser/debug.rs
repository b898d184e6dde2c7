use crate::harness::*;
use chatproof::browser::BrowserKind;
#[tokio::test(flavor = "multi_thread")]
async fn dbg() {
    let _ = tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).with_writer(std::io::stderr).try_init();
    let pages = Pages::serve(vec![
        page("/made", "<!doctype html><script>addEventListener('load', () => { const f = document.createElement('iframe'); f.src = '/inner'; document.body.append(f) })</script>"),
        page("/inner", "<!doctype html><script src=/widget.js></script><script>addEventListener('load', () => { acmeReady(); acme('OPENED', { id: 'c' }) })</script>"),
        with_widget("/", "<style>@keyframes spin { to { left: 300px } }</style><div id=spin style='position:absolute;animation:spin 2s linear infinite'>spin</div>"),
        page("/same", "<button>Same origin</button>"),
        page(
            "/late",
            "<!doctype html><script src=/widget.js></script><script>addEventListener('load', () => { acmeReady();
               setTimeout(() => { const frame = document.createElement('iframe'); frame.src = '/same'; document.body.append(frame) }, 500) })</script><body>",
        ),
    ]).await;
    let b = if std::env::var("B").is_ok() { BrowserKind::Chromium } else { BrowserKind::Firefox };
    let only = std::env::var("J").unwrap();
    let j = match only.as_str() { "made" => "made: { steps: [{open: /made, within: 1s, fires: OPENED}] }", "spin" => "spin: { steps: [{open: /}, {click: '#spin', timeout: 600ms}] }", _ => "late: { steps: [{open: /late}, {click: text=Same origin, timeout: 2s}] }" };
    let ran = run(b, &pages, &format!("journeys:\n  {j}\n")).await;
    for r in &ran.outcome.recordings { for s in &r.steps { eprintln!("STEP {:?}", s); } for o in &r.observations { eprintln!("OBS {} {} {:?} {:?}", &o.context.get(..8).unwrap_or(""), o.document, o.seq, o.kind); } }
}
