//! What several exports and a workflow say of one identity is one picture.

use crate::program::Home;

const ROLE: &str = "arn:aws:iam::123456789012:role/shop-publish";

#[test]
fn a_job_its_role_the_state_that_made_it_and_the_account_of_its_pods_are_one_identity() {
    let home = Home::new();
    home.write(
        "tree/.github/workflows/deploy.yml",
        format!(
            "name: Deploy\non: push\npermissions:\n  id-token: write\njobs:\n  ship:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: aws-actions/configure-aws-credentials@a03048d87541d1d9fcf2ecf528a4a65ba9bd7838\n        with:\n          role-to-assume: {ROLE}\n          aws-region: eu-west-1\n"
        ),
    );
    home.write(
        "tree/exports/state.json",
        format!(
            r#"{{"version": 4, "terraform_version": "1.9.5", "serial": 1, "lineage": "x", "resources": [
 {{"mode": "managed", "type": "aws_iam_role", "name": "publish", "instances": [{{"attributes": {{"arn": "{ROLE}", "name": "shop-publish", "tags": {{"team": "platform"}}}}}}]}},
 {{"mode": "managed", "type": "aws_iam_role_policy", "name": "publish", "instances": [{{"attributes": {{"role": "shop-publish", "name": "publish",
  "policy": "{{\"Statement\": [{{\"Effect\": \"Allow\", \"Action\": \"s3:PutObject\", \"Resource\": \"arn:aws:s3:::shop-site/*\"}}]}}"}}}}]}}]}}"#
        ),
    );
    home.write(
        "tree/exports/cluster.json",
        format!(
            r#"{{"apiVersion": "v1", "kind": "List", "items": [
 {{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {{"name": "publisher", "namespace": "shop", "uid": "a1", "annotations": {{"eks.amazonaws.com/role-arn": "{ROLE}"}}}}}},
 {{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": "publish-1", "namespace": "shop", "uid": "a2"}}, "spec": {{"serviceAccountName": "publisher"}}}}]}}"#
        ),
    );
    let (_, report) = home.scan(&home.path("tree"));
    let identities = report["identities"].as_array().unwrap();
    assert_eq!(identities.len(), 1, "{identities:#?}");
    let role = &identities[0];
    assert_eq!((&role["kind"], &role["native_id"]), (&"aws_iam_role".into(), &ROLE.into()));
    assert_eq!(role["owner"]["name"], "platform");
    assert_eq!(role["grants"][0]["target"], "arn:aws:s3:::shop-site/*");
    let mut users: Vec<&str> =
        role["consumers"].as_array().unwrap().iter().map(|user| user["job"].as_str().unwrap()).collect();
    users.sort_unstable();
    assert_eq!(users, ["ship", "shop/publish-1"]);
}

#[test]
fn a_cluster_administrator_with_an_old_token_is_told_with_both() {
    let home = Home::new();
    home.write(
        "tree/cluster.json",
        r#"{"apiVersion": "v1", "kind": "List", "items": [
 {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "all", "uid": "a3"},
  "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}, "subjects": [{"kind": "ServiceAccount", "name": "ops", "namespace": "tools"}]},
 {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "ops-token", "namespace": "tools", "uid": "a4", "creationTimestamp": "2020-01-01T00:00:00Z",
  "annotations": {"kubernetes.io/service-account.name": "ops"}}, "type": "kubernetes.io/service-account-token", "data": {}}]}"#,
    );
    let (_, report) = home.scan(&home.path("tree"));
    let identity = &report["identities"][0];
    assert_eq!((&identity["name"], &identity["privilege"]["level"]), (&"tools/ops".into(), &"admin".into()));
    let rules: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["rule_id"].as_str().unwrap())
        .collect();
    for rule in
        ["privilege-admin", "k8s-legacy-token-secret", "lifecycle-key-not-rotated", "lifecycle-never-expires"]
    {
        assert!(rules.contains(&rule), "{rule} is not in {rules:?}");
    }
}
