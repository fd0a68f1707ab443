//! `tenure exception`.

use tenure_model::{Timestamp, visible};
use tenure_pipeline::{Failure, NewException, NewReview};

use crate::args::{AnswerFormat, ExceptionArgs, ExceptionVerb};
use crate::scan::store;
use crate::{CLEAN, color, output};

pub(crate) async fn run(args: ExceptionArgs) -> Result<u8, Failure> {
    let store = store(args.store.inventory)?;
    let style = color::style(args.store.color, false, false);
    let json = args.store.format == AnswerFormat::Json;
    let now = Timestamp::now();
    let exception = match args.verb {
        ExceptionVerb::List => {
            let overview = tenure_pipeline::exceptions(&store, now).await?;
            if json {
                output::json(&overview)?;
            } else {
                output::text(&tenure_report::exceptions_human(&overview, &style))?;
            }
            return Ok(CLEAN);
        }
        ExceptionVerb::Add { identity, reason, why, by, expires, review } => {
            let new = NewException { subject: identity, reason, why, by, expires, review };
            tenure_pipeline::add_exception(&store, &new, now).await?
        }
        ExceptionVerb::Review { id, by, decision, expires, review } => {
            let new = NewReview { by, decision, expires, review };
            tenure_pipeline::review_exception(&store, &id, &new, now).await?
        }
    };
    if json {
        output::json(&exception)?;
    } else {
        let about = format!("{} for {}\n", exception.id, visible(&exception.identity_name));
        output::text(&(about + &tenure_report::exception_human(&exception, &style)))?;
    }
    Ok(CLEAN)
}
