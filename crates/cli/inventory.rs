//! `tenure inventory` and `tenure owner`.

use tenure_model::Timestamp;
use tenure_pipeline::{Failure, IdentityQuery};

use crate::args::{AnswerFormat, InventoryArgs, InventoryVerb, OwnerArgs, OwnerVerb};
use crate::scan::store;
use crate::{CLEAN, color, output};

pub(crate) async fn run(args: InventoryArgs) -> Result<u8, Failure> {
    let store_args = args.store;
    let store = store(store_args.inventory)?;
    let style = color::style(store_args.color, false, false);
    let json = store_args.format == AnswerFormat::Json;
    let now = Timestamp::now();
    match args.verb {
        InventoryVerb::List { words } => {
            let query = IdentityQuery { text: Some(words.join(" ")), ..IdentityQuery::default() };
            let identities = tenure_pipeline::all_identities(&store, &query).await?;
            if json {
                output::json(&identities)?;
            } else {
                output::text(&tenure_report::identities_human(&identities, &style))?;
            }
        }
        InventoryVerb::Show { id } => {
            let detail = tenure_pipeline::identity(&store, &id, now).await?;
            if json {
                output::json(&detail)?;
            } else {
                output::text(&tenure_report::identity_human(
                    &detail.identity,
                    &detail.findings,
                    detail.plan.as_ref(),
                    &detail.made_by,
                    &style,
                ))?;
            }
        }
        InventoryVerb::Diff { before, after } => {
            let difference = tenure_pipeline::difference(&before, &after).await?;
            if json {
                output::json(&difference)?;
            } else {
                output::text(&tenure_report::difference_human(&difference, &style))?;
            }
        }
        InventoryVerb::Owners => {
            let owners = tenure_pipeline::owners(&store, now).await?;
            if json {
                let rows: Vec<_> = owners
                    .iter()
                    .map(|(owner, identities)| serde_json::json!({"owner": owner, "identities": identities.iter().map(|i| &i.id).collect::<Vec<_>>()}))
                    .collect();
                output::json(&rows)?;
            } else {
                for (owner, identities) in owners {
                    let name = tenure_model::visible(owner.as_deref().unwrap_or("nobody"));
                    output::text(&format!("{name}\n"))?;
                    output::text(&tenure_report::identities_human(&identities, &style))?;
                    output::text("\n")?;
                }
            }
        }
    }
    Ok(CLEAN)
}

pub(crate) async fn run_owner(args: OwnerArgs) -> Result<u8, Failure> {
    let store = store(args.store.inventory)?;
    let now = Timestamp::now();
    let identity = match args.verb {
        OwnerVerb::Set { id, owner, by } => {
            tenure_pipeline::set_owner(&store, &id, Some(&owner), &by, now).await?
        }
        OwnerVerb::Confirm { id, by } => tenure_pipeline::set_owner(&store, &id, None, &by, now).await?,
    };
    if args.store.format == AnswerFormat::Json {
        output::json(&identity)?;
    } else {
        let owner = tenure_model::visible(identity.owner.name.as_deref().unwrap_or("nobody"));
        output::text(&format!("{} is now owned by {owner}.\n", tenure_model::visible(&identity.name)))?;
    }
    Ok(CLEAN)
}
