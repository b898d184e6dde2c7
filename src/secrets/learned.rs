//! What turns out to be a secret only while a run is under way: cookies and storage that a journey leaves behind.
//!
//! Boundary: whoever learns of one says it; from then on all that hide by the same [`Learned`] hide it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Hidden, Secrets};

/// Values that have become known since a run began, shared by all that hide them.
#[derive(Clone, Default)]
pub struct Learned(Arc<Mutex<Vec<(String, String)>>>);

/// What was known from the beginning together with what was learned: how much of it, and all.
pub(super) type Merged = Mutex<(usize, Arc<Hidden>)>;

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Learned {
    /// From now on this value is hidden. `shown`: what stands in its place.
    pub fn add(&self, value: &str, shown: &str) {
        let mut values = lock(&self.0);
        if !values.iter().any(|(known, _)| known == value) {
            values.push((value.to_owned(), shown.to_owned()));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        lock(&self.0).is_empty()
    }
}

impl Secrets {
    /// Hides what is learned from now on as well.
    #[must_use]
    pub fn learning(self, learned: &Learned) -> Self {
        Self { learned: learned.clone(), ..self }
    }

    /// All that is hidden by now.
    pub(super) fn hidden(&self) -> Arc<Hidden> {
        let learned = lock(&self.learned.0);
        if learned.is_empty() {
            return self.hidden.clone();
        }
        let mut merged = lock(&self.merged);
        if merged.0 != learned.len() {
            let mut hidden = (*self.hidden).clone();
            learned.iter().for_each(|(value, shown)| hidden.add(value, shown.clone()));
            *merged = (learned.len(), hidden.built().hidden);
        }
        merged.1.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_learned_is_hidden_everywhere_from_then_on() {
        let learned = Learned::default();
        let env = [("P".to_owned(), "first-secret".to_owned())].into();
        let secrets = Secrets::new(["P"], &env).learning(&learned);
        let other = Secrets::default().learning(&learned);
        let text = "first-secret and later-secret";
        assert_eq!(secrets.mask(text), "${env.P} and later-secret");
        assert!(other.is_empty());
        learned.add("later-secret", "${state.login}");
        learned.add("first-secret", "${state.login}");
        assert_eq!(secrets.mask(text), "${env.P} and ${state.login}");
        assert_eq!(other.mask(text), "${state.login} and ${state.login}");
        assert!(!other.is_empty() && secrets.shown().contains(&"later-secret".to_owned()));
    }
}
