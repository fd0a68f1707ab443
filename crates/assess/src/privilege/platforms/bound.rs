//! Conditions that stand on a grant of Google Cloud or Azure, behind the target: what they take away.
//!
//! Only what narrows for certain counts. Everything else makes a verdict conditional and takes nothing away.

use tenure_model::{PrivilegeLevel, Timestamp};

/// Parts a target from the condition under which the grant counts.
pub(super) const WHERE: &str = " where ";

/// What a condition does to a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bound {
    /// It limits the grant to some resources.
    Resource,
    /// It limits which roles may be given away to these.
    Gives(Vec<String>),
    /// It forbids to give away these.
    Withholds(Vec<String>),
    /// Something else: a time, an address, a tag.
    Other,
}

impl Bound {
    /// A condition in Google's words (CEL).
    pub(super) fn of_google(condition: &str) -> Self {
        let Some(only) = condition.split_once("modifiedGrantsByRole") else {
            let names = ["resource.name ==", "resource.name==", "resource.name.startsWith("]
                .iter()
                .any(|start| condition.trim_start_matches('(').starts_with(start));
            // Whatever stands behind an "or" may open it again.
            let narrows = names && (!condition.contains("||") || every_part_names(condition));
            return if narrows && !names_whole_project(condition) { Bound::Resource } else { Bound::Other };
        };
        match only.1.split_once("hasOnly(") {
            Some((before, list)) if !condition.contains("||") && !before.contains('!') => {
                Bound::Gives(quoted(list, '\''))
            }
            _ => Bound::Other,
        }
    }

    /// A condition in Azure's words (ABAC).
    pub(super) fn of_azure(condition: &str) -> Self {
        let about = "Microsoft.Authorization/roleAssignments:RoleDefinitionId]";
        let mut allowed: Option<Vec<String>> = None;
        let mut withheld = None;
        // A request to write and one to delete are limited one by one; the first one is the write.
        for (index, rest) in condition.split(about).skip(1).enumerate() {
            let rest = rest.trim_start();
            let ids = guids(rest);
            if rest.starts_with("ForAnyOfAnyValues:GuidEquals") && index == 0 {
                allowed = Some(ids);
            } else if rest.starts_with("ForAnyOfAllValues:GuidNotEquals") && index == 0 {
                withheld = Some(ids);
            }
        }
        let on_request =
            condition.contains("@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId]");
        match (on_request, allowed, withheld) {
            (true, Some(ids), _) => Bound::Gives(ids),
            (true, None, Some(ids)) => Bound::Withholds(ids),
            _ => Bound::Other,
        }
    }
}

/// Whether a condition in Google's words asks for an instant that has passed. One of several that must all hold is
/// enough; behind an "or", another may hold.
pub(super) fn is_over(condition: &str, now: Timestamp) -> bool {
    let has_passed = |part: &str| {
        let part = part.trim().trim_start_matches('(');
        let rest =
            part.strip_prefix("request.time").map(str::trim_start).and_then(|rest| rest.strip_prefix('<'));
        let until = rest.and_then(|rest| rest.split_once("timestamp(")).map(|(_, text)| text);
        let until = until.and_then(|text| text.split(['"', '\'']).nth(1));
        until.and_then(|text| text.parse::<Timestamp>().ok()).is_some_and(|until| until < now)
    };
    !condition.contains("||") && condition.split("&&").any(has_passed)
}

/// Less by a condition that nobody can decide here: an administrator may be one.
pub(super) fn conditional(level: PrivilegeLevel) -> PrivilegeLevel {
    if level == PrivilegeLevel::Admin { PrivilegeLevel::Escalates } else { level }
}

fn every_part_names(condition: &str) -> bool {
    condition.split("||").all(|part| part.contains("resource.name") && !part.contains('!'))
}

/// `startsWith("projects/acme")` takes in all of it.
fn names_whole_project(condition: &str) -> bool {
    quoted(condition, '"').iter().chain(&quoted(condition, '\'')).any(|text| {
        let path = text.trim_start_matches('/').trim_end_matches('/');
        let path = path.split_once(".googleapis.com/").map_or(path, |(_, path)| path);
        path.split('/').count() <= 2
    })
}

fn quoted(text: &str, quote: char) -> Vec<String> {
    text.split(quote).skip(1).step_by(2).map(str::to_owned).collect()
}

fn guids(text: &str) -> Vec<String> {
    let Some((_, list)) = text.split_once('{') else { return Vec::new() };
    let list = list.split('}').next().unwrap_or_default();
    list.split(',').map(|id| id.trim().to_lowercase()).filter(|id| !id.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_condition_that_names_resources_narrows() {
        let prod = "resource.name.startsWith(\"projects/_/buckets/acme-reports\")";
        for (condition, expected) in [
            (prod.to_owned(), Bound::Resource),
            ("resource.name == 'projects/p/secrets/db'".to_owned(), Bound::Resource),
            (format!("{prod} || resource.name.startsWith(\"projects/_/buckets/other\")"), Bound::Resource),
            (format!("{prod} || request.auth != null"), Bound::Other),
            ("resource.name.startsWith(\"projects/p\")".to_owned(), Bound::Other),
            ("!resource.name.startsWith('projects/p/secrets/db')".to_owned(), Bound::Other),
            ("request.time < timestamp('2027-01-01T00:00:00Z')".to_owned(), Bound::Other),
        ] {
            assert_eq!(Bound::of_google(&condition), expected, "{condition}");
        }
    }

    #[test]
    fn a_time_that_has_passed_ends_a_grant() {
        let now = "2026-06-01T00:00:00Z".parse().unwrap();
        for (condition, expected) in [
            ("request.time < timestamp(\"2026-01-01T00:00:00Z\")", true),
            ("request.time<=timestamp('2026-01-01T00:00:00Z') && resource.name == 'x'", true),
            ("resource.name == 'x' && (request.time < timestamp('2026-01-01T00:00:00.000Z'))", true),
            ("request.time < timestamp('2027-01-01T00:00:00Z')", false),
            ("request.time > timestamp('2026-01-01T00:00:00Z')", false),
            ("request.time < timestamp('2026-01-01T00:00:00Z') || resource.name == 'x'", false),
            ("!(request.time < timestamp('2026-01-01T00:00:00Z'))", false),
            ("request.time < timestamp('soon')", false),
        ] {
            assert_eq!(is_over(condition, now), expected, "{condition}");
        }
    }

    #[test]
    fn a_condition_may_say_which_roles_can_be_given_away() {
        let google = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/viewer', 'roles/browser'])";
        // The first quotes belong to the attribute's name.
        assert_eq!(
            Bound::of_google(google),
            Bound::Gives(vec!["roles/viewer".into(), "roles/browser".into()])
        );
        let azure = |what: &str| {
            Bound::of_azure(&format!(
                "((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/write'}})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] {what} {{AAA, bbb}}))"
            ))
        };
        assert_eq!(azure("ForAnyOfAnyValues:GuidEquals"), Bound::Gives(vec!["aaa".into(), "bbb".into()]));
        assert_eq!(
            azure("ForAnyOfAllValues:GuidNotEquals"),
            Bound::Withholds(vec!["aaa".into(), "bbb".into()])
        );
        assert_eq!(Bound::of_azure("@Resource[x:y] StringEquals 'z'"), Bound::Other);
    }
}
