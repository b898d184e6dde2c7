//! `chatproof schema`: the JSON Schemas of chatproof's own file formats, for editors and programs.

use serde_json::{Value, json};

use crate::cli::args::{SchemaArgs, SchemaName};
use crate::cli::run::print;
use crate::cli::settings::Output;
use crate::cli::{explain, files};
use crate::error::{Error, Result};
use crate::spec::Spec;

/// Prints a schema; that of site files with the events of the spec in it.
///
/// # Errors
/// What is wrong with the spec.
pub fn run(args: &SchemaArgs, output: Output) -> Result<u8> {
    let text = match args.name {
        SchemaName::Site => {
            let source = explain::find_spec(args.spec.as_deref())?;
            site(&crate::spec::parse(source).map_err(|found| files::mistakes(&found, output.stderr))?)?
        }
        SchemaName::Spec => include_str!("../../specs/spec.schema.json").to_owned(),
        SchemaName::Tag => include_str!("../../specs/tag.schema.json").to_owned(),
        SchemaName::Recording => include_str!("../../specs/recording.schema.json").to_owned(),
        SchemaName::Known => include_str!("../../specs/known.schema.json").to_owned(),
        SchemaName::Comparison => include_str!("../../specs/comparison.schema.json").to_owned(),
        SchemaName::Profile => include_str!("../../specs/profile.schema.json").to_owned(),
        SchemaName::History => include_str!("../../specs/history.schema.json").to_owned(),
        SchemaName::Timeline => include_str!("../../specs/timeline.schema.json").to_owned(),
        SchemaName::Check => include_str!("../../specs/check.schema.json").to_owned(),
        SchemaName::Map => include_str!("../../specs/map.schema.json").to_owned(),
        SchemaName::Report => include_str!("../../specs/report.schema.json").to_owned(),
    };
    print(&text).map(|()| 0)
}

/// The schema of site files for one spec: an editor completes its events, and underlines any other.
///
/// # Errors
/// None that can happen: the published schema is JSON.
pub fn site(spec: &Spec) -> Result<String> {
    let broken = |cause: serde_json::Error| Error::Other(format!("the published schema is no JSON: {cause}"));
    let mut schema: Value = serde_json::from_str(include_str!("../../specs/site.schema.json")).map_err(broken)?;
    let constants: Vec<&str> = spec.events.keys().map(String::as_str).collect();
    let causes: Vec<&str> = spec.events.values().map(|event| event.cause.as_str()).collect();
    schema["$defs"]["constant"] = json!({
        "description": format!("An event of {}.", spec.title),
        "enum": constants,
        "markdownEnumDescriptions": causes,
    });
    Ok(serde_json::to_string_pretty(&schema).map_err(broken)? + "\n")
}
