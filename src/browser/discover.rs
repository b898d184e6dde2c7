//! Finds browsers and drivers on this machine and asks for their versions.
