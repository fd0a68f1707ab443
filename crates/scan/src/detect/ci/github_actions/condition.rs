//! The condition of a job: which of its workflow's events start it, as far as it says so plainly.

/// `if:` of a job.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Condition<'t>(Option<&'t str>);

impl<'t> Condition<'t> {
    /// The text of `if:`, with or without its brackets.
    pub(super) fn new(text: Option<&'t str>) -> Self {
        let plain = |text: &'t str| {
            let text = text.trim();
            text.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(text).trim()
        };
        Self(text.map(plain))
    }

    /// Whether the event starts the job. What is not understood keeps nobody out.
    pub(super) fn lets_in(self, event: &str) -> bool {
        let Some(text) = self.0 else { return true };
        if text == "false" {
            return false;
        }
        let named = |term: &str, sign: &str| -> Option<bool> {
            let (left, right) = term.split_once(sign)?;
            let right = right.trim().trim_matches(|quote| quote == '\'' || quote == '"');
            (left.trim() == "github.event_name" && !right.contains(char::is_whitespace))
                .then_some(right == event)
        };
        if text.contains("||") {
            // Only a list of events, and nothing else, names all that let it run.
            let terms: Option<Vec<bool>> = text.split("||").map(|term| named(term, "==")).collect();
            return terms.is_none_or(|terms| terms.contains(&true));
        }
        text.split("&&").all(|term| named(term, "==").unwrap_or(true) && !named(term, "!=").unwrap_or(false))
    }

    /// Whether it asks who caused the event, or whether somebody let the change in.
    pub(super) fn asks_who(self) -> bool {
        const QUESTIONS: [&str; 3] = [
            "author_association",
            "github.event.pull_request.merged",
            "github.event.pull_request.head.repo.full_name",
        ];
        self.0.is_some_and(|text| QUESTIONS.iter().any(|question| text.contains(question)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_conditions_on_the_event_are_understood_and_others_keep_nobody_out() {
        let lets_in = |text: &'static str, event: &str| Condition::new(Some(text)).lets_in(event);
        assert!(!lets_in("false", "push") && !lets_in("${{ false }}", "push"));
        assert!(lets_in("github.event_name == 'schedule'", "schedule"));
        assert!(!lets_in("github.event_name == 'schedule'", "push"));
        assert!(!lets_in("${{ github.event_name != 'schedule' }}", "schedule"));
        assert!(lets_in("github.event_name == 'push' || github.event_name == 'schedule'", "schedule"));
        assert!(!lets_in("github.event_name == 'push' || github.event_name == 'schedule'", "issue_comment"));
        assert!(lets_in("github.event_name == 'push' || inputs.force", "issue_comment"));
        assert!(!lets_in("github.repository == 'acme/shop' && github.event_name == 'push'", "issue_comment"));
        assert!(lets_in("!(github.event_name == 'push')", "issue_comment"));
        assert!(Condition::new(None).lets_in("push"));
    }

    #[test]
    fn a_question_about_the_author_is_one() {
        let asks = |text: &'static str| Condition::new(Some(text)).asks_who();
        assert!(asks("contains(fromJSON('[\"OWNER\"]'), github.event.comment.author_association)"));
        assert!(asks("github.event.pull_request.merged == true"));
        assert!(!asks("github.event_name == 'push'"));
    }
}
