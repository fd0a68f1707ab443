//! The tree of an AWS organisation: which account lies below which unit, and which policies hang where.
//!
//! The answers of the CLI tell one end of each edge. The other end is what was asked for: it is taken from a member that
//! somebody put beside the answer (`ParentId`, `ChildId`, `TargetId`, `PolicyId`), or from an id in the file's name.

use serde::Deserialize;
use tenure_model::{AwsAccount, AwsOrganization};

use super::aws_organization_export::OrganizationExport;
use super::json::{Many, Text};
use crate::detect::look::Opening;
use crate::detect::text::counted;
use crate::detect::{Blob, Unreadable};

/// Edges of one file; an organisation has some thousand accounts.
const EDGES_MAX: usize = 100_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Page {
    #[serde(default)]
    parent_id: Text,
    #[serde(default)]
    child_id: Text,
    #[serde(default)]
    target_id: Text,
    #[serde(default)]
    policy_id: Text,
    #[serde(default)]
    children: Many<Node>,
    #[serde(default)]
    organizational_units: Many<Node>,
    #[serde(default)]
    accounts: Many<Node>,
    #[serde(default)]
    parents: Many<Node>,
    #[serde(default)]
    targets: Many<Target>,
    policies: Option<Many<Node>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Node {
    #[serde(default)]
    id: Text,
    #[serde(default)]
    r#type: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    #[serde(default)]
    target_id: Text,
}

/// The export.
pub(super) static EXPORT: OrganizationExport<Page> = OrganizationExport {
    name: "aws_organization_tree",
    describe: "Tree of an AWS organisation: which accounts lie where, and which service control policies hang there",
    exported_by: &[
        "aws organizations list-children --parent-id PARENT --child-type ACCOUNT > children-PARENT.json",
        "aws organizations list-organizational-units-for-parent --parent-id PARENT > units-PARENT.json",
        "aws organizations list-parents --child-id CHILD > parents-CHILD.json",
        "aws organizations list-policies-for-target --target-id TARGET --filter SERVICE_CONTROL_POLICY > policies-TARGET.json",
        "aws organizations list-targets-for-policy --policy-id POLICY > targets-POLICY.json",
    ],
    claims,
    note,
};

fn claims(opening: &Opening<'_>, blob: &Blob<'_>) -> bool {
    let kinds = ["\"ORGANIZATIONAL_UNIT\"", "\"ACCOUNT\"", "\"ROOT\""];
    let of_kinds = || kinds.iter().any(|kind| opening.holds(kind));
    let arn = || opening.holds(":organizations::");
    (opening.any(&["Children", "Parents", "Targets"]) && of_kinds() && !opening.names("PolicySummary"))
        || (opening.names("OrganizationalUnits") && arn())
        || (opening.all(&["Accounts", "JoinedMethod"]) && arn())
        || (opening.names("Policies")
            && opening.holds("_CONTROL_POLICY\"")
            && arn()
            && asked(blob, &Text::default()).is_some())
}

fn note(blob: &Blob<'_>, pages: Vec<Page>, account: &mut AwsAccount) -> Option<Unreadable> {
    let mut is_open = false;
    for page in pages {
        is_open |= !page.note(blob, &mut account.organization);
    }
    let AwsOrganization { parents, attached, complete } = &mut account.organization;
    let beyond = [parents.len(), attached.len(), complete.len()].map(|told| told.saturating_sub(EDGES_MAX));
    parents.truncate(EDGES_MAX);
    attached.truncate(EDGES_MAX);
    complete.truncate(EDGES_MAX);
    let beyond: usize = beyond.into_iter().sum();
    if beyond > 0 {
        let detail = format!(
            "{} of the organisation are beyond what is held of one file",
            counted(beyond, "edge", "edges")
        );
        return Some(Unreadable { reason: "export_too_large", detail });
    }
    let detail = "the answer does not say what was asked for: put ParentId, ChildId, TargetId or PolicyId beside it, or \
                  the id into the file's name";
    is_open.then(|| Unreadable { reason: "export_without_question", detail: detail.to_owned() })
}

impl Page {
    /// Notes what one answer tells; false where its other end is nowhere.
    fn note(&self, blob: &Blob<'_>, organization: &mut AwsOrganization) -> bool {
        let id = |node: &Node| node.id.get().map(str::to_owned);
        let below: Vec<String> = self
            .children
            .iter()
            .chain(self.organizational_units.iter())
            .chain(self.accounts.iter())
            .filter_map(id)
            .collect();
        let mut is_told = true;
        if !below.is_empty() {
            // The list of all accounts was asked for without a parent.
            match asked(blob, &self.parent_id) {
                Some(parent) => {
                    organization.parents.extend(below.into_iter().map(|child| (child, parent.clone())));
                }
                None => is_told &= !self.accounts.is_empty(),
            }
        }
        if let Some(parent) = self.parents.iter().find_map(id) {
            match asked(blob, &self.child_id) {
                Some(child) => organization.parents.push((child, parent)),
                None => is_told = false,
            }
        }
        let targets: Vec<String> =
            self.targets.iter().filter_map(|target| target.target_id.get().map(str::to_owned)).collect();
        if !targets.is_empty() {
            match asked(blob, &self.policy_id) {
                Some(policy) => {
                    organization.complete.push(policy.clone());
                    organization.attached.extend(targets.into_iter().map(|target| (policy.clone(), target)));
                }
                None => is_told = false,
            }
        }
        if let Some(policies) = &self.policies {
            let is_control = |node: &&Node| node.r#type.as_str() == "SERVICE_CONTROL_POLICY";
            match asked(blob, &self.target_id) {
                Some(target) => {
                    let policies = policies.iter().filter(is_control).filter_map(id);
                    organization.attached.extend(policies.map(|policy| (policy, target.clone())));
                    organization.complete.push(target);
                }
                None => is_told = false,
            }
        }
        is_told
    }
}

/// What was asked for: as it is told, or as the file is called.
fn asked(blob: &Blob<'_>, told: &Text) -> Option<String> {
    if let Some(told) = told.get() {
        return Some(told.to_owned());
    }
    let name = blob.path.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.split('.').next().unwrap_or_default();
    id_in(name).map(str::to_owned)
}

/// The id of a root, a unit, an account or a policy within a name: the longest that ends it.
fn id_in(name: &str) -> Option<&str> {
    let starts = std::iter::once(0).chain(
        name.char_indices().filter(|(_, c)| !c.is_ascii_alphanumeric()).map(|(at, c)| at + c.len_utf8()),
    );
    starts.map(|at| &name[at..]).find(|rest| is_id(rest))
}

fn is_id(text: &str) -> bool {
    let plain = |text: &str, least: usize| {
        text.len() >= least && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let is_policy = |rest: &str| plain(rest, 8) || rest == "FullAWSAccess";
    match text.split_once('-') {
        Some(("r", rest)) => plain(rest, 4),
        Some(("ou", rest)) => {
            rest.split_once('-').is_some_and(|(root, unit)| plain(root, 4) && plain(unit, 8))
        }
        Some(("p", rest)) => is_policy(rest),
        _ => text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use tenure_model::{FingerprintKey, Observation};

    use super::*;
    use crate::detect::Detector as _;

    fn tree(path: &str, text: &str) -> (AwsOrganization, Option<&'static str>) {
        let blob = Blob {
            root: "r",
            path,
            base: "",
            repository: "r",
            bytes: text.as_bytes(),
            neighbours: &crate::detect::Alone,
        };
        assert!(EXPORT.claims(&blob), "{text}");
        let reading = EXPORT.read(&blob, &FingerprintKey::new([0; 32]));
        let reason = reading.unreadable.map(|why| why.reason);
        match reading.observations.into_iter().next() {
            Some(Observation::AwsAccount(account)) => (account.organization, reason),
            other => panic!("{other:?}"),
        }
    }

    const CHILDREN: &str = r#"{"Children": [{"Id": "111122223333", "Type": "ACCOUNT"}]}"#;

    #[test]
    fn the_other_end_stands_beside_the_answer_or_in_the_name() {
        let edge = vec![("111122223333".to_owned(), "ou-abcd-12345678".to_owned())];
        assert_eq!(tree("x/children-ou-abcd-12345678.json", CHILDREN).0.parents, edge);
        let beside = CHILDREN.replacen('{', r#"{"ParentId": "ou-abcd-12345678", "#, 1);
        assert_eq!(tree("x.json", &beside).0.parents, edge);
        let parents = r#"{"Parents": [{"Id": "ou-abcd-12345678", "Type": "ORGANIZATIONAL_UNIT"}]}"#;
        assert_eq!(tree("parents_111122223333.json", parents).0.parents, edge);
        assert_eq!(tree("x.json", CHILDREN).1, Some("export_without_question"));
    }

    #[test]
    fn what_hangs_where_is_told_by_the_target_or_by_the_policy() {
        let policies = r#"{"Policies": [{"Id": "p-12345678", "Type": "SERVICE_CONTROL_POLICY",
            "Arn": "arn:aws:organizations::1:policy/o-1/service_control_policy/p-12345678"},
            {"Id": "p-87654321", "Type": "TAG_POLICY"}]}"#;
        let told = tree("policies-r-ab12.json", policies).0;
        assert_eq!(told.attached, [("p-12345678".to_owned(), "r-ab12".to_owned())]);
        assert_eq!(told.complete, ["r-ab12"]);
        let targets = r#"{"Targets": [{"TargetId": "r-ab12", "Type": "ROOT"}]}"#;
        let told = tree("targets-p-12345678.json", targets).0;
        assert_eq!((told.attached.len(), told.complete), (1, vec!["p-12345678".to_owned()]));
    }

    #[test]
    fn ids_are_told_from_words() {
        for (name, id) in [
            ("children-r-ab12", Some("r-ab12")),
            ("ou-ab12-1234abcd", Some("ou-ab12-1234abcd")),
            ("scp_p-FullAWSAccess", Some("p-FullAWSAccess")),
            ("111122223333", Some("111122223333")),
            ("roots", None),
            ("p-1", None),
        ] {
            assert_eq!(id_in(name), id, "{name}");
        }
    }
}
