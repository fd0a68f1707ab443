//! Crontabs: commands by the clock, the variables that they receive, and values in them.

use tenure_model::{Consumer, Fact};
use tenure_model::{Federation, Quality, Subject, SubjectKind};

use super::held::{Account, Held, Literal, Workload};
use super::schedule;
use crate::detect::ci::purpose::names_a_secret;
use crate::detect::recogniser::Recogniser;
use crate::detect::witness::Witness;
use crate::detect::{Blob, Detector, Look, Reading, Unreadable, text};

/// Largest crontab that is read.
const CRONTAB_BYTES_MAX: usize = 1 << 20;
/// Lines of one crontab that are read.
const LINES_MAX: usize = 10_000;

/// Jobs below one variable that are told as its users.
const JOBS_OF_VARIABLE_MAX: usize = 100;

/// The reader.
pub(super) struct Crontab;

impl Detector for Crontab {
    fn name(&self) -> &'static str {
        "crontab"
    }

    fn describe(&self) -> &'static str {
        "Crontabs: commands by the clock, variables and values that they receive"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        let file = blob.path.rsplit('/').next().unwrap_or(blob.path);
        let named = file == "crontab" || file.ends_with(".crontab") || file.ends_with(".cron");
        let in_folder = || blob.path.rsplit('/').skip(1).any(|folder| folder == "cron.d");
        (named || !file.contains('.') && in_folder()) && !is_script(blob)
    }

    fn read_values(&self, blob: &Blob<'_>, values: &dyn Recogniser) -> Reading {
        let text = match text::of(blob, CRONTAB_BYTES_MAX, "crontab") {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let mut account = Account::default();
        let mut witness = Witness::new(blob, self.name());
        let mut assigned: Vec<(&str, &str, u32)> = Vec::new();
        let mut commands: Vec<(usize, &str, u32)> = Vec::new();
        let mut odd = None;
        for (line, number) in text.lines().zip(1..).take(LINES_MAX) {
            match row(line, has_users(blob)) {
                Row::Nothing => {}
                Row::Assignment(name, value) => assigned.push((name, value, number)),
                Row::Job { schedule, command } => {
                    let index = account.workloads.len();
                    account.workloads.push(workload(schedule, command, number));
                    references(blob, command, number, index, &mut account);
                    commands.push((index, command, number));
                }
                Row::Odd => drop(odd.get_or_insert(number)),
            }
        }
        let proof = |_: Option<usize>, _: &str| {
            let how = "cron issues no identity; an agent on the machine could log in at a broker before the command runs";
            Some((Federation::PluginOnly, how.to_owned()))
        };
        account.give(blob, &proof, &mut witness);
        for (name, value, line) in assigned {
            // A variable holds for every job below it.
            let below = commands.iter().filter(|(_, _, at)| *at > line).take(JOBS_OF_VARIABLE_MAX);
            for workload in below.map(|(index, ..)| Some(*index)) {
                account.literal(blob, &Literal { name, value, line, workload }, values, &mut witness);
            }
        }
        for (index, command, line) in commands {
            in_command(blob, &account, index, command, line, values, &mut witness);
        }
        let cut = text.lines().nth(LINES_MAX).is_some();
        let unreadable = match (odd, cut) {
            (_, true) => Some(("crontab_too_large", format!("the first {LINES_MAX} lines are read"))),
            (Some(line), _) => {
                Some(("crontab_broken", format!("line {line}: neither a variable nor a schedule")))
            }
            (None, false) => None,
        };
        witness.done(unreadable.map(|(reason, detail)| Unreadable { reason, detail }))
    }
}

/// Whether it is a program that cron starts, and no table of such: it names what runs it, and no line has a schedule.
fn is_script(blob: &Blob<'_>) -> bool {
    let lines = || String::from_utf8_lossy(&blob.bytes[..blob.bytes.len().min(CRONTAB_BYTES_MAX)]);
    blob.bytes.starts_with(b"#!")
        && !lines().lines().take(LINES_MAX).any(|line| matches!(row(line, has_users(blob)), Row::Job { .. }))
}

/// Whether the command comes after a user's name.
fn has_users(blob: &Blob<'_>) -> bool {
    let path = format!("/{}", blob.path);
    path.contains("/cron.d/") || path.ends_with("/etc/crontab")
}

enum Row<'t> {
    Nothing,
    Assignment(&'t str, &'t str),
    Job { schedule: &'t str, command: &'t str },
    Odd,
}

fn row(line: &str, users: bool) -> Row<'_> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Row::Nothing;
    }
    if let Some((name, value)) = line.split_once('=') {
        let name = name.trim();
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Row::Assignment(name, value.trim().trim_matches(['"', '\'']));
        }
    }
    let fields = if line.starts_with('@') { 1 } else { 5 };
    let mut end = 0;
    for _ in 0..fields {
        let rest = &line[end..];
        let start = rest.len() - rest.trim_start().len();
        let Some(length) = rest[start..].find(char::is_whitespace) else { return Row::Odd };
        end += start + length;
    }
    let (schedule, command) = (line[..end].trim(), line[end..].trim());
    let known = schedule == "@reboot" || schedule::cron_runs(schedule).is_some();
    let command = match command.split_once(char::is_whitespace) {
        // No command is called `root`: it is the column of users, whatever the file is called.
        Some((user, command)) if users || user == "root" => command.trim_start(),
        _ => command,
    };
    if known && !command.is_empty() { Row::Job { schedule, command } } else { Row::Odd }
}

fn workload(schedule: &str, command: &str, line: u32) -> Workload {
    Workload {
        kind: "cron_job",
        name: program(command).to_owned(),
        line,
        triggers: vec![if schedule == "@reboot" { "reboot" } else { "schedule" }.to_owned()],
        runs_per_day: schedule::cron_runs(schedule),
        ..Workload::default()
    }
}

/// The program's own name: nothing else of a command is told, because anything may stand there.
fn program(command: &str) -> &str {
    let word = command.split_whitespace().find(|word| !word.contains('=')).unwrap_or("(command)");
    let name = word.rsplit('/').next().unwrap_or(word);
    if name.len() > 64 || name.contains(['$', '`', '"', '\'', '@', ':']) { "(command)" } else { name }
}

/// Variables that a command names.
fn references(blob: &Blob<'_>, command: &str, line: u32, workload: usize, account: &mut Account) {
    for part in command.split('$').skip(1) {
        let part = part.strip_prefix('{').unwrap_or(part);
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
        let name = &part[..end];
        if !names_a_secret(name) {
            continue;
        }
        account.held.push(Held {
            subject: Subject::new(
                SubjectKind::Account,
                format!("cron:{}:{}:variable:{name}", blob.repository, blob.path),
            ),
            kind: "environment_variable",
            store: "cron",
            name: name.to_owned(),
            received_as: Some(name.to_owned()),
            exposure: "argument",
            line,
            workload: Some(workload),
            purpose: None,
        });
    }
}

/// Ties a value in a command to the job.
fn in_command(
    blob: &Blob<'_>,
    account: &Account,
    workload: usize,
    command: &str,
    line: u32,
    values: &dyn Recogniser,
    witness: &mut Witness<'_>,
) {
    let (Some(known), Some(workload)) = (values.only_one(command), account.workloads.get(workload)) else {
        return;
    };
    let subject = Subject::new(SubjectKind::Credential, known.fingerprint.0);
    let consumer = Consumer { exposure: Some("argument".to_owned()), ..workload.consumer(blob, line) };
    witness.fact(&subject, line, Quality::Config, Fact::Consumer { consumer });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Alone;

    #[test]
    fn a_script_that_cron_starts_is_no_crontab_and_a_crontab_that_begins_like_one_is() {
        let claims = |path: &str, text: &str| {
            let blob = Blob {
                root: "r",
                path,
                base: "",
                repository: "",
                bytes: text.as_bytes(),
                neighbours: &Alone,
            };
            Crontab.claims(&blob)
        };
        assert!(!claims("debian/passwd.expire.cron", "#!/bin/sh\nset -e\nif test -x /sbin/x; then x; fi\n"));
        assert!(claims("jobs.cron", "#!/usr/bin/crontab\n5 4 * * * /opt/backup.sh\n"));
        assert!(claims("jobs.cron", "5 4 * * /opt/backup.sh\n"), "a broken one is still one");
    }
}
