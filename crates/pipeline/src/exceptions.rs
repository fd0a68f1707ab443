//! Exceptions: accepted, listed, looked at. What they do to findings is in `crate::policy`.

use tenure_assess::Rules;
use tenure_inventory::Inventory;
use tenure_model::{
    AcceptedFinding, BREAK_GLASS_REVIEW_DAYS_MAX, Day, EXCEPTION_DAYS_MAX, Exception, ExceptionOverview,
    ExceptionReason, ExceptionReview, ExceptionState, ReadinessBand, ReviewDecision, Timestamp, day_of,
    days_between,
};

use crate::reading::{judged, resolve_id};
use crate::{Failure, Store, covered};

/// How the ids of findings begin.
const FINDING: &str = "f_";
/// What the assessment says of exceptions is not accepted by one.
const ABOUT_EXCEPTIONS: &str = "lifecycle-exception-";
/// Bytes of an exception's id.
const ID_BYTES: usize = 5;

/// What somebody wants to accept.
#[derive(Debug, Clone)]
pub struct NewException {
    /// An identity, or one finding of it.
    pub subject: String,
    /// Why.
    pub reason: ExceptionReason,
    /// The same in their words.
    pub why: String,
    /// Who accepts it.
    pub by: Vec<String>,
    /// The last day on which it holds.
    pub expires: Day,
    /// The day of the first look.
    pub review: Option<Day>,
}

/// A look at an exception.
#[derive(Debug, Clone)]
pub struct NewReview {
    /// Who looks.
    pub by: Vec<String>,
    /// What they decide.
    pub decision: ReviewDecision,
    /// A new last day.
    pub expires: Option<Day>,
    /// The day of the next look.
    pub review: Option<Day>,
}

/// Accepts what is found of an identity today, and nothing that is found later.
///
/// # Errors
/// [`Failure::Usage`] when there is no such identity or finding, or the terms are not those of an exception.
pub async fn add_exception(store: &Store, new: &NewException, now: Timestamp) -> Result<Exception, Failure> {
    let today = day_of(now);
    let by = signatures(&new.by, new.reason.approvers_min())?;
    let why = covered(new.why.trim());
    if why.is_empty() {
        return usage("say why with --why: the reason alone does not tell whoever reviews it");
    }
    within(today, new.expires)?;
    let review = first_review(new, today)?;
    let inventory = store.open_existing().await?;
    let (identity_id, only) = match new.subject.starts_with(FINDING) {
        true => (of_finding(&inventory, &new.subject).await?, Some(new.subject.as_str())),
        false => (resolve_id(&inventory, &new.subject).await?, None),
    };
    let dossier = inventory.dossier(&identity_id).await?;
    let made = tenure_assess::assess(&dossier, Rules::embedded(), now).findings;
    let accepted: Vec<AcceptedFinding> = dossier
        .findings
        .iter()
        .chain(&made)
        .filter(|finding| !finding.rule_id.starts_with(ABOUT_EXCEPTIONS))
        .filter(|finding| only.is_none_or(|only| finding.id == only))
        .map(|finding| AcceptedFinding {
            id: finding.id.clone(),
            root: finding.place.root.clone(),
            rule_id: finding.rule_id.clone(),
            severity: finding.severity,
        })
        .collect();
    if only.is_some() && accepted.is_empty() {
        return usage(
            "that finding speaks about several identities at once, or about an exception: name the identity",
        );
    }
    let exception = Exception {
        id: id(&identity_id, now),
        identity_id,
        identity_name: dossier.identity.name.clone(),
        reason: new.reason,
        why,
        approved_by: by,
        made_at: now,
        expires: new.expires,
        review,
        accepted,
        reviews: Vec::new(),
        state: ExceptionState::default(),
    };
    inventory.add_exception(&exception).await?;
    inventory.close().await?;
    Ok(exception.on(today))
}

/// All exceptions beside the number of identities, expired ones first.
///
/// # Errors
/// When the inventory cannot be read.
pub async fn exceptions(store: &Store, now: Timestamp) -> Result<ExceptionOverview, Failure> {
    let today = day_of(now);
    let inventory = store.open_existing().await?;
    let mut exceptions: Vec<Exception> =
        inventory.exceptions().await?.into_iter().map(|exception| exception.on(today)).collect();
    let judged = judged(&inventory, now).await?;
    inventory.close().await?;
    exceptions.sort_by_key(|exception| (exception.state, exception.expires, exception.made_at));
    let holds = |id: &str| exceptions.iter().any(|one| one.identity_id == id && one.state.holds());
    let count = |number: usize| number as u64;
    Ok(ExceptionOverview {
        identities: count(judged.len()),
        identities_excepted: count(judged.iter().filter(|(dossier, _)| holds(&dossier.identity.id)).count()),
        identities_without: count(
            judged
                .iter()
                .filter(|(_, assessed)| assessed.identity.readiness.band == ReadinessBand::ExceptionNeeded)
                .filter(|(dossier, _)| !holds(&dossier.identity.id))
                .count(),
        ),
        exceptions,
    })
}

/// Looks at an exception again: it goes on, perhaps longer, or ends.
///
/// # Errors
/// [`Failure::Usage`] when there is none with this id, it was ended, or it would hold for too long.
pub async fn review_exception(
    store: &Store,
    id: &str,
    new: &NewReview,
    now: Timestamp,
) -> Result<Exception, Failure> {
    let today = day_of(now);
    let inventory = store.open_existing().await?;
    let all = inventory.exceptions().await?;
    let Some(exception) = all.into_iter().find(|exception| exception.id == id) else {
        let problem = format!("no exception is called `{id}`: `tenure exception list` shows them all");
        return Err(Failure::Usage(problem));
    };
    let exception = exception.on(today);
    if exception.state == ExceptionState::Ended {
        return usage("it was ended by a review: accept it anew with `tenure exception add`");
    }
    let (expires, review) = match new.decision {
        ReviewDecision::End if new.expires.is_some() || new.review.is_some() => {
            return usage("an exception that ends has no further day: leave out --expires and --review");
        }
        ReviewDecision::End => (exception.expires.min(today), None),
        ReviewDecision::Keep => {
            let expires = new.expires.unwrap_or(exception.expires);
            if new.expires.is_none() && exception.state == ExceptionState::Expired {
                return usage(
                    "its last day is over: say with --expires until when it is accepted from now on",
                );
            }
            within(today, expires)?;
            let review = match new.review {
                Some(day) => Some(look(day, today, expires)?),
                None => next_review(&exception, today, expires),
            };
            (expires, review)
        }
    };
    // More time is another approval.
    let longer = expires > exception.expires;
    let by = signatures(&new.by, if longer { exception.reason.approvers_min() } else { 1 })?;
    let review = ExceptionReview { by, decision: new.decision, at: now, expires, review };
    inventory.review_exception(id, &review).await?;
    inventory.close().await?;
    Ok(exception.reviewed(review).on(today))
}

/// The identity that a finding belongs to.
async fn of_finding(inventory: &Inventory, id: &str) -> Result<String, Failure> {
    let found = inventory.findings_called(id).await?;
    let mut owners: Vec<String> = found.iter().filter_map(|finding| finding.identity_id.clone()).collect();
    owners.sort();
    owners.dedup();
    match owners.as_slice() {
        [one] => Ok(one.clone()),
        [] if found.is_empty() => usage(&format!("no finding is called `{id}` in this inventory")),
        [] => usage("the finding belongs to no identity: a baseline or `[[allow]]` can accept it"),
        _ => usage("the finding belongs to several identities: name the identity"),
    }
}

/// Names of different people, as many as are needed at least.
fn signatures(by: &[String], wanted: usize) -> Result<Vec<String>, Failure> {
    let mut names: Vec<String> = Vec::new();
    for name in by {
        let name = covered(name.trim());
        let is_known = names.iter().any(|known| known.to_lowercase() == name.to_lowercase());
        if !name.is_empty() && !is_known {
            names.push(name);
        }
    }
    match (names.len(), wanted) {
        (0, _) => usage("say who decides with --by"),
        (given, wanted) if given < wanted => {
            usage(&format!("access for emergencies needs {wanted} different people: give --by for each"))
        }
        _ => Ok(names),
    }
}

/// Refuses a last day that is over or too far away.
fn within(today: Day, expires: Day) -> Result<(), Failure> {
    match days_between(today, expires) {
        left if left < 0 => usage(&format!("{expires} is over: an exception ends on a day to come")),
        left if left > EXCEPTION_DAYS_MAX => usage(&format!(
            "{expires} is {left} days away: an exception ends within {EXCEPTION_DAYS_MAX} days, and can be reviewed then"
        )),
        _ => Ok(()),
    }
}

/// The day of the first look: of emergency access always, and soon.
fn first_review(new: &NewException, today: Day) -> Result<Option<Day>, Failure> {
    let emergency = new.reason == ExceptionReason::BreakGlass;
    let Some(day) = new.review else {
        return Ok(emergency.then(|| soon(today).min(new.expires)));
    };
    let day = look(day, today, new.expires)?;
    if emergency && day > soon(today) {
        return usage(&format!(
            "emergency access is reviewed within {BREAK_GLASS_REVIEW_DAYS_MAX} days: by {} at the latest",
            soon(today)
        ));
    }
    Ok(Some(day))
}

/// The next look where nobody named one: one that is due is done, one to come stays.
fn next_review(exception: &Exception, today: Day, expires: Day) -> Option<Day> {
    let later = exception.review.filter(|day| *day > today);
    later.or_else(|| (exception.reason == ExceptionReason::BreakGlass).then(|| soon(today).min(expires)))
}

fn soon(today: Day) -> Day {
    today.saturating_add(jiff::Span::new().days(BREAK_GLASS_REVIEW_DAYS_MAX))
}

fn look(day: Day, today: Day, expires: Day) -> Result<Day, Failure> {
    if day < today || day > expires {
        return usage(&format!("the review of {day} lies outside of {today} to {expires}"));
    }
    Ok(day)
}

fn id(identity: &str, now: Timestamp) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(identity.as_bytes());
    hasher.update(now.to_string().as_bytes());
    hasher.update(&std::process::id().to_le_bytes());
    format!("x_{}", tenure_model::hex(&hasher.finalize().as_bytes()[..ID_BYTES]))
}

fn usage<T>(problem: &str) -> Result<T, Failure> {
    Err(Failure::Usage(problem.to_owned()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn an_exception_ends_within_ninety_days() {
        let today = date(2026, 1, 1);
        assert!(within(today, today).is_ok());
        assert!(within(today, date(2026, 4, 1)).is_ok(), "ninety days");
        assert!(within(today, date(2026, 4, 2)).is_err());
        assert!(within(today, date(2025, 12, 31)).is_err());
    }

    #[test]
    fn one_person_in_two_spellings_is_one() {
        let names = |by: &[&str], wanted| {
            signatures(&by.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), wanted)
        };
        assert!(names(&["kim", " KIM "], 2).is_err());
        assert!(names(&["kim", "  "], 2).is_err());
        assert_eq!(names(&["kim", "alex"], 2).unwrap(), ["kim", "alex"]);
        assert!(names(&[], 1).is_err());
    }
}
