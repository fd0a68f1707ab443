//! Turns `rules/credentials.toml` into a list of kinds, each with its table as JSON, that the binary embeds: an assessment then starts
//! without parsing TOML, and reads only the kinds that it meets.

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
    let json = |value: &toml::Value| serde_json::to_string(value).expect("a value of TOML is one of JSON");
    let kinds: Vec<(&String, String)> =
        table.iter().filter(|(_, value)| value.is_table()).map(|(kind, value)| (kind, json(value))).collect();
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("credentials.bin");
    let bytes = postcard::to_allocvec(&kinds).expect("texts fit into postcard");
    fs::write(out, bytes).expect("OUT_DIR is writable");
}
