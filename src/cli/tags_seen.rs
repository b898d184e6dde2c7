//! `chatproof tags URL` and `chatproof tags SITE.yaml`: which tags pages load, and what each sends.

use std::path::Path;

use clap::ValueEnum as _;
use tokio::sync::watch;

use crate::browser::discover;
use crate::cli::args::{self, TagsArgs};
use crate::cli::run::{print, until_second_signal};
use crate::cli::settings::{Output, Surroundings};
use crate::cli::signals::Signals;
use crate::cli::{explain, files, progress, run, say, settings, tags_write};
use crate::error::{Error, Result};
use crate::recording::{Ending, Recording, StepOutcome};
use crate::report::json;
use crate::report::style::Ink;
use crate::report::summary::Tags;
use crate::report::terminal::tags::lines;
use crate::report::text;
use crate::runner::{self, Browser, LaneId, Options, Subject};
use crate::site::{Needs, Site};
use crate::source::SourceFile;
use crate::spec::Spec;

/// The journey that looks at one page.
const JOURNEY: &str = "page";

/// Looks at one page.
///
/// # Errors
/// What keeps a browser from opening it.
pub async fn page(args: TagsArgs, url: url::Url, output: Output, surroundings: &Surroundings) -> Result<u8> {
    let spec = crate::spec::parse(explain::find_spec(args.spec.as_deref())?);
    let spec = spec.map_err(|found| files::mistakes(&found, output.stderr))?;
    let quoted = |text: &str| serde_json::Value::String(text.replace("${", "$${")).to_string();
    let text = format!(
        "spec: {}\nbase_url: {}\naccept_insecure_certs: {}\nwatch_handlers: false\njourneys:\n  {JOURNEY}:\n    steps:\n      - open: {}\n      - pause: {}ms\n",
        quoted(&spec.id),
        quoted(&url[..url::Position::BeforePath]),
        args.accept_insecure_certs,
        quoted(&url[url::Position::BeforePath..]),
        args.wait.as_millis(),
    );
    let site = files::parse_site(SourceFile::new("chatproof tags", text), &spec, output.stderr)?;
    look(&args, spec, site, None, output, surroundings).await
}

/// Looks at all that the journeys of a site file open.
///
/// # Errors
/// The site file's mistakes; what keeps a browser from running.
pub async fn site(args: TagsArgs, output: Output, surroundings: &Surroundings) -> Result<u8> {
    let path = args.what.clone().unwrap_or_default();
    let path = Path::new(&path);
    let source = files::read_site(path).map_err(|error| run::no_site_file(error, path))?;
    let (spec, site) = files::load(source, path.parent(), output.stderr)?;
    look(&args, spec, site, Some(path), output, surroundings).await
}

async fn look(
    args: &TagsArgs,
    spec: Spec,
    site: Site,
    file: Option<&Path>,
    output: Output,
    surroundings: &Surroundings,
) -> Result<u8> {
    run::check_headed(args.headed && args.webdriver.is_none(), surroundings)?;
    let kind = browser(args, surroundings).await;
    let journeys: Vec<String> = site.journeys.keys().cloned().collect();
    let needs = Needs { base_url: true, browsers: &[], journeys: &journeys };
    files::check_variables(&site, &surroundings.vars, &needs, output.stderr)?;
    let options = Options {
        browsers: settings::kinds(&[kind], &args.sessions_of, args.webdriver.is_some())?,
        headed: args.headed,
        jobs: 1,
        webdriver: args.webdriver.clone(),
        session_timeout: args.sessions_of.session_timeout,
        journeys,
        run_id: surroundings.run_id.clone(),
        env: surroundings.vars.clone(),
        analytics: args.analytics.into(),
        tags: true,
        ..Options::default()
    };
    surroundings.hide(options.secrets(&spec, &site));
    runner::check_addresses(&site, &options)?;
    let signals = Signals::listen().map_err(|cause| Error::Other(format!("can't listen for signals: {cause}")))?;
    let walking = walk(&spec, &site, &options, output, surroundings, signals.cancel.clone());
    let ended = until_second_signal(walking, &signals, output, &surroundings.screen).await;
    surroundings.screen.close();
    if *signals.cancel.borrow() {
        return Err(Error::Interrupted);
    }
    let recordings = ended??;
    let mut code = 0;
    for recording in recordings.iter().filter(|recording| recording.ending != Ending::Complete) {
        let failed = recording.steps.iter().find_map(|step| match &step.outcome {
            StepOutcome::Failed(error) => Some(format!("{}: {}", step.text, error.message)),
            _ => None,
        });
        let why = text::line(failed.as_deref().unwrap_or("it didn't come to its end"), text::LONG);
        say(output, Ink::Bad, &format!("{}: {why}", text::short(&recording.journey)));
        code = 3;
    }
    tell(args, &spec, &site, file, &recordings, output)?;
    Ok(code)
}

/// All journeys, one after another, in one browser.
async fn walk(
    spec: &Spec,
    site: &Site,
    options: &Options,
    output: Output,
    surroundings: &Surroundings,
    cancel: watch::Receiver<bool>,
) -> Result<Vec<Recording>> {
    let progress = progress::fitting(output, &surroundings.screen, site.journeys.len());
    let subject = Subject::new(spec, site, options, progress, cancel)?;
    let Some(kind) = options.browsers.first().cloned() else { return Ok(Vec::new()) };
    let browser = Browser::open(LaneId { browser: kind, nth: 1 }, &subject, false, std::future::pending()).await?;
    let mut recordings = Vec::new();
    for journey in site.journeys.values() {
        recordings.extend(browser.walk(&subject, journey).await);
    }
    browser.close().await;
    Ok(recordings)
}

/// The browser that is asked for; else the first that can be used here, else Firefox.
async fn browser(args: &TagsArgs, surroundings: &Surroundings) -> args::Browser {
    if let Some(asked) = args.browser {
        return asked;
    }
    if args.webdriver.is_none() {
        let environment = surroundings.discovery();
        for browser in args::Browser::value_variants() {
            if discover::find_pair(*browser, &environment).await.is_ok() {
                return *browser;
            }
        }
    }
    args::Browser::Firefox
}

fn tell(
    args: &TagsArgs,
    spec: &Spec,
    site: &Site,
    file: Option<&Path>,
    recordings: &[Recording],
    output: Output,
) -> Result<()> {
    let tags = Tags::sum(recordings.iter().filter_map(Tags::of));
    let name = recordings.first().map_or("", |recording| recording.browser.name.as_str());
    if args.json {
        print(&json::text(&json::tags(name, &tags)))?;
    } else if !output.quiet {
        let table = lines(&tags, name, output.stdout).join("\n");
        print(&format!("{}\n", table.trim_start_matches('\n')))?;
    }
    if !args.write {
        return Ok(());
    }
    let forwards = tags_write::suggested(spec, site, recordings);
    match (file, forwards.as_str()) {
        (_, "") => {
            let why = "no hit was seen behind an event that isn't in `forwards` already; nothing was written";
            say(output, Ink::Dim, why);
            Ok(())
        }
        (None, text) => print(&format!("\nforwards:\n{text}")),
        (Some(path), text) => {
            let before = files::read(path)?;
            let whole = tags_write::inserted(&before.text, text);
            files::load(
                files::with_included(SourceFile::new(before.name, whole.clone())),
                path.parent(),
                output.stderr,
            )?;
            crate::report::write(path, &whole)?;
            say(output, Ink::Good, &format!("wrote `forwards` into {}", path.display()));
            Ok(())
        }
    }
}
