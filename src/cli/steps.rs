//! `chatproof steps`: the reference of what a journey's steps can say.

use crate::cli::args::StepsArgs;
use crate::cli::page::Page;
use crate::cli::run::print;
use crate::cli::settings::Output;
use crate::error::{Error, Result};
use crate::report::style::Style;
use crate::site::reference::{
    ABOUT_DURATIONS, ABOUT_KEYS, ABOUT_LOCATORS, ABOUT_SUBSTITUTIONS, Form, KEYS, Key, LOCATORS, SUBSTITUTIONS, VERBS,
    Verb,
};
use crate::source::nearest::suggest;

/// Where the second column begins.
const COLUMN: usize = 28;

/// Prints the whole reference, or one word of it with an example.
///
/// # Errors
/// [`Error::Usage`] for a word that there isn't, with the nearest one.
pub fn run(args: &StepsArgs, output: Output) -> Result<u8> {
    let page = match &args.word {
        None => whole(output.stdout),
        Some(word) => one(word.trim_end_matches(':'), output.stdout)?,
    };
    print(&page).map(|()| 0)
}

fn whole(style: Style) -> String {
    let mut page = Page::new(style);
    page.heading("Verbs: a step has one");
    for verb in VERBS {
        page.row(2, verb.form, COLUMN, verb.what);
    }
    page.heading("Beside the verb");
    for key in KEYS {
        page.row(2, &label(key), COLUMN, &told(key));
    }
    page.heading("Locators");
    forms(&mut page, LOCATORS);
    page.gap();
    page.paragraph(2, ABOUT_LOCATORS);
    page.heading("Substitutions");
    forms(&mut page, SUBSTITUTIONS);
    page.gap();
    page.paragraph(2, ABOUT_SUBSTITUTIONS);
    page.heading("Keys and durations");
    page.paragraph(2, ABOUT_KEYS);
    page.paragraph(2, ABOUT_DURATIONS);
    page.gap();
    page.paragraph(0, "`chatproof steps WORD` shows one with an example: `chatproof steps fill`.");
    page.text()
}

fn forms(page: &mut Page, forms: &[Form]) {
    for form in forms {
        // Code marks are for the guide.
        page.row(2, &form.written.replace('`', ""), COLUMN, form.what);
    }
}

fn label(key: &Key) -> String {
    match key.of {
        Some(verb) => format!("{} (with {verb})", key.name),
        None => key.name.to_owned(),
    }
}

fn told(key: &Key) -> String {
    match key.default {
        "must be there" => key.what.to_owned(),
        default => format!("{}; default: {default}", key.what),
    }
}

fn one(word: &str, style: Style) -> Result<String> {
    let mut page = Page::new(style);
    let verb = VERBS.iter().find(|verb| verb.name == word);
    let key = KEYS.iter().find(|key| key.name == word);
    match (verb, key, word) {
        (Some(Verb { form, what, example, .. }), ..) => {
            page.heading(form);
            page.paragraph(2, what);
            let own: Vec<&Key> = KEYS.iter().filter(|key| key.of == Some(word)).collect();
            for key in own {
                page.row(2, key.name, 2 + key.name.len() + 2, &told(key));
            }
            if matches!(word, "press" | "fill") {
                page.paragraph(2, ABOUT_KEYS);
            }
            page.heading("Example");
            page.verbatim(2, example);
            page.gap();
            let any: Vec<String> =
                KEYS.iter().filter(|key| key.of.is_none()).map(|key| format!("`{}`", key.name)).collect();
            page.paragraph(0, &format!("Any step may also have {}.", any.join(", ")));
        }
        (None, Some(key), _) => {
            page.heading(&label(key));
            page.paragraph(2, &told(key));
            page.heading("Example");
            page.verbatim(2, key.example);
        }
        (None, None, "locator" | "locators") => {
            page.heading("Locators");
            forms(&mut page, LOCATORS);
            page.gap();
            page.paragraph(2, ABOUT_LOCATORS);
        }
        (None, None, "substitutions") => {
            page.heading("Substitutions");
            forms(&mut page, SUBSTITUTIONS);
            page.gap();
            page.paragraph(2, ABOUT_SUBSTITUTIONS);
        }
        (None, None, _) => {
            let words = VERBS.iter().map(|verb| verb.name).chain(KEYS.iter().map(|key| key.name));
            let words: Vec<&str> = words.chain(["locators", "substitutions"]).collect();
            return Err(Error::Usage(format!("steps have no `{word}`\n  help: {}", suggest(word, "words", words))));
        }
    }
    Ok(page.text())
}
