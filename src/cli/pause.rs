//! `--pause-on-failure`: tells of a journey that is held at its failed step, and lets it go on when Enter is pressed.

use std::io::Write as _;

use tokio::sync::{mpsc, oneshot};

use crate::cli::args::RunFlags;
use crate::cli::live::Screen;
use crate::cli::settings::{Output, Surroundings};
use crate::error::{Error, Result};
use crate::report::style::Ink;
use crate::report::text::{self, short};
use crate::runner::{Looking, Paused};

/// How a person looks on, as the flags say.
///
/// # Errors
/// [`Error::Usage`] for `--pause-on-failure` where nobody can press Enter.
pub fn looking(flags: &RunFlags, output: Output, surroundings: &Surroundings) -> Result<Looking> {
    let mut looking = Looking { slow: flags.slow.unwrap_or_default(), failures: None };
    if flags.pause_on_failure {
        if !surroundings.stdin_is_terminal || !surroundings.stderr_is_terminal {
            return Err(Error::Usage(
                "--pause-on-failure needs a terminal: Enter is what goes on\n  help: leave it out; a report shows where \
                 a step failed"
                    .into(),
            ));
        }
        looking.failures = Some(keeper(output, surroundings.screen.clone()));
    }
    Ok(looking)
}

/// Takes held journeys, one after the other, as long as the runtime lives.
fn keeper(output: Output, screen: Screen) -> mpsc::UnboundedSender<Paused> {
    let (sender, mut held) = mpsc::unbounded_channel::<Paused>();
    tokio::spawn(async move {
        while let Some(paused) = held.recv().await {
            if paused.go_on.is_closed() {
                continue;
            }
            let lines = told(&paused, output);
            screen.around(|| {
                let _ = std::io::stderr().lock().write_all(lines.as_bytes());
            });
            let mut go_on = paused.go_on;
            tokio::select! {
                () = enter() => { let _ = go_on.send(()); }
                // Interrupted, or the window was closed: nothing is held any more.
                () = go_on.closed() => {}
            }
        }
    });
    sender
}

fn told(paused: &Paused, output: Output) -> String {
    let style = output.stderr;
    let head = format!("{} is held at step {}: {}", short(&paused.journey), paused.step + 1, short(&paused.text));
    let mut lines = format!("\n{}\n", style.paint(Ink::Warn, &head));
    for part in text::lines(&paused.message, text::LONG) {
        lines.push_str(&format!("  {part}\n"));
    }
    lines
        .push_str("  Look at its window: nothing that you do there is recorded. Enter goes on, Ctrl-C ends the run.\n");
    lines
}

/// A line from standard input, or its end. Read by a thread of its own, which the end of the process doesn't wait for:
/// reading a terminal can't be broken off.
async fn enter() {
    let (pressed, told) = oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_line(&mut String::new());
        let _ = pressed.send(());
    });
    let _ = told.await;
}
