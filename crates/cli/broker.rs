//! `tenure broker`.

use std::fmt::Write as _;

use tenure_model::{Timestamp, visible};
use tenure_pipeline::{BrokerRow, Failure, NewBroker};

use crate::args::{AnswerFormat, BrokerArgs, BrokerVerb};
use crate::scan::store;
use crate::{CLEAN, output};

pub(crate) async fn run(args: BrokerArgs) -> Result<u8, Failure> {
    let store = store(args.store.inventory)?;
    let json = args.store.format == AnswerFormat::Json;
    match args.verb {
        BrokerVerb::Add { name, kind, address, namespace } => {
            let new = NewBroker { name, kind, address, namespace };
            let row = tenure_pipeline::add_broker(&store, &new, Timestamp::now()).await?;
            if json { output::json(&row)? } else { output::text(&format!("Added {}.\n", line(&row)))? }
        }
        BrokerVerb::List => {
            let rows = tenure_pipeline::list_brokers(&store).await?;
            if json {
                output::json(&rows)?;
            } else if rows.is_empty() {
                output::text("No broker is known: `tenure broker add NAME --kind KIND --address URL`.\n")?;
            } else {
                output::text(&rows.iter().fold(String::new(), |text, row| text + &line(row) + "\n"))?;
            }
        }
        BrokerVerb::Check { name, token_file } => {
            let found = tenure_pipeline::check_broker(&store, &name, token_file.as_deref()).await?;
            if json { output::json(&found)? } else { output::text(&capabilities(&found))? }
        }
        BrokerVerb::Remove { name } => {
            tenure_pipeline::remove_broker(&store, &name).await?;
            if json {
                output::json(&serde_json::json!({"removed": name}))?;
            } else {
                output::text(&format!("Removed {}.\n", visible(&name)))?;
            }
        }
    }
    Ok(CLEAN)
}

fn line(row: &BrokerRow) -> String {
    let namespace =
        row.namespace.as_deref().map(|n| format!(", namespace {}", visible(n))).unwrap_or_default();
    format!("{} ({}) at {}{namespace}", visible(&row.name), row.kind, visible(&row.address))
}

/// What a person needs to know before handing anything over.
fn capabilities(found: &tenure_pipeline::Capabilities) -> String {
    let mut text = String::new();
    let version = found.version.as_deref().map(visible).unwrap_or_default();
    let _ = writeln!(text, "{} {version}: {:?}", found.broker, found.reach);
    let _ = writeln!(text, "  credentials end by themselves: {}", yes(found.guarantees.expiry));
    let _ = writeln!(text, "  revocation: {:?}", found.guarantees.revocation);
    if let Some(devices) = found.audit_devices {
        let _ = writeln!(text, "  audit devices: {devices}");
    }
    if found.self_is_admin {
        text.push_str("  the token may do everything: use a narrower one\n");
    }
    if found.may_take_credentials {
        text.push_str("  the token may take the workload's credentials itself: use a narrower one\n");
    }
    for missing in &found.missing_permissions {
        let _ = writeln!(text, "  missing: {}", visible(missing));
    }
    for warning in &found.warnings {
        let _ = writeln!(text, "  note: {}", visible(warning));
    }
    text
}

fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}
