//! `tenure plan`.

use tenure_model::Timestamp;
use tenure_pipeline::Failure;

use crate::args::{PlanArgs, PlanFormat};
use crate::scan::store;
use crate::{CLEAN, color, output};

#[allow(clippy::print_stderr)] // what was written where, beside the plan
pub(crate) async fn run(args: PlanArgs) -> Result<u8, Failure> {
    let store = store(args.store.inventory)?;
    let plan = tenure_pipeline::plan(&store, &args.identity, Timestamp::now()).await?;
    if let Some(folder) = &args.out {
        let written = tenure_pipeline::write_artifacts(&plan, &tenure_report::plan_markdown(&plan), folder)?;
        eprintln!("Wrote {} files to {}.", written.len(), folder.display());
    }
    match args.format {
        PlanFormat::Human => {
            output::text(&tenure_report::plan_human(&plan, &color::style(args.color, false, false)))?;
        }
        PlanFormat::Markdown => output::text(&tenure_report::plan_markdown(&plan))?,
        PlanFormat::Json => output::json(&plan)?,
    }
    Ok(CLEAN)
}
