//! `${env.X}`, `${run.id}`, `${journey}` in a site file's texts.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::source::nearest::nearest;

/// A text with references in it. `$${` is a literal `${`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// As written.
    pub text: String,
    /// Its pieces.
    pub pieces: Vec<Piece>,
}

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is.
    Text(String),
    /// `${env.X}`
    Env(String),
    /// `${run.id}`
    RunId,
    /// `${journey}`
    Journey,
}

/// What references are replaced with.
#[derive(Clone, Default)]
pub struct Variables {
    /// The environment, read once at the edge.
    pub env: BTreeMap<String, String>,
    /// `${run.id}`
    pub run_id: String,
    /// `${journey}`
    pub journey: String,
}

impl Variables {
    /// The same as they stand in a recording: a reference where a value of the environment was.
    #[must_use]
    pub fn as_recorded(&self) -> Self {
        let env = self.env.keys().map(|name| (name.clone(), format!("${{env.{name}}}"))).collect();
        Self { env, ..self.clone() }
    }
}

/// Without any value of the environment.
impl std::fmt::Debug for Variables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { env, run_id, journey } = self;
        let names: Vec<&String> = env.keys().collect();
        f.debug_struct("Variables").field("env", &names).field("run_id", run_id).field("journey", journey).finish()
    }
}

/// What is wrong in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// Where in the text, in bytes.
    pub range: Range<usize>,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What was expected there.
    pub label: String,
    /// How to mend it.
    pub help: String,
}

impl Template {
    /// Parses a text. What isn't a known reference is an error, with the nearest known one: a slip that stayed in the
    /// text would be typed into the page.
    ///
    /// # Errors
    /// Every bad reference in the text, in order.
    pub fn parse(text: &str) -> Result<Template, Vec<TemplateError>> {
        let (pieces, errors) = pieces(text);
        if errors.is_empty() { Ok(Template { text: text.to_owned(), pieces }) } else { Err(errors) }
    }

    /// A template without references: the text as it is, `${` included.
    pub fn literal(text: &str) -> Template {
        Template { text: text.replace("${", "$${"), pieces: vec![Piece::Text(text.to_owned())] }
    }

    /// The environment variables that it refers to, in order.
    pub fn env(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Env(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Replaces the references; an environment variable that isn't set becomes empty (it is reported before a run).
    pub fn render(&self, variables: &Variables) -> String {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.as_str(),
                Piece::Env(name) => variables.env.get(name).map_or("", String::as_str),
                Piece::RunId => &variables.run_id,
                Piece::Journey => &variables.journey,
            })
            .collect()
    }
}

/// The pieces of a text, and what is wrong with it.
fn pieces(text: &str) -> (Vec<Piece>, Vec<TemplateError>) {
    let mut pieces = Vec::new();
    let mut errors = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(dollar) = rest.find("${") {
        let at = text.len() - rest.len() + dollar;
        if rest[..dollar].ends_with('$') {
            plain += &rest[..dollar - 1];
            plain += "${";
            rest = &rest[dollar + 2..];
            continue;
        }
        plain += &rest[..dollar];
        let inside = &rest[dollar + 2..];
        let Some(close) = inside.find('}') else {
            errors.push(TemplateError {
                range: at..text.len(),
                message: "`${` without `}`".into(),
                label: "expected a `}` behind it".into(),
                help: "close it, or write `$${` for a literal `${`".into(),
            });
            rest = "";
            break;
        };
        match reference(&inside[..close]) {
            Ok(piece) => {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(piece);
            }
            Err(help) => errors.push(TemplateError {
                range: at..at + 2 + close + 1,
                message: format!("unknown reference `${{{}}}`", &inside[..close]),
                label: "expected `${env.NAME}`, `${run.id}` or `${journey}`".into(),
                help,
            }),
        }
        rest = &inside[close + 1..];
    }
    plain += rest;
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    (pieces, errors)
}

fn reference(name: &str) -> Result<Piece, String> {
    if let Some(variable) = name.strip_prefix("env.") {
        let fits = variable.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && variable.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        return if fits {
            Ok(Piece::Env(variable.to_owned()))
        } else {
            Err("names of environment variables have letters, digits and `_`".into())
        };
    }
    match name {
        "run.id" => Ok(Piece::RunId),
        "journey" => Ok(Piece::Journey),
        _ => Err(match nearest(name, ["run.id", "journey", "journey.name", "run_id", "id"]) {
            Some("journey" | "journey.name") => "did you mean `${journey}`?".into(),
            Some(_) => "did you mean `${run.id}`?".into(),
            None if !name.is_empty()
                && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') =>
            {
                format!("did you mean `${{env.{name}}}`?")
            }
            None => "write `$${` for a literal `${`".into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        Variables {
            env: BTreeMap::from([("TOKEN".to_owned(), "s3cret".to_owned())]),
            run_id: "r1".into(),
            journey: "live".into(),
        }
    }

    #[test]
    fn references_are_replaced_and_escapes_kept() {
        for (text, want) in [
            ("", ""),
            ("plain $ {x} $$", "plain $ {x} $$"),
            ("hello ${run.id}!", "hello r1!"),
            ("${env.TOKEN}${journey}", "s3cretlive"),
            ("$${run.id} ${run.id}", "${run.id} r1"),
            ("ü${env.UNSET}ü", "üü"),
        ] {
            assert_eq!(Template::parse(text).map(|t| t.render(&variables())), Ok(want.to_owned()), "{text}");
        }
    }

    #[test]
    fn literals_render_as_they_are() {
        assert_eq!(Template::literal("a ${run.id}").render(&variables()), "a ${run.id}");
        assert_eq!(
            Template::parse(&Template::literal("a ${x}").text).map(|t| t.render(&variables())),
            Ok("a ${x}".into())
        );
    }

    #[test]
    fn every_bad_reference_is_told_with_the_nearest() {
        let errors = Template::parse("ä ${run.di} ${TOKEN} ${env.a-b} ${").expect_err("four mistakes");
        let told: Vec<(&str, &str)> =
            errors.iter().map(|e| (&"ä ${run.di} ${TOKEN} ${env.a-b} ${"[e.range.clone()], e.help.as_str())).collect();
        assert_eq!(
            told,
            [
                ("${run.di}", "did you mean `${run.id}`?"),
                ("${TOKEN}", "did you mean `${env.TOKEN}`?"),
                ("${env.a-b}", "names of environment variables have letters, digits and `_`"),
                ("${", "close it, or write `$${` for a literal `${`"),
            ]
        );
    }
}
