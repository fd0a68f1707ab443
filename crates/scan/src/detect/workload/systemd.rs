//! systemd units: services with the credentials and variables that they receive, and timers.
//!
//! A timer and its service are two files. The timer tells when the service of the same name runs; what that service
//! receives stands in its own file.

use tenure_model::{Fact, Federation, Quality, Subject, SubjectKind};

use super::env_file::EnvFile;
use super::held::{Account, Held, Literal, Workload};
use super::schedule;
use crate::detect::recogniser::Recogniser;
use crate::detect::witness::Witness;
use crate::detect::{Blob, Detector, Look, Reading, Unreadable, text};

/// Largest unit that is read.
const UNIT_BYTES_MAX: usize = 1 << 20;

/// Timers of one folder that are looked at.
const TIMERS_MAX: usize = 200;

/// The reader.
pub(super) struct Systemd;

impl Detector for Systemd {
    fn name(&self) -> &'static str {
        "systemd"
    }

    fn describe(&self) -> &'static str {
        "systemd services and timers: credentials, variables, files of variables, schedules, time limits"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        let opening = || text::opening(blob.bytes);
        let holds = |section: &[u8]| memchr::memmem::find(&opening(), section).is_some();
        (blob.path.ends_with(".service") && holds(b"[Service]"))
            || (blob.path.ends_with(".timer") && holds(b"[Timer]"))
    }

    fn read_values(&self, blob: &Blob<'_>, values: &dyn Recogniser) -> Reading {
        let text = match text::of(blob, UNIT_BYTES_MAX, "unit") {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let (settings, odd) = settings(&text);
        let mut witness = Witness::new(blob, self.name());
        let unit = blob.path.rsplit('/').next().unwrap_or(blob.path);
        if unit.ends_with(".timer") {
            timer(blob, unit, &settings, &mut witness);
        } else {
            service(blob, unit, &settings, values, &mut witness);
        }
        let odd = odd.map(|line| Unreadable {
            reason: "unit_broken",
            detail: format!("line {line}: neither a section, a setting nor a comment"),
        });
        witness.done(odd)
    }
}

/// One setting; a continued line is joined.
struct Setting {
    section: String,
    key: String,
    value: String,
    line: u32,
}

/// Every setting, and the first line that is none.
fn settings(text: &str) -> (Vec<Setting>, Option<u32>) {
    let (mut all, mut odd) = (Vec::new(), None);
    let mut section = String::new();
    let mut lines = text.lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
            continue;
        }
        let mut joined = line.to_owned();
        while joined.ends_with('\\') {
            joined.pop();
            let Some((next, _)) = lines.next() else { break };
            joined.push(' ');
            joined.push_str(next.trim());
        }
        match joined.split_once('=') {
            Some((key, value)) => all.push(Setting {
                section: section.clone(),
                key: key.trim().to_owned(),
                value: value.trim().to_owned(),
                line: number,
            }),
            None => drop(odd.get_or_insert(number)),
        }
    }
    (all, odd)
}

fn service(
    blob: &Blob<'_>,
    unit: &str,
    settings: &[Setting],
    values: &dyn Recogniser,
    witness: &mut Witness<'_>,
) {
    let last = |key: &str| settings.iter().rfind(|s| s.section == "Service" && s.key == key);
    let oneshot = last("Type").is_some_and(|setting| setting.value == "oneshot");
    // `RuntimeMaxSec` means nothing for a unit that is done when its command is (systemd.service(5)).
    let limit = last(if oneshot { "TimeoutStartSec" } else { "RuntimeMaxSec" });
    let mut account = Account::default();
    let timed = timed(blob, unit);
    account.workloads.push(Workload {
        triggers: timed.map(|_| "schedule".to_owned()).into_iter().collect(),
        runs_per_day: timed.flatten(),
        kind: if oneshot { "systemd_job" } else { "systemd_service" },
        name: unit.to_owned(),
        line: settings.iter().find(|s| s.section == "Service").map_or(1, |s| s.line),
        timeout_minutes: limit.and_then(|setting| schedule::span_minutes(&setting.value)),
        ..Workload::default()
    });
    let (mut literals, mut env_files) = (Vec::new(), Vec::new());
    for setting in settings.iter().filter(|setting| setting.section == "Service") {
        let Setting { key, value, line, .. } = setting;
        match key.as_str() {
            "LoadCredential" | "LoadCredentialEncrypted" | "ImportCredential" | "SetCredentialEncrypted" => {
                let name = value.split(':').next().unwrap_or(value);
                account.held.push(held(blob, unit, name, *line));
            }
            "EnvironmentFile" => {
                let path = value.trim_start_matches('-');
                env_files.push(EnvFile { path: path.to_owned(), line: *line, workload: 0 });
                let subject = Subject::new(SubjectKind::Account, format!("file:{}:{path}", blob.repository));
                let consumer = account.workloads[0].consumer(blob, *line);
                witness.fact(&subject, *line, Quality::Config, Fact::Consumer { consumer });
            }
            "Environment" => literals.extend(assignments(value).map(|pair| (pair, *line))),
            "SetCredential" => literals.extend(value.split_once(':').map(|pair| (pair, *line))),
            _ => {}
        }
    }
    let proof = |_: Option<usize>, _: &str| {
        let how = "systemd issues no identity; an agent on the machine could log in at a broker and hand the service short-lived credentials";
        Some((Federation::PluginOnly, how.to_owned()))
    };
    account.give(blob, &proof, witness);
    for ((name, value), line) in literals {
        account.literal(blob, &Literal { name, value, line, workload: Some(0) }, values, witness);
    }
    for file in &env_files {
        file.give(blob, &account, values, witness);
    }
}

/// The runs of a unit by the timers beside it; none when no timer starts it, and `Some(None)` when one does and its
/// schedule cannot be counted.
fn timed(blob: &Blob<'_>, unit: &str) -> Option<Option<f64>> {
    let path = blob.path_in_repository();
    let folder = path.rfind('/').map_or("", |slash| &path[..=slash]);
    let beside =
        blob.neighbours.below(folder).into_iter().filter(|path| path.ends_with(".timer")).take(TIMERS_MAX);
    let mut runs: Option<Option<f64>> = None;
    for path in beside.filter(|path| !path[folder.len()..].contains('/')) {
        let Some(text) = blob.neighbours.text(&path) else { continue };
        let (settings, _) = settings(&text);
        if started(&path[folder.len()..], &settings) == unit {
            let more = timer_runs(&settings);
            runs = Some(runs.map_or(more, |known| known.zip(more).map(|(a, b)| a + b)));
        }
    }
    runs
}

/// `"A=b c" D=e`.
fn assignments(value: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = value;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (word, after) = match quote {
            Some(quote) => rest[1..].split_once(quote).unwrap_or((&rest[1..], "")),
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        rest = after;
        (!word.is_empty()).then_some(word)
    })
    .filter_map(|word| word.split_once('='))
    .map(|(name, value)| (name, value.trim_matches(['"', '\''])))
}

fn held(blob: &Blob<'_>, unit: &str, name: &str, line: u32) -> Held {
    Held {
        subject: Subject::new(
            SubjectKind::Account,
            format!("systemd:{}:{unit}:credential:{name}", blob.repository),
        ),
        kind: "systemd_credential",
        store: "systemd",
        name: name.to_owned(),
        received_as: Some(name.to_owned()),
        exposure: "file",
        line,
        workload: Some(0),
        purpose: None,
    }
}

/// When the unit that a timer starts runs: evidence about that unit.
fn timer(blob: &Blob<'_>, unit: &str, settings: &[Setting], witness: &mut Witness<'_>) {
    let starts = started(unit, settings);
    let mut of_timer = settings.iter().filter(|setting| setting.section == "Timer");
    let Some(first) = of_timer.next() else { return };
    let workload = Workload {
        kind: "systemd_job",
        name: starts.clone(),
        line: first.line,
        triggers: vec!["schedule".to_owned()],
        runs_per_day: timer_runs(settings),
        ..Workload::default()
    };
    let subject = Subject::new(SubjectKind::Account, format!("systemd:{}:{starts}", blob.repository));
    let consumer = workload.consumer(blob, first.line);
    witness.fact(&subject, first.line, Quality::Config, Fact::Consumer { consumer });
}

/// The unit that a timer starts.
fn started(timer: &str, settings: &[Setting]) -> String {
    let named = settings.iter().find(|setting| setting.section == "Timer" && setting.key == "Unit");
    named.map_or_else(|| format!("{}.service", timer.trim_end_matches(".timer")), |unit| unit.value.clone())
}

/// Runs a day by all the schedules of a timer.
fn timer_runs(settings: &[Setting]) -> Option<f64> {
    let of_timer = settings.iter().filter(|setting| setting.section == "Timer");
    let runs = of_timer.filter_map(|setting| match setting.key.as_str() {
        "OnCalendar" => Some(schedule::calendar_runs(&setting.value)),
        "OnUnitActiveSec" | "OnUnitInactiveSec" => Some(schedule::every(&setting.value)),
        _ => None,
    });
    runs.sum::<Option<f64>>().filter(|&runs| runs > 0.0)
}
