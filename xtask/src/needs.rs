//! What each part needs from the system, and how Debian calls it.

use std::path::Path;
use std::process::Command;

use crate::ledger::Ledger;
use crate::options::{Options, Part};
use crate::workspace::{has, output, works};

/// One thing that a part needs.
pub(crate) struct Need {
    parts: &'static [Part],
    /// What for, in words.
    what: &'static str,
    /// Debian packages, the first that the system knows is taken.
    debian: &'static [&'static str],
    present: fn() -> bool,
}

/// Everything that the tests need beyond Rust; the tools of `tools.rs` come from package registries.
const NEEDS: &[Need] = &[
    Need {
        parts: &[Part::Rust, Part::Servers, Part::Desktop],
        what: "a C compiler for SQLite, libgit2 and ring",
        debian: &["gcc"],
        present: || cfg!(windows) || has("cc"),
    },
    Need {
        parts: &[Part::Rust, Part::Servers, Part::Desktop],
        what: "the C library's headers",
        debian: &["libc6-dev"],
        present: || !cfg!(target_os = "linux") || Path::new("/usr/include/stdio.h").exists(),
    },
    Need {
        parts: &[Part::Rust, Part::Servers],
        what: "git, to make test repositories and to try patches",
        debian: &["git"],
        present: || has("git"),
    },
    Need {
        parts: &[Part::Servers],
        what: "PostgreSQL's programs; the tests start their own server as an unprivileged user",
        debian: &["postgresql-15", "postgresql"],
        present: || has("initdb") || postgresql_folder(),
    },
    Need {
        parts: &[Part::Servers, Part::Ui, Part::Desktop],
        what: "Python with venv, to install tools in a folder of their own",
        debian: &["python3-venv"],
        present: || works("python3", &["-c", "import ensurepip, venv"]),
    },
    Need {
        parts: &[Part::Ui],
        what: "Chromium, which the browser tests drive",
        debian: &["chromium"],
        present: || has("chromium") || has("chromium-browser") || has("google-chrome"),
    },
    Need {
        parts: &[Part::Desktop],
        what: "pkg-config, to find WebKit",
        debian: &["pkg-config"],
        present: || has("pkg-config"),
    },
    Need {
        parts: &[Part::Desktop],
        what: "WebKitGTK 4.1 with headers, the desktop's web view",
        debian: &["libwebkit2gtk-4.1-dev"],
        present: || works("pkg-config", &["--exists", "webkit2gtk-4.1"]),
    },
    Need {
        parts: &[Part::Desktop],
        what: "WebKit's WebDriver, which drives the real window",
        debian: &["webkit2gtk-driver"],
        present: || has("WebKitWebDriver"),
    },
    Need {
        parts: &[Part::Desktop],
        what: "a display without a screen",
        debian: &["xvfb"],
        present: || has("Xvfb"),
    },
];

fn postgresql_folder() -> bool {
    std::fs::read_dir("/usr/lib/postgresql")
        .is_ok_and(|versions| versions.flatten().any(|version| version.path().join("bin/initdb").is_file()))
}

/// What a part lacks.
pub(crate) fn missing(part: Part) -> Vec<&'static Need> {
    NEEDS.iter().filter(|need| need.parts.contains(&part) && !(need.present)()).collect()
}

/// Installs what is missing from Debian's packages, where that is allowed and possible.
pub(crate) fn install_missing(options: &Options, ledger: &mut Ledger) {
    let missing = || NEEDS.iter().filter(|need| need.parts.iter().any(|part| options.parts.contains(part)));
    let missing = || missing().filter(|need| !(need.present)());
    if missing().next().is_none() || !options.install || !has("apt-get") || !is_root() {
        return;
    }
    ledger.run("package lists", apt().arg("update"));
    let packages: Vec<&str> = missing().map(|need| known_package(need.debian)).collect();
    ledger.run("Debian packages", apt().args(["install", "-y", "--no-install-recommends"]).args(packages));
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root() -> bool {
    output("id", &["-u"]).as_deref() == Some("0")
}

/// The first of some names that the system's package lists know.
fn known_package(names: &'static [&'static str]) -> &'static str {
    let (last, earlier) = names.split_last().expect("every need names a package");
    earlier.iter().find(|name| works("apt-cache", &["show", "--no-all-versions", name])).unwrap_or(last)
}

/// Says exactly what is missing, and what to type.
pub(crate) fn explain(part: Part, missing: &[&Need]) {
    println!("\nThe {} tests cannot run. Missing:", part.name());
    for need in missing {
        println!("  - {}", need.what);
    }
    let packages: Vec<&str> = missing.iter().map(|need| known_package(need.debian)).collect();
    println!("On Debian, install it with");
    println!("  sudo apt-get update");
    println!("  sudo apt-get install -y --no-install-recommends {}", packages.join(" "));
    let others: Vec<&str> =
        Part::ALL.iter().filter(|other| **other != part).map(|other| other.name()).collect();
    println!("or leave this part out: cargo xtask test --only {}", others.join(" --only "));
}
