//! Reports: pure, `&Report -> String`, a file per format; only [`write`](self) touches the file system.

pub mod model;
