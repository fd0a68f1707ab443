//! A resource of Terraform is known by its address in the file that declares it, and by what the platform calls it in
//! the state. Where address and name are the same, and only one file declares them, both are one identity.

use std::collections::{BTreeMap, BTreeSet};

use tenure_model::{Evidence, EvidenceSource, Fact, Quality, Subject};

/// Resources that are remembered; one beyond stays apart.
const RESOURCES_MAX: usize = 200_000;
/// Label by which the reader of a state tells an address.
const ADDRESS: &str = "terraform:resource";

/// Resources that a scan has met.
#[derive(Debug, Default)]
pub struct Resources {
    /// By address and name: the subjects of the files that declare it.
    declared: BTreeMap<(String, String), BTreeSet<String>>,
    declaring: BTreeMap<String, Subject>,
    /// What a state says that it made, by address.
    made: Vec<(Subject, String, EvidenceSource)>,
    /// Names of what states hold.
    names: BTreeMap<Subject, String>,
}

impl Resources {
    /// Remembers what a piece of evidence says of a resource.
    pub fn observe(&mut self, evidence: &Evidence) {
        if self.declaring.len() + self.made.len() + self.names.len() >= RESOURCES_MAX {
            return;
        }
        let subject = &evidence.subject;
        match &evidence.fact {
            Fact::Identity { name, .. } => match declared_address(&subject.key) {
                Some(address) if address != name => {
                    let of = self.declared.entry((address.to_owned(), name.clone())).or_default();
                    of.insert(subject.key.clone());
                    self.declaring.insert(subject.key.clone(), subject.clone());
                }
                Some(_) => {}
                None if evidence.source.reader == "terraform_state" => {
                    self.names.insert(subject.clone(), name.clone());
                }
                None => {}
            },
            Fact::Tag { key, value } if key == ADDRESS => {
                self.made.push((subject.clone(), value.clone(), evidence.source.clone()));
            }
            _ => {}
        }
    }

    /// What the states made and one file declares, as links between their subjects.
    pub fn links(&self) -> Vec<Evidence> {
        let mut links = Vec::new();
        for (subject, address, source) in &self.made {
            let Some(name) = self.names.get(subject) else { continue };
            // A service account is declared under what stands before its `@`.
            let short = name.split('@').next().unwrap_or(name).to_owned();
            let address = within_module(address);
            let found = self.declared.get(&(address.to_owned(), short));
            let Some(declared) = found.filter(|all| all.len() == 1).and_then(|all| all.first()) else {
                continue;
            };
            let because = format!("a file declares {address} under the same name");
            let other = self.declaring[declared].clone();
            links.push(Evidence {
                subject: subject.clone(),
                fact: Fact::SameAs { other, because },
                source: source.clone(),
                quality: Quality::Config,
            });
        }
        links.sort_by(|a, b| (&a.subject, &a.source.path).cmp(&(&b.subject, &b.source.path)));
        links
    }
}

/// Where files declare an identity as a resource, and states hold it: `aws_iam_role.deploy in infra/main.tf:1`.
pub fn made_by(evidence: &[Evidence]) -> Vec<String> {
    let address = |evidence: &Evidence| match &evidence.fact {
        Fact::Identity { .. } => declared_address(&evidence.subject.key).map(str::to_owned),
        Fact::Tag { key, value } if key == ADDRESS => Some(value.clone()),
        _ => None,
    };
    let told = |evidence: &Evidence| Some(format!("{} in {}", address(evidence)?, evidence.source.text()));
    // What declares it comes before what only holds it.
    let mut all: Vec<(bool, String)> =
        evidence.iter().filter_map(|one| Some((matches!(one.fact, Fact::Tag { .. }), told(one)?))).collect();
    all.sort();
    all.dedup();
    all.into_iter().map(|(_, told)| told).collect()
}

/// The file of a piece of evidence that declares a resource.
pub(crate) fn declares(evidence: &Evidence) -> bool {
    matches!(evidence.fact, Fact::Identity { .. }) && declared_address(&evidence.subject.key).is_some()
}

/// The address in a subject `terraform:repository:folder:address`.
fn declared_address(key: &str) -> Option<&str> {
    let mut parts = key.strip_prefix("terraform:")?.splitn(3, ':');
    let (_, _, address) = (parts.next()?, parts.next()?, parts.next()?);
    (address.split('.').count() == 2 && !address.starts_with("var.")).then_some(address)
}

/// An address as the file of its module writes it: `module.ci["x"].aws_iam_role.deploy[0]` is `aws_iam_role.deploy`.
fn within_module(address: &str) -> &str {
    let address = match address.rfind('[') {
        Some(index) if address.ends_with(']') => &address[..index],
        _ => address,
    };
    let name = address.rfind('.').unwrap_or(0);
    let kind = address[..name].rfind('.').map_or(0, |dot| dot + 1);
    &address[kind..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenure_model::SubjectKind;

    fn evidence(subject: Subject, fact: Fact, reader: &str) -> Evidence {
        let source = EvidenceSource {
            root: "r".into(),
            path: "p".into(),
            line: Some(1),
            commit: None,
            reader: reader.into(),
        };
        Evidence { subject, fact, source, quality: Quality::Config }
    }

    fn named(key: &str, kind: SubjectKind, name: &str, reader: &str) -> Evidence {
        let fact = Fact::Identity {
            kind: "aws_iam_role".into(),
            name: name.into(),
            native_id: None,
            provider: "aws".into(),
        };
        evidence(Subject::new(kind, key), fact, reader)
    }

    fn links(folders: &[&str]) -> usize {
        let mut resources = Resources::default();
        let arn = "arn:aws:iam::123456789012:role/shop-deploy";
        resources.observe(&named(arn, SubjectKind::AwsPrincipal, "shop-deploy", "terraform_state"));
        let address = Fact::Tag { key: ADDRESS.into(), value: "module.ci.aws_iam_role.deploy[0]".into() };
        let subject = Subject::new(SubjectKind::AwsPrincipal, arn);
        resources.observe(&evidence(subject, address, "terraform_state"));
        for folder in folders {
            let key = format!("terraform:acme/shop:{folder}:aws_iam_role.deploy");
            resources.observe(&named(&key, SubjectKind::Account, "shop-deploy", "terraform"));
        }
        resources.links().len()
    }

    #[test]
    fn a_resource_of_a_state_is_the_one_that_a_single_file_declares() {
        assert_eq!(links(&["infra"]), 1);
        assert_eq!(links(&["staging", "production"]), 0, "nothing says which of two it is");
        assert_eq!(links(&[]), 0);
    }

    #[test]
    fn an_address_is_read_as_its_own_module_writes_it() {
        for (address, expected) in [
            ("aws_iam_role.deploy", "aws_iam_role.deploy"),
            ("module.ci[\"a.b\"].aws_iam_role.deploy[\"x\"]", "aws_iam_role.deploy"),
            ("data.aws_iam_role.deploy", "aws_iam_role.deploy"),
            ("odd", "odd"),
            ("", ""),
        ] {
            assert_eq!(within_module(address), expected);
        }
        assert_eq!(declared_address("terraform:acme/shop::aws_iam_user.ci"), Some("aws_iam_user.ci"));
        assert_eq!(declared_address("terraform:state.json"), None);
    }
}
