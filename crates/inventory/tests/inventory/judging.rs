//! Judgements kept, pages of identities, results of blobs.

use std::sync::Arc;

use tenure_inventory::{IdentityQuery, IdentitySort, Inventory, KnownBlobs, PAGE_ROWS_MAX};
use tenure_model::{Category, Finding, Identity, OwnerState, ReadinessBand, RiskBand};

use crate::support::{day, finding, found_key, owner_rule, scan_app, start};

async fn judged(inventory: &Inventory, scan: &str, at: i64, score: u32) -> Vec<Identity> {
    let mut identities: Vec<Identity> =
        inventory.dossiers().await.unwrap().into_iter().map(|dossier| dossier.identity).collect();
    for (n, identity) in (0..).zip(&mut identities) {
        let risk = Arc::make_mut(&mut identity.risk);
        risk.score = score + n;
        risk.band = if n == 0 { RiskBand::Low } else { RiskBand::High };
        let readiness = Arc::make_mut(&mut identity.readiness);
        readiness.band = ReadinessBand::ReadyNow;
        readiness.model_version = "1".to_owned();
    }
    inventory.save_assessed(scan, day(at), &identities, &[]).await.unwrap();
    identities
}

fn made_by_assess(identity: &Identity, id: &str) -> Finding {
    Finding {
        id: id.to_owned(),
        category: Category::Lifecycle,
        fingerprint: None,
        identity_id: Some(identity.id.clone()),
        ..finding("", "a.env")
    }
}

#[tokio::test]
async fn a_judgement_is_kept_each_time_that_it_changes() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    scan_app(&inventory, "s1", 0, found_key("aa", "a.env")).await;
    let identities = judged(&inventory, "s1", 0, 40).await;
    let id = identities[0].id.as_str();
    assert_eq!(inventory.identity(id).await.unwrap(), identities[0]);
    scan_app(&inventory, "s2", 1, found_key("aa", "a.env")).await;
    assert_eq!(inventory.identity(id).await.unwrap().risk.score, 40, "it stands until it is judged again");
    judged(&inventory, "s2", 1, 40).await;
    judged(&inventory, "s2", 2, 70).await;
    let past = inventory.assessments(id).await.unwrap();
    assert_eq!(
        past.iter().map(|p| (p.assessed_at, p.risk.score)).collect::<Vec<_>>(),
        [(day(0), 40), (day(2), 70)]
    );
    assert_eq!(inventory.dossier(id).await.unwrap().identity.risk.score, 0, "a dossier is judged afresh");
}

#[tokio::test]
async fn a_finding_of_the_assessment_lasts_until_the_next_one_drops_it() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    scan_app(&inventory, "s1", 0, found_key("aa", "a.env")).await;
    let identities = judged(&inventory, "s1", 0, 40).await;
    let old = [made_by_assess(&identities[0], "f_old"), made_by_assess(&identities[0], "f_both")];
    inventory.save_assessed("s1", day(0), &identities, &old).await.unwrap();
    assert_eq!(inventory.findings("s1").await.unwrap().len(), 3);
    assert_eq!(
        inventory.dossiers().await.unwrap()[0].findings.len(),
        1,
        "an assessment does not feed itself"
    );
    inventory.save_assessed("s1", day(0), &identities, &old[1..]).await.unwrap();
    assert_eq!(inventory.findings("s1").await.unwrap().len(), 2);
    scan_app(&inventory, "s2", 1, found_key("aa", "a.env")).await;
    let ids = |findings: Vec<Finding>| findings.into_iter().map(|f| f.id).collect::<Vec<_>>();
    let about = ids(inventory.findings_of(&identities[0].id).await.unwrap());
    assert!(about.len() == 2 && about.contains(&"f_both".to_owned()), "{about:?}");
    let mut stranger = made_by_assess(&identities[0], "f_x");
    stranger.identity_id = Some("i_0".to_owned());
    assert_eq!(
        inventory.save_assessed("s2", day(1), &[], &[stranger]).await.unwrap_err().code(),
        "unknown_name"
    );
}

#[tokio::test]
async fn a_table_asks_for_pages() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    let mut seen: Vec<_> =
        (0..30).flat_map(|n| found_key(&format!("{n:02}"), &format!("dir{n}/a.env"))).collect();
    seen.push(owner_rule(1, "/dir7/", &["@acme/payments"]));
    scan_app(&inventory, "s1", 0, seen).await;
    judged(&inventory, "s1", 0, 10).await;
    let ask = |query: IdentityQuery| {
        let inventory = inventory.clone();
        async move { inventory.identities(&query).await.unwrap() }
    };
    let top = ask(IdentityQuery { limit: 5, ..Default::default() }).await;
    assert_eq!(top.total, 30);
    assert_eq!(top.identities.iter().map(|i| i.risk.score).collect::<Vec<_>>(), [39, 38, 37, 36, 35]);
    let next = ask(IdentityQuery { limit: 5, offset: 28, reversed: true, ..Default::default() }).await;
    assert_eq!(next.identities.iter().map(|i| i.risk.score).collect::<Vec<_>>(), [38, 39]);
    let low = ask(IdentityQuery { limit: 5, risk_bands: vec![RiskBand::Low], ..Default::default() }).await;
    assert_eq!((low.total, low.identities[0].risk.score), (1, 10));
    let owned = IdentityQuery { limit: 5, owner_states: vec![OwnerState::Declared], ..Default::default() };
    let owned = ask(owned).await;
    assert_eq!((owned.total, owned.identities[0].owner.name.as_deref()), (1, Some("@acme/payments")));
    for (text, hits) in
        [("PAYMENTS", 1), ("akia", 30), ("%", 0), ("_", 30), ("'; DROP TABLE identity; --", 0)]
    {
        let found = ask(IdentityQuery { text: Some(text.to_owned()), limit: 1, ..Default::default() }).await;
        assert_eq!(found.total, hits, "{text}");
    }
    for sort in [
        IdentitySort::Readiness,
        IdentitySort::Name,
        IdentitySort::Kind,
        IdentitySort::Owner,
        IdentitySort::FirstSeen,
    ] {
        for reversed in [false, true] {
            let page = ask(IdentityQuery { sort, reversed, limit: u32::MAX, ..Default::default() }).await;
            assert_eq!(page.identities.len(), 30.min(PAGE_ROWS_MAX as usize));
        }
    }
}

#[tokio::test]
async fn results_of_blobs_last_as_long_as_the_rules() {
    let inventory = Inventory::open_in_memory().await.unwrap();
    scan_app(&inventory, "s1", 0, Vec::new()).await;
    let known = KnownBlobs::new(vec![[7; 20], [1; 20]], b"opaque".to_vec());
    assert!(inventory.remember_blobs("repo", "rules-1", "0a0b0c0d", &known, day(0)).await.unwrap());
    assert_eq!(inventory.known_blobs("repo", "rules-1", "0a0b0c0d").await.unwrap(), Some(known));
    assert_eq!(inventory.known_blobs("repo", "rules-2", "0a0b0c0d").await.unwrap(), None);
    let mut other_rules = start("s2", 1, &["/srv/app"]);
    other_rules.ruleset = "rules-2".to_owned();
    inventory.begin_scan(&other_rules).await.unwrap();
    assert_eq!(
        inventory.known_blobs("repo", "rules-1", "0a0b0c0d").await.unwrap(),
        None,
        "old results are dropped"
    );
}
