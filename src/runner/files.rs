//! Files that steps hand over: where they are, and what is in them.
//!
//! Boundary: reads them. They are looked for before anything is run.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::options::Options;
use crate::browser::context::ActError;
use crate::browser::upload::Upload;
use crate::error::{Error, Result};
use crate::site::template::{Template, Variables};
use crate::site::{Act, Site, directory};

/// Bytes of all files of a step: more would keep a driver busy for minutes.
const MOST: u64 = 50 << 20;

/// Media types by the end of a name.
const TYPES: &[(&str, &str)] = &[
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("gif", "image/gif"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain"),
    ("wav", "audio/wav"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xml", "text/xml"),
    ("zip", "application/zip"),
];

/// Where a step's file is: relative to the site file.
fn place(site: &Site, file: &Template, variables: &Variables) -> PathBuf {
    directory(&site.source).unwrap_or(Path::new("")).join(file.render(variables))
}

/// Whether the files of all steps are there that will be run.
///
/// # Errors
/// [`Error::Usage`] with the first that isn't, as it's written.
pub fn check(site: &Site, options: &Options) -> Result<()> {
    for journey in site.journeys.values().filter(|journey| options.journeys.contains(&journey.name)) {
        let variables =
            Variables { env: options.env.clone(), run_id: options.run_id.clone(), journey: journey.name.clone() };
        for step in &journey.steps {
            if let (Act::Download { .. }, Some(_)) = (&step.act, &options.webdriver) {
                let at = format!("{}:{}", site.source.name, step.span.line);
                let why = "the browser is on another machine (`--webdriver`), and its files can't be had from there";
                return Err(Error::Usage(format!("{at}: `download` can't be done: {why}; leave `--webdriver` out")));
            }
            let Act::Upload { files, .. } = &step.act else { continue };
            let mut bytes = 0;
            for file in files {
                let wrong = |why: &str| {
                    let at = format!("{}:{}", site.source.name, step.span.line);
                    Error::Usage(format!("{at}: the file `{}` {why}", file.text))
                };
                match std::fs::metadata(place(site, file, &variables)) {
                    Ok(about) if about.is_file() => bytes += about.len(),
                    Ok(_) => return Err(wrong("is a folder")),
                    Err(error) => return Err(wrong(&format!("can't be read: {error}"))),
                }
                if bytes > MOST {
                    return Err(wrong(&format!("is too large: a step uploads {} MB at most", MOST >> 20)));
                }
            }
        }
    }
    Ok(())
}

/// Reads the files of a step.
pub(super) fn read(
    site: &Site,
    files: &[Template],
    variables: &Variables,
) -> std::result::Result<Vec<Upload>, ActError> {
    let mut all = Vec::new();
    for file in files {
        let path = place(site, file, variables);
        let failed = |error: std::io::Error| {
            let message = format!("the file `{}` can't be read: {error}", file.text);
            ActError::Wrong { code: "no-such-file", message, candidates: vec![] }
        };
        let content = std::fs::read(&path).map_err(failed)?;
        let about = std::fs::metadata(&path).map_err(failed)?;
        let since = about.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let end = path.extension().map(|end| end.to_string_lossy().to_lowercase()).unwrap_or_default();
        let media_type = TYPES.iter().find(|(of, _)| *of == end).map_or("", |(_, media_type)| *media_type);
        all.push(Upload {
            name,
            media_type,
            base64: STANDARD.encode(content),
            modified_ms: since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or_default()),
        });
    }
    Ok(all)
}
