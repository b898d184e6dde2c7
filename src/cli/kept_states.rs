//! `--keep-state FILE`: states between runs. Whoever reads the file is signed in, so that only its owner can.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, Result};
use crate::runner::States;

/// Takes the states that a file has; none, if there is no such file yet.
///
/// # Errors
/// [`Error::Usage`] for a file that isn't one of states; [`Error::Read`].
pub fn read(path: &Path, states: &States) -> Result<()> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(Error::Read { path: path.to_owned(), cause }),
    };
    states.read(&text).map_err(|why| {
        let help = "delete it, or name another one: it's written anew after the run";
        Error::Usage(format!("--keep-state {}: {why}\n  help: {help}", path.display()))
    })
}

/// Writes all states, into a file that nobody else can read.
///
/// # Errors
/// [`Error::Write`]; then the file is as it was.
pub fn write(path: &Path, states: &States) -> Result<()> {
    let failed = |cause| Error::Write { path: path.to_owned(), cause };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .and_then(|mut file| file.write_all(states.text().as_bytes()))
        .and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written.map_err(failed)
}

/// What is to be said of a file that git tracks, or would take with the next `git add`. Nothing, where there is no git.
pub fn git_warning(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = PathBuf::from(path.file_name()?);
    let git = |arguments: &[&OsStr]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(folder).args(arguments).args([OsStr::new("--"), name.as_os_str()]);
        git.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?.code()
    };
    let shown = path.display();
    if git(&["ls-files".as_ref(), "--error-unmatch".as_ref()]) == Some(0) {
        return Some(format!(
            "git tracks {shown}, which signs in whoever has it: `git rm --cached {shown}`, and add it to .gitignore"
        ));
    }
    // 1: not ignored; 128: no work tree.
    (git(&["check-ignore".as_ref(), "--quiet".as_ref()]) == Some(1))
        .then(|| format!("git doesn't ignore {shown}, which signs in whoever has it: add it to .gitignore"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn only_its_owner_can_read_it_and_git_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("states.json");
        read(&path, &States::default()).unwrap();
        std::fs::write(&path, "{}").unwrap();
        assert!(read(&path, &States::default()).unwrap_err().to_string().contains("isn't a file of states"));
        write(&path, &States::default()).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        read(&path, &States::default()).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(git_warning(&path), None);
        let git = |arguments: &[&str]| {
            let done = Command::new("git").arg("-C").arg(folder.path()).args(arguments).output().unwrap();
            assert!(done.status.success(), "{arguments:?}");
        };
        git(&["init", "-q"]);
        assert!(git_warning(&path).unwrap().contains("doesn't ignore"));
        git(&["add", "states.json"]);
        assert!(git_warning(&path).unwrap().contains("git tracks"));
        git(&["rm", "-q", "--cached", "states.json"]);
        std::fs::write(folder.path().join(".gitignore"), "*.json\n").unwrap();
        assert_eq!(git_warning(&path), None);
    }
}
