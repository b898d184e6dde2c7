//! `${env.X}`, `${run.id}`, `${journey}` in a site file's texts.

use std::collections::BTreeMap;

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
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// The environment, read once at the edge.
    pub env: BTreeMap<String, String>,
    /// `${run.id}`
    pub run_id: String,
    /// `${journey}`
    pub journey: String,
}

impl Template {
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
