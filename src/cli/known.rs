//! Known failures on disk: which file holds, and new entries written into it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::baseline::{self, Baseline, FILE_NAME, Known};
use crate::browser::brands::BRANDS;
use crate::cli::args::TermFlags;
use crate::cli::assemble::{self, Terms};
use crate::cli::files;
use crate::cli::settings::{Output, Surroundings};
use crate::error::{Error, Result};
use crate::recording::FileCopy;
use crate::report::model::Report;
use crate::report::style::{Ink, Style};
use crate::report::{self, summary, text};
use crate::site::Site;
use crate::site::visitors::column;
use crate::source::SourceFile;
use crate::spec::Spec;
use crate::verdict::RequirementId;

/// Where known failures are looked for.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The site file, beside which there may be one.
    pub site: Option<PathBuf>,
    /// The copy in recordings, which holds if no file is named.
    pub copy: Option<FileCopy>,
}

impl Places {
    /// Beside a site file.
    pub fn beside(site: &Path) -> Self {
        Self { site: Some(site.to_owned()), copy: None }
    }

    /// The file that is named, or would be beside the site file.
    fn file(&self, flags: &TermFlags) -> Option<PathBuf> {
        flags.baseline.clone().or_else(|| self.site.as_ref().map(|site| site.with_file_name(FILE_NAME)))
    }
}

/// On which terms to judge, as the flags and the files say.
///
/// # Errors
/// A file that is named and not there, and all mistakes in one.
pub fn terms(
    flags: &TermFlags,
    places: &Places,
    (spec, site): (&Spec, &Site),
    surroundings: &Surroundings,
    style: Style,
) -> Result<Terms> {
    let source = match places.file(flags) {
        _ if flags.no_baseline => None,
        // One that is to be written need not be there.
        Some(path) if path.is_file() || (flags.baseline.is_some() && !flags.write_baseline) => {
            Some(files::read(&path)?)
        }
        _ => places.copy.as_ref().map(|copy| SourceFile::new(copy.name.clone(), copy.text.clone())),
    };
    let baseline = source.map(|source| parse(source, spec, site, style)).transpose()?;
    Ok(Terms {
        baseline,
        today: surroundings.today.unwrap_or(time::Date::MIN),
        strict_baseline: flags.strict_baseline,
        fail_on_flaky: flags.fail_on_flaky,
    })
}

/// Parses a file of known failures against a spec and a site file.
///
/// # Errors
/// All its mistakes.
pub fn parse(source: SourceFile, spec: &Spec, site: &Site, style: Style) -> Result<Baseline> {
    let own = site
        .journeys
        .values()
        .flat_map(|journey| &journey.steps)
        .flat_map(|step| step.fires.iter().chain(&step.may_fire))
        .flat_map(|event| {
            let fields = event.fields.keys().map(|field| RequirementId::site(&event.constant, field));
            fields.chain(event.follows.then(|| RequirementId::in_order(&event.constant)))
        });
    let browsers = BRANDS.iter().map(|brand| brand.name);
    let browsers = browsers.chain(site.browsers.iter().map(|browser| browser.name.as_str()));
    let visitors = || std::iter::once(None).chain(site.visitors.keys().map(|name| Some(name.as_str())));
    let known = Known {
        requirements: spec
            .requirement_ids()
            .into_iter()
            .chain(own)
            .chain(site.forward_requirements())
            .map(|id| id.to_string())
            .collect(),
        constants: spec.events.keys().cloned().collect(),
        journeys: site.journeys.keys().cloned().collect(),
        browsers: browsers.flat_map(|browser| visitors().map(move |visitor| column(browser, visitor))).collect(),
    };
    baseline::parse(source, &known).map_err(|found| files::mistakes(&found, style))
}

/// `--write-baseline`: adds what keeps a run from conforming to the file, says so, and gives the terms that hold from now
/// on; `None` if there was nothing to add.
///
/// # Errors
/// If no file is named, if nothing can be added to the file as it is written, or if it can't be written.
pub fn write(
    flags: &TermFlags,
    places: &Places,
    (spec, site): (&Spec, &Site),
    report: &Report,
    terms: &Terms,
    output: Output,
) -> Result<Option<Terms>> {
    let path = places.file(flags).ok_or_else(|| {
        Error::Usage(format!(
            "--write-baseline needs to know where to: --baseline {FILE_NAME}, or --site for the file beside it"
        ))
    })?;
    let say = |ink, text: &str| {
        if !output.quiet {
            let _ = writeln!(std::io::stderr().lock(), "{}", output.stderr.paint(ink, text));
        }
    };
    if report.interrupted {
        say(Ink::Warn, "the run was interrupted, so nothing is added to the known failures");
        return Ok(None);
    }
    let verdicts: Vec<_> = summary::verdicts(report).cloned().collect();
    let new = baseline::new_entries(&assemble::ran(site, report), &verdicts);
    if new.is_empty() {
        say(Ink::Plain, &format!("nothing to add to {}: no requirement is broken that isn't waived", path.display()));
        return Ok(None);
    }
    let there = if path.is_file() { Some(files::read(&path)?) } else { None };
    let text = baseline::append(there.as_ref(), &new, terms.today).map_err(|lines| {
        Error::Usage(format!(
            "nothing can be added to {} as it is written: it has to be a list, a `- requirement: ...` a line\n  help: add by hand:\n{lines}",
            path.display()
        ))
    })?;
    let baseline = parse(SourceFile::new(path.display().to_string(), text.clone()), spec, site, output.stderr)?;
    report::write(&path, &text)?;
    let did = if there.is_some() { "added to" } else { "written to" };
    say(
        Ink::Strong,
        &format!(
            "{} {did} {}; say there why each is let pass:",
            text::count(new.len(), "known failure", "known failures"),
            path.display()
        ),
    );
    for entry in &new {
        let journey = entry.journey.as_deref().map(|journey| format!(" in {journey}")).unwrap_or_default();
        let browser =
            if entry.browsers.is_empty() { String::new() } else { format!(" ({})", entry.browsers.join(", ")) };
        say(Ink::Plain, &text::short(&format!("  {}{journey}{browser}: {}", entry.requirement, entry.finding)));
    }
    let open = summary::totals(report).inconclusive;
    if open > 0 {
        say(
            Ink::Warn,
            &format!(
                "  {} not added: nobody knows how it would have been",
                text::count(open, "requirement that is inconclusive was", "requirements that are inconclusive were")
            ),
        );
    }
    Ok(Some(Terms { baseline: Some(baseline), ..terms.clone() }))
}
