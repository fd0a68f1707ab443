//! Terraform: what a state or a plan says of the identities and credentials that it made.
//!
//! A state keeps the value of every credential that Terraform made, in clear. Values are fingerprinted and dropped
//! here; that they lie in the file is a finding.

mod aws;
mod azure;
mod google;
mod kubernetes;
mod secrets;

use std::collections::BTreeMap;

use tenure_model::{Fingerprint, Quality, Subject};

use self::aws::AwsPolicies;
use super::format::{Export, Gather, Pen, account};
use super::kubernetes::rbac::Rbac;
use super::node::Node;
use crate::detect::rules;
use crate::detect::witness::Spot;

/// Instances of one resource that are read.
const INSTANCES_MAX: usize = 10_000;
/// Nested modules of `terraform show`.
const MODULES_DEPTH_MAX: usize = 32;
/// Addresses that the finding about a state names.
const ADDRESSES_SHOWN_MAX: usize = 5;
/// Values in clear that are remembered; the file has more facts than are kept by then, which is told.
const KEPT_MAX: usize = 160_000;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "terraform_state",
    describe: "Terraform and OpenTofu state and plans: credentials that they made, and identities by their ARN or id",
    exported_by: &[
        "terraform state pull",
        "terraform show -json",
        "terraform show -json PLAN",
        "tofu show -json",
    ],
    claims: |opening| {
        opening.names("terraform_version")
            && opening.any(&["resources", "lineage", "format_version", "serial"])
    },
    lists: &["resources", "resource_changes"],
    start: || Box::<State>::default(),
};

/// What one file holds.
#[derive(Default)]
struct State {
    is_plan: bool,
    /// Addresses and lines of values in clear.
    kept: Vec<(String, u32)>,
    /// The subject that each value belongs to: a password is made by one resource and used by another.
    values: BTreeMap<String, Vec<Subject>>,
    policies: AwsPolicies,
    rbac: Rbac,
}

/// One instance of a resource.
pub(super) struct Resource<'v> {
    kind: &'v str,
    address: String,
    attributes: Node<'v>,
}

impl Gather for State {
    fn record(&mut self, list: &str, record: Node<'_>, pen: &mut Pen<'_>) {
        pen.trust(Quality::Config);
        match list {
            "resources" => self.resource(record, pen),
            "resource_changes" => {
                self.is_plan = true;
                self.planned(record, pen);
            }
            _ => self.page(record, pen),
        }
    }

    fn end(&mut self, pen: &mut Pen<'_>) {
        // It counts whatever else has no room any more.
        self.in_clear(pen);
        self.policies.end(pen);
        self.rbac.end(pen);
        for subjects in self.values.values() {
            for pair in subjects.windows(2) {
                pen.same(&pair[0], pair[1].clone(), "both resources hold the same value");
            }
        }
    }
}

impl State {
    /// That the file holds values in clear.
    fn in_clear(&self, pen: &mut Pen<'_>) {
        let Some((_, first)) = self.kept.first() else { return };
        pen.go(*first);
        let shown: Vec<&str> =
            self.kept.iter().take(ADDRESSES_SHOWN_MAX).map(|(address, _)| address.as_str()).collect();
        let more = self.kept.len() - shown.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let what = if self.is_plan { "plan" } else { "state" };
        let reason = format!("the {what} holds the credentials of {}{more} in clear", shown.join(", "));
        let subject = account("terraform", pen.blob.path);
        let spots = self.kept.iter().map(|(_, line)| Spot::line((*line).max(1))).collect();
        let name = pen.blob.path.rsplit('/').next().unwrap_or_default().to_owned();
        pen.finding_at(&rules::TERRAFORM_STATE_SECRETS, None, &subject, &name, reason, spots);
    }

    /// The page around the resources: its version, and what `terraform show` nests.
    fn page(&mut self, page: Node<'_>, pen: &mut Pen<'_>) {
        self.modules(page.at("values.root_module"), 0, pen);
        if page.has("lineage") && page.number("version").is_some_and(|version| version < 4.0) {
            let detail =
                "a state of version 3 or older; `terraform state pull` with a newer program writes version 4";
            pen.unread("export_version", detail.to_owned());
        }
    }

    fn modules(&mut self, module: Node<'_>, depth: usize, pen: &mut Pen<'_>) {
        for resource in module.list("resources") {
            let (Some(kind), Some(address)) = (resource.text("type"), resource.text("address")) else {
                continue;
            };
            pen.at(address);
            let attributes = resource.get("values");
            self.instance(&Resource { kind, address: address.to_owned(), attributes }, pen);
        }
        if depth < MODULES_DEPTH_MAX {
            module.list("child_modules").for_each(|module| self.modules(module, depth + 1, pen));
        }
    }

    fn resource(&mut self, resource: Node<'_>, pen: &mut Pen<'_>) {
        let (Some(kind), Some(name)) = (resource.text("type"), resource.text("name")) else { return };
        let module = resource.text("module").map_or(String::new(), |module| format!("{module}."));
        let data = if resource.text("mode") == Some("data") { "data." } else { "" };
        for instance in resource.list("instances").take(INSTANCES_MAX) {
            let is_name = instance.get("index_key").is_text();
            let index = match instance.id("index_key") {
                Some(name) if is_name => format!("[\"{name}\"]"),
                Some(number) => format!("[{number}]"),
                None => String::new(),
            };
            let address = format!("{module}{data}{kind}.{name}{index}");
            let attributes = instance.get("attributes");
            self.instance(&Resource { kind, address, attributes }, pen);
        }
    }

    /// A resource of a plan: as it will be, or as it is where it stays.
    fn planned(&mut self, change: Node<'_>, pen: &mut Pen<'_>) {
        let (Some(kind), Some(address)) = (change.text("type"), change.text("address")) else { return };
        let after = change.at("change.after");
        let attributes = if after.is_null() { change.at("change.before") } else { after };
        self.instance(&Resource { kind, address: address.to_owned(), attributes }, pen);
    }

    fn instance(&mut self, resource: &Resource<'_>, pen: &mut Pen<'_>) {
        match resource.kind.split('_').next().unwrap_or_default() {
            "aws" => aws::read(resource, &mut self.policies, pen),
            "google" => google::read(resource, pen),
            "azuread" | "azurerm" => azure::read(resource, pen),
            "kubernetes" => kubernetes::read(resource, &mut self.rbac, pen),
            _ => {}
        }
        for kept in secrets::read(resource, pen) {
            if self.kept.len() + self.values.len() >= KEPT_MAX {
                break;
            }
            if self.kept.last().is_none_or(|(address, _)| *address != resource.address) {
                self.kept.push((resource.address.clone(), kept.line));
            }
            let holders = self.values.entry(kept.value.0).or_default();
            if !holders.contains(&kept.subject) {
                holders.push(kept.subject);
            }
        }
    }
}

impl Resource<'_> {
    fn text(&self, name: &'static str) -> Option<&str> {
        self.attributes.text(name)
    }
}

/// A value in clear.
struct Kept {
    line: u32,
    subject: Subject,
    /// Fingerprint of the value whatever it is for.
    value: Fingerprint,
}

/// Notes which resource made an identity.
fn made_by(resource: &Resource<'_>, subject: &Subject, pen: &mut Pen<'_>) {
    pen.tag(subject, "terraform:resource", &resource.address);
    for tags in ["tags", "labels"] {
        for (key, value) in resource.attributes.get(tags).members() {
            if let Some(value) = value.as_text() {
                pen.tag(subject, key, value);
            }
        }
    }
}
