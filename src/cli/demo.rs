//! `chatproof demo`: the built-in reference site, by the very same way as any other site.

use std::path::{Path, PathBuf};

use tokio::net::TcpListener;

use crate::cli::args::DemoArgs;
use crate::cli::conclude::Judging;
use crate::cli::known::Places;
use crate::cli::lookout::Lookout;
use crate::cli::run::{self, Plan};
use crate::cli::settings::{self, Output, Surroundings};
use crate::cli::{files, pause, serve};
use crate::error::{Error, Result};
use crate::fixture_site::{DEMO, FixtureSite};
use crate::report::{Format, Request};
use crate::runner;
use crate::source::SourceFile;

/// Where the demo writes to if nothing else is asked for.
const DIRECTORY: &str = "chatproof-demo";

/// Serves the reference site and runs the demo's journeys against it.
///
/// # Errors
/// What kept it from running or from writing.
pub async fn run(mut args: DemoArgs, output: Output, surroundings: &Surroundings) -> Result<u8> {
    if args.flags.reports.list.is_empty() {
        let file = |format, name: &str| Request { format, path: Some(Path::new(DIRECTORY).join(name)) };
        args.flags.reports.list = vec![
            file(Format::Html, "report.html"),
            file(Format::Json, "report.json"),
            file(Format::Junit, "junit.xml"),
        ];
        args.flags.save_recordings.get_or_insert_with(|| PathBuf::from(DIRECTORY).join("recordings"));
    }
    let reports = settings::reports(&args.flags.reports.list, output.quiet)?;
    let source = SourceFile::new("demo.yaml (built in)", DEMO);
    let (spec, site) = files::load(source, None, output.stderr)?;
    let selected = settings::select(site.journeys.keys().map(String::as_str), &args.flags.only)?;
    run::check_display(&args.flags, surroundings)?;
    // The built-in site file lies nowhere, so nothing lies beside it.
    let judging = Judging::new(&args.flags.terms, Places::default(), (&spec, &site), surroundings, output.stderr)?;
    let looking = pause::looking(&args.flags, output, surroundings)?;
    let mut options = run::options(&args.flags, &site, selected, surroundings)?;
    runner::check_visitors(&site, &options)?;
    // With `--base-url`, the site is served by another chatproof.
    let served = match options.base_url {
        Some(_) => None,
        None => Some(start(args.variant.as_deref()).await?),
    };
    if let Some(served) = &served {
        options.base_url = Some(served.url().to_owned());
    }
    let recordings = options.save_recordings.clone();
    let retries = args.flags.retries.into();
    let lookout = Lookout::new(&args.flags.reports)?;
    let keep = settings::keep(&args.flags.reports);
    let plan = Plan {
        spec,
        site,
        options,
        reports: reports.clone(),
        keep,
        judging,
        retries,
        shard: None,
        keep_state: None,
        lookout,
    };
    let ended = run::execute(plan, looking, args.flags.timings, output, &surroundings.screen).await;
    if let Some(served) = served {
        served.stop().await;
    }
    let code = ended?;
    run::say_where(&reports, recordings.as_ref(), output);
    Ok(code)
}

async fn start(variant: Option<&str>) -> Result<FixtureSite> {
    let failed = |cause: std::io::Error| Error::Other(format!("can't serve the reference site: {cause}"));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
    FixtureSite::start(listener, serve::variant(variant)?).await.map_err(failed)
}
