//! A value that stands inside of a name (a path, a job, a label, an author) is shown as little as one in a text.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::leaks::bytes_below;
use crate::program::{Home, github_token, password};

/// Every format of a report.
const FORMATS: [&str; 8] = ["human", "json", "jsonl", "sarif", "gitlab", "markdown", "csv", "html"];

/// The token that stands in place `n`: well-formed, and nobody's.
fn token(n: usize) -> String {
    format!("{}-{n:02}{}", "glpat", ["v8Jq2LzR", "Yw5Nc1kP7d"].concat())
}

/// Places that have been given a token, and other values that were planted.
#[derive(Default)]
struct Planted {
    values: Vec<String>,
    tokens: usize,
}

impl Planted {
    /// A token that stands nowhere else.
    fn token(&mut self) -> String {
        self.tokens += 1;
        self.value(&token(self.tokens))
    }

    fn value(&mut self, value: &str) -> String {
        self.values.push(value.to_owned());
        value.to_owned()
    }

    /// Fails when an output holds a value, its first half, or either of them encoded.
    fn must_not_be_in(&self, name: &str, bytes: &[u8]) {
        // A reader that folds the case of names folds that of a value in one.
        let text = String::from_utf8_lossy(bytes).to_lowercase();
        for value in &self.values {
            let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
            // The last characters of base64 depend on what follows.
            let encoded = base64(value.as_bytes());
            let half = &value[..value.len() / 2];
            for shown in [value.as_str(), half, &encoded[..encoded.len() - 4], &hex] {
                let shown = &shown.to_lowercase();
                if let Some(at) = text.find(shown.as_str()) {
                    let from = text.floor_char_boundary(at.saturating_sub(200));
                    let to = text.ceil_char_boundary((at + 200).min(text.len()));
                    panic!("{name} shows {shown}: …{}…", &text[from..to]);
                }
            }
        }
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let whole =
            chunk.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte)) << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            text.push(char::from(DIGITS[whole >> (18 - 6 * digit) & 63]));
        }
    }
    text
}

/// Pipelines, workloads and declarations whose names hold tokens.
fn write_configurations(home: &Home, tree: &str, planted: &mut Planted) {
    let mut t = || planted.token();
    home.write(
        &format!("{tree}/.github/workflows/{}.yml", t()),
        format!(
            "name: Release {}\non:\n  push:\n    branches: ['{}']\njobs:\n  deploy-{}:\n    name: Job {}\n    \
             runs-on: {}\n    environment: {}\n    steps:\n      - name: Step {}\n        uses: acme/{}@v1\n        env:\n          \
             TOKEN_{}: ${{{{ secrets.DEPLOY_{} }}}}\n      - run: curl -H \"$T\" https://x.test/{}\n        env:\n          T: ${{{{ \
             secrets.{}_PASSWORD }}}}\n",
            t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t()
        ),
    );
    home.write(
        &format!("{tree}/.gitlab-ci.yml"),
        format!(
            "deploy {}:\n  script: ./deploy --password \"$PASSWORD_{}\" --token $DEPLOY_TOKEN\n  environment: {}\n  tags: ['{}']\n",
            t(), t(), t(), t()
        ),
    );
    home.write(
        &format!("{tree}/deploy/app.yaml"),
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-{}\n  namespace: shop-{}\n  labels:\n    owner: team-{}\n  \
             annotations:\n    contact: {}\n    description: For {}\nspec:\n  template:\n    spec:\n      serviceAccountName: sa-{}\n      containers:\n        \
             - name: app-{}\n          env:\n            - name: PASSWORD_{}\n              valueFrom:\n                secretKeyRef:\n                  \
             name: store-{}\n                  key: key-{}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: sa-{}\n",
            t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t()
        ),
    );
    home.write(
        &format!("{tree}/infra/main.tf"),
        format!(
            "resource \"aws_iam_user\" \"{}\" {{\n  name = \"deployer-{}\"\n  tags = {{\n    owner = \"team-{}\"\n    \"{}\" = \"x\"\n  }}\n}}\n\
             resource \"aws_iam_access_key\" \"key_{}\" {{\n  user = \"deployer-{}\"\n}}\n",
            t(), t(), t(), t(), t(), t()
        ),
    );
    home.write(
        &format!("{tree}/compose.yaml"),
        format!(
            "services:\n  web-{}:\n    image: shop:{}\n    environment:\n      API_KEY_{}: {}\n",
            t(),
            t(),
            t(),
            password()
        ),
    );
    home.write(
        &format!("{tree}/CODEOWNERS"),
        format!("* @acme/{}\n/infra/{}/ {}@acme.test\n", t(), t(), t()),
    );
    home.write(
        &format!("{tree}/.mcp.json"),
        format!(
            r#"{{"mcpServers": {{"server-{}": {{"command": "npx", "args": ["{}"], "env": {{"API_KEY_{}": "{}"}}}}}}}}"#,
            t(), t(), t(), password()
        ),
    );
}

/// Exports and reports of other programs whose names hold tokens.
fn write_exports(home: &Home, tree: &str, planted: &mut Planted) {
    let mut t = || planted.token();
    let role = t();
    home.write(
        &format!("{tree}/exports/account.json"),
        format!(
            r#"{{"UserDetailList": [{{"UserName": "user-{u}", "UserId": "AIDAEXAMPLE", "Arn": "arn:aws:iam::123456789012:user/user-{u}",
            "Path": "/", "CreateDate": "2020-01-01T00:00:00Z", "GroupList": ["group-{}"],
            "UserPolicyList": [{{"PolicyName": "policy-{}", "PolicyDocument": {{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow",
            "Action": "*", "Resource": "arn:aws:s3:::bucket-{}/*"}}]}}}}], "Tags": [{{"Key": "owner", "Value": "team-{}"}}]}}],
            "RoleDetailList": [{{"RoleName": "role-{role}", "RoleId": "AROAEXAMPLE", "Arn": "arn:aws:iam::123456789012:role/role-{role}",
            "Path": "/", "CreateDate": "2020-01-01T00:00:00Z", "AssumeRolePolicyDocument": {{"Version": "2012-10-17", "Statement": [{{"Effect":
            "Allow", "Principal": {{"AWS": "*"}}, "Action": "sts:AssumeRole", "Condition": {{"StringEquals": {{"sts:ExternalId": "{}"}}}}}}]}},
            "RolePolicyList": [{{"PolicyName": "all", "PolicyDocument": {{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow",
            "Action": "*", "Resource": "*"}}]}}}}], "Tags": [{{"Key": "{}", "Value": "x"}}], "AttachedManagedPolicies": []}}],
            "GroupDetailList": [], "Policies": []}}"#,
            t(), t(), t(), t(), t(), t(), u = t()
        ),
    );
    home.write(
        &format!("{tree}/exports/other.sarif"),
        format!(
            r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "scanner {}", "rules": [{{"id": "rule-{}"}}]}}}}, "results":
            [{{"ruleId": "rule-{}", "level": "error", "message": {{"text": "{}{}"}}, "locations": [{{"physicalLocation": {{"artifactLocation":
            {{"uri": "src/{}.py"}}, "region": {{"startLine": 3}}}}}}]}}]}}]}}"#,
            t(),
            t(),
            t(),
            "a long message ".repeat(12),
            t(),
            t()
        ),
    );
    // Cut off: rows of what was not read have names, too.
    home.write(&format!("{tree}/exports/broken-{}.json", t()), r#"{"UserDetailList": [{"UserName": "x""#);
    home.write(&format!("{tree}/exports/broken-{}.zip", t()), b"PK\x03\x04 and no more");
}

/// A repository whose authors, messages and branches hold tokens.
fn commit(home: &Home, tree: &Path, planted: &mut Planted) {
    let branch = planted.token();
    home.git(tree, &["init", "-q"]);
    home.git(tree, &["add", "."]);
    home.git(tree, &["checkout", "-q", "-b", &format!("feature/{branch}")]);
    let (author, mail, committer) = (planted.token(), planted.token(), planted.token());
    let message = format!("Use {} from now on", planted.token());
    let ran = Command::new("git")
        .args(["commit", "-q", "-m", &message])
        .current_dir(tree)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_AUTHOR_NAME", format!("Team {author}"))
        .env("GIT_AUTHOR_EMAIL", format!("{mail}@acme.test"))
        .env("GIT_COMMITTER_NAME", format!("Team {committer}"))
        .env("GIT_COMMITTER_EMAIL", "ops@acme.test")
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

/// A tree with tokens in every kind of name; the name of its folder.
fn plant(home: &Home, planted: &mut Planted) -> String {
    let tree = format!("tree-{}", planted.token());
    write_configurations(home, &tree, planted);
    write_exports(home, &tree, planted);
    let jwt = planted.value(
        &[
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJidWlsZC00MiIsImlhdCI6MTcwMDAwMDAwMH0.",
            "_HkOKYpowWOTJHBZ7ViH16PFnbSOC37paNPiEyFdASf",
        ]
        .concat(),
    );
    let slack = planted.value(&["xoxb-", "732918465027-7329184650271-", "Qw8LzR0tYw5Nc1kP7dX3mB9v"].concat());
    let github = planted.value(&github_token());
    let (folder, file, variable) = (planted.token(), planted.token(), planted.token());
    let secret = format!("DB_PASSWORD={}\n", password());
    home.write(&format!("{tree}/{slack}/{jwt}/app.env"), &secret);
    home.write(&format!("{tree}/{github}.env"), &secret);
    home.write(&format!("{tree}/keys-{folder}/{file}.env"), &secret);
    home.write(&format!("{tree}/{}.env", base64(github.as_bytes())), &secret);
    home.write(
        &format!("{tree}/app.env"),
        format!("PASSWORD_{variable}={}\n", ["Zt4Lw3Vx", "K8mN2rT7"].concat()),
    );
    let login = planted.value(&["Tr0ub4dor", "&3xQz"].concat());
    home.write(
        &format!("{tree}/cloudbuild/.circleci/config.yml"),
        format!("version: 2.1\njobs:\n  'https://ops:{login}@git.acme.test':\n    docker: [{{image: x}}]\n    steps: [{{run: make $API_TOKEN}}]\n"),
    );
    commit(home, &home.path(&tree), planted);
    tree
}

/// Twenty letters and figures that no vendor's shape gives away; `n` makes each a value of its own.
fn plain_value(n: usize) -> String {
    format!("{}{}{n:02}", ["Zk3vQ9xT7b", "Lm2Rw8"].concat(), ["YpN", "c"][n % 2])
}

/// Names of many readers that are values, with the file that shows that they are.
fn write_names_of_values(home: &Home, tree: &str, planted: &mut Planted) {
    let mut shown = String::new();
    let mut n = 0;
    let mut v = || {
        n += 1;
        let value = planted.value(&plain_value(n));
        shown.push_str(&format!("DB_PASSWORD={value}\n"));
        value
    };
    home.write(
        &format!("{tree}/k8s/{}.yaml", v()),
        format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: {}\n  namespace: {}\n", v(), v()),
    );
    home.write(
        &format!("{tree}/main.tf"),
        format!(
            "resource \"aws_iam_user\" \"{}\" {{\n  name = \"x-{}-y\"\n}}\nresource \"aws_iam_access_key\" \"k\" {{\n  user = aws_iam_user.u.name\n}}\n",
            v(), v()
        ),
    );
    home.write(
        &format!("{tree}/.github/workflows/ci.yml"),
        format!(
            "name: {}\non: push\njobs:\n  {}:\n    runs-on: x\n    environment: {}\n    steps:\n      - uses: {}/a@v1\n        env:\n          K: ${{{{ secrets.{} }}}}\n",
            v(), v(), v(), v(), v()
        ),
    );
    let job = v();
    home.write(
        &format!("{tree}/.circleci/config.yml"),
        format!(
            "version: 2.1\njobs:\n  {job}:\n    docker: [{{image: x}}]\n    steps: [checkout]\nworkflows:\n  {}:\n    jobs:\n      - {job}:\n          context: {}\n",
            v(), v()
        ),
    );
    home.write(
        &format!("{tree}/azure-pipelines.yml"),
        format!("pool: {{vmImage: x}}\nvariables:\n- group: {}\nsteps: []\n", v()),
    );
    home.write(&format!("{tree}/CODEOWNERS"), format!("* @acme/{}\n/{} @a\n", v(), v()));
    home.write(&format!("{tree}/{}/notes.txt", v()), "nothing\n");
    home.write(&format!("{tree}/zz.env"), shown);
}

#[test]
fn a_name_that_another_file_shows_to_be_a_secret_is_covered_everywhere() {
    let home = Home::new();
    let mut planted = Planted::default();
    write_names_of_values(&home, "tree", &mut planted);
    for format in FORMATS {
        let ran = home.run(&["scan", "tree", "--no-inventory", "--format", format]);
        planted.must_not_be_in(format, format!("{}{}", ran.out, ran.err).as_bytes());
    }
    let (_, first) = home.scan(&home.path("tree"));
    let (_, second) = home.scan(&home.path("tree"));
    assert_eq!(first["findings"], second["findings"], "what the cache replays covers the same names");
    planted.must_not_be_in("the second report", second.to_string().as_bytes());
    for (name, bytes) in bytes_below(Path::new(&home.inventory()).parent().unwrap()) {
        planted.must_not_be_in(&name, &bytes);
    }
}

#[test]
fn a_word_that_is_somebodys_password_stays_a_name() {
    let home = Home::new();
    home.write("tree/a.env", "DB_PASSWORD=production\nADMIN_PASSWORD=admin\nREDIS_PASSWORD=postgres123\n");
    home.write(
        "tree/k.yaml",
        "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: admin\n  namespace: production\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: postgres123\n",
    );
    let ran = home.run(&["scan", "tree", "--no-inventory", "--format", "json"]);
    assert!(ran.out.contains("postgres123") && !ran.out.contains("****~"), "{}", ran.out);
}

#[test]
fn an_address_that_became_a_path_is_covered() {
    let home = Home::new();
    let mut planted = Planted::default();
    let (one, other) = (planted.value(&plain_value(1)), planted.value(&plain_value(2)));
    home.write(&format!("tree/postgres:/app:{one}@db.acme.internal.yml"), "a: 1\n");
    home.write(
        "tree/.circleci/config.yml",
        format!(
            "version: 2.1\njobs:\n  postgres://app:{other}@db.acme.internal:\n    docker: [{{image: x}}]\n    steps: [checkout]\nworkflows:\n  w:\n    jobs:\n      - {other}:\n          context: {other}\n"
        ),
    );
    for format in FORMATS {
        let ran = home.run(&["scan", "tree", "--no-inventory", "--format", format]);
        planted.must_not_be_in(format, format!("{}{}", ran.out, ran.err).as_bytes());
    }
}

#[test]
fn the_name_of_a_rule_that_is_a_token_is_refused_without_showing_it() {
    let home = Home::new();
    let mut planted = Planted::default();
    let id = planted.token();
    home.write("own.toml", format!("[[rules]]\nid = \"{id}\"\nregex = \"acme_[a-z0-9]{{20}}\"\n"));
    home.write("broken.toml", format!("[[rules]]\nid = \"{id}\"\nregex = \"(acme\"\n"));
    for args in [
        ["rules", "check", "--rules", "own.toml"],
        ["rules", "list", "--rules", "own.toml"],
        ["rules", "check", "--rules", "broken.toml"],
    ] {
        let ran = home.run(&args);
        assert_ne!(ran.code, 0, "{}", ran.out);
        planted.must_not_be_in("rules", format!("{}{}", ran.out, ran.err).as_bytes());
    }
}

#[test]
fn a_value_inside_of_a_name_is_in_no_output_and_not_in_the_inventory() {
    let home = Home::new();
    let mut planted = Planted::default();
    let tree = plant(&home, &mut planted);
    let inventory = home.inventory();
    let mut outputs = Vec::new();
    for format in FORMATS {
        for kept in [&["--inventory", &inventory][..], &["--no-inventory"]] {
            let ran = home.traced(&[&["scan", &tree, "--format", format], kept].concat());
            assert!([3, 10].contains(&ran.code), "{format}: {}", ran.err);
            outputs.push((format!("{format} {kept:?}"), ran.out.into_bytes()));
            outputs.push((format!("{format} {kept:?} log"), ran.err.into_bytes()));
        }
    }
    let baseline = home.path("baseline.json");
    home.traced(&["scan", &tree, "--no-inventory", "--write-baseline", baseline.to_str().unwrap()]);
    outputs.push(("baseline".to_owned(), std::fs::read(baseline).unwrap()));
    for verb in [
        &["inventory", "list"][..],
        &["inventory", "list", "--format", "json"],
        &["inventory", "owners"],
        &["plan"],
        &["plan", "--format", "json"],
        &["plan", "--out", "plan"],
    ] {
        let ran = home.traced(&[verb, &["--inventory", &inventory]].concat());
        assert_eq!(ran.code, 0, "{verb:?}: {}", ran.err);
        outputs.push((verb.join(" "), [ran.out, ran.err].concat().into_bytes()));
    }
    outputs.extend(bytes_below(&home.path("data")));
    outputs.extend(bytes_below(&home.path("plan")));
    for (name, bytes) in &outputs {
        planted.must_not_be_in(name, bytes);
    }
    // Names without a value in them would leak nothing: most of these are really told.
    let report = String::from_utf8_lossy(&outputs[4].1).into_owned();
    let told: BTreeSet<&str> = report.split("glpa****~").skip(1).map(|rest| &rest[..8]).collect();
    assert!(told.len() > planted.tokens / 2, "{} of {} are told", told.len(), planted.tokens);
}

#[test]
fn an_error_does_not_repeat_a_value_that_it_was_given() {
    let home = Home::new();
    let mut planted = Planted::default();
    let value = planted.token();
    home.write("tree/a.txt", "hello\n");
    home.scan(&home.path("tree"));
    let inventory = home.inventory();
    for args in [
        &["scan", &format!("missing-{value}")][..],
        &["scan", "tree", &format!("--{value}")],
        &["scan", "tree", "--format", &value],
        &["scan", "tree", "--inventory", &format!("tree/a.txt/{value}/x.sqlite")],
        &["scan", "tree", "--no-inventory", "--output", &format!("tree/a.txt/{value}/x.json")],
        &[&value],
        &["inventory", "show", &value, "--inventory", &inventory],
        &["inventory", "list", "--inventory", &format!("missing-{value}.sqlite")],
    ] {
        let ran = home.traced(args);
        assert!([1, 2].contains(&ran.code), "{args:?}: {}\n{}\n{}", ran.code, ran.out, ran.err);
        planted.must_not_be_in(&args.join(" "), [ran.out, ran.err].concat().as_bytes());
    }
}

#[test]
fn a_value_in_a_path_is_a_finding_and_files_that_differ_in_it_stay_apart() {
    let home = Home::new();
    for n in 1..=2 {
        home.write(&format!("tree/keys/{}/app.env", token(n)), format!("DB_PASSWORD={}\n", password()));
        home.write(&format!("tree/keys/{}/more.txt", token(n)), "hello\n");
    }
    let (code, report) = home.scan(&home.path("tree"));
    assert_eq!(code, 10);
    let of = |rule: &str| -> Vec<&serde_json::Value> {
        report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule_id"] == rule).collect()
    };
    let named = of("gitlab-pat");
    assert_eq!(named.len(), 2, "{report:#}");
    for finding in &named {
        assert!(finding["path"].as_str().unwrap().starts_with("keys/glpa****~"), "{finding}");
        assert_eq!(finding["also_at"].as_array().unwrap().len(), 1, "{finding}");
    }
    let passwords = of("generic-password");
    let ids: BTreeSet<String> =
        [named, passwords.clone()].concat().iter().map(|finding| finding["id"].to_string()).collect();
    assert_eq!((passwords.len(), ids.len()), (2, 4), "{report:#}");
    let (_, again) = home.scan(&home.path("tree"));
    assert_eq!(again["findings"], report["findings"], "the same in every scan of one inventory");
}

#[test]
fn a_finding_below_a_covered_name_keeps_its_id_when_only_history_shows_it() {
    let home = Home::new();
    let tree = home.path("tree");
    home.write(&format!("tree/keys/{}/app.env", token(1)), format!("DB_PASSWORD={}\n", password()));
    home.git(&tree, &["init", "-q"]);
    let commit = |message: &str| {
        home.git(&tree, &["add", "-A"]);
        home.git(&tree, &["commit", "-qm", message]);
    };
    commit("add");
    let of = |report: &serde_json::Value| -> Vec<(String, String, bool, bool)> {
        let findings = report["findings"].as_array().unwrap().iter();
        findings
            .filter(|finding| finding["rule_id"] == "generic-password")
            .map(|finding| {
                let text = |key: &str| finding[key].as_str().unwrap().to_owned();
                let is = |key: &str| finding[key].as_bool().unwrap();
                (text("id"), text("path"), is("in_tree"), is("in_history"))
            })
            .collect()
    };
    let (_, first) = home.scan(&tree);
    let (_, second) = home.scan(&tree);
    std::fs::remove_dir_all(tree.join("keys")).unwrap();
    commit("remove");
    let (_, third) = home.scan(&tree);
    let (_, fourth) = home.scan(&tree);
    let [(id, path, true, true)] = &of(&first)[..] else { panic!("{:?}", of(&first)) };
    assert_eq!(of(&second), of(&first));
    assert_eq!(of(&third), [(id.clone(), path.clone(), false, true)]);
    assert_eq!(of(&fourth), of(&third));
}

#[test]
fn what_is_assigned_inside_of_a_name_is_covered() {
    let home = Home::new();
    let values = ["Zk3vmQ8xR2tLw7NcYp5H", "q9WnB4sKd7XfTz2LmVj6", "hT5rPx8KwQm3VbZ7nLd2"];
    home.write(
        "tree/a.tf",
        format!(
            "resource \"aws_iam_user\" \"u\" {{ name = \"Authorization: Bearer {}\" }}\n\
             resource \"aws_iam_access_key\" \"k\" {{ user = aws_iam_user.u.name }}\n",
            values[0]
        ),
    );
    home.write(&format!("tree/api_key={}/app.env", values[1]), format!("DB_PASSWORD={}\n", password()));
    home.write("tree/CODEOWNERS", format!("* @acme/password={}\n", values[2]));
    for format in FORMATS {
        let ran =
            home.run(&["scan", home.path("tree").to_str().unwrap(), "--format", format, "--no-inventory"]);
        for value in values {
            assert!(!ran.out.contains(value) && !ran.err.contains(value), "{format}: {value}\n{}", ran.out);
        }
    }
}
