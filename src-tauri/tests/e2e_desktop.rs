//! The real window, driven by WebDriver: choose, scan, open an identity, see its plan.
//!
//! `cargo test -p tenure-desktop --features custom-protocol --test e2e_desktop`, after `npm run build` in `ui`.
//! `TENURE_SCREENSHOTS=1` also puts the picture of the window into `docs/screenshots`.

#![allow(unreachable_pub)] // the driver's parts are modules of one test

mod window {
    pub(crate) mod driver;
    pub(crate) mod http;
}

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use serde_json::Value;
use window::driver::Window;

const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";

fn workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The secrets of the demo as they lie on disk and in its history: none of them may be in the window.
fn planted(demo: &Path) -> Vec<String> {
    let repository = demo.join("payments");
    let git = |arguments: &[&str]| {
        let output =
            Command::new("git").arg("-C").arg(&repository).args(arguments).output().expect("git runs");
        String::from_utf8(output.stdout).expect("git prints text")
    };
    let first = git(&["rev-list", "--max-parents=0", "HEAD"]);
    let script = git(&["show", &format!("{}:scripts/release.sh", first.trim())]);
    let key = script.lines().find_map(|line| line.strip_prefix("export AWS_SECRET_ACCESS_KEY="));
    let settings = std::fs::read_to_string(repository.join("etl/.env")).expect("the demo has settings");
    let url = settings.lines().find_map(|line| line.strip_prefix("DATABASE_URL=")).expect("with a database");
    let password = url.split(['/', ':', '@']).nth(4).expect("with a password");
    vec![key.expect("the demo's history has a key").to_owned(), password.to_owned()]
}

/// What axe objects to in the window as it is, in words.
fn objections(window: &Window) -> String {
    let axe = std::fs::read_to_string(workspace("ui/node_modules/axe-core/axe.min.js"))
        .expect("`npm ci` in ui has run");
    window.run(&axe);
    let found = window.run_async(
        "axe.run().then((result) => done(result.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html}`))))",
    );
    serde_json::to_string_pretty(&found).expect("a list is JSON")
}

struct Watch {
    secrets: Vec<String>,
}

impl Watch {
    /// The window as it is now: nothing that axe objects to, and no secret anywhere in the document.
    fn look(&self, window: &Window, view: &str) {
        assert_eq!(objections(window), "[]", "{view}");
        let source = window.source();
        for secret in &self.secrets {
            assert!(!source.contains(secret.as_str()), "a secret is in the document of {view}");
        }
    }
}

fn keep_picture(window: &Window, name: &str) {
    let picture =
        base64::engine::general_purpose::STANDARD.decode(window.picture()).expect("a picture is base64");
    let folder = match std::env::var_os("TENURE_SCREENSHOTS") {
        Some(_) => workspace("docs/screenshots"),
        None => PathBuf::from(env!("CARGO_TARGET_TMPDIR")),
    };
    std::fs::write(folder.join(name), picture).expect("the picture can be kept");
}

/// One window at a time: two would fight for the processor, and each would look slow.
static ONE_WINDOW: Mutex<()> = Mutex::new(());

#[test]
fn choose_scan_open_an_identity_and_see_its_plan() {
    let _turn = ONE_WINDOW.lock().unwrap_or_else(PoisonError::into_inner);
    let place = tempfile::tempdir().expect("there is room for the demo");
    let demo = tenure_pipeline::make_demo(Some(&place.path().join("acme"))).expect("the demo can be made");
    let inventory = place.path().join("data/inventory.sqlite");
    let watch = Watch { secrets: planted(&demo) };
    let window = Window::open(Some(&demo), &inventory);
    window.resize(1440, 900);

    // The folder of the command line is chosen, and nothing has been read.
    window.see("Ready to scan");
    assert!(!inventory.exists(), "choosing reads and keeps nothing");
    watch.look(&window, "ready");

    window.click("//main//button[starts-with(normalize-space(), 'Scan')]");
    window.see("Show identities");
    window.see("Found");
    watch.look(&window, "the scan's end");
    keep_picture(&window, "desktop-scan.png");

    window.click("//main//button[starts-with(normalize-space(), 'Show identities')]");
    window.see("Why it matters");
    window.click("//div[@role='row'][.//span[. = 'AWS_ACCESS_KEY_ID']]");
    window.see("GitHub Actions secret");
    watch.look(&window, "identities");
    keep_picture(&window, "desktop-identities.png");

    window.press(ENTER);
    window.see("All identities");
    window.see("Owner");
    window.see("Used by");
    window.see("Readiness");
    window.click("//button[starts-with(normalize-space(), 'Plan migration')]");
    window.see("How the old credential ends");
    window.see("To review");
    window.see("id-token: write");
    watch.look(&window, "an identity's page");
    keep_picture(&window, "desktop-identity.png");

    // The other theme is as readable.
    window.press("t");
    window.press("t");
    assert_eq!(window.run("return document.documentElement.dataset.theme"), Value::from("dark"));
    watch.look(&window, "an identity's page in the dark");
    keep_picture(&window, "desktop-identity-dark.png");
    window.press(ESCAPE);
    window.see("No known end");
    watch.look(&window, "identities in the dark");

    refuses_what_the_view_has_no_business_with(&window);
    drop(window);
    secrets_are_not_kept(&inventory, &watch.secrets);
}

/// The capability is enforced by the binary, not only written down.
fn refuses_what_the_view_has_no_business_with(window: &Window) {
    for command in [
        "plugin:dialog|message",
        "plugin:fs|read_text_file",
        "plugin:shell|open",
        "plugin:window|set_title",
        "no_such_command",
    ] {
        let answer = window.run_async(&format!(
            "window.__TAURI_INTERNALS__.invoke('{command}', {{}}).then(() => done('allowed'), (error) => done(String(error)))"
        ));
        let answer = answer.as_str().unwrap_or_default();
        assert!(answer.contains("not allowed") || answer.contains("not found"), "{command}: {answer}");
    }
    assert_eq!(window.run("return typeof window.__TAURI__"), Value::from("undefined"));
    assert_eq!(window.run("return Object.isFrozen(Object.prototype)"), Value::from(true));
    let fetched =
        window.run_async("fetch('https://example.org').then(() => done('fetched'), () => done('refused'))");
    assert_eq!(fetched, Value::from("refused"));
}

fn secrets_are_not_kept(inventory: &Path, secrets: &[String]) {
    let folder = inventory.parent().expect("a file lies in a folder");
    for entry in std::fs::read_dir(folder).expect("the scan made the folder").flatten() {
        let bytes = std::fs::read(entry.path()).expect("our own files can be read");
        let text = String::from_utf8_lossy(&bytes);
        for secret in secrets {
            assert!(!text.contains(secret.as_str()), "a secret is in {}", entry.path().display());
        }
    }
}

#[test]
fn the_demo_opens_by_one_click_and_stays_out_of_the_persons_own_inventory() {
    let _turn = ONE_WINDOW.lock().unwrap_or_else(PoisonError::into_inner);
    let place = tempfile::tempdir().expect("there is room");
    let inventory = place.path().join("data/inventory.sqlite");
    let window = Window::open(None, &inventory);
    window.see("Nothing leaves this machine");
    assert_eq!(objections(&window), "[]", "the beginning");
    window.click("//button[normalize-space() = 'Open demo data']");
    window.see("Show identities");
    window.press("2");
    window.see("svc-payments-deploy");
    assert!(!inventory.exists(), "nothing invented lands among real identities");
}

#[test]
fn a_cancelled_scan_keeps_what_it_found_and_says_that_it_is_not_all() {
    let _turn = ONE_WINDOW.lock().unwrap_or_else(PoisonError::into_inner);
    let place = tempfile::tempdir().expect("there is room");
    let folder = place.path().join("many");
    plant_thousands(&folder);
    let window = Window::open(Some(&folder), &place.path().join("data/inventory.sqlite"));
    window.see("Ready to scan");
    window.press("s");
    window.see("Found so far");
    window.see("the newest 200 of");
    window.press("x");
    window.see("What was found until then is kept. The rest was not read.");
    assert!(window.shown().contains("Cancelled"));
    window.press("2");
    window.see("Why it matters");
}

/// Ten thousand made-up passwords: long enough to read that a person can cancel, and a flood for the view.
fn plant_thousands(folder: &Path) {
    const FILES: u32 = 100;
    const LINES: u32 = 100;
    std::fs::create_dir_all(folder).expect("the folder can be made");
    let mut state = 7u64;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"[(state >> 33) as usize % 56])
    };
    for file in 0..FILES {
        let mut text = String::new();
        for line in 0..LINES {
            let value: String = (0..24).map(|_| letter()).collect();
            text.push_str(&format!("service_{line}_password = \"{value}\"\n"));
        }
        std::fs::write(folder.join(format!("settings_{file}.py")), text).expect("a file can be written");
    }
}
