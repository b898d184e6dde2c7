//! `chatproof explain`: the why of a requirement, in the words that stand beside the judge's code.

use std::path::Path;

use globset::Glob;

use crate::cli::args::ExplainArgs;
use crate::cli::files;
use crate::cli::page::Page;
use crate::cli::run::print;
use crate::cli::settings::Output;
use crate::error::{Error, Result};
use crate::judge::{self, About, Requirement};
use crate::report::style::{Ink, Style};
use crate::site;
use crate::source::SourceFile;
use crate::source::nearest::nearest;
use crate::spec::{self, Spec};
use crate::verdict::Level;

/// The site file whose spec is meant if none is named.
const SITE: &str = "chatproof.yaml";
/// Where texts begin beside their labels.
const COLUMN: usize = 13;

/// Explains the requirements that match, or lists all.
///
/// # Errors
/// [`Error::Usage`] if nothing matches, with the nearest id; what is wrong with the spec.
pub fn run(args: &ExplainArgs, output: Output) -> Result<u8> {
    let source = find_spec(args.spec.as_deref())?;
    let spec = spec::parse(source).map_err(|found| files::mistakes(&found, output.stderr))?;
    let all = judge::requirements(&spec);
    let text = match &args.requirement {
        None => list(&spec, &all, output.stdout),
        Some(asked) => explain(&spec, &all, asked, output.stdout)?,
    };
    print(&text).map(|()| 0)
}

/// The spec that is named; else that of the site file here; else the first built-in one.
///
/// # Errors
/// [`Error::Usage`] or [`Error::Read`] if there is no such spec.
pub(super) fn find_spec(named: Option<&str>) -> Result<SourceFile> {
    match named {
        Some(reference) => spec::open(reference, None),
        None => match files::read_site(Path::new(SITE)).ok().and_then(|site| site::spec_reference(&site)) {
            Some((reference, _)) => spec::open(&reference, None),
            None => spec::open(spec::builtin_ids().first().copied().unwrap_or_default(), None),
        },
    }
}

fn list(spec: &Spec, all: &[Requirement], style: Style) -> String {
    let mut page = Page::new(style);
    page.heading(&format!("{}: {} requirements", spec.title, all.len()));
    page.line(Ink::Dim, &spec.page.url);
    let mut family = "";
    for requirement in all {
        if requirement.family != family {
            family = requirement.family;
            page.heading(family);
        }
        page.line(
            Ink::Plain,
            &format!("  {:<7} {}", level(requirement.level), style.paint(Ink::Name, &requirement.id)),
        );
    }
    page.gap();
    page.paragraph(
        0,
        "`chatproof explain ID` tells of one, `chatproof explain 'event.*.fires'` or `chatproof explain EVENT` of several.",
    );
    page.text()
}

fn explain(spec: &Spec, all: &[Requirement], asked: &str, style: Style) -> Result<String> {
    // A report says `event.X.fires (step 3): missing`; all of that may be pasted. An event's name may hold spaces.
    let pasted = |id: &str| asked.strip_prefix(id).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ':']));
    if let Some(only) = all.iter().filter(|r| pasted(&r.id)).max_by_key(|r| r.id.len()) {
        return Ok(one(spec, only, style));
    }
    if spec.events.contains_key(asked) {
        let about: Vec<&Requirement> = all.iter().filter(|r| r.id.event_name() == Some(asked)).collect();
        return Ok(many(&about, style));
    }
    let id = asked.split_whitespace().next().unwrap_or_default().trim_end_matches(':');
    if !id.contains(['*', '?'])
        && let Some(about) = judge::demanded_by_site(id)
    {
        let mut page = Page::new(style);
        heading(&mut page, id, Level::Must, style);
        page.paragraph(0, "A demand of the site file's own");
        page.gap();
        told(&mut page, about, style);
        return Ok(page.text());
    }
    let found = matching(all, id)?;
    match found.as_slice() {
        [] => Err(Error::Usage(format!("{} has no requirement `{id}`\n  help: {}", spec.id, help(spec, all, id)))),
        [only] => Ok(one(spec, only, style)),
        several => Ok(many(several, style)),
    }
}

/// By glob, or by a part between dots: `ready`, `CONVERSATION_ENGAGED`, `payload.sid`.
fn matching<'r>(all: &'r [Requirement], asked: &str) -> Result<Vec<&'r Requirement>> {
    if asked.contains(['*', '?', '[', '{']) {
        let glob = Glob::new(asked)
            .map_err(|cause| Error::Usage(format!("`{asked}` is no glob: {}", cause.kind())))?
            .compile_matcher();
        return Ok(all.iter().filter(|requirement| glob.is_match(requirement.id.as_str())).collect());
    }
    let part = format!(".{asked}.");
    let has = |requirement: &&Requirement| !asked.is_empty() && format!(".{}.", requirement.id).contains(&part);
    Ok(all.iter().filter(has).collect())
}

fn help(spec: &Spec, all: &[Requirement], asked: &str) -> String {
    let ids = all.iter().map(|requirement| requirement.id.as_str());
    let near = nearest(asked, ids).or_else(|| nearest(asked, spec.events.keys().map(String::as_str)));
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`chatproof explain` lists all; `--spec` names another spec".to_owned(),
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "must",
        Level::Should => "should",
        Level::Record => "record",
    }
}

fn heading(page: &mut Page, id: &str, weight: Level, style: Style) {
    let ink = match weight {
        Level::Must => Ink::Bad,
        Level::Should => Ink::Warn,
        Level::Record => Ink::Dim,
    };
    page.line(Ink::Plain, &format!("{}  {}", style.paint(Ink::Strong, id), style.paint(ink, level(weight))));
}

fn one(spec: &Spec, requirement: &Requirement, style: Style) -> String {
    let mut page = Page::new(style);
    heading(&mut page, &requirement.id, requirement.level, style);
    page.paragraph(0, &requirement.sentence);
    page.gap();
    let weight = match requirement.level {
        Level::Must => "`must`: documented; a breach means that the widget doesn't conform",
        Level::Should => "`should`: likely meant, but not said outright; a breach is a warning",
        Level::Record => "`record`: left open by the vendor; told, never judged",
    };
    page.row(2, "level", COLUMN, weight);
    if let Some(why) = &requirement.why {
        page.row(2, "", COLUMN, why);
    }
    let below = format!("{}.", requirement.id);
    for decided in spec.decided.iter().filter(|one| one.covers(&requirement.id) || one.id.starts_with(&below)) {
        page.row(2, "decided", COLUMN, &format!("`{}`, whatever the page says: {}", decided.id, decided.why));
    }
    let section = requirement.spec.section.as_ref().map(|section| format!(", “{section}”")).unwrap_or_default();
    page.row(2, "vendor", COLUMN, &format!("{}{section}", spec.page.title));
    page.line(
        Ink::Plain,
        &format!("{}{}", " ".repeat(COLUMN), requirement.spec.url.as_deref().unwrap_or(&spec.page.url)),
    );
    page.row(2, "spec", COLUMN, &format!("{}:{}", requirement.spec.file, requirement.spec.line));
    told(&mut page, requirement.about, style);
    page.gap();
    page.paragraph(2, "Another level for your site, in the site file:");
    page.verbatim(4, &format!("levels:\n  {}: {{ level: record, why: ... }}", requirement.id));
    page.text()
}

fn told(page: &mut Page, about: &About, style: Style) {
    page.row(2, "looks at", COLUMN, about.looks_at);
    page.row(2, "why", COLUMN, about.why);
    page.row(2, "example", COLUMN, about.example);
    page.gap();
    page.line(Ink::Plain, &format!("  {}", style.paint(Ink::Name, "findings")));
    let column = 6 + about.findings.iter().map(|finding| finding.code.len()).max().unwrap_or(0);
    for finding in about.findings {
        page.row(4, finding.code, column, finding.means);
        page.row(4, "", column, &format!("→ {}", finding.advice));
    }
}

/// Requirements of several ids: what is the same for a kind is told once.
fn many(found: &[&Requirement], style: Style) -> String {
    let mut page = Page::new(style);
    let mut kinds: Vec<&About> = Vec::new();
    for requirement in found {
        if !kinds.contains(&requirement.about) {
            kinds.push(requirement.about);
        }
    }
    for about in kinds {
        page.heading(about.form);
        for requirement in found.iter().filter(|requirement| requirement.about == about) {
            let label = format!("{:<7} {}", level(requirement.level), requirement.id);
            page.line(Ink::Plain, &format!("  {}", style.paint(Ink::Name, &label)));
            page.paragraph(10, &requirement.sentence);
        }
        page.gap();
        told(&mut page, about, style);
    }
    page.text()
}
