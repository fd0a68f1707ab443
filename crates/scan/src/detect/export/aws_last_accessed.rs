//! AWS: when a principal last used which service.

use tenure_model::Fact;

use super::aws::principal;
use super::format::{Export, Gather, Pen};
use super::node::Node;

/// Services that are named as never used.
const UNUSED_SHOWN_MAX: usize = 20;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "aws_last_accessed",
    describe: "AWS service last accessed details of a principal",
    exported_by: &[
        "aws iam get-service-last-accessed-details --job-id JOB",
        "aws iam get-service-last-accessed-details-with-entities --job-id JOB --service-namespace SERVICE",
    ],
    claims: |opening| {
        opening.any(&["ServicesLastAccessed", "EntityDetailsList"])
            && opening.any(&["JobStatus", "JobCreationDate"])
    },
    lists: &["ServicesLastAccessed", "EntityDetailsList"],
    start: || Box::<LastAccessed>::default(),
};

/// Services of the principals of one answer. Older answers name the principal only where it used something.
#[derive(Default)]
struct LastAccessed {
    entity: Option<String>,
    line: u32,
    used: Vec<(String, tenure_model::Timestamp)>,
    unused: Vec<String>,
}

impl Gather for LastAccessed {
    fn record(&mut self, list: &str, record: Node<'_>, pen: &mut Pen<'_>) {
        match list {
            "ServicesLastAccessed" => {
                let Some(service) = record.text("ServiceNamespace") else { return };
                if self.line == 0 {
                    self.line = pen.line();
                }
                if let Some(arn) = record.text("LastAuthenticatedEntity") {
                    self.entity.get_or_insert(arn.to_owned());
                }
                match record.instant("LastAuthenticated") {
                    Some(at) => self.used.push((service.to_owned(), at)),
                    None => self.unused.push(service.to_owned()),
                }
            }
            "EntityDetailsList" => {
                let Some(arn) = record.at("EntityInfo.Arn").as_text() else { return };
                pen.at(arn);
                let at = record.instant("LastAuthenticated");
                pen.fact(&principal(arn), Fact::LastUsed { at });
            }
            _ => {}
        }
    }

    fn end(&mut self, pen: &mut Pen<'_>) {
        if self.used.is_empty() && self.unused.is_empty() {
            return;
        }
        // The answer speaks of a user, role, group or policy; only users and roles act by themselves.
        let Some(arn) = self.entity.take().filter(|arn| arn.contains(":user/") || arn.contains(":role/"))
        else {
            let detail = "the answer does not name the principal that it is about".to_owned();
            return pen.unread("export_without_principal", detail);
        };
        pen.go(self.line);
        let subject = principal(&arn);
        let at = self.used.iter().map(|(_, at)| *at).max();
        pen.fact(&subject, Fact::LastUsed { at });
        for (service, at) in &self.used {
            pen.tag(&subject, &format!("aws:last-accessed:{service}"), &at.to_string());
        }
        if !self.unused.is_empty() {
            let mut shown = self.unused.iter().take(UNUSED_SHOWN_MAX).cloned().collect::<Vec<_>>().join(", ");
            if self.unused.len() > UNUSED_SHOWN_MAX {
                shown.push_str(&format!(" and {} more", self.unused.len() - UNUSED_SHOWN_MAX));
            }
            pen.tag(&subject, "aws:never-accessed", &shown);
        }
    }
}
