//! The glyphs that carry the product: severity as a shape, readiness as a strip of ten factors, and the
//! tenure of a credential as a line. Each has a text form, so that none needs colour or a screen.

use std::fmt::Write as _;

use tenure_model::{Credential, Readiness, RiskBand, Severity, Timestamp};

/// Shape of a severity.
pub(crate) fn severity(severity: Severity) -> char {
    match severity {
        Severity::Critical => '■',
        Severity::High => '▲',
        Severity::Medium => '◆',
        Severity::Low => '○',
        Severity::Info => '·',
    }
}

/// Shape of a risk band.
pub(crate) fn risk(band: RiskBand) -> char {
    match band {
        RiskBand::Critical => '■',
        RiskBand::High => '▲',
        RiskBand::Medium => '◆',
        RiskBand::Low => '○',
    }
}

/// Readiness as one cell per factor, F1 to F10: `█ ▓ ▒ ░` for one to a quarter, `·` for nothing, `?` for unknown.
pub(crate) fn strip(readiness: &Readiness) -> String {
    readiness
        .factors
        .iter()
        .map(|factor| match factor.value {
            None => '?',
            Some(value) if value >= 0.995 => '█',
            Some(value) if value >= 0.745 => '▓',
            Some(value) if value >= 0.495 => '▒',
            Some(value) if value >= 0.245 => '░',
            Some(_) => '·',
        })
        .collect()
}

/// The strip as a picture: widths are weights, fill is the value, hatching is unknown, the stroke is the
/// lowest cap. The page defines the pattern `unknown` once.
pub(crate) fn strip_svg(readiness: &Readiness, described: &str) -> String {
    const UNIT: f64 = 2.0;
    let mut svg = format!(
        "<svg class=\"strip\" role=\"img\" aria-label=\"{described}\" viewBox=\"0 0 200 12\" width=\"200\" height=\"12\">"
    );
    let mut x = 0.0;
    for factor in &readiness.factors {
        let width = f64::from(factor.weight) * UNIT;
        let inner = (width - 1.0).max(0.0);
        let _ = write!(svg, "<rect class=\"cell\" x=\"{x:.1}\" y=\"1\" width=\"{inner:.1}\" height=\"10\"/>");
        let _ = match factor.value {
            None => write!(
                svg,
                "<rect fill=\"url(#unknown)\" x=\"{x:.1}\" y=\"1\" width=\"{inner:.1}\" height=\"10\"/>"
            ),
            Some(value) => {
                let filled = inner * value.clamp(0.0, 1.0);
                write!(svg, "<rect class=\"fill\" x=\"{x:.1}\" y=\"1\" width=\"{filled:.1}\" height=\"10\"/>")
            }
        };
        x += width;
    }
    if let Some(cap) = readiness.gates.iter().map(|gate| gate.cap).min() {
        let at = f64::from(cap.min(100)) * UNIT;
        let _ = write!(svg, "<line class=\"cap\" x1=\"{at:.1}\" y1=\"0\" x2=\"{at:.1}\" y2=\"12\"/>");
    }
    svg.push_str("</svg>");
    svg
}

/// A credential's time on an axis of `from` to `to`, with `now` as the fine line; no expiry fades out.
pub(crate) fn tenure_svg(credential: &Credential, axis: Axis, described: &str) -> String {
    let start = credential.created_at.map_or(0.0, |at| axis.place(at));
    let end = credential.expires_at.map_or(200.0, |at| axis.place(at));
    let mut svg = format!(
        "<svg class=\"tenure\" role=\"img\" aria-label=\"{described}\" viewBox=\"0 0 200 12\" width=\"200\" height=\"12\">"
    );
    let class = if credential.expires_at.is_some() { "life" } else { "life open" };
    let width = (end - start).max(1.0);
    let _ =
        write!(svg, "<rect class=\"{class}\" x=\"{start:.1}\" y=\"4\" width=\"{width:.1}\" height=\"4\"/>");
    if credential.expires_at.is_some() {
        let _ = write!(svg, "<line class=\"stop\" x1=\"{end:.1}\" y1=\"1\" x2=\"{end:.1}\" y2=\"11\"/>");
    }
    if let Some(at) = credential.last_used_at {
        let _ = write!(svg, "<circle class=\"use\" cx=\"{:.1}\" cy=\"6\" r=\"2.5\"/>", axis.place(at));
    }
    let now = axis.place(axis.now);
    let _ = write!(svg, "<line class=\"now\" x1=\"{now:.1}\" y1=\"0\" x2=\"{now:.1}\" y2=\"12\"/></svg>");
    svg
}

/// The shared time axis of every tenure line of one page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Axis {
    from: Timestamp,
    to: Timestamp,
    now: Timestamp,
}

impl Axis {
    /// Spans every instant that the credentials name, and `now`.
    pub(crate) fn over<'a>(credentials: impl Iterator<Item = &'a Credential>, now: Timestamp) -> Self {
        let mut axis = Self { from: now, to: now, now };
        for credential in credentials {
            for at in
                [credential.created_at, credential.expires_at, credential.last_used_at].into_iter().flatten()
            {
                axis.from = axis.from.min(at);
                axis.to = axis.to.max(at);
            }
        }
        axis
    }

    /// Horizontal place of an instant, 4 to 180 of 200, so that an open end has room to fade.
    fn place(self, at: Timestamp) -> f64 {
        let span = (self.to.as_second() - self.from.as_second()).max(1) as f64;
        4.0 + (at.as_second() - self.from.as_second()) as f64 / span * 176.0
    }
}
