//! Ctrl-C and `kill`: the first asks a run to end well, the second ends it at once.

use tokio::sync::watch;

/// Told of signals while it lives.
#[derive(Debug)]
pub struct Signals {
    count: watch::Receiver<u8>,
    /// Becomes true at the first one.
    pub cancel: watch::Receiver<bool>,
}

impl Signals {
    /// Begins to listen, for as long as the runtime lives. From here on a signal no longer kills the process.
    ///
    /// # Errors
    /// What the operating system says if it takes no handlers.
    pub fn listen() -> std::io::Result<Self> {
        let (counting, count) = watch::channel(0_u8);
        let (cancelling, cancel) = watch::channel(false);
        // Before the task is spawned: a signal in between must not be lost.
        let mut source = Source::new()?;
        tokio::spawn(async move {
            while source.next().await {
                cancelling.send_replace(true);
                counting.send_modify(|count| *count = count.saturating_add(1));
            }
        });
        Ok(Self { count, cancel })
    }

    /// Waits for the first signal.
    pub async fn first(&self) {
        self.nth(1).await;
    }

    /// Waits for the second one.
    pub async fn second(&self) {
        self.nth(2).await;
    }

    async fn nth(&self, nth: u8) {
        if self.count.clone().wait_for(|count| *count >= nth).await.is_err() {
            // Nobody listens: no signal will come this way.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(unix)]
struct Source {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Source {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            // The terminal was closed.
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Whether there was one; `false` at the end of all signals.
    async fn next(&mut self) -> bool {
        tokio::select! {
            heard = self.interrupt.recv() => heard.is_some(),
            heard = self.terminate.recv() => heard.is_some(),
            heard = self.hangup.recv() => heard.is_some(),
        }
    }
}

#[cfg(not(unix))]
struct Source;

#[cfg(not(unix))]
impl Source {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> bool {
        tokio::signal::ctrl_c().await.is_ok()
    }
}
