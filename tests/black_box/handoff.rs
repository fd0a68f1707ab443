//! A handoff from the command line, against a real OpenBao and a real PostgreSQL.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tenure_testing::Stage;

use crate::program::{Home, Ran};

/// A stage, a scanned repository with the old password in it, and a broker connection with the least rights.
struct Scene {
    home: Home,
    stage: Stage,
    token: String,
    identity: String,
}

impl Scene {
    fn set(test: &str) -> Option<Scene> {
        let stage = Stage::set(test)?;
        let home = Home::new();
        let policy = tenure_broker::adapter_policy(&stage.intent()).unwrap();
        let token = stage.bao.token_with("adapter", &policy);
        let dsn = stage.postgres.dsn(Stage::OLD_LOGIN, Stage::OLD_PASSWORD, "app");
        home.write("repo/etl/.env", format!("DATABASE_URL={dsn}\n"));
        let (_, report) = home.scan(&home.path("repo"));
        let identity = report["identities"]
            .as_array()
            .unwrap()
            .iter()
            .find(|i| i["kind"] == "database_login")
            .unwrap_or_else(|| panic!("the login is an identity: {report:#}"))["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let mut intent = serde_json::to_value(stage.intent()).unwrap();
        intent["ttl_seconds"] = json!(900);
        home.write("intent.json", intent.to_string());
        let scene = Scene { home, stage, token, identity };
        let address = scene.stage.bao.address();
        scene.ok(&["broker", "add", "bao", "--kind", "openbao", "--address", &address]);
        Some(scene)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.home.command();
        command
            .args(args)
            .args(["--inventory", &self.home.inventory(), "--format", "json"])
            .env("BAO_TOKEN", &self.token)
            .env("TENURE_TARGET_ADMIN", self.stage.target_admin_dsn())
            .env("TENURE_OLD_PASSWORD", Stage::OLD_PASSWORD);
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&self.command(args).output().unwrap())
    }

    fn ok(&self, args: &[&str]) -> Value {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{args:?}: {}\n{}", ran.err, ran.out);
        ran.json()
    }

    fn propose(&self) -> String {
        let intent = self.home.path("intent.json");
        let proposed = self.ok(&[
            "handoff",
            "propose",
            "--identity",
            &self.identity,
            "--broker",
            "bao",
            "--intent",
            intent.to_str().unwrap(),
        ]);
        assert_eq!(proposed["state"], "draft");
        assert_eq!(proposed["plan_sha256"].as_str().unwrap().len(), 64);
        proposed["migration_id"].as_str().unwrap().to_owned()
    }

    /// Logs the workload in through JWT and takes a database credential: (user, password).
    fn workload_credential(&self, name: &str) -> (String, String) {
        let bao = &self.stage.bao;
        let login = json!({"role": name, "jwt": self.stage.workload_token()});
        let (status, answer) = bao.call("POST", &format!("auth/{}/login", Stage::AUTH_MOUNT), "", &login);
        assert_eq!(status, 200, "{answer}");
        let token = answer["auth"]["client_token"].as_str().unwrap();
        let (status, answer) = bao.call("GET", &format!("database/creds/{name}"), token, &Value::Null);
        assert_eq!(status, 200, "{answer}");
        let word = |key: &str| answer["data"][key].as_str().unwrap().to_owned();
        (word("username"), word("password"))
    }

    /// How often each of the migration's objects was written, as the audit log tells.
    fn writes(&self, name: &str) -> Vec<(String, usize)> {
        let mut writes: Vec<(String, usize)> = Vec::new();
        for (operation, path) in self.stage.bao.audited(0) {
            if path.ends_with(name) && (operation == "create" || operation == "update") {
                match writes.iter_mut().find(|(known, _)| *known == path) {
                    Some((_, count)) => *count += 1,
                    None => writes.push((path, 1)),
                }
            }
        }
        writes.sort();
        writes
    }
}

#[test]
fn from_a_found_password_to_a_proven_end() {
    let Some(scene) = Scene::set("from_a_found_password_to_a_proven_end") else { return };
    let migration = scene.propose();
    let name = format!("tenure-{migration}");
    let (bao, postgres) = (&scene.stage.bao, &scene.stage.postgres);

    let refused = scene.run(&["handoff", "apply", &migration]);
    assert_eq!(refused.code, 2, "nobody approved it");
    assert!(scene.writes(&name).is_empty());

    scene.ok(&["handoff", "approve", &migration, "--by", "security@acme.test"]);
    // Somebody puts a policy of that name there between approval and apply.
    bao.operate(
        "PUT",
        &format!("sys/policies/acl/{name}"),
        &json!({"policy": "path \"x\" { capabilities = [\"read\"] }"}),
    );
    let drifted = scene.run(&["handoff", "apply", &migration]);
    assert_eq!(drifted.code, 2);
    assert!(drifted.err.contains(&name), "the difference is named: {}", drifted.err);
    assert_eq!(scene.ok(&["handoff", "status", &migration])["state"], "approved", "nothing was changed");
    bao.operate("DELETE", &format!("sys/policies/acl/{name}"), &Value::Null);

    assert_eq!(scene.ok(&["handoff", "apply", &migration])["state"], "applied");
    let role = &bao.operate("GET", &format!("auth/{}/role/{name}", Stage::AUTH_MOUNT), &Value::Null)["data"];
    assert_eq!(role["bound_subject"], Stage::SUBJECT);
    assert_eq!(role["bound_audiences"], json!([Stage::AUDIENCE]));
    assert_eq!(role["bound_claims"]["repository_id"], "123456");
    assert_eq!(role["token_policies"], json!([name]));
    assert_eq!(role["token_no_default_policy"], true);

    let (user, password) = scene.workload_credential(&name);
    assert_eq!(postgres.query(&user, &password, "app", "SELECT count(*) FROM orders").unwrap().trim(), "2");
    assert!(
        postgres.query(&user, &password, "app", "DELETE FROM orders").is_err(),
        "reading is all it may do"
    );

    let status = scene.ok(&["handoff", "verify", &migration]);
    assert_eq!(status["state"], "verified", "{status:#}");
    assert!(
        postgres.query(Stage::OLD_LOGIN, Stage::OLD_PASSWORD, "app", "SELECT 1").is_ok(),
        "the old login still works"
    );

    assert_eq!(
        scene.run(&["handoff", "apply", &migration, "--step", "cutover"]).code,
        2,
        "cut-over needs an approval of its own"
    );
    scene.ok(&["handoff", "approve", &migration, "--by", "database@acme.test", "--step", "cutover"]);
    assert_eq!(scene.ok(&["handoff", "apply", &migration, "--step", "cutover"])["state"], "cutover");
    assert!(
        postgres.query(Stage::OLD_LOGIN, Stage::OLD_PASSWORD, "app", "SELECT 1").is_err(),
        "the old login is dead"
    );
    let status = scene.ok(&["handoff", "verify", &migration]);
    assert_eq!(status["state"], "proven", "{status:#}");
    assert_eq!(status["chain_whole"], true);

    for file in ["data/inventory.sqlite", "data/inventory.sqlite-wal"] {
        let Ok(bytes) = std::fs::read(scene.home.path(file)) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        for secret in [scene.token.as_str(), Stage::OLD_PASSWORD, Stage::TARGET_ADMIN_PASSWORD] {
            assert!(!text.contains(secret), "{file} holds a secret");
        }
    }
}

#[test]
fn a_rollback_leaves_nothing_of_ours() {
    let Some(scene) = Scene::set("a_rollback_leaves_nothing_of_ours") else { return };
    let migration = scene.propose();
    let name = format!("tenure-{migration}");
    scene.ok(&["handoff", "approve", &migration, "--by", "security@acme.test"]);
    scene.ok(&["handoff", "apply", &migration]);
    assert_eq!(scene.ok(&["handoff", "rollback", &migration])["state"], "rolled_back");
    let root = scene.stage.bao.root_token();
    for path in [format!("sys/policies/acl/{name}"), format!("database/roles/{name}")] {
        assert_eq!(scene.stage.bao.call("GET", &path, root, &Value::Null).0, 404, "{path} is gone");
    }
}

#[test]
fn an_apply_that_is_killed_again_and_again_does_every_step_once() {
    const KILLS: usize = 30;
    let Some(scene) = Scene::set("an_apply_that_is_killed_again_and_again_does_every_step_once") else {
        return;
    };
    let mut kills = 0;
    // How long an apply takes here: within that it is killed.
    let mut whole_run = Duration::from_millis(250);
    // A xorshift is random enough to die at many places, and tells the same story each time.
    let mut dice: u64 = 0x9e37_79b9_7f4a_7c15;
    for round in 0.. {
        assert!(round < 60, "only {kills} kills in {round} rounds");
        let migration = scene.propose();
        scene.ok(&["handoff", "approve", &migration, "--by", "security@acme.test"]);
        for attempt in 0.. {
            assert!(attempt < 200, "an apply never ended");
            let mut child = scene
                .command(&["handoff", "apply", &migration])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            let begun = Instant::now();
            let patience = whole_run.mul_f64((dice % 1000) as f64 / 1000.0);
            // After enough kills every apply may run to its end.
            while child.try_wait().unwrap().is_none() && (kills >= KILLS || begun.elapsed() < patience) {
                std::thread::sleep(Duration::from_millis(1));
            }
            if child.try_wait().unwrap().is_none() {
                child.kill().unwrap();
                child.wait().unwrap();
                // The next apply would look before the server has done what it was asked last.
                scene.stage.bao.wait_for_quiet();
                kills += 1;
                continue;
            }
            whole_run = begun.elapsed().max(Duration::from_millis(5));
            if child.wait().unwrap().success() {
                break;
            }
        }
        let status = scene.ok(&["handoff", "status", &migration]);
        assert_eq!(status["state"], "applied");
        assert_eq!(status["chain_whole"], true);
        let writes = scene.writes(&format!("tenure-{migration}"));
        assert_eq!(writes.len(), 3, "one policy, one login role, one engine role: {writes:?}");
        assert!(writes.iter().all(|(_, count)| *count == 1), "each was written once: {writes:?}");
        if kills >= KILLS {
            break;
        }
    }
}
