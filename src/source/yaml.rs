//! YAML as a tree whose every key and value knows where it stands.
