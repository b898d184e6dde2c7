//! What is compiled in are whole folders: a file that is added to one counts as a change, too.

fn main() {
    println!("cargo:rerun-if-changed=fixtures");
    println!("cargo:rerun-if-changed=specs");
}
