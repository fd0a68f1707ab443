//! From observations to identities with owners.

use tenure_inventory::{Inventory, InventoryError};
use tenure_model::{Fact, Identity, Observation, OwnerState, Quality, Subject, SubjectKind};

use crate::support::{
    DEPLOY, ROOT, day, deploy_user, end, evidence, exported_user, found_key, owner_rule, scan, scan_app,
    source, start, used_by_job, value, written_by,
};

const EXPORT: &str = "/srv/export";

async fn all(inventory: &Inventory) -> Vec<Identity> {
    inventory.dossiers().await.unwrap().into_iter().map(|dossier| dossier.identity).collect()
}

#[tokio::test]
async fn a_key_in_a_file_and_in_an_export_is_one_identity() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    let mut seen = found_key("aa", "a.env");
    seen.extend(found_key("aa", "copy/a.env"));
    seen.extend(exported_user(EXPORT, "aa"));
    scan(&inventory, &start("s1", 0, &[ROOT, EXPORT]), &end(0), seen).await;
    let identities = all(&inventory).await;
    assert_eq!(identities.len(), 1, "{identities:?}");
    let user = &identities[0];
    assert_eq!((user.kind.as_str(), user.name.as_str()), ("aws_iam_user", "deploy"));
    assert_eq!(user.native_id.as_deref(), Some(DEPLOY));
    assert_eq!(user.credentials.len(), 1);
    assert_eq!(user.credentials[0].copies, 2);
    assert_eq!(user.credentials[0].masked.as_deref(), Some("AKIA****"), "completed from the file");
    assert_eq!(user.credentials[0].created_at, Some(day(-400)), "completed from the export");
    assert_eq!(user.first_seen_at, Some(day(0)));
    let findings = inventory.findings("s1").await.unwrap();
    assert!(findings.iter().all(|f| f.identity_id.as_deref() == Some(user.id.as_str())));
}

#[tokio::test]
async fn an_export_that_comes_later_keeps_the_id() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    scan_app(&inventory, "s1", 0, found_key("aa", "a.env")).await;
    let before = all(&inventory).await;
    scan(&inventory, &start("s2", 1, &[EXPORT]), &end(1), exported_user(EXPORT, "aa")).await;
    let after = all(&inventory).await;
    assert_eq!(after.len(), 1);
    assert_eq!((after[0].id.as_str(), after[0].kind.as_str()), (before[0].id.as_str(), "aws_iam_user"));
    assert_eq!(after[0].first_seen_at, Some(day(0)));
}

#[tokio::test]
async fn an_id_that_was_merged_away_still_leads_to_the_identity() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    scan_app(&inventory, "s1", 0, found_key("aa", "a.env")).await;
    let kept = all(&inventory).await[0].id.clone();
    let secret = Subject::new(SubjectKind::CiSecret, "github_actions:/srv/ci:repository:AWS_KEY");
    let named = Fact::Identity {
        kind: "github_actions_secret".into(),
        name: "AWS_KEY".into(),
        native_id: None,
        provider: "github".into(),
    };
    let named = evidence(secret.clone(), named, source("/srv/ci", "ci.yml", 3), Quality::Config);
    scan(&inventory, &start("s2", 1, &["/srv/ci"]), &end(1), vec![named.clone()]).await;
    let merged = all(&inventory).await.into_iter().find(|i| i.id != kept).unwrap().id;
    inventory.set_owner(&merged, "@acme/payments", "platform-lead", day(1)).await.unwrap();
    let same = Fact::SameAs { other: value("aa"), because: "the workflow writes it".into() };
    let same = evidence(secret, same, source("/srv/ci", "ci.yml", 4), Quality::Config);
    scan(&inventory, &start("s3", 2, &["/srv/ci"]), &end(2), vec![named, same]).await;
    assert_eq!(all(&inventory).await.len(), 1);
    let found = inventory.identity(&merged).await.unwrap();
    assert_eq!(found.id, kept);
    assert_eq!(inventory.dossier(&merged).await.unwrap().evidence.len(), 4);
    assert_eq!(
        (found.owner.state, found.owner.name.as_deref()),
        (OwnerState::Confirmed, Some("@acme/payments"))
    );
    assert!(matches!(inventory.identity("i_0").await, Err(InventoryError::Unknown { .. })));
}

#[tokio::test]
async fn resolving_again_changes_nothing() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    let mut seen = found_key("aa", "a.env");
    seen.push(used_by_job(value("aa"), ".github/workflows/ci.yml"));
    seen.push(owner_rule(1, "*", &["@acme/all"]));
    scan_app(&inventory, "s1", 0, seen).await;
    let before = all(&inventory).await;
    inventory.resolve("s1").await.unwrap();
    assert_eq!(all(&inventory).await, before);
}

#[tokio::test]
async fn the_user_that_left_the_export_leaves_what_the_file_says() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    let mut seen = found_key("aa", "a.env");
    seen.extend(exported_user(EXPORT, "aa"));
    scan(&inventory, &start("s1", 0, &[ROOT, EXPORT]), &end(0), seen).await;
    let before = all(&inventory).await;
    scan(&inventory, &start("s2", 1, &[EXPORT]), &end(1), Vec::new()).await;
    let after = all(&inventory).await;
    assert_eq!((after.len(), after[0].id.as_str()), (1, before[0].id.as_str()));
    assert_eq!(after[0].gone_at, None);
    scan_app(&inventory, "s3", 2, Vec::new()).await;
    assert_eq!(all(&inventory).await, []);
    let gone = inventory.identity(&before[0].id).await.unwrap();
    assert_eq!((gone.gone_at, gone.name.as_str()), (Some(day(2)), after[0].name.as_str()));
}

#[tokio::test]
async fn the_owner_is_who_owns_the_file_that_uses_it() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    let mut seen = found_key("aa", "docs/a.env");
    seen.push(used_by_job(value("aa"), ".github/workflows/deploy.yml"));
    seen.push(owner_rule(1, "*", &["@acme/all"]));
    seen.push(owner_rule(2, "/.github/", &["@acme/platform"]));
    seen.push(owner_rule(3, "/docs/", &["@acme/writers"]));
    scan_app(&inventory, "s1", 0, seen).await;
    let owner = all(&inventory).await.remove(0).owner;
    assert_eq!((owner.state, owner.name.as_deref()), (OwnerState::Declared, Some("@acme/platform")));
    assert_eq!((owner.basis[0].path.as_str(), owner.basis[0].line), ("CODEOWNERS", Some(2)));
    assert_eq!(owner.confidence, 0.8);
}

#[tokio::test]
async fn without_a_user_the_owner_is_who_owns_the_file_that_holds_it() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    let mut seen = found_key("aa", "docs/a.env");
    seen.push(owner_rule(1, "/docs/", &[]));
    seen.push(written_by("Payments Lead <payments-lead@acme.test>", "docs/a.env", day(-300)));
    scan_app(&inventory, "s1", 0, seen).await;
    let owner = all(&inventory).await.remove(0).owner;
    assert_eq!(
        (owner.state, owner.name),
        (OwnerState::Orphaned, None),
        "nobody is assigned, and its author left"
    );
    assert_eq!(owner.basis.len(), 2);
    // The author comes back.
    let mut seen = found_key("aa", "docs/a.env");
    seen.push(written_by("Payments Lead <payments-lead@acme.test>", "docs/a.env", day(-3)));
    scan_app(&inventory, "s2", 1, seen).await;
    let owner = all(&inventory).await.remove(0).owner;
    assert_eq!(
        (owner.state, owner.basis.len()),
        (OwnerState::Inferred, 1),
        "the line is no longer in the file"
    );
}

#[tokio::test]
async fn a_decision_outlives_the_next_scan() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    let seen = || {
        let mut seen = found_key("aa", "a.env");
        seen.push(owner_rule(1, "*", &["@acme/all"]));
        seen
    };
    scan_app(&inventory, "s1", 0, seen()).await;
    let id = all(&inventory).await[0].id.clone();
    let confirmed = inventory.confirm_owner(&id, "platform-lead", day(0)).await.unwrap();
    assert_eq!(
        (confirmed.owner.state, confirmed.owner.name.as_deref()),
        (OwnerState::Confirmed, Some("@acme/all"))
    );
    assert_eq!(inventory.identity(&id).await.unwrap().owner, confirmed.owner);
    scan_app(&inventory, "s2", 1, seen()).await;
    assert_eq!(inventory.identity(&id).await.unwrap().owner, confirmed.owner);
    inventory.set_owner(&id, "@acme/payments", "release-lead", day(1)).await.unwrap();
    scan_app(&inventory, "s3", 2, seen()).await;
    assert_eq!(inventory.identity(&id).await.unwrap().owner.name.as_deref(), Some("@acme/payments"));
}

#[tokio::test]
async fn nobody_can_confirm_nobody() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    scan_app(&inventory, "s1", 0, found_key("aa", "a.env")).await;
    let id = all(&inventory).await[0].id.clone();
    assert_eq!(
        inventory.confirm_owner(&id, "platform-lead", day(0)).await.unwrap_err().code(),
        "no_owner_to_confirm"
    );
}

#[tokio::test]
async fn the_order_of_observations_changes_nothing() {
    let seen = || {
        let mut seen = found_key("aa", "a.env");
        seen.extend(found_key("aa", "b.env"));
        seen.extend(exported_user(ROOT, "aa"));
        seen.push(used_by_job(deploy_user(), "ci.yml"));
        seen.push(owner_rule(1, "*", &["@acme/all"]));
        seen
    };
    let mut told = Vec::new();
    for turn in 0..seen().len() {
        let mut mixed: Vec<Observation> = seen();
        mixed.rotate_left(turn);
        if turn % 2 == 1 {
            mixed.reverse();
        }
        let inventory = Inventory::open_in_memory().await.unwrap();
        scan_app(&inventory, "s1", 0, mixed).await;
        let dossiers = inventory.dossiers().await.unwrap();
        told.push(format!("{dossiers:?} {:?}", inventory.findings("s1").await.unwrap()));
    }
    assert!(told.iter().all(|one| *one == told[0]));
}
