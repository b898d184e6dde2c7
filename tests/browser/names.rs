//! Events whose names are parts of requirement ids, or hold dots and spaces: each is charged with its own faults only.

use chatproof::cli::assemble::{self, Happened, Terms};
use chatproof::report::summary::{self, Status};
use chatproof::source::SourceFile;
use chatproof::spec;

use crate::harness::{Pages, browsers, page, run_with};

const SPEC: &str = "
format: chatproof-spec/1
id: names
title: Names
page: { title: Events, url: 'https://docs.names.example/' }
probe:
  ready: { event: names-ready }
  api: { locations: [{ path: Names }], subscribe: on }
  payload: detail
payloads:
  talk: { id: { title: id, schema: { type: string } } }
  said: { text: { title: text, schema: { type: string } }, fires: { title: fires, schema: { type: string } } }
events:
  text: { cause: a text is typed, payload: talk }
  payload: { cause: something is attached, payload: talk }
  sent: { cause: it is sent, payload: [talk, said] }
  talk.on.open: { cause: it is opened, payload: talk }
  talk.on.close: { cause: it is closed, payload: talk }
  talk opened again: { cause: it is opened again, payload: talk }
";

const PAGE: &str = "<!doctype html><title>Names</title><button id=a>Ask</button><button id=b>Close</button>
<script>
  const listeners = {};
  window.Names = { on: (name, listener) => (listeners[name] ??= []).push(listener) };
  const tell = (name, detail) => (listeners[name] ?? []).forEach((listener) => listener({ detail: { id: 'x', ...detail } }));
  document.querySelector('#a').onclick = () => {
    for (const name of ['text', 'payload', 'talk.on.open', 'talk opened again']) tell(name);
    tell('sent', { fires: 'f' });
  };
  addEventListener('load', () => dispatchEvent(new Event('names-ready')));
</script>";

const SITE: &str = "
journeys:
  talk:
    steps:
      - open: /
      - click: '#a'
        fires: [text, payload, sent, talk.on.open, talk opened again]
      - click: '#b'
        fires: talk.on.close
";

#[tokio::test(flavor = "multi_thread")]
async fn each_event_is_charged_with_its_own_faults() {
    for browser in browsers() {
        let pages = Pages::serve(vec![page("/", PAGE)]).await;
        let spec = spec::parse(SourceFile::new("names.yaml", SPEC)).unwrap_or_else(|found| panic!("{found}"));
        let ran = run_with(spec, browser, &pages, SITE).await;
        ran.journey("talk").complete();
        let (recordings, selected) = (ran.outcome.recordings.clone(), vec!["talk".to_owned()]);
        let report =
            assemble::report(&ran.spec, &ran.site, recordings, &selected, Happened::default(), &Terms::default());
        let told: Vec<(&str, Status)> =
            summary::coverage(&report).iter().map(|row| (row.constant, row.cells[0].status)).collect();
        assert_eq!(
            told,
            [
                ("text", Status::Proved),
                ("payload", Status::Proved),
                ("sent", Status::Failed),
                ("talk.on.open", Status::Proved),
                ("talk.on.close", Status::Failed),
                ("talk opened again", Status::Proved),
            ],
            "{}",
            browser.name()
        );
        // `sent` lacks its text; `talk.on.close` isn't fired, and so isn't covered.
        assert_eq!(summary::totals(&report).fail, 3);
    }
}
