//! Spec and site files from disk: read, parsed, their mistakes rendered, the variables they need looked up.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::{Error, Result};
use crate::report::style::Style;

use crate::site::{self, Known, Needs, Site};
use crate::source::{Mistake, Mistakes, SourceFile};
use crate::spec::{self, Spec};

/// Columns that mistakes are wrapped at.
const WIDTH: usize = 100;

/// Reads a file under the name that the user gave it.
///
/// # Errors
/// [`Error::Read`].
pub fn read(path: &Path) -> Result<SourceFile> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(SourceFile::new(path.display().to_string(), text)),
        Err(cause) => Err(Error::Read { path: path.to_owned(), cause }),
    }
}

/// Reads a site file with all that it includes.
///
/// # Errors
/// [`Error::Read`] if it can't be read itself; what it includes and can't be read is a mistake in it.
pub fn read_site(path: &Path) -> Result<SourceFile> {
    read(path).map(with_included)
}

/// A site file with all that it includes.
pub fn with_included(source: SourceFile) -> SourceFile {
    site::gather(source, &mut |name| std::fs::read_to_string(name).map_err(|cause| cause.to_string()))
}

/// Mistakes as an error, rendered.
pub fn mistakes(mistakes: &Mistakes, style: Style) -> Error {
    Error::Mistakes(mistakes.render(style.on, WIDTH))
}

/// The spec that a site file asks for, and the site file checked against it. `directory`: what a spec's path is
/// relative to.
///
/// # Errors
/// All mistakes of the file at fault.
pub fn load(source: SourceFile, directory: Option<&Path>, style: Style) -> Result<(Spec, Site)> {
    let spec = load_spec(&source, directory, style)?;
    let site = parse_site(source, &spec, style)?;
    Ok((spec, site))
}

/// The spec that a site file asks for.
///
/// # Errors
/// The mistakes of the spec; or those of the site file, if it names none that there is.
pub fn load_spec(site: &SourceFile, directory: Option<&Path>, style: Style) -> Result<Spec> {
    let Some((reference, span)) = site::spec_reference(site) else {
        // It can't be parsed without a spec either: parsing tells why.
        return match site::parse(site.clone(), &Known::default()) {
            Err(found) => Err(mistakes(&found, style)),
            Ok(_) => Err(Error::Usage(format!("{} names no spec", site.name))),
        };
    };
    // Relative to the file that names it.
    let directory = if span.file == 0 { directory } else { Path::new(&site.of(span).name).parent() };
    let spec = spec::open(&reference, directory).map_err(|error| {
        let (message, help) = match error {
            Error::Usage(text) => match text.split_once('\n') {
                Some((message, help)) => (message.to_owned(), Some(help.to_owned())),
                None => (text, None),
            },
            other => (other.to_string(), Some("a path is relative to the site file's directory".into())),
        };
        let list = vec![Mistake { span, message, label: "no such spec".into(), help }];
        mistakes(&Mistakes { source: site.clone(), list }, style)
    })?;
    spec::parse(spec).map_err(|found| mistakes(&found, style))
}

/// Parses a site file against a spec.
///
/// # Errors
/// All its mistakes.
pub fn parse_site(source: SourceFile, spec: &Spec, style: Style) -> Result<Site> {
    site::parse(source, &known(spec)).map_err(|found| mistakes(&found, style))
}

/// The names that a site file may use.
pub fn known(spec: &Spec) -> Known {
    let fields =
        |constant: &String| (constant.clone(), spec.payload_fields(constant).into_iter().map(str::to_owned).collect());
    Known {
        constants: spec.events.keys().cloned().collect(),
        payload_fields: spec.events.keys().map(fields).collect(),
        requirements: spec.requirement_ids().iter().map(ToString::to_string).collect(),
    }
}

/// Variables that a site file needs and that aren't set are mistakes in it: an address or a password that is silently
/// empty would make the run fail for another reason.
/// Only what the run needs is asked for: a machine that runs one browser or one journey needn't know the others' secrets.
///
/// # Errors
/// One mistake for each place.
pub fn check_variables(site: &Site, vars: &BTreeMap<String, String>, needs: &Needs<'_>, style: Style) -> Result<()> {
    let list: Vec<Mistake> = site::env_needed(site, needs)
        .into_iter()
        .filter(|(name, _)| !vars.contains_key(name))
        .map(|(name, span)| Mistake {
            span,
            message: format!("the environment variable `{name}` is not set"),
            label: "needed here".into(),
            help: Some(format!("set it for this run: {name}=... chatproof run")),
        })
        .collect();
    Mistakes::check(&site.source, list).map_err(|found| mistakes(&found, style))
}
