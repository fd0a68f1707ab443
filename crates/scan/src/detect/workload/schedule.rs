//! How often a schedule starts something, in the several languages in which schedules are written.

use crate::detect::ci::cron;

/// Runs a day on average of a cron expression: five fields, a macro such as `@daily`, with or without a time zone.
pub(super) fn cron_runs(text: &str) -> Option<f64> {
    let text = text.trim();
    let fields = match text.strip_prefix("TZ=").or_else(|| text.strip_prefix("CRON_TZ=")) {
        Some(rest) => rest.split_once(char::is_whitespace)?.1,
        None => text,
    };
    let macros = match fields.to_ascii_lowercase().as_str() {
        "@yearly" | "@annually" => Some("0 0 1 1 *"),
        "@monthly" => Some("0 0 1 * *"),
        "@weekly" => Some("0 0 * * 0"),
        "@daily" | "@midnight" => Some("0 0 * * *"),
        "@hourly" => Some("0 * * * *"),
        _ => None,
    };
    cron::runs_per_day(macros.unwrap_or(fields)).filter(|&runs| runs > 0.0)
}
