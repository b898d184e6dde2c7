//! Ways to be wrong: each is caught, at the requirement that it breaks and for the reason that it has.

use chatproof::verdict::{Level, Outcome};

use crate::harness::browsers;
use crate::ways::{ANSWER, OPEN_AND_GO, START, Way, run_ways, way};

/// A widget that is right but for what `script` does to it, after it is made and before it starts.
fn but(name: &'static str, script: &str) -> Way {
    way(name, &format!("<script>{script}</script>{ANSWER}{START}"), OPEN_AND_GO, "")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_caught_for_its_reason() {
    let say = |how: &str| format!("{{ const right = window.say; window.say = (name, more) => {how} }}");
    let tell = |how: &str| format!("{{ const right = window.tell; window.tell = (name, event) => {how} }}");
    // A way, the requirement that it breaks, what is found, and what a reader is told.
    let cases: Vec<(Way, &str, &str, &str)> = vec![
        (but("missing", &say("name !== 'ANSWERED' && right(name, more)")), "event.ANSWERED.fires", "missing", ""),
        (
            but(
                "too-early",
                &say("{ right(name, more); if (name === 'STARTED') right('ANSWERED') }")
                    .replace("right(name, more);", "if (name !== 'ANSWERED') right(name, more);"),
            ),
            "event.ANSWERED.fires",
            "too-early",
            "step 1",
        ),
        (
            but("too-late", &say("name === 'ANSWERED' ? setTimeout(right, 4000, name, more) : right(name, more)")),
            "event.ANSWERED.fires",
            "too-late",
            "within",
        ),
        (but("twice", &say("{ right(name, more); right(name, more) }")), "event.ANSWERED.at-most", "duplicate", "two"),
        (
            but("again", &say("{ right(name, more); if (name === 'ANSWERED') setTimeout(right, 300, name, more) }")),
            "event.ANSWERED.at-most",
            "duplicate",
            "",
        ),
        (
            but("elsewhere", &tell("right(name, { payload: event.data.payload })")),
            "event.STARTED.payload",
            "missing",
            "`event.payload`",
        ),
        (
            but("as-text", &tell("right(name, { data: { payload: JSON.stringify(event.data.payload) } })")),
            "event.STARTED.payload",
            "wrong-type",
            "",
        ),
        (
            but("in-detail", &tell("right(name, new CustomEvent('x', { detail: event.data.payload }))")),
            "event.STARTED.payload",
            "missing",
            "detail",
        ),
        (but("bare", &tell("right(name)")), "event.STARTED.payload", "missing", ""),
        (but("emptied", &say("right(name, { ...more, id: '' })")), "event.STARTED.payload.id", "empty", ""),
        (
            but(
                "misspelt",
                &tell(
                    "{ const { id, sid } = event.data.payload; right(name, { data: { payload: { id, Sid: sid } } }) }",
                ),
            ),
            "event.STARTED.payload.sid",
            "missing",
            "`Sid`",
        ),
        (
            but("wrong-target", "window.ready = () => document.dispatchEvent(new Event('strict:ready'))"),
            "ready.fired",
            "wrong-target",
            "`document`",
        ),
        (but("never-ready", "window.ready = () => {}"), "ready.fired", "missing", "API is there"),
        (
            but("ready-twice", "{ const once = ready; window.ready = () => { once(); once() } }"),
            "ready.once",
            "duplicate",
            "",
        ),
        (
            but(
                "ready-too-early",
                "{ const api = Strict; delete window.Strict; ready(); window.ready = () => {}; window.Strict = api }",
            ),
            "ready.api-usable",
            "too-early",
            "before the API existed",
        ),
        (
            but(
                "needs-this",
                "Strict.list = []; Strict.listen = function (name, callback) { this.list.push([name, callback]) }; window.tell = (name, event) => { for (const [on, callback] of Strict.list) if (on === Strict.Names.All[name]) callback(event) }",
            ),
            "api.subscribe",
            "threw",
            "unbound",
        ),
        (
            but(
                "no-api",
                "window.Chat = Strict; const Strict_ = Strict; delete window.Strict; Object.defineProperty(window, 'Strict', { get() { return undefined } }); window.tell = () => {}",
            ),
            "api.location",
            "missing",
            "",
        ),
        (
            but("one-value", "Strict.Names.All.ANSWERED = Strict.Names.All.STARTED"),
            "constant.STARTED.distinct",
            "not-distinct",
            "",
        ),
        (but("no-constant", "delete Strict.Names.All.ENDED"), "constant.ENDED.present", "missing", ""),
        (but("changing-sid", &say("right(name, { ...more, sid: name })")), "consistency.sid", "changed", ""),
        (
            but("uncalled", &say("{ right(name, more); if (name === 'STARTED') right('ENDED') }")),
            "event.ENDED.unexpected",
            "unexpected",
            "",
        ),
        (
            but(
                "only-the-last",
                "{ const { listen } = Strict; let last; Strict.listen = (name, callback) => { const mine = last = {}; listen(name, (event) => mine === last && callback(event)) } }",
            ),
            "event.STARTED.fires",
            "missing",
            "",
        ),
    ];
    let ways: Vec<Way> = cases.iter().map(|(way, ..)| way.clone()).collect();
    let mut missed = Vec::new();
    for browser in browsers() {
        let ran = run_ways(browser, &ways, "defaults: { within: 1500ms, settle: 2s }").await;
        for (way, requirement, finding, told) in &cases {
            let heard = ran.journey(way.name);
            heard.complete();
            let verdicts = heard.verdicts();
            let broken: Vec<_> =
                verdicts.iter().filter(|v| v.outcome != Outcome::Pass && v.level != Level::Record).collect();
            // The right one, and as a headline: nothing else explains it.
            let caught = broken.iter().any(|v| {
                v.requirement == *requirement
                    && v.outcome == Outcome::Fail
                    && v.finding == *finding
                    && v.caused_by.is_none()
                    && (told.is_empty() || v.hint.iter().chain([&v.actual]).any(|text| text.contains(told)))
            });
            let headlines: Vec<_> =
                broken.iter().filter(|v| v.caused_by.is_none() && v.outcome == Outcome::Fail).collect();
            if !caught || headlines.iter().any(|v| v.requirement != *requirement && v.finding != *finding) {
                missed.push(format!(
                    "{} in {}: wanted {requirement} {finding} {told}\n{}",
                    way.name,
                    browser.name(),
                    broken
                        .iter()
                        .map(|v| format!(
                            "    {} {:?} {} {} {:?} by {:?}\n",
                            v.requirement, v.outcome, v.finding, v.actual, v.hint, v.caused_by
                        ))
                        .collect::<String>()
                ));
            }
        }
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}
