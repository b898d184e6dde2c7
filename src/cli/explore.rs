//! `chatproof explore`: walks through a whole conversation, and writes down what it is like.

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::cli::args::ExploreArgs;
use crate::cli::run::{check_headed, print, until_second_signal};
use crate::cli::settings::{Output, Surroundings};
use crate::cli::signals::Signals;
use crate::cli::{files, init, schema, settings};
use crate::error::{Error, Result};
use crate::explore::{Explorer, Head, Map, Planned, Terms, Tried, Weight, told};
use crate::report::style::Ink;
use crate::report::{self, text};
use crate::runner::{Browser, LaneId, Options, Silent, Subject};
use crate::site::locator::{self, Locator, NoNames};
use crate::site::template::{Template, Variables};
use crate::source::{SourceFile, yaml};
use crate::spec::{self, Spec};

/// How often each journey is run before the file is written.
const TIMES: usize = 3;
/// The schema's name beside the site file.
const SCHEMA: &str = "chatproof.schema.json";

/// Explores, tries out, writes.
///
/// # Errors
/// [`Error::Usage`] for files that are there already and for hosts at which nothing may be sent; what keeps a browser from
/// opening the page.
pub async fn run(args: ExploreArgs, output: Output, surroundings: &Surroundings) -> Result<u8> {
    let (json, html) = (beside(&args.output, "map.json"), beside(&args.output, "map.html"));
    let there = [&args.output, &json, &html].into_iter().find(|path| path.exists());
    if let Some(path) = there.filter(|_| !args.force && args.resume.is_none()) {
        return Err(Error::Usage(format!(
            "{} is there already\n  help: `--force` writes over it; `--output` takes another name; `--resume` goes on from a map",
            path.display()
        )));
    }
    check_headed(args.headed && args.webdriver.is_none(), surroundings)?;
    let place = Place::of(&args.url)?;
    let resumed = args.resume.as_deref().map(resume).transpose()?;
    may_send(&args, &place, output, surroundings)?;
    let (spec_reference, spec) = load_spec(&args, output)?;
    let kind = init::browser(args.browser, args.webdriver.is_some(), surroundings).await;
    let options = Options {
        browsers: settings::kinds(&[kind], &args.sessions_of, args.webdriver.is_some())?,
        headed: args.headed,
        jobs: usize::from(args.jobs),
        webdriver: args.webdriver.clone(),
        session_timeout: args.sessions_of.session_timeout,
        run_id: surroundings.run_id.clone(),
        env: surroundings.vars.clone(),
        ..Options::default()
    };
    let head = Head {
        spec: spec_reference,
        base_url: place.base_url.clone(),
        agent: args.agent.clone().or_else(|| resumed.as_ref().and_then(|map| map.agent.clone())),
        accept_insecure_certs: args.accept_insecure_certs,
    };
    let terms = Terms {
        wait: args.wait,
        patience: args.patience,
        launchers: locators(&spec.hints.launchers)?,
        avoid: locators(&args.avoid)?,
        answers: args.answers.as_deref().map(answers).transpose()?.unwrap_or_default(),
        path: place.path,
        until: Instant::now() + args.budget.mul_f64(0.7),
    };
    // One agent whom all visitors reach answers one of them at a time.
    let apart = head.agent.as_ref().is_none_or(|agent| agent.contains("${journey}"));
    let known = files::known(&spec);
    let (graph, found) = resumed.map_or_else(Default::default, |map| (map.graph, map.findings));
    let explorer = Explorer {
        spec: &spec,
        known: &known,
        head: &head,
        terms: &terms,
        jobs: if apart { usize::from(args.jobs) } else { 1 },
        ready: graph.opening.is_some(),
        graph,
        findings: found,
        spoilt: Default::default(),
        failed: None,
    };
    let signals = Signals::listen().map_err(|cause| Error::Other(format!("can't listen for signals: {cause}")))?;
    let files = Files { site: &args.output, json, html };
    let exploring = explore(explorer, &options, &files, &signals, output, surroundings);
    let ended = until_second_signal(exploring, &signals, output, &surroundings.screen).await;
    surroundings.screen.close();
    ended?
}

struct Files<'a> {
    site: &'a Path,
    json: PathBuf,
    html: PathBuf,
}

async fn explore(
    mut explorer: Explorer<'_>,
    options: &Options,
    files: &Files<'_>,
    signals: &Signals,
    output: Output,
    surroundings: &Surroundings,
) -> Result<u8> {
    let spec = explorer.spec;
    let stub = explorer.stub()?;
    surroundings.hide(options.secrets(spec, &stub));
    let subject = Subject::new(spec, &stub, options, std::sync::Arc::new(Silent), signals.cancel.clone())?;
    let lane = LaneId { browser: options.browsers[0].clone(), nth: 1 };
    let browser = Browser::open(lane, &subject, false, std::future::pending()).await?;
    let say = |line: &str| {
        if !output.quiet {
            let line = output.stderr.paint(Ink::Dim, &text::line(&surroundings.mask(line), text::LONG));
            let _ = surroundings.screen.around(|| writeln!(std::io::stderr().lock(), "{line}"));
        }
    };
    let explored = explorer.explore(&browser, &subject, &say).await;
    let info = browser.info();
    let name = format!("{} {}", info.name, info.version);
    let planned = explorer.planned();
    let tried = match explored {
        Ok(()) if !planned.is_empty() && !*signals.cancel.borrow() => {
            say(&format!("running {} three times", text::count(planned.len(), "journey", "journeys")));
            let text = explorer.text(&planned, &[], &Tried::default());
            let site = files::parse_site(SourceFile::new(files.site.display().to_string(), text), spec, output.stderr)?;
            let options = Options { journeys: site.journeys.keys().cloned().collect(), ..options.clone() };
            let subject = Subject::new(spec, &site, &options, std::sync::Arc::new(Silent), signals.cancel.clone())?;
            explorer.try_out(&browser, &subject, TIMES).await
        }
        _ => Tried::default(),
    };
    browser.close().await;
    explored?;
    if let Some(why) = &explorer.failed {
        return Err(Error::Browser {
            message: format!("the page can't be opened: {why}"),
            help: Some("is the address right, and can it be reached from here? Nothing was written".into()),
        });
    }
    write(&explorer, &planned, &tried, &name, files, surroundings)?;
    if !output.quiet {
        print(&summary(&explorer, &planned, &tried, &name, files, output))?;
    }
    if *signals.cancel.borrow() {
        return Err(Error::Interrupted);
    }
    let good = explorer.ready && !planned.is_empty() && tried.broken.is_empty() && !explorer.findings.any_broken();
    Ok(u8::from(!good))
}

fn write(
    explorer: &Explorer<'_>,
    planned: &[Planned],
    tried: &Tried,
    browser: &str,
    files: &Files<'_>,
    surroundings: &Surroundings,
) -> Result<()> {
    let map = explorer.map(browser);
    let broken = |cause: serde_json::Error| Error::Other(format!("the map can't be written: {cause}"));
    let json = serde_json::to_string_pretty(&map).map_err(broken)? + "\n";
    report::write(&files.json, &surroundings.mask(&json))?;
    report::write(&files.html, &surroundings.mask(&crate::explore::render(&map)))?;
    if planned.is_empty() {
        return Ok(());
    }
    let above = [
        format!("yaml-language-server: $schema={SCHEMA}"),
        String::new(),
        format!(
            "Written by `chatproof explore`, which walked through {}{} in {}.",
            map.base_url,
            map.path,
            text::short(browser)
        ),
        "The reference of this file: `chatproof steps`. Why a check is made: `chatproof explain`.".to_owned(),
    ];
    report::write(files.site, &explorer.text(planned, &above, tried))?;
    let path = files.site.with_file_name(SCHEMA);
    if !path.exists() {
        report::write(&path, &schema::site(explorer.spec)?)?;
    }
    Ok(())
}

fn summary(
    explorer: &Explorer<'_>,
    planned: &[Planned],
    tried: &Tried,
    browser: &str,
    files: &Files<'_>,
    output: Output,
) -> String {
    let style = output.stdout;
    let spec = explorer.spec;
    let heard = explorer.graph.heard();
    let mut out =
        format!("{}\n", style.paint(Ink::Strong, &format!("{} in {}", text::short(&spec.title), text::short(browser))));
    if !explorer.ready {
        let line = style.paint(Ink::Bad, "✘ The widget wasn't found on this page.");
        let help = "Is it on this page, for a visitor who was never here? `chatproof init` says what is there.";
        return format!("{out}{line}\n  {help}\n");
    }
    for constant in spec.events.keys() {
        if heard.contains(constant) {
            out.push_str(&format!("  {} {constant}\n", style.paint(Ink::Good, "✔")));
        } else {
            let why = crate::explore::reason(spec, &explorer.graph, constant, explorer.head.agent.is_some());
            let why = style.paint(Ink::Dim, &format!("not reached: {}", text::short(&why)));
            out.push_str(&format!("  {} {constant}  {why}\n", style.paint(Ink::Dim, "–")));
        }
    }
    out.push_str(&format!(
        "\n{} of {} documented events heard; {}, {}\n",
        heard.len(),
        spec.events.len(),
        text::count(explorer.graph.states.len(), "state", "states"),
        text::count(explorer.graph.walks, "walk", "walks")
    ));
    for finding in explorer.findings.sorted() {
        let (sign, ink) = match finding.weight {
            Weight::Broken => ("✘", Ink::Bad),
            Weight::Warning => ("!", Ink::Warn),
            Weight::Noted => ("·", Ink::Dim),
        };
        out.push_str(&format!(
            "\n{} {} {}\n  {}\n",
            style.paint(ink, sign),
            text::short(&finding.what),
            text::short(&finding.finding),
            text::short(&finding.statement)
        ));
        if !finding.heard.is_empty() && finding.weight != Weight::Noted {
            out.push_str(&format!("  heard  {}\n", text::short(&finding.heard)));
        }
        out.push_str(&format!("  way    {}\n", text::line(&told(&finding.way), text::LONG)));
    }
    out.push('\n');
    if planned.is_empty() {
        out.push_str("No event was heard, so no site file was written.\n");
    } else {
        let journeys = text::count(planned.len(), "journey", "journeys");
        out.push_str(&format!("wrote {} with {journeys}\n", files.site.display()));
    }
    out.push_str(&format!("wrote {} and {}\n", files.json.display(), files.html.display()));
    if !planned.is_empty() {
        out.push_str(&verdict(planned, tried, output));
    }
    out
}

fn verdict(planned: &[Planned], tried: &Tried, output: Output) -> String {
    let style = output.stdout;
    if tried.times == 0 {
        return format!("{}\n", style.paint(Ink::Warn, "Its journeys were not run: exploring was broken off."));
    }
    let times = text::count(tried.times, "time", "times");
    if tried.broken.is_empty() {
        return format!("{}\n", style.paint(Ink::Good, &format!("✔ Each journey was run {times}, and passes.")));
    }
    let mut out = format!(
        "{}\n",
        style.paint(Ink::Bad, &format!("✘ {} of {} journeys did not pass:", tried.broken.len(), planned.len()))
    );
    for (name, why) in &tried.broken {
        out.push_str(&format!("  {}\n", text::short(name)));
        for line in why {
            out.push_str(&format!("    {}\n", text::short(line)));
        }
    }
    out
}

/// An address in two parts, references and all.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    base_url: String,
    path: String,
    host: String,
}

impl Place {
    fn of(text: &str) -> Result<Self> {
        let wrong = |why: String| Error::Usage(format!("`{text}` isn't a valid address: {why}"));
        let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let template = Template::parse(&text)
            .map_err(|errors| wrong(errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("; ")))?;
        let variables = Variables { run_id: "x".to_owned(), journey: "x".to_owned(), ..Variables::default() };
        let url = url::Url::parse(&template.render(&variables)).map_err(|error| wrong(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong(format!("its scheme is {}, expected http or https", url.scheme())));
        }
        let after = text.find("://").map_or(0, |at| at + 3);
        let end = text[after..].find(['/', '?', '#']).map_or(text.len(), |at| after + at);
        let path = if text[end..].starts_with('/') { text[end..].to_owned() } else { format!("/{}", &text[end..]) };
        Ok(Self { base_url: text[..end].to_owned(), path, host: url.host_str().unwrap_or_default().to_owned() })
    }
}

/// A file beside the site file: `chatproof.map.json`.
fn beside(site: &Path, end: &str) -> PathBuf {
    site.with_extension(end)
}

fn load_spec(args: &ExploreArgs, output: Output) -> Result<(String, Spec)> {
    let builtin = spec::builtin_ids().into_iter().next().unwrap_or_default().to_owned();
    let reference = args.spec.clone().unwrap_or(builtin);
    let parsed = spec::parse(spec::open(&reference, None)?).map_err(|found| files::mistakes(&found, output.stderr))?;
    let named = if spec::builtin(&reference).is_some() { reference } else { init::beside(&reference, &args.output) };
    Ok((named, parsed))
}

fn locators(texts: &[String]) -> Result<Vec<Locator>> {
    let parse = |text: &String| {
        locator::parse(text, &mut NoNames).map(|locator| locator.render(&Variables::default())).map_err(|errors| {
            let why = errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("; ");
            Error::Usage(format!("`{text}` isn't a locator: {why}"))
        })
    };
    texts.iter().map(parse).collect()
}

/// Kinds of fields, or words of their labels, and what to type.
fn answers(path: &Path) -> Result<BTreeMap<String, String>> {
    let source = files::read(path)?;
    let mut mistakes = Vec::new();
    let wrong =
        || Error::Usage(format!("{}: expected a map of texts, for example `email: ada@example.com`", path.display()));
    let tree = yaml::parse(&source, &mut mistakes).filter(|_| mistakes.is_empty()).ok_or_else(wrong)?;
    let serde_json::Value::Object(map) = tree.to_json() else { return Err(wrong()) };
    map.into_iter()
        .map(|(key, value)| match value {
            serde_json::Value::String(text) => Ok((key, text)),
            serde_json::Value::Number(number) => Ok((key, number.to_string())),
            _ => Err(wrong()),
        })
        .collect()
}

fn resume(path: &Path) -> Result<Map> {
    let source = files::read(path)?;
    let wrong = |why: String| Error::Usage(format!("{} isn't a map of `chatproof explore`: {why}", path.display()));
    let map: Map = serde_json::from_str(&source.text).map_err(|cause| wrong(cause.to_string()))?;
    if map.format != crate::explore::FORMAT {
        return Err(wrong(format!("its format is `{}`, expected `{}`", map.format, crate::explore::FORMAT)));
    }
    Ok(map)
}

/// Whether messages may be sent, meetings booked and agents called here. On other machines than this one only if somebody
/// says so.
fn may_send(args: &ExploreArgs, place: &Place, output: Output, surroundings: &Surroundings) -> Result<()> {
    let host = place.host.trim_matches(['[', ']']);
    let own = host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if own || args.allow_sending || args.allow.iter().any(|allowed| allowed == host) {
        return Ok(());
    }
    let refused = || {
        Error::Usage(format!(
            "exploring sends messages, books meetings and calls agents at {host}\n  help: `--allow-sending` or `--allow {host}` if that may be; `--avoid LOCATOR` leaves something out"
        ))
    };
    if !surroundings.stdin_is_terminal || !surroundings.stderr_is_terminal || surroundings.var("CI").is_some() {
        return Err(refused());
    }
    let question = format!("Exploring sends messages, books meetings and calls agents at {host}. Go on? [y/N] ");
    let _ = write!(std::io::stderr().lock(), "{}", output.stderr.paint(Ink::Warn, &question));
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    if read.is_ok() && matches!(line.trim().to_lowercase().as_str(), "y" | "yes") { Ok(()) } else { Err(refused()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_references() {
        let place = |text: &str| Place::of(text).map(|place| (place.base_url, place.path, place.host)).ok();
        let own = |a: &str, b: &str, c: &str| Some((a.to_owned(), b.to_owned(), c.to_owned()));
        assert_eq!(
            place("http://127.0.0.1:8000/pricing?team=${journey}"),
            own("http://127.0.0.1:8000", "/pricing?team=${journey}", "127.0.0.1")
        );
        assert_eq!(place("https://a.example"), own("https://a.example", "/", "a.example"));
        assert_eq!(place("localhost:80?x"), own("http://localhost:80", "/?x", "localhost"));
        assert_eq!(place("http://a.example/${jorney}"), None);
        assert_eq!(place("ftp://a.example/"), None);
    }
}
