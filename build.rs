//! What is compiled in are whole folders: a file that is added to one counts as a change, too.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=fixtures");
    println!("cargo:rerun-if-changed=specs");
    tags();
}

/// The tags that come with the program, each by its file's name.
fn tags() {
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    let folder = Path::new(&root).join("specs/tags");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.strip_suffix(".yaml").map(str::to_owned))
        .collect();
    names.sort();
    let one = |name: &String| {
        let path = folder.join(format!("{name}.yaml"));
        format!("    ({name:?}, include_str!({:?})),\n", path.display().to_string())
    };
    let text = format!("const FILES: &[(&str, &str)] = &[\n{}];\n", names.iter().map(one).collect::<String>());
    if let Err(error) = std::fs::write(Path::new(&out).join("tags.rs"), text) {
        println!("cargo:warning=the built-in tags can't be listed: {error}");
    }
}
