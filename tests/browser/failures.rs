//! What a broken driver, browser or target leads to.
