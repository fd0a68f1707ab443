//! SPIRE registration entries: workloads that prove who they are.

use tenure_model::Fact;

use super::format::{Each, Export, Pen, account};
use super::node::Node;

/// The format.
pub(super) static EXPORT: Export = Export {
    name: "spire_entries",
    describe: "SPIRE registration entries: workloads with short-lived identities of their own",
    exported_by: &["spire-server entry show -output json"],
    claims: |opening| opening.all(&["spiffe_id", "parent_id", "selectors"]),
    lists: &["entries"],
    start: || Box::new(Each(|_, record, pen| entry(record, pen))),
};

fn spiffe_id(node: Node<'_>) -> Option<String> {
    if node.is_text() {
        let text = node.as_text()?;
        return Some(text.trim_start_matches("spiffe://").to_owned());
    }
    Some(format!("{}{}", node.text("trust_domain")?, node.text("path").unwrap_or_default()))
}

fn entry(record: Node<'_>, pen: &mut Pen<'_>) {
    let Some(id) = spiffe_id(record.get("spiffe_id")) else { return };
    let written = record.get("spiffe_id");
    let path = if written.is_text() { None } else { written.text("path") };
    pen.at(path.unwrap_or(&id));
    let subject = account("spiffe", &id);
    pen.identity(&subject, "spiffe_workload", &id, Some(&format!("spiffe://{id}")));
    let selectors: Vec<String> = record
        .list("selectors")
        .filter_map(|selector| Some(format!("{}:{}", selector.text("type")?, selector.text("value")?)))
        .collect();
    let life = record.number("x509_svid_ttl").filter(|ttl| *ttl > 0.0);
    let life = life.map_or(String::new(), |ttl| format!(" for {ttl} seconds at a time"));
    pen.federation(&subject, format!("SPIRE attests it by {}{life}", selectors.join(", ")));
    if let Some(hint) = record.text("hint") {
        pen.fact(&subject, Fact::Purpose { text: hint.to_owned() });
    }
    if record.flag("admin") == Some(true) {
        let scope = "entry with the flag admin".to_owned();
        pen.grant(&subject, "spire:server".to_owned(), vec!["admin".to_owned()], scope);
    }
}
