//! The display, the driver and the application of one test; all of them end with it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http;

/// Anything that the application does on a busy machine is done by then.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// WebDriver's name for "this is an element".
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A running process that is asked to end, and then waited for.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // tauri-driver ends its own driver when asked politely.
        let asked = Command::new("kill").arg(self.0.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.0.kill();
        }
        let _ = self.0.wait();
    }
}

/// The application in its window, as a person at the keyboard has it.
pub(crate) struct Window {
    port: u16,
    session: String,
    _driver: Process,
    _display: Option<Process>,
    /// What the web view remembers: nothing of an earlier run, and nothing for a later one.
    _home: tempfile::TempDir,
}

impl Window {
    /// Starts the application with `folder` on its command line, if one is given, and `inventory` in its environment.
    pub(crate) fn open(folder: Option<&Path>, inventory: &Path) -> Window {
        let (display, name) = display();
        let home = tempfile::tempdir().expect("there is room for the web view's own files");
        let (port, native) = (http::free_port(), http::free_port());
        let mut command = Command::new(tauri_driver());
        command
            .args(["--port", &port.to_string(), "--native-port", &native.to_string()])
            .env("DISPLAY", name)
            .env("TENURE_INVENTORY", inventory)
            .env("XDG_DATA_HOME", home.path())
            .env("XDG_CACHE_HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let driver = command
            .spawn()
            .expect("tauri-driver starts: `cargo install tauri-driver --version 2.1.0 --locked`");
        let driver = Process(driver);
        let wanted = json!({"capabilities": {"alwaysMatch": {"browserName": "wry", "tauri:options": {
            "application": env!("CARGO_BIN_EXE_tenure-desktop"), "args": folder.iter().collect::<Vec<_>>(),
        }}}});
        let begun = Instant::now();
        let session = loop {
            match http::send(port, "POST", "/session", Some(&wanted)) {
                Ok(answer) if answer["value"]["sessionId"].is_string() => {
                    break answer["value"]["sessionId"].clone();
                }
                other if begun.elapsed() > PATIENCE => {
                    panic!("no session: {other:?} (is WebKitWebDriver installed?)")
                }
                _ => std::thread::sleep(LOOK_EVERY),
            }
        };
        let session = session.as_str().expect("a session has a name").to_owned();
        Window { port, session, _driver: driver, _display: display, _home: home }
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let path = format!("/session/{}{path}", self.session);
        let answer =
            http::send(self.port, method, &path, body).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(answer["value"]["error"].is_null(), "{path}: {answer}");
        answer["value"].clone()
    }

    /// Runs a function body in the page.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.send("POST", "/execute/sync", Some(&json!({"script": script, "args": []})))
    }

    /// Runs a function body that calls `done(value)`.
    pub(crate) fn run_async(&self, script: &str) -> Value {
        let script = format!("const done = arguments[arguments.length - 1];\n{script}");
        self.send("POST", "/execute/async", Some(&json!({"script": script, "args": []})))
    }

    /// Waits until some visible text of the page holds `text`.
    pub(crate) fn see(&self, text: &str) {
        let begun = Instant::now();
        while !self.shown().contains(text) {
            assert!(begun.elapsed() < PATIENCE, "`{text}` is not shown. What is:\n{}", self.shown());
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// The text that a person can see.
    pub(crate) fn shown(&self) -> String {
        self.run("return document.body.innerText").as_str().unwrap_or_default().to_owned()
    }

    /// The whole document, with everything that is in it and not shown.
    pub(crate) fn source(&self) -> String {
        self.run("return document.documentElement.outerHTML").as_str().unwrap_or_default().to_owned()
    }

    /// Clicks the first element that the XPath names, once it is there.
    pub(crate) fn click(&self, xpath: &str) {
        let query = json!({"using": "xpath", "value": xpath});
        let begun = Instant::now();
        let path = format!("/session/{}/element", self.session);
        let element = loop {
            match http::send(self.port, "POST", &path, Some(&query)) {
                Ok(answer) if answer["value"][ELEMENT].is_string() => break answer["value"][ELEMENT].clone(),
                other if begun.elapsed() > PATIENCE => panic!("{xpath}: {other:?}\n{}", self.shown()),
                _ => std::thread::sleep(LOOK_EVERY),
            }
        };
        let element = element.as_str().expect("an element has a name").to_owned();
        self.send("POST", &format!("/element/{element}/click"), Some(&json!({})));
    }

    /// Presses a key where the focus is.
    pub(crate) fn press(&self, key: &str) {
        let actions = json!({"actions": [{"type": "key", "id": "keyboard", "actions": [
            {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key},
        ]}]});
        self.send("POST", "/actions", Some(&actions));
    }

    /// Gives the window this size, as far as the platform lets it.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        self.send("POST", "/window/rect", Some(&json!({"x": 0, "y": 0, "width": width, "height": height})));
    }

    /// A picture of the page, as PNG in base64.
    pub(crate) fn picture(&self) -> String {
        // The driver hands out the last frame that was drawn: let the page draw what it holds now.
        self.run_async("requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 250)))");
        self.send("GET", "/screenshot", None).as_str().expect("a picture is text").to_owned()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let _ = http::send(self.port, "DELETE", &format!("/session/{}", self.session), None);
    }
}

/// The display that there is, or one of our own without a screen.
fn display() -> (Option<Process>, String) {
    if let Ok(name) = std::env::var("DISPLAY") {
        return (None, name);
    }
    let mut xvfb = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1440x900x24", "-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a display is set, or Xvfb is installed");
    let out = xvfb.stdout.take().expect("its output is a pipe");
    let mut number = String::new();
    BufReader::new(out).read_line(&mut number).expect("Xvfb says its number");
    (Some(Process(xvfb)), format!(":{}", number.trim()))
}

/// `TENURE_TAURI_DRIVER`, or the one in the workspace's `tools/bin`, or the one that the path finds.
fn tauri_driver() -> PathBuf {
    if let Some(named) = std::env::var_os("TENURE_TAURI_DRIVER") {
        return PathBuf::from(named);
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/bin/tauri-driver");
    if own.exists() { own } else { PathBuf::from("tauri-driver") }
}
