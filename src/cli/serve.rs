//! `chatproof serve`: the reference site, to look at by hand.

use tokio::net::TcpListener;

use crate::cli::args::ServeArgs;
use crate::cli::run::print;
use crate::cli::settings::Output;
use crate::cli::signals::Signals;
use crate::error::{Error, Result};
use crate::fixture_site::{FixtureSite, Variant};

/// Serves until a signal.
///
/// # Errors
/// If the port is taken.
pub async fn run(args: ServeArgs, output: Output) -> Result<u8> {
    let signals = Signals::listen().map_err(|cause| Error::Other(format!("can't listen for signals: {cause}")))?;
    let variant = variant(args.variant.as_deref())?;
    let failed = |cause: std::io::Error| {
        let help = if cause.kind() == std::io::ErrorKind::AddrInUse { "; `--port 0` takes a free one" } else { "" };
        Error::Other(format!("can't serve on 127.0.0.1:{}: {cause}{help}", args.port))
    };
    let listener = TcpListener::bind(("127.0.0.1", args.port)).await.map_err(failed)?;
    let site = FixtureSite::start(listener, variant).await.map_err(failed)?;
    let url = site.url();
    print(&if output.quiet {
        format!("{url}\n")
    } else {
        format!("The reference site is at {url}/\nIts journeys: chatproof demo --base-url {url}\nCtrl-C ends it.\n")
    })?;
    signals.first().await;
    site.stop().await;
    Ok(0)
}

/// A variant by name; the plain one if there is none.
///
/// # Errors
/// [`Error::Usage`] for a name that there isn't.
pub fn variant(name: Option<&str>) -> Result<Variant> {
    let variant = match name {
        None => Variant::default(),
        Some(name) => Variant::by_name(name).ok_or_else(|| Error::Usage(format!("there is no variant `{name}`")))?,
    };
    Ok(Variant { analytics: true, ..variant })
}
