//! Whether a session on another machine is still there. A grid keeps the socket of a session open whose node has gone, and
//! then nothing more is heard by it: neither an answer nor an end.
//!
//! Boundary: asks from time to time, and closes the socket; what a lost session means is the runner's.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::bidi::Bidi;
use super::classic::{Classic, ClassicError};

/// How often it's asked.
const EVERY: Duration = Duration::from_secs(5);
/// How long an answer may take: of a node that is busy, not of one to which no way leads any more.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks until the session's socket has closed, or closes it where the session isn't there any more.
pub(super) async fn watch(session: Classic, bidi: Bidi) {
    let mut closed = bidi.closed();
    let asking = async {
        let mut missing = false;
        loop {
            sleep(EVERY).await;
            // A node that is busy answers late. That it's gone its grid says at once, and then again.
            let answer = timeout(PATIENCE, session.look()).await;
            let late = || Err(ClassicError::Unreachable(format!("no answer within {} s", PATIENCE.as_secs())));
            let error = answer.unwrap_or_else(|_| late()).err().filter(is_gone);
            match error {
                Some(error) if missing || is_unknown(&error) => return error,
                other => missing = other.is_some(),
            }
        }
    };
    tokio::select! {
        _ = closed.wait_for(Option::is_some) => {}
        error = asking => bidi.give_up(&format!("its session is no longer there: {error}")),
    }
}

/// The session has ended, and its grid or driver knows.
fn is_unknown(error: &ClassicError) -> bool {
    matches!(error, ClassicError::Said { code, .. } if code == "invalid session id")
}

/// Whether nobody is there to say anything about the session. Whatever else the driver says, it's there.
fn is_gone(error: &ClassicError) -> bool {
    match error {
        ClassicError::Said { code, .. } => is_unknown(error) || code == "unknown error",
        ClassicError::Unreachable(_) | ClassicError::Foreign(_) => true,
        ClassicError::Refused(_) => false,
    }
}
