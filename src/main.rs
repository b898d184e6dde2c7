//! Parses the command line, reads environment and terminal once, calls the library, exits with its code.

fn main() {}
