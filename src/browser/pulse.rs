//! Whether a session on another machine is still there. A grid keeps the socket of a session open whose node has gone, and
//! then nothing more is heard by it: neither an answer nor an end.
//!
//! Boundary: asks from time to time, and closes the socket; what a lost session means is the runner's.

use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use super::bidi::Bidi;
use super::classic::{Classic, ClassicError};

/// How often it's asked.
const EVERY: Duration = Duration::from_secs(5);
/// How long nobody may answer: of a node that is busy, or a grid that lets nobody in for a while, not of one to which no way
/// leads any more.
const PATIENCE: Duration = Duration::from_secs(60);

/// What an answer says of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// It's there, whatever else the driver has to say.
    There,
    /// It has ended, and its grid or driver knows.
    Ended,
    /// Its grid can't reach it. A node that is busy answers late; that it's gone its grid says at once, and then again.
    Missing,
    /// Nothing: nobody answered who would know.
    Nothing,
}

impl Sign {
    fn of(answer: &Result<(), ClassicError>) -> Self {
        match answer {
            Err(ClassicError::Said { code, .. }) if code == "invalid session id" => Self::Ended,
            Err(ClassicError::Said { code, .. }) if code == "unknown error" => Self::Missing,
            Ok(()) | Err(ClassicError::Said { .. } | ClassicError::Refused(_)) => Self::There,
            Err(ClassicError::Unreachable(_) | ClassicError::Cut(_) | ClassicError::Foreign(_)) => Self::Nothing,
            Err(ClassicError::Ended(_)) => Self::Ended,
        }
    }
}

/// What the answers so far come to.
#[derive(Debug, Default)]
struct Signs {
    missing: bool,
    /// Since when there is no other sign.
    nothing: Option<Instant>,
}

impl Signs {
    /// Whether the session has to be given up, by what was said now.
    fn have_ended(&mut self, sign: Sign, now: Instant) -> bool {
        let missing = std::mem::replace(&mut self.missing, sign == Sign::Missing);
        let nothing = self.nothing.take();
        match sign {
            Sign::There => false,
            Sign::Ended => true,
            Sign::Missing => missing,
            Sign::Nothing => {
                let since = *self.nothing.insert(nothing.unwrap_or(now));
                // A gateway between two words of the grid's changes nothing about them.
                self.missing = missing;
                now.duration_since(since) >= PATIENCE
            }
        }
    }
}

/// Asks until the session's socket has closed, or closes it where the session isn't there any more.
pub(super) async fn watch(session: Classic, bidi: Bidi) {
    let mut closed = bidi.closed();
    let asking = async {
        let mut signs = Signs::default();
        loop {
            sleep(EVERY).await;
            let late = || Err(ClassicError::Cut(format!("no answer within {} s", PATIENCE.as_secs())));
            let answer = timeout(PATIENCE, session.look()).await.unwrap_or_else(|_| late());
            if signs.have_ended(Sign::of(&answer), Instant::now())
                && let Err(error) = answer
            {
                return error;
            }
        }
    };
    tokio::select! {
        _ = closed.wait_for(Option::is_some) => {}
        error = asking => bidi.give_up(&format!("its session is no longer there: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_that_does_not_answer_for_a_while_has_not_lost_its_sessions() {
        let said = |code: &str| Err(ClassicError::Said { code: code.into(), message: "Connection refused".into() });
        let refused = || Err(ClassicError::Unreachable("Connection refused".into()));
        let gateway = || Err(ClassicError::Cut("it answers 502 Bad Gateway".into()));
        let start = Instant::now();
        // What is answered after how many seconds: when the session is given up.
        let ends = |answers: &[(u64, Result<(), ClassicError>)]| {
            let mut signs = Signs::default();
            let ended = answers
                .iter()
                .find(|(after, answer)| signs.have_ended(Sign::of(answer), start + Duration::from_secs(*after)));
            ended.map(|(after, _)| *after)
        };
        assert_eq!(ends(&[(5, refused()), (10, refused()), (15, gateway()), (20, refused()), (25, Ok(()))]), None);
        assert_eq!(ends(&[(5, refused()), (30, Ok(())), (60, refused()), (110, refused())]), None);
        assert_eq!(ends(&[(5, refused()), (10, refused()), (60, refused()), (65, refused())]), Some(65));
        // What the grid itself says counts.
        assert_eq!(ends(&[(5, said("unknown error")), (10, said("unknown error"))]), Some(10));
        assert_eq!(ends(&[(5, said("unknown error")), (10, gateway()), (15, said("unknown error"))]), Some(15));
        assert_eq!(ends(&[(5, said("unknown error")), (10, Ok(())), (15, said("unknown error"))]), None);
        assert_eq!(ends(&[(5, said("invalid session id"))]), Some(5));
        assert_eq!(ends(&[(5, said("unexpected alert open")), (10, said("unexpected alert open"))]), None);
    }
}
