//! Times as CI files write them: durations, and schedules in a mapping.

use super::cron;

/// Minutes of `90m`, `3h 30m`, `1 hour`, `3600` (seconds), rounded up; `None` when it is something else.
pub(super) fn minutes_of_duration(text: &str) -> Option<u32> {
    let mut seconds = 0.0_f64;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let number: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = match rest[..letters].to_ascii_lowercase().as_str() {
            "" | "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3_600.0,
            "d" | "day" | "days" => 86_400.0,
            "w" | "week" | "weeks" => 604_800.0,
            _ => return None,
        };
        seconds += number * unit;
        rest = rest[letters..].trim_start().trim_start_matches("and ").trim_start();
    }
    Some((seconds / 60.0).ceil() as u32)
}

/// Runs a day of several schedules; `None` when one of them cannot be counted or there is none.
pub(super) fn runs_per_day<'e>(expressions: impl IntoIterator<Item = &'e str>) -> Option<f64> {
    let mut expressions: Vec<&str> = expressions.into_iter().collect();
    expressions.sort_unstable();
    expressions.dedup();
    expressions.into_iter().map(cron::runs_per_day).sum::<Option<f64>>().filter(|&runs| runs > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_minutes() {
        for (text, minutes) in [
            ("3h 30m", 210),
            ("90 minutes", 90),
            ("3600", 60),
            ("1 day and 1 hour", 1500),
            ("30s", 1),
            ("1h30m", 90),
        ] {
            assert_eq!(minutes_of_duration(text), Some(minutes), "{text}");
        }
        for text in ["", "soon", "$TIMEOUT", "3 fortnights"] {
            assert_eq!(minutes_of_duration(text), None, "{text}");
        }
    }
}
