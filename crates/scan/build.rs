//! Turns `rules/secrets/*.toml` and `rules/services.toml` into JSON that the binary embeds: a scan then starts without parsing TOML, and a
//! rule file that does not parse stops the build with its name.

use std::{env, fs, path::Path};

#[path = "src/rules/spec.rs"]
#[allow(dead_code, unreachable_pub)]
mod spec;

fn main() {
    let folder =
        Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../rules/secrets");
    println!("cargo:rerun-if-changed={}", folder.display());
    println!("cargo:rerun-if-changed=src/rules/spec.rs");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .expect("the checkout holds rules/secrets")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
        .collect();
    names.sort();
    let mut files = Vec::new();
    for path in names {
        println!("cargo:rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).expect("rule files are UTF-8");
        let file: spec::RuleFile =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        files.push(file);
    }
    embed("rules.json", &files);
    embed("services.json", &services(folder.with_file_name("services.toml").as_path()));
}

/// `rules/services.toml`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceFile {
    #[serde(rename = "service")]
    services: Vec<spec::ServiceSpec>,
}

/// The vocabulary of services, checked: a word in two services would name neither.
fn services(path: &Path) -> Vec<spec::ServiceSpec> {
    println!("cargo:rerun-if-changed={}", path.display());
    let text = fs::read_to_string(path).expect("the checkout holds rules/services.toml");
    let file: ServiceFile =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut seen = std::collections::HashSet::new();
    for word in file.services.iter().flat_map(|service| &service.words) {
        let plain = word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        assert!(
            plain && seen.insert(word),
            "rules/services.toml: `{word}` is there twice, or not a plain word"
        );
    }
    file.services
}

fn embed(name: &str, value: &impl serde::Serialize) {
    let json = serde_json::to_vec(value).expect("rule files hold only JSON values");
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join(name);
    fs::write(out, json).expect("OUT_DIR is writable");
}
