//! Turns `rules/credentials.toml` into JSON that the binary embeds: an assessment then starts without parsing TOML.

use std::path::Path;
use std::{env, fs};

fn main() {
    let path = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("../../rules/credentials.toml");
    println!("cargo:rerun-if-changed={}", path.display());
    println!("cargo:rerun-if-changed=build.rs");
    let text = fs::read_to_string(&path).expect("the checkout holds rules/credentials.toml");
    let table: toml::Table =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let json = serde_json::to_vec(&table).expect("a table of TOML is an object of JSON");
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("credentials.json");
    fs::write(out, json).expect("OUT_DIR is writable");
}
