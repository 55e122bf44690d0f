//! The knowledge, the fixtures and the assets are part of the binary: a new file in them is a change of it.

fn main() {
    println!("cargo::rerun-if-changed=cds-services/leg-pain");
    println!("cargo::rerun-if-changed=fixtures");
    println!("cargo::rerun-if-changed=src/web/assets");
}
