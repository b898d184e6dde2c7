//! A catalogue of faults from disk, or the built-in one: read with all that it names, every mistake told.

use std::path::{Path, PathBuf};

use crate::cli::files;
use crate::error::{Error, Result};
use crate::report::style::Style;
use crate::selftest::origin::Origin;
use crate::selftest::parse::{self, CatalogueFile, Names};
use crate::selftest::{Catalogue, Entry, Kind, Served};
use crate::site::Site;
use crate::source::SourceFile;
use crate::spec::Spec;

/// The built-in catalogue's file.
const BUILT_IN: &str = "catalogue.yaml";

/// Reads a catalogue with all that it names; the built-in one if no file is named.
///
/// # Errors
/// All mistakes of all its files.
pub fn load(path: Option<&Path>, style: Style) -> Result<Catalogue> {
    let opened = Opened::open(path, style)?;
    opened.with_names(|names| {
        let notes =
            parse::notes(&opened.source, &opened.file, names).map_err(|found| files::mistakes(&found, style))?;
        let mut entries: Vec<Entry> = Vec::new();
        let mut mistakes: Vec<String> = Vec::new();
        for (kind, folder) in opened.folders() {
            for id in opened.origin.yaml_files(folder)? {
                let source = opened.origin.read(&format!("{folder}/{id}.yaml"))?;
                match parse::entry(&source, &id, kind, names) {
                    Ok(entry) if entries.iter().any(|other| other.id == id) => {
                        mistakes.push(format!("{}: there is a fault of this name: {}\n", source.name, entry.id));
                    }
                    Ok(entry) => entries.push(entry),
                    Err(found) => {
                        if let Error::Mistakes(text) = files::mistakes(&found, style) {
                            mistakes.push(text);
                        }
                    }
                }
            }
        }
        if !mistakes.is_empty() {
            return Err(Error::Mistakes(mistakes.join("\n")));
        }
        if entries.is_empty() {
            let name = &opened.source.name;
            return Err(Error::Usage(format!("{name} names no fault and no variant: nothing would be shown")));
        }
        let name = opened.file.title.clone().unwrap_or_else(|| opened.source.name.clone());
        let Opened { spec, site, served, .. } = &opened;
        Ok(Catalogue { name, spec: spec.clone(), site: site.clone(), served: served.clone(), notes, entries })
    })
}

/// Reads one fault or variant on disk by the catalogue that it belongs to: the one beside its folder that names this
/// folder. `None`: there is none.
///
/// # Errors
/// All mistakes of the entry, or of its catalogue.
pub fn entry(source: &SourceFile, path: &Path, style: Style) -> Result<Option<(Entry, PathBuf)>> {
    // A path such as `faults/x.yaml` may have been given from within the folder.
    let Ok(whole) = std::fs::canonicalize(path) else { return Ok(None) };
    let Some(above) = path_above(path) else { return Ok(None) };
    let (Some(folder), Some(id)) = (whole.parent(), whole.file_stem()) else { return Ok(None) };
    for name in (Origin::Disk(above.clone())).yaml_files(".")?.iter().map(|name| above.join(format!("{name}.yaml"))) {
        let Ok(candidate) = files::read(&name) else { continue };
        if !is_catalogue(&candidate) {
            continue;
        }
        let opened = Opened::open(Some(&name), style)?;
        let here =
            |folder_name: &str| std::fs::canonicalize(above.join(folder_name)).is_ok_and(|there| there == folder);
        let Some((kind, _)) = opened.folders().into_iter().find(|(_, folder_name)| here(folder_name)) else { continue };
        let entry = opened.with_names(|names| {
            parse::entry(source, &id.to_string_lossy(), kind, names).map_err(|found| files::mistakes(&found, style))
        })?;
        return Ok(Some((entry, name)));
    }
    Ok(None)
}

/// The folder above the one that a file lies in.
fn path_above(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        None => Some(PathBuf::from("..")),
        Some(folder) if folder.file_name().is_none() => Some(folder.join("..")),
        Some(folder) => Some(match folder.parent() {
            Some(above) if !above.as_os_str().is_empty() => above.to_owned(),
            _ => PathBuf::new(),
        }),
    }
}

/// A catalogue says so in its `format`.
pub fn is_catalogue(source: &SourceFile) -> bool {
    let mut lines = source.text.lines();
    lines.any(|line| line.strip_prefix("format").is_some_and(|rest| rest.contains("chatproof-catalogue")))
}

/// A catalogue file and what its entries may name.
struct Opened {
    origin: Origin,
    source: SourceFile,
    file: CatalogueFile,
    spec: Spec,
    site: Site,
    served: Served,
}

impl Opened {
    fn open(path: Option<&Path>, style: Style) -> Result<Self> {
        let (origin, name) = match path {
            None => (Origin::BuiltIn, BUILT_IN.to_owned()),
            Some(path) => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                (Origin::Disk(folder.to_owned()), name)
            }
        };
        let source = origin.read(&name)?;
        let file = parse::catalogue(&source).map_err(|found| files::mistakes(&found, style))?;
        let directory = path.map(|path| path.parent().unwrap_or(Path::new(".")).join(&file.site));
        let (spec, site) = files::load(origin.read(&file.site)?, directory.as_deref().and_then(Path::parent), style)?;
        let served = match &file.serve {
            None => Served::ReferenceSite,
            Some(folder) => Served::Folder(origin.below(folder)),
        };
        Ok(Self { origin, source, file, spec, site, served })
    }

    /// The folders of its entries.
    fn folders(&self) -> Vec<(Kind, &str)> {
        let folders = [(Kind::Fault, &self.file.faults), (Kind::Variant, &self.file.variants)];
        folders.into_iter().filter_map(|(kind, folder)| Some((kind, folder.as_deref()?))).collect()
    }

    fn with_names<T>(&self, work: impl FnOnce(&Names<'_>) -> Result<T>) -> Result<T> {
        let original = |path: &str| match &self.served {
            Served::ReferenceSite => crate::fixture_site::original(path),
            Served::Folder(folder) => folder.served(path),
        };
        let requirements: Vec<String> = self
            .spec
            .requirement_ids()
            .iter()
            .chain(&self.site.forward_requirements())
            .map(ToString::to_string)
            .collect();
        let sections = crate::judge::requirements(&self.spec).into_iter().filter_map(|r| r.spec.section).collect();
        work(&Names {
            requirements: &requirements,
            sections: &sections,
            journeys: self.site.journeys.keys().map(String::as_str).collect(),
            visitors: self.site.visitors.keys().map(String::as_str).collect(),
            reference_site: self.served == Served::ReferenceSite,
            original: &original,
        })
    }
}
