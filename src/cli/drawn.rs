//! A terminal for tests: what is drawn on it can be read.
//!
//! `indicatif` has one as well, but only under a feature: with that the tests would build it, and all that rests on it,
//! once more.

use std::io::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};

use indicatif::TermLike;

/// Cloned, it's the same terminal.
#[derive(Clone)]
pub struct Drawn {
    columns: u16,
    rows: u16,
    parser: Arc<Mutex<vt100::Parser>>,
}

impl std::fmt::Debug for Drawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.contents())
    }
}

impl Drawn {
    pub fn new(rows: u16, columns: u16) -> Self {
        Self { columns, rows, parser: Arc::new(Mutex::new(vt100::Parser::new(rows, columns, 0))) }
    }

    fn parser(&self) -> MutexGuard<'_, vt100::Parser> {
        self.parser.lock().unwrap()
    }

    /// The lines that are to be seen, without blank ones at the end.
    pub fn contents(&self) -> String {
        let parser = self.parser();
        let rows: Vec<String> = parser.screen().rows(0, self.columns).map(|row| row.trim_end().to_owned()).collect();
        rows.join("\n").trim_end_matches('\n').to_owned()
    }

    /// A control sequence that does something `n` times.
    fn times(&self, n: usize, what: char) -> std::io::Result<()> {
        // 0 would mean once.
        if n > 0 { self.write_str(&format!("\x1b[{n}{what}")) } else { Ok(()) }
    }
}

impl TermLike for Drawn {
    fn width(&self) -> u16 {
        self.columns
    }

    fn height(&self) -> u16 {
        self.rows
    }

    fn move_cursor_up(&self, n: usize) -> std::io::Result<()> {
        self.times(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> std::io::Result<()> {
        self.times(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> std::io::Result<()> {
        self.times(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> std::io::Result<()> {
        self.times(n, 'D')
    }

    fn write_line(&self, text: &str) -> std::io::Result<()> {
        self.write_str(&format!("{text}\r\n"))
    }

    fn write_str(&self, text: &str) -> std::io::Result<()> {
        self.parser().write_all(text.as_bytes())
    }

    fn clear_line(&self) -> std::io::Result<()> {
        self.write_str("\r\x1b[2K")
    }

    fn flush(&self) -> std::io::Result<()> {
        self.parser().flush()
    }
}
