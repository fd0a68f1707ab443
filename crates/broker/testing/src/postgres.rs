//! A PostgreSQL server of our own, run by a user who is not root.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::tools;

/// The superuser that `initdb` makes.
const SUPERUSER: &str = "operator";
const SUPERUSER_PASSWORD: &str = "only-for-this-test";
const ATTEMPTS: u32 = 3;

/// A running server on loopback that asks for passwords (SCRAM), stopped when dropped.
pub struct Postgres {
    folder: tempfile::TempDir,
    bin: PathBuf,
    port: u16,
    owner: Option<(u32, u32)>,
}

impl Postgres {
    /// Makes a cluster and starts it.
    ///
    /// # Panics
    /// When PostgreSQL is missing or does not come up.
    pub fn start() -> Self {
        let bin = tools::postgres_bin();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let owner = unprivileged(folder.path());
        if let Some((user, group)) = owner {
            chown(folder.path(), Some(user), Some(group)).expect("root may give a folder away");
        }
        let mut server = Self { folder, bin, port: 0, owner };
        server.make_cluster();
        for _ in 0..ATTEMPTS {
            server.port = tools::free_port();
            if server.launch() {
                return server;
            }
        }
        let log = std::fs::read_to_string(server.folder.path().join("log")).unwrap_or_default();
        panic!("PostgreSQL did not come up: {log}");
    }

    fn make_cluster(&self) {
        let password = self.folder.path().join("password");
        std::fs::write(&password, SUPERUSER_PASSWORD).expect("the temporary folder takes a file");
        let output = self
            .program("initdb")
            .args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .arg(format!("--username={SUPERUSER}"))
            .arg(format!("--pwfile={}", password.display()))
            .arg("-D")
            .arg(self.data())
            .output()
            .expect("initdb starts");
        assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn launch(&self) -> bool {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c max_connections=50",
            self.port
        );
        self.program("pg_ctl")
            .args(["start", "--wait", "--timeout=60", "--silent", "-o", &options])
            .arg("-D")
            .arg(self.data())
            .arg("-l")
            .arg(self.folder.path().join("log"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("pg_ctl starts")
            .success()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// One of the server's programs, as the user who owns the cluster.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A connection string.
    pub fn dsn(&self, user: &str, password: &str, database: &str) -> String {
        format!("postgresql://{user}:{password}@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Runs SQL as this user: the rows as text, or the server's words.
    ///
    /// # Errors
    /// What `psql` wrote when it failed, a refused login among it.
    ///
    /// # Panics
    /// When `psql` cannot be started.
    pub fn query(&self, user: &str, password: &str, database: &str, sql: &str) -> Result<String, String> {
        let output = self.psql(user, password, database).args(["-c", sql]).output().expect("psql starts");
        words(&output)
    }

    /// Runs SQL as the superuser, which must succeed.
    ///
    /// # Panics
    /// When it does not, with the server's words.
    pub fn operate(&self, database: &str, sql: &str) -> String {
        self.query(SUPERUSER, SUPERUSER_PASSWORD, database, sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Stops asking for passwords.
    ///
    /// # Panics
    /// When the configuration cannot be written.
    pub fn trust_everyone(&self) {
        let rule = "host all all 127.0.0.1/32 trust\n";
        std::fs::write(self.data().join("pg_hba.conf"), rule).expect("the cluster is ours");
        self.operate("postgres", "SELECT pg_reload_conf()");
        // The server rereads its rules a moment after it has said so.
        while self.query(SUPERUSER, "certainly-wrong", "postgres", "SELECT 1").is_err() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// Stops the server before its value is dropped.
    ///
    /// # Panics
    /// When `pg_ctl` cannot be started.
    pub fn stop(&self) {
        let _ = self
            .program("pg_ctl")
            .args(["stop", "-m", "immediate", "--silent"])
            .arg("-D")
            .arg(self.data())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }

    /// A session that stays open.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub fn session(&self, user: &str, password: &str, database: &str) -> Session {
        let mut process = self
            .psql(user, password, database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("psql starts");
        let answers = BufReader::new(process.stdout.take().expect("piped"));
        let mut session = Session { process, answers };
        assert_eq!(session.ask("SELECT 'ready'").as_deref(), Some("ready"), "{user} opens a session");
        session
    }

    fn psql(&self, user: &str, password: &str, database: &str) -> Command {
        let mut command = Command::new(self.bin.join("psql"));
        command
            .args(["-X", "-q", "-A", "-t", "-w", "-v", "VERBOSITY=verbose", "-h", "127.0.0.1"])
            .args(["-p", &self.port.to_string(), "-U", user, "-d", database])
            .env("PGPASSWORD", password)
            .stdin(Stdio::null());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A session that stays open until it is dropped, or until the server ends it.
pub struct Session {
    process: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Session {
    /// Asks for one value. `None`: the server refused, or the session has ended.
    ///
    /// # Panics
    /// When the pipe holds no text.
    pub fn ask(&mut self, sql: &str) -> Option<String> {
        let input = self.process.stdin.as_mut()?;
        // The echoed line tells an empty answer from one that has not arrived yet.
        writeln!(input, "{sql};\n\\echo end-of-answer").ok()?;
        input.flush().ok()?;
        let mut first = None;
        loop {
            let mut line = String::new();
            if self.answers.read_line(&mut line).expect("psql writes text") == 0 {
                return None;
            }
            match line.trim_end() {
                "end-of-answer" => return first,
                value => first = first.or_else(|| Some(value.to_owned())),
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn words(output: &Output) -> Result<String, String> {
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

/// The user and group that a server started by root runs as; `None` when we are not root.
fn unprivileged(our_folder: &Path) -> Option<(u32, u32)> {
    let ours = our_folder.metadata().expect("just made").uid();
    if ours != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    ["postgres", "nobody"].iter().find_map(|name| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    })
}
