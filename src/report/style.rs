//! Colour, or none: asked for by the caller, never found out here.

use anstyle::{AnsiColor, Color};

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// With ANSI escape codes.
    pub on: bool,
}

/// What a piece of text is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// A heading.
    Strong,
    /// Nothing special.
    Plain,
    /// Of minor weight: places, times, labels.
    Dim,
    /// Holds.
    Good,
    /// Broken.
    Bad,
    /// To look at.
    Warn,
    /// Not known.
    Doubt,
    /// A name from the spec.
    Name,
}

impl Style {
    /// Plain text.
    pub const OFF: Self = Self { on: false };

    /// The text in its colour. The text must be safe already.
    pub fn paint(self, ink: Ink, text: &str) -> String {
        if !self.on || text.is_empty() || ink == Ink::Plain {
            return text.to_owned();
        }
        let style = ink.style();
        format!("{style}{text}{style:#}")
    }
}

impl Ink {
    fn style(self) -> anstyle::Style {
        let colour = |colour: AnsiColor| anstyle::Style::new().fg_color(Some(Color::Ansi(colour)));
        match self {
            Self::Strong => anstyle::Style::new().bold(),
            Self::Plain => anstyle::Style::new(),
            Self::Dim => anstyle::Style::new().dimmed(),
            Self::Good => colour(AnsiColor::Green),
            Self::Bad => colour(AnsiColor::Red).bold(),
            Self::Warn => colour(AnsiColor::Yellow),
            Self::Doubt => colour(AnsiColor::Magenta),
            Self::Name => colour(AnsiColor::Cyan),
        }
    }
}
