//! `chatproof init`: looks at a page, writes a site file with a first journey, and runs that journey once.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum as _;
use tokio::sync::watch;

use crate::browser::brands::{BRANDS, Brand};
use crate::browser::discover;
use crate::cli::args::{self, InitArgs};
use crate::cli::assemble::{self, Happened, Terms};
use crate::cli::init_file::{self, Draft, JOURNEY};
use crate::cli::run::{print, until_second_signal};
use crate::cli::settings::{Output, Surroundings};
use crate::cli::signals::Signals;
use crate::cli::{files, progress, schema, settings};
use crate::error::{Error, Result};
use crate::recording::{Ending, Kind, Recording, StepOutcome};
use crate::report::model::Report;
use crate::report::style::{Ink, Style};
use crate::report::summary::{self, Conclusion};
use crate::report::{self, text};
use crate::runner::{Browser, LaneId, Options, Seen, Subject};
use crate::site::Site;
use crate::source::SourceFile;
use crate::spec::{self, Spec};

/// The schema's name beside the site file.
const SCHEMA: &str = "chatproof.schema.json";
/// The variable that a password in the address is taken from, since it doesn't belong into a file.
const PASSWORD: &str = "CHATPROOF_PASSWORD";

/// Looks, writes, runs once.
///
/// # Errors
/// [`Error::Usage`] if the file is there already; whatever keeps a browser from opening the page.
pub async fn run(args: InitArgs, output: Output, surroundings: &Surroundings) -> Result<u8> {
    if !args.force && args.output.exists() {
        return Err(Error::Usage(format!(
            "{} is there already\n  help: `--force` writes over it; `--output` takes another name",
            args.output.display()
        )));
    }
    if args.headed && args.webdriver.is_none() && !surroundings.has_display() {
        return Err(Error::Browser {
            message: "--headed needs a display, and there is none".into(),
            help: Some("leave out --headed, or run under `xvfb-run`".into()),
        });
    }
    let specs = specs(&args, output)?;
    let place = Place::of(&args.url);
    let mut env = surroundings.vars.clone();
    if let Some(password) = args.url.password() {
        let raw = percent_encoding::percent_decode_str(password).decode_utf8_lossy().into_owned();
        env.insert(PASSWORD.into(), raw);
    }
    let kind = browser(args.browser, args.webdriver.is_some(), surroundings).await;
    let options = Options {
        browsers: settings::kinds(&[kind], &args.sessions_of, args.webdriver.is_some())?,
        headed: args.headed,
        jobs: 1,
        webdriver: args.webdriver.clone(),
        session_timeout: args.sessions_of.session_timeout,
        journeys: vec![JOURNEY.into()],
        run_id: surroundings.run_id.clone(),
        env,
        ..Options::default()
    };
    let signals = Signals::listen().map_err(|cause| Error::Other(format!("can't listen for signals: {cause}")))?;
    let init = Init { args: &args, output, surroundings, place, options, cancel: signals.cancel.clone() };
    let ended = until_second_signal(init.init(specs), &signals, output, &surroundings.screen).await;
    surroundings.screen.close();
    if *signals.cancel.borrow() {
        return Err(Error::Interrupted);
    }
    ended?
}

/// The specs that may hold, each with how the file would name it: the one that is asked for, else all built-in ones.
fn specs(args: &InitArgs, output: Output) -> Result<Vec<(String, Spec)>> {
    let parse = |source| spec::parse(source).map_err(|found| files::mistakes(&found, output.stderr));
    match &args.spec {
        None => spec::builtin_ids().into_iter().map(|id| Ok((id.to_owned(), parse(spec::open(id, None)?)?))).collect(),
        Some(reference) => {
            let parsed = parse(spec::open(reference, None)?)?;
            let named =
                if spec::builtin(reference).is_some() { reference.clone() } else { beside(reference, &args.output) };
            Ok(vec![(named, parsed)])
        }
    }
}

/// A spec's path as the site file has to name it: relative to the file's own directory.
pub(super) fn beside(reference: &str, output: &Path) -> String {
    let directory = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (Ok(spec), Ok(from)) = (Path::new(reference).canonicalize(), std::path::absolute(directory)) else {
        return reference.to_owned();
    };
    let from = from.canonicalize().unwrap_or(from);
    let shared = spec.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    let mut path = PathBuf::new();
    for _ in from.components().skip(shared) {
        path.push("..");
    }
    path.extend(spec.components().skip(shared));
    let text = path.display().to_string();
    if text.contains('/') { text } else { format!("./{text}") }
}

/// The first browser that can be used here, else Firefox. What is wrong with it is told when it is opened.
pub(super) async fn browser(asked: Option<args::Browser>, remote: bool, surroundings: &Surroundings) -> args::Browser {
    if let Some(asked) = asked {
        return asked;
    }
    if !remote {
        let environment = surroundings.discovery();
        for browser in args::Browser::value_variants() {
            if discover::find_pair(*browser, &environment).await.is_ok() {
                return *browser;
            }
        }
    }
    args::Browser::Firefox
}

/// An address in two parts: what stays the same for a site, and the page.
#[derive(Debug, Clone)]
struct Place {
    base_url: String,
    path: String,
}

impl Place {
    fn of(url: &url::Url) -> Self {
        let mut base = url.clone();
        base.set_path("");
        base.set_query(None);
        base.set_fragment(None);
        let mut base_url = base.as_str().trim_end_matches('/').to_owned();
        if let Some(password) = url.password() {
            base_url = base_url.replacen(&format!(":{password}@"), &format!(":${{env.{PASSWORD}}}@"), 1);
        }
        let path = url[url::Position::BeforePath..].replace("${", "$${");
        Self { base_url, path }
    }
}

struct Init<'a> {
    args: &'a InitArgs,
    output: Output,
    surroundings: &'a Surroundings,
    place: Place,
    options: Options,
    cancel: watch::Receiver<bool>,
}

impl Init<'_> {
    async fn init(&self, specs: Vec<(String, Spec)>) -> Result<u8> {
        let progress = progress::fitting(self.output, &self.surroundings.screen, 1);
        let mut browser: Option<Browser> = None;
        let mut best: Option<(String, Spec, Seen)> = None;
        for (reference, spec) in specs {
            let stub = self.stub(&spec)?;
            self.surroundings.hide(self.options.secrets(&spec, &stub));
            let subject = Subject::new(&spec, &stub, &self.options, progress.clone(), self.cancel.clone())?;
            let open = match browser.take() {
                Some(open) => open,
                None => {
                    Browser::open(
                        LaneId { browser: self.options.browsers[0].clone(), nth: 1 },
                        &subject,
                        false,
                        std::future::pending(),
                    )
                    .await?
                }
            };
            self.say(&format!("looking at {}", text::short(&format!("{}{}", self.place.base_url, self.place.path))));
            let address = crate::runner::base_url(&stub, &self.options)?
                .join(&self.place.path.replace("$${", "${"))
                .map_err(|error| Error::Usage(error.to_string()))?;
            let seen = open.survey(&subject, address.as_str(), &spec.hints.launchers, self.args.wait).await;
            browser = Some(open);
            let found = seen.ready.is_some();
            if found || best.is_none() {
                best = Some((reference, spec, seen));
            }
            if found {
                break;
            }
        }
        let (Some(browser), Some((reference, spec, seen))) = (browser, best) else {
            return Err(Error::Usage("there is no spec".into()));
        };
        let ended = self.write(&browser, &reference, &spec, &seen, &progress).await;
        browser.close().await;
        ended
    }

    /// The least that a subject needs: a site with one page.
    fn stub(&self, spec: &Spec) -> Result<Site> {
        let text = Draft { seen: &Seen::default(), ..self.draft("stub", spec, &Seen::default(), "", Ok(())) }.text();
        files::parse_site(SourceFile::new("chatproof init", text), spec, self.output.stderr)
    }

    fn draft<'d>(
        &'d self,
        reference: &str,
        spec: &'d Spec,
        seen: &'d Seen,
        browser: &str,
        opens: std::result::Result<(), String>,
    ) -> Draft<'d> {
        Draft {
            spec,
            spec_reference: reference.to_owned(),
            base_url: self.place.base_url.clone(),
            path: self.place.path.clone(),
            seen,
            browser: browser.to_owned(),
            schema: SCHEMA,
            accept_insecure_certs: self.args.accept_insecure_certs,
            opens,
        }
    }

    async fn write(
        &self,
        browser: &Browser,
        reference: &str,
        spec: &Spec,
        seen: &Seen,
        progress: &Arc<dyn crate::runner::Progress>,
    ) -> Result<u8> {
        if *self.cancel.borrow() {
            return Err(Error::Interrupted);
        }
        if let Some(why) = &seen.failed {
            return Err(Error::Browser {
                message: format!("the page can't be opened: {why}"),
                help: Some("is the address right, and can it be reached from here? Nothing was written".into()),
            });
        }
        let info = browser.info();
        let name = format!("{} {}", info.name, info.version);
        let mut opens = Ok(());
        let (text, report) = loop {
            let text = self.draft(reference, spec, seen, &name, opens.clone()).text();
            let report = self.try_out(browser, spec, &text, progress).await?;
            // A step that worked a moment ago and doesn't now had better be a comment.
            match report.journeys.first().and_then(|journey| broken_step(&journey.recording)) {
                Some(why) if opens.is_ok() && seen.clicked.is_some() => opens = Err(why),
                _ => break (text, report),
            }
        };
        report::write(&self.args.output, &text)?;
        let schema_path = self.args.output.with_file_name(SCHEMA);
        let schema = schema::site(spec)?;
        let kept = !self.args.force && std::fs::read_to_string(&schema_path).is_ok_and(|there| there != schema);
        if !kept {
            report::write(&schema_path, &schema)?;
        }
        let passes = summary::conclusion(&report) == Conclusion::Conforms && heard(&report) > 0;
        if !self.output.quiet {
            print(&self.told(spec, seen, &name, &report, (&schema_path, kept)))?;
        }
        Ok(if passes && seen.ready.is_some() { 0 } else { 1 })
    }

    /// Runs the journey as it would be run from the file.
    async fn try_out(
        &self,
        browser: &Browser,
        spec: &Spec,
        text: &str,
        progress: &Arc<dyn crate::runner::Progress>,
    ) -> Result<Report> {
        let source = SourceFile::new(self.args.output.display().to_string(), text);
        let site = files::parse_site(source, spec, self.output.stderr)?;
        let subject = Subject::new(spec, &site, &self.options, progress.clone(), self.cancel.clone())?;
        let mut recordings = Vec::new();
        for journey in site.journeys.values() {
            recordings.extend(browser.walk(&subject, journey).await);
        }
        if *self.cancel.borrow() {
            return Err(Error::Interrupted);
        }
        Ok(assemble::report(spec, &site, recordings, &self.options.journeys, Happened::default(), &Terms::default()))
    }

    /// `schema`: its path, and whether one that was there was left as it is.
    fn told(&self, spec: &Spec, seen: &Seen, browser: &str, report: &Report, schema: (&Path, bool)) -> String {
        let style = self.output.stdout;
        let mut out = format!(
            "{}\n",
            style.paint(Ink::Strong, &format!("{} in {}", text::short(&spec.title), text::short(browser)))
        );
        for (what, told) in init_file::found(spec, seen) {
            let (sign, ink) = sign(what, seen);
            for (at, part) in text::wrap(&told, 84).into_iter().enumerate() {
                let label = if at == 0 { what } else { "" };
                let sign = if at == 0 { style.paint(ink, sign) } else { " ".to_owned() };
                out.push_str(&format!("  {sign} {}  {part}\n", style.paint(Ink::Dim, &format!("{label:<9}"))));
            }
        }
        out.push('\n');
        let (file, schema, kept) = (self.args.output.display(), schema.0.display(), schema.1);
        let written = if kept {
            format!("wrote {file}; {schema} is there already and was left as it is (`--force` writes over it)")
        } else {
            format!("wrote {file}, and {schema} for editors")
        };
        out.push_str(&format!("{written}\n"));
        out.push_str(&verdict(seen, report, style));
        if let Some(steps) = next(self.args, seen, self.options.browsers[0].brand()) {
            out.push_str(&steps);
        }
        out
    }

    fn say(&self, what: &str) {
        if self.output.quiet {
            return;
        }
        let line = self.output.stderr.paint(Ink::Dim, what);
        let _ = self.surroundings.screen.around(|| writeln!(std::io::stderr().lock(), "{line}"));
    }
}

fn broken_step(recording: &Recording) -> Option<String> {
    let Ending::StepFailed { step } = recording.ending else { return None };
    match &recording.steps.get(step)?.outcome {
        StepOutcome::Failed(error) => Some(error.message.clone()),
        _ => None,
    }
}

fn sign(what: &str, seen: &Seen) -> (&'static str, Ink) {
    let good = match what {
        "ready" => seen.ready.is_some(),
        "API" => seen.api.as_ref().is_some_and(|api| {
            api.used.is_some() && !api.subscriptions.iter().any(|subscription| subscription.result == "threw")
        }),
        "page" => seen.status.is_none_or(|status| status < 400),
        "launcher" if seen.clicked.is_none() => return ("·", Ink::Dim),
        "launcher" => seen.clicked.as_ref().is_some_and(|clicked| clicked.failed.is_none()),
        "events" | "consent" => true,
        _ => return ("·", Ink::Dim),
    };
    if good { ("✔", Ink::Good) } else { ("✘", Ink::Bad) }
}

/// How many events were heard.
fn heard(report: &Report) -> usize {
    let observations = report.journeys.iter().flat_map(|journey| &journey.recording.observations);
    observations.filter(|observation| matches!(observation.kind, Kind::Event { .. })).count()
}

/// Whether the file's journey passes, and what is broken if it doesn't.
fn verdict(seen: &Seen, report: &Report, style: Style) -> String {
    let sentence = summary::sentence(report);
    if seen.ready.is_none() {
        let mut out = format!("{}\n", style.paint(Ink::Bad, "✘ The widget wasn't found on this page."));
        out.push_str("  Is it on this page, for a visitor who was never here, on this host, without a login?\n");
        if seen.status.is_some_and(|status| status >= 400) {
            out.push_str("  The server answered with an error: is the address right?\n");
        }
        if seen.page.consent.is_some() || seen.consented.is_some() {
            out.push_str("  A banner asks for consent: it may hold the widget back.\n");
        }
        if !seen.globals.is_empty() {
            out.push_str("  Another vendor's widget needs a spec of its own: `--spec FILE`.\n");
        }
        out.push_str("  Watch it with `--headed`, or give it longer with `--wait 60s`.\n");
        return out;
    }
    if summary::conclusion(report) == Conclusion::Conforms && heard(report) == 0 {
        let first = style.paint(Ink::Bad, "✘ Its journey was run once more: no step failed, but no event was heard.");
        return format!("{first}\n  Nothing is proved yet. Add the steps that make the widget fire its events.\n");
    }
    if summary::conclusion(report) == Conclusion::Conforms {
        return format!("{}\n", style.paint(Ink::Good, "✔ Its journey was run once more, and passes as it stands."));
    }
    let mut out = format!("{}\n", style.paint(Ink::Bad, "✘ Its journey was run once more, and does not pass:"));
    let headlines = report.journeys.iter().flat_map(|journey| summary::headlines(&journey.verdicts));
    let broken: Vec<_> =
        headlines.filter(|(verdict, _)| summary::is_breach(verdict) || summary::is_doubt(verdict)).collect();
    for (verdict, _) in broken.iter().take(6) {
        out.push_str(&format!("  {}: {} ({})\n", verdict.requirement, text::short(&verdict.actual), verdict.finding));
    }
    out.push_str(&format!("  {sentence}\n  `chatproof explain REQUIREMENT` tells more; `chatproof run` shows all.\n"));
    out
}

fn next(args: &InitArgs, seen: &Seen, brand: &Brand) -> Option<String> {
    seen.ready.as_ref()?;
    let mut command = "chatproof run".to_owned();
    if args.output != Path::new("chatproof.yaml") {
        command.push_str(&format!(" {}", args.output.display()));
    }
    if *brand != BRANDS[0] {
        command.push_str(&format!(" --browser {}", brand.name));
    }
    let needs = if args.url.password().is_some() {
        format!("The password isn't in the file: set {PASSWORD} for each run.\n")
    } else {
        String::new()
    };
    Some(format!("\n{needs}next: {command} --watch, and edit {}\n", args.output.display()))
}
