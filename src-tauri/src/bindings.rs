//! The TypeScript of everything that crosses to the view, made from the Rust types.
//!
//! `TENURE_WRITE_BINDINGS=1 cargo test -p tenure-desktop bindings` writes the file; without the variable the test
//! compares.

use std::collections::BTreeMap;
use std::path::Path;

use tenure_pipeline::{IdentityDetail, IdentityPage, IdentityQuery, Overview, ScanEvent};
use ts_rs::{Config, TS, TypeVisitor};

use crate::CommandError;

const FILE: &str = "../ui/src/lib/bindings.ts";
const HEAD: &str = "// Made from the Rust types by src-tauri/src/bindings.rs; do not edit.\n// To make it again: TENURE_WRITE_BINDINGS=1 cargo test -p tenure-desktop bindings\n";

/// Declarations by name, of a type and of all that it mentions.
#[derive(Default)]
struct Declarations {
    config: Config,
    by_name: BTreeMap<String, String>,
}

impl Declarations {
    fn add<T: TS + 'static + ?Sized>(&mut self) {
        if T::output_path().is_some() {
            let name = T::ident(&self.config);
            if self.by_name.contains_key(&name) {
                return;
            }
            let docs = T::docs().unwrap_or_default();
            let declaration = format!("{docs}export {}\n", T::decl(&self.config));
            self.by_name.insert(name, declaration);
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        self.add::<T>();
    }
}

fn text() -> String {
    let mut all = Declarations { config: Config::from_env(), ..Declarations::default() };
    all.add::<ScanEvent>();
    all.add::<Overview>();
    all.add::<IdentityQuery>();
    all.add::<IdentityPage>();
    all.add::<IdentityDetail>();
    all.add::<CommandError>();
    let declarations: Vec<String> = all.by_name.into_values().collect();
    // Comments of fields leave spaces at the ends of lines.
    let text = format!("{HEAD}\n{}", declarations.join("\n"));
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn the_bindings_of_the_view_are_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let fresh = text();
    if std::env::var_os("TENURE_WRITE_BINDINGS").is_some() {
        std::fs::write(&file, &fresh).expect("the file of bindings can be written");
    }
    let kept = std::fs::read_to_string(&file).expect("the file of bindings is there");
    assert!(
        kept == fresh,
        "{FILE} is out of date; TENURE_WRITE_BINDINGS=1 cargo test -p tenure-desktop bindings"
    );
    assert!(!fresh.contains("bigint"), "JSON delivers numbers: TS_RS_LARGE_INT is set in .cargo/config.toml");
}
