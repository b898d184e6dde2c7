//! Finds browsers and their drivers on this machine, and says what to install where one is missing.
//!
//! Boundary: looks at files and asks `--version`; starts no session. The environment comes in as a value, so that a
//! test can stand in for a whole machine.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::browser::brands::{Brand, Program};
use crate::error::{Error, Result};

/// How long a program may take to say its version. A snap's first start is slow.
const VERSION_BOUND: Duration = Duration::from_secs(10);

/// What discovery needs to know of the surroundings; read once, at the edge.
#[derive(Clone, Default)]
pub struct Environment {
    /// `PATH`
    pub path: Option<OsString>,
    /// All variables; the `CHATPROOF_*` overrides are among them.
    pub vars: BTreeMap<String, String>,
    /// The user's home directory.
    pub home: Option<PathBuf>,
    /// Running as root: Chromium then needs `--no-sandbox`.
    pub is_root: bool,
}

/// Without the values of the variables.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment").field("path", &self.path).field("home", &self.home).finish_non_exhaustive()
    }
}

impl Environment {
    /// Takes `PATH` and `HOME` out of a set of variables.
    pub fn from_vars(vars: &BTreeMap<String, String>, is_root: bool) -> Self {
        Self {
            path: vars.get("PATH").map(OsString::from),
            home: vars.get("HOME").filter(|home| !home.is_empty()).map(PathBuf::from),
            vars: vars.clone(),
            is_root,
        }
    }

    /// The value of a variable; an empty one counts as not set, as in CI files that clear a variable.
    fn var(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// A program that was found and has said its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Where it is.
    pub path: PathBuf,
    /// Its version, as it says: `153.0esr`, `0.37.1`.
    pub version: String,
}

impl Tool {
    /// The version's first number.
    pub fn major(&self) -> Option<u32> {
        numbers(&self.version).0
    }
}

/// A browser with a driver that fits it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The browser.
    pub browser: Tool,
    /// Its driver.
    pub driver: Tool,
}

/// Finds a browser that is new enough.
///
/// # Errors
/// [`Error::Browser`] if there is none, with what to install as its help.
pub async fn find_browser(brand: impl Into<&'static Brand>, environment: &Environment) -> Result<Tool> {
    find(&brand.into().browser, environment, |_| true).await.map(|(tool, _)| tool)
}

/// Finds a driver that is new enough. Whether it fits the browser is [`find_pair`]'s question.
///
/// # Errors
/// [`Error::Browser`] if there is none, with what to install as its help.
pub async fn find_driver(brand: impl Into<&'static Brand>, environment: &Environment) -> Result<Tool> {
    find(&brand.into().driver, environment, |_| true).await.map(|(tool, _)| tool)
}

/// Finds a browser and a driver that fits it: of several chromedrivers, the one with the browser's major version.
///
/// # Errors
/// [`Error::Browser`] if one of the two is missing or too old, or if they don't fit.
pub async fn find_pair(brand: impl Into<&'static Brand>, environment: &Environment) -> Result<Pair> {
    let brand = brand.into();
    let browser = find_browser(brand, environment).await?;
    let (driver, _) = find(&brand.driver, environment, |driver| fits(brand, &browser, driver)).await?;
    check_pair(brand, &browser, &driver)?;
    Ok(Pair { browser, driver })
}

/// Tells whether a driver can drive a browser.
///
/// # Errors
/// [`Error::Browser`] for a chromedriver of another major version than its browser.
pub fn check_pair(brand: impl Into<&'static Brand>, browser: &Tool, driver: &Tool) -> Result<()> {
    let brand = brand.into();
    if fits(brand, browser, driver) {
        return Ok(());
    }
    Err(Error::Browser {
        message: format!(
            "{} {} ({}) can't drive {} {} ({}): their major versions differ",
            brand.driver.title,
            driver.version,
            driver.path.display(),
            brand.browser.title,
            browser.version,
            browser.path.display(),
        ),
        help: Some(format!(
            "install the {} of version {}, or set {} and {} to two that fit\n{}",
            brand.driver.title,
            browser.major().map_or_else(|| browser.version.clone(), |major| major.to_string()),
            brand.browser.variable,
            brand.driver.variable,
            brand.driver.install,
        )),
    })
}

/// geckodriver drives all current versions of Firefox; the others only their own major version.
fn fits(brand: &Brand, browser: &Tool, driver: &Tool) -> bool {
    !brand.wants_own_driver() || browser.major().is_none() || browser.major() == driver.major()
}

/// The first candidate that answers, is new enough and is preferred; else the first that answers and is new enough.
/// A candidate that doesn't answer is passed over: Ubuntu's `/usr/bin/firefox` is a stub that only says to install a
/// snap. The second value tells whether it was preferred.
async fn find(wanted: &Program, environment: &Environment, prefer: impl Fn(&Tool) -> bool) -> Result<(Tool, bool)> {
    let overridden = environment.var(wanted.variable);
    let candidates = match overridden {
        Some(path) => vec![named_by_variable(wanted, path)?],
        None => candidates(wanted, environment),
    };
    let mut fallback = None;
    let mut complaints = Vec::new();
    for path in candidates {
        match version(&path).await {
            Ok(text) if numbers(&text) < (Some(wanted.oldest.0), Some(wanted.oldest.1)) => {
                complaints.push(format!("{} is version {text}, and it takes {}", path.display(), oldest(wanted)))
            }
            Ok(text) => {
                let tool = Tool { path, version: text };
                if prefer(&tool) {
                    return Ok((tool, true));
                }
                fallback.get_or_insert(tool);
            }
            Err(why) => complaints.push(format!("{} {why}", path.display())),
        }
    }
    if let Some(tool) = fallback {
        return Ok((tool, false));
    }
    let message = match (overridden, complaints.is_empty()) {
        (Some(_), _) => format!("{} can't be used: {}", wanted.variable, complaints.join("; ")),
        (None, true) => format!("{} was not found on this machine", wanted.title),
        (None, false) => format!("no usable {} was found: {}", wanted.title, complaints.join("; ")),
    };
    Err(Error::Browser {
        message,
        help: Some(format!("to get {} {}:\n{}", wanted.title, oldest(wanted), wanted.install)),
    })
}

/// The oldest usable version, for people.
fn oldest(wanted: &Program) -> String {
    match wanted.oldest {
        (major, 0) => format!("{major} or later"),
        (major, minor) => format!("{major}.{minor} or later"),
    }
}

/// A variable that names a file which isn't there is a mistake to be told, not to be worked around.
fn named_by_variable(wanted: &Program, path: &str) -> Result<PathBuf> {
    let path = PathBuf::from(path);
    if path.is_file() {
        return Ok(path);
    }
    Err(Error::Browser {
        message: format!("{} is {}, and there is no such file", wanted.variable, path.display()),
        help: Some(format!("set {} to the path of {}, or unset it", wanted.variable, wanted.title)),
    })
}

/// Every file that may be the wanted program, the best first, each once.
fn candidates(wanted: &Program, environment: &Environment) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut seen: Vec<PathBuf> = Vec::new();
    let mut add = |path: PathBuf| {
        // `firefox` and `firefox-esr` are often one program under two names.
        let real = std::fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        if path.is_file() && !seen.contains(&real) {
            seen.push(real);
            found.push(path);
        }
    };
    for name in wanted.names {
        if let Some(path) = &environment.path
            && let Ok(matches) = which::which_in_all(name, Some(path), "/")
        {
            matches.for_each(&mut add);
        }
    }
    if let Some(directory) = wanted.directory_variable.and_then(|variable| environment.var(variable)) {
        wanted.names.iter().for_each(|name| add(Path::new(directory).join(name)));
    }
    if let Some(home) = &environment.home {
        wanted.names.iter().for_each(|name| add(home.join(".cargo/bin").join(name)));
        for place in wanted.places.iter().filter_map(|place| place.strip_prefix("/Applications/")) {
            add(home.join("Applications").join(place));
        }
    }
    wanted.places.iter().for_each(|place| add(PathBuf::from(place)));
    found
}

/// Asks a program for its version; says why if it doesn't tell.
async fn version(path: &Path) -> Result<String, String> {
    let mut command = tokio::process::Command::new(path);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let output = match tokio::time::timeout(VERSION_BOUND, command.output()).await {
        Err(_) => return Err(format!("did not answer `--version` within {} s", VERSION_BOUND.as_secs())),
        Ok(Err(cause)) => return Err(format!("can't be run: {cause}")),
        Ok(Ok(output)) => output,
    };
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().chain(text.lines()).map(str::trim).find(|line| !line.is_empty()).unwrap_or("nothing");
        return Err(format!("failed when asked for `--version` ({}); it said: {said}", output.status));
    }
    text.split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .map(str::to_owned)
        .ok_or_else(|| "did not say its version".to_owned())
}

/// The first two numbers of a version.
fn numbers(version: &str) -> (Option<u32>, Option<u32>) {
    let mut parts = version.split('.').map(|part| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    });
    let major = parts.next().flatten();
    (major, parts.next().flatten().or(major.map(|_| 0)))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::browser::BrowserKind;
    use crate::browser::brands::BRANDS;

    /// A machine whose `PATH` is one directory with these programs, each a script.
    fn machine(programs: &[(&str, &str)]) -> (tempfile::TempDir, Environment) {
        let directory = tempfile::tempdir().unwrap();
        for (name, script) in programs {
            let path = directory.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let environment = Environment { path: Some(directory.path().into()), ..Environment::default() };
        (directory, environment)
    }

    fn message(error: Error) -> String {
        error.to_string()
    }

    #[test]
    fn versions_are_compared_by_number() {
        assert_eq!(numbers("153.0esr"), (Some(153), Some(0)));
        assert_eq!(numbers("0.37.1"), (Some(0), Some(37)));
        assert_eq!(numbers("128"), (Some(128), Some(0)));
        assert!(numbers("0.9.0") < numbers("0.34.0"));
    }

    #[tokio::test]
    async fn the_first_program_that_answers_is_taken() {
        let (directory, environment) = machine(&[
            ("firefox", "echo 'requires the firefox snap to be installed' >&2; exit 1"),
            ("firefox-esr", "echo 'Mozilla Firefox 140.3.0esr'"),
        ]);
        let tool = find_browser(BrowserKind::Firefox, &environment).await.unwrap();
        assert_eq!(tool, Tool { path: directory.path().join("firefox-esr"), version: "140.3.0esr".into() });
        assert_eq!(tool.major(), Some(140));
    }

    #[tokio::test]
    async fn a_variable_that_names_nothing_is_an_error_that_names_it() {
        let (_directory, mut environment) = machine(&[("geckodriver", "echo geckodriver 0.36.0")]);
        environment.vars.insert("CHATPROOF_GECKODRIVER".into(), "/nowhere/geckodriver".into());
        let text = message(find_driver(BrowserKind::Firefox, &environment).await.unwrap_err());
        assert!(text.contains("CHATPROOF_GECKODRIVER is /nowhere/geckodriver"), "{text}");
    }

    #[tokio::test]
    async fn an_old_driver_is_told_with_what_is_needed() {
        let (directory, mut environment) = machine(&[("mine", "echo 'geckodriver 0.33.0 (a 2023-01-01)'")]);
        let path = directory.path().join("mine").display().to_string();
        environment.vars.insert("CHATPROOF_GECKODRIVER".into(), path);
        let text = message(find_driver(BrowserKind::Firefox, &environment).await.unwrap_err());
        assert!(text.contains("0.33.0, and it takes 0.34 or later"), "{text}");
        assert!(text.contains("cargo install geckodriver --locked"), "{text}");
    }

    #[tokio::test]
    async fn of_several_chromedrivers_the_fitting_one_is_taken() {
        let (directory, mut environment) = machine(&[
            ("chromium", "echo 'Chromium 150.0.1 built on Debian'"),
            ("chromedriver", "echo 'ChromeDriver 149.0.1 (abc)'"),
        ]);
        let (other, _) = machine(&[("chromedriver", "echo 'ChromeDriver 150.0.9 (abc)'")]);
        environment.vars.insert("CHROMEWEBDRIVER".into(), other.path().display().to_string());
        let pair = find_pair(BrowserKind::Chromium, &environment).await.unwrap();
        assert_eq!(pair.driver.version, "150.0.9");
        assert_eq!(pair.browser.path, directory.path().join("chromium"));
    }

    #[tokio::test]
    async fn each_browser_has_its_own_programs_and_its_own_driver() {
        let (directory, mut environment) = machine(&[
            ("chromium", "echo 'Chromium 150.0.1'"),
            ("google-chrome", "echo 'Google Chrome 151.0.1'"),
            ("microsoft-edge", "echo 'Microsoft Edge 152.0.1'"),
            ("chromedriver", "echo 'ChromeDriver 151.0.9'"),
        ]);
        let (other, _) = machine(&[("msedgedriver", "echo 'Microsoft Edge WebDriver 152.0.9'")]);
        let edge = Brand::named("edge").unwrap();
        let missing = message(find_pair(edge, &environment).await.unwrap_err());
        assert!(missing.contains("msedgedriver was not found") && missing.contains("tools/webdriver"), "{missing}");
        environment.vars.insert("EDGEWEBDRIVER".into(), other.path().display().to_string());
        for (name, program, version) in [("edge", "microsoft-edge", "152.0.9"), ("chrome", "google-chrome", "151.0.9")]
        {
            let pair = find_pair(Brand::named(name).unwrap(), &environment).await.unwrap();
            assert_eq!((pair.browser.path, pair.driver.version.as_str()), (directory.path().join(program), version));
        }
        let told = message(find_pair(BrowserKind::Chromium, &environment).await.unwrap_err());
        assert!(told.contains("chromedriver 151.0.9") && told.contains("can't drive Chromium 150.0.1"), "{told}");
    }

    #[test]
    fn one_that_isn_t_there_is_told_with_how_to_get_it() {
        for program in BRANDS.iter().flat_map(|brand| [&brand.browser, &brand.driver]) {
            assert!(program.install.contains(program.variable) && program.install.contains("https://"), "{program:?}");
        }
    }

    #[test]
    fn a_driver_of_another_major_version_does_not_fit() {
        let tool = |version: &str| Tool { path: "/x".into(), version: version.into() };
        let text = message(check_pair(BrowserKind::Chromium, &tool("150.0.1"), &tool("149.0.0")).unwrap_err());
        assert!(text.contains("their major versions differ"), "{text}");
        assert!(text.contains("install the chromedriver of version 150"), "{text}");
        assert!(check_pair(BrowserKind::Firefox, &tool("140.0"), &tool("0.36.0")).is_ok());
    }

    #[tokio::test]
    async fn a_program_that_hangs_or_breaks_is_told() {
        let (directory, mut environment) = machine(&[("broken", "echo 'no display' >&2; exit 3")]);
        let path = directory.path().join("broken").display().to_string();
        environment.vars.insert("CHATPROOF_CHROMIUM".into(), path);
        let text = message(find_browser(BrowserKind::Chromium, &environment).await.unwrap_err());
        assert!(text.contains("it said: no display"), "{text}");
    }
}
