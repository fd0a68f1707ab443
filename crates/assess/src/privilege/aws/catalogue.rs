//! What AWS's actions and managed policies are: bundled, unpacked at the first question.
//!
//! `crates/assess/data/README.md` says where the data comes from and how it is made.

use std::collections::HashMap;
use std::io::Read as _;
use std::sync::LazyLock;

use flate2::read::ZlibDecoder;
use tenure_model::AwsDocument;

use super::glob;

/// How far an action reaches, in AWS's own classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// It lists or reads.
    Reads,
    /// It changes something: contents, tags, permissions.
    Changes,
}

/// One action of a service.
pub(super) struct Action {
    /// `service:name`, in lower case.
    pub(super) name: &'static str,
    pub(super) reach: Reach,
}

/// Every action that AWS has, by service.
pub(super) struct Catalogue {
    /// Services, those that decide about power first.
    services: Vec<&'static str>,
    actions: HashMap<&'static str, Vec<Action>>,
}

/// Whoever does not have these has not everything: asked first.
const FIRST: [&str; 2] = ["iam", "sts"];
/// Services about the organisation, the contract and its bills: an administrator of the account needs none of them.
const NOT_OF_THE_ACCOUNT: [&str; 11] = [
    "account",
    "aws-portal",
    "billing",
    "consolidatedbilling",
    "freetier",
    "invoicing",
    "organizations",
    "payments",
    "purchase-orders",
    "support",
    "tax",
];

static ACTIONS: LazyLock<String> = LazyLock::new(|| unpacked(include_bytes!("../../../data/aws_actions.z")));
static POLICIES: LazyLock<String> =
    LazyLock::new(|| unpacked(include_bytes!("../../../data/aws_policies.z")));
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read(&ACTIONS));
static DOCUMENTS: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| POLICIES.lines().filter_map(|line| line.split_once('\t')).collect());

/// The catalogue of actions.
pub(super) fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

/// The document of a policy that AWS manages, by its ARN; `None` for one that is not known here.
pub(super) fn managed_policy(arn: &str) -> Option<AwsDocument> {
    let (partition, name) = arn.split_once(":iam::aws:policy/")?;
    partition.starts_with("arn:aws").then_some(())?;
    let document = DOCUMENTS.get(name)?;
    Some(serde_json::from_str(document).expect("the bundled policies were written in this shape"))
}

/// The ARN of a policy of AWS's own.
pub(super) fn managed(partition: &str, name: &str) -> String {
    format!("arn:{partition}:iam::aws:policy/{name}")
}

/// `aws`, `aws-us-gov` or `aws-cn`, of an ARN.
pub(super) fn partition(arn: &str) -> &str {
    arn.split(':').nth(1).filter(|partition| !partition.is_empty()).unwrap_or("aws")
}

fn unpacked(bytes: &[u8]) -> String {
    let mut text = String::new();
    ZlibDecoder::new(bytes).read_to_string(&mut text).expect("bundled data unpacks; a test does it");
    text
}

/// Whether an action, by its name in lower case, is about what an account holds.
pub(super) fn is_of_the_account(action: &str) -> bool {
    !NOT_OF_THE_ACCOUNT.contains(&action.split(':').next().unwrap_or_default())
}

impl Catalogue {
    fn read(text: &'static str) -> Self {
        let mut catalogue = Self { services: FIRST.to_vec(), actions: HashMap::new() };
        for line in text.lines() {
            let mut words = line.split(' ');
            let service = words.next().unwrap_or_default();
            let actions = words.filter_map(|word| Self::action(service, word));
            if !FIRST.contains(&service) {
                catalogue.services.push(service);
            }
            catalogue.actions.entry(service).or_default().extend(actions);
        }
        catalogue
    }

    fn action(service: &str, word: &str) -> Option<Action> {
        let (name, level) = word.split_once(':')?;
        let reach = if level.starts_with(['l', 'r']) { Reach::Reads } else { Reach::Changes };
        // Names live as long as the program, as the text that they come from does.
        Some(Action { name: Box::leak(format!("{service}:{name}").into_boxed_str()), reach })
    }

    /// Every action, those that decide about power first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Action> {
        self.services.iter().flat_map(|service| &self.actions[service])
    }

    /// Every action on what an account holds, those that decide about power first.
    pub(super) fn of_the_account(&self) -> impl Iterator<Item = &Action> {
        let services = self.services.iter().filter(|service| !NOT_OF_THE_ACCOUNT.contains(service));
        services.flat_map(|service| &self.actions[service])
    }

    /// The actions that fit a pattern in lower case.
    pub(super) fn matching<'p>(&self, pattern: &'p str) -> impl Iterator<Item = &Action> + use<'_, 'p> {
        let service = pattern.split(':').next().unwrap_or_default();
        let of_one =
            (!glob::is_wild(service)).then(|| self.actions.get(service).map_or(&[][..], Vec::as_slice));
        let all = of_one.is_none().then(|| self.all());
        let of_one = of_one.unwrap_or_default().iter();
        of_one.chain(all.into_iter().flatten()).filter(move |action| glob::matches(pattern, action.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_data_is_whole() {
        assert!(catalogue().all().count() > 15_000);
        assert_eq!(catalogue().matching("iam:passrole").count(), 1);
        assert_eq!(catalogue().matching("iam:getrole").map(|action| action.reach).next(), Some(Reach::Reads));
        assert!(
            catalogue().matching("*:passrole").count() == 1 && catalogue().matching("none:*").count() == 0
        );
        assert!(catalogue().services.starts_with(&FIRST) && DOCUMENTS.len() > 1_000);
        for name in DOCUMENTS.keys() {
            let document = managed_policy(&format!("arn:aws:iam::aws:policy/{name}")).expect("it is there");
            assert!(!document.statements.is_empty() && !document.is_broken, "{name}");
        }
    }

    #[test]
    fn aws_policies_are_known_by_their_whole_arn() {
        assert!(managed_policy("arn:aws-us-gov:iam::aws:policy/AdministratorAccess").is_some());
        assert!(managed_policy("arn:aws:iam::123456789012:policy/AdministratorAccess").is_none());
        assert!(
            managed_policy("arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole").is_none(),
            "its path is missing"
        );
    }
}
