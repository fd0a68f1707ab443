//! What the user's configuration and accepted exceptions do to findings: which are not made, how bad they are, and which do
//! not count. Nothing that does not count disappears: it stays in the report with the reason.

use std::collections::HashMap;
use std::path::PathBuf;

use tenure_model::{
    Allowed, ConfigurationState, ConfigurationUse, Day, Exception, Finding, Observation, Severity, Timestamp,
    day_of,
};
use tenure_scan::{Exclusions, REPOSITORY_CONFIGURATION, Veil};

use crate::configuration::{ConfigurationFile, Step};
use crate::{Failure, Rulebook, rule_cards};

/// Configuration files of repositories that one report names; the rest is counted.
const HELD_NAMED_MAX: usize = 100;

/// Everything that speaks about findings.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    /// In order of precedence.
    parts: Vec<Part>,
    /// What each rule usually says, where a configuration speaks of rules.
    usual: HashMap<String, Severity>,
    exclude: Exclusions,
    /// Those that hold.
    exceptions: Vec<Exception>,
    /// The exceptions that accept a finding, by its id.
    accepted: HashMap<String, Vec<usize>>,
    today: Day,
}

/// One configuration file.
#[derive(Debug)]
struct Part {
    file: ConfigurationFile,
    /// The root that it speaks about, as reports call it; `None` = all.
    root: Option<String>,
    /// The file as reports call it.
    shown: String,
    /// What it says of rules, by id.
    rules: HashMap<String, Said>,
    /// What it allows that is not over, by the id or fingerprint that it names: its place in the list.
    allowed: HashMap<String, usize>,
    /// Why each thing in that list is allowed, as reports repeat it.
    reasons: Vec<String>,
    /// What reports say of the file.
    told: ConfigurationUse,
}

/// What a configuration says of a rule.
#[derive(Debug, Clone, Copy)]
enum Said {
    Off,
    Severity(Severity),
}

impl Policy {
    /// Takes over configuration files, in order of precedence.
    ///
    /// # Errors
    /// [`Failure::Usage`] when one names a rule that does not exist.
    pub(crate) fn new(
        files: Vec<ConfigurationFile>,
        book: &Rulebook,
        now: Timestamp,
    ) -> Result<Policy, Failure> {
        let mut policy = Policy { today: day_of(now), ..Policy::default() };
        if files.is_empty() {
            return Ok(policy);
        }
        policy.usual = rule_cards(book).into_iter().map(|card| (card.id, card.severity)).collect();
        for file in files {
            let rules = &file.said().rules;
            let of_off = rules.off.iter().enumerate().map(|(at, id)| (id, "off", Step::At(at)));
            let of_severity = rules.severity.keys().map(|id| (id, "severity", Step::Key(id)));
            for (id, list, step) in of_off.chain(of_severity) {
                if !policy.usual.contains_key(id) && !book.disabled().contains(id) {
                    let problem = format!("there is no rule `{id}`: `tenure rules list` shows all ids");
                    return Err(file.wrong(&[Step::Key("rules"), Step::Key(list), step], &problem));
                }
            }
            policy.parts.push(Part::of(file, policy.today));
        }
        Ok(policy)
    }

    /// Learns how reports call the roots, and covers what reports repeat of the files.
    ///
    /// # Errors
    /// Never for files that were read: their patterns were tried then.
    pub(crate) fn name_roots(&mut self, roots: &[(String, PathBuf)], veil: &Veil<'_>) -> Result<(), Failure> {
        let cover = |text: &mut String| {
            veil.cover(text);
        };
        for part in &mut self.parts {
            if let Some(own) = part.file.root() {
                let name = roots.iter().find(|(_, path)| path == own).map_or("", |(name, _)| name);
                part.shown = format!("{name}/{REPOSITORY_CONFIGURATION}");
                part.root = Some(name.to_owned());
            }
            cover(&mut part.shown);
            part.reasons.iter_mut().for_each(cover);
            part.told.exclude.iter_mut().for_each(cover);
            part.told.path.clone_from(&part.shown);
            let patterns = &part.file.said().paths.exclude;
            self.exclude
                .add(part.root.as_deref(), &part.shown, patterns)
                .map_err(|(_, problem)| part.file.wrong(&[], &problem))?;
        }
        self.exclude.cover(cover);
        Ok(())
    }

    /// Takes over what people accepted.
    pub(crate) fn accept(&mut self, exceptions: Vec<Exception>) {
        let standing = exceptions.into_iter().map(|exception| exception.on(self.today));
        self.exceptions = standing.filter(|exception| exception.state.holds()).collect();
        for (number, exception) in self.exceptions.iter().enumerate() {
            for finding in &exception.accepted {
                self.accepted.entry(finding.id.clone()).or_default().push(number);
            }
        }
    }

    /// The exceptions alone, for what is read from an inventory.
    pub(crate) fn of_exceptions(exceptions: Vec<Exception>, now: Timestamp) -> Policy {
        let mut policy = Policy { today: day_of(now), ..Policy::default() };
        policy.accept(exceptions);
        policy
    }

    /// Marks a finding that an exception covers.
    pub(crate) fn except(&self, finding: &mut Finding) {
        let numbers = self.accepted.get(&finding.id).into_iter().flatten();
        let mut covering = numbers.map(|number| &self.exceptions[*number]);
        if let Some(exception) = covering.find(|exception| exception.covers(finding)) {
            let (id, why, until) = (&exception.id, &exception.why, exception.expires);
            let reason = exception.reason.word().replace('_', " ");
            finding.suppressed = Some(format!("exception {id} until {until} ({reason}): {why}"));
        }
    }

    /// Everything that decides what is kept of a scan.
    pub(crate) fn terms(&self) -> Vec<u8> {
        let said: Vec<_> = self.parts.iter().map(|part| (&part.root, part.file.said())).collect();
        serde_json::to_vec(&said).expect("a configuration is plain data")
    }

    /// What is not read.
    pub(crate) fn exclude(&self) -> Exclusions {
        self.exclude.clone()
    }

    /// The observation as the configuration leaves it; `None` when a rule that is switched off made it.
    pub(crate) fn take(&self, mut observation: Observation) -> Option<Observation> {
        if self.parts.is_empty() {
            return Some(observation);
        }
        let stays = match &mut observation {
            Observation::Finding(finding, _) => self.weigh(finding),
            // What a rule for secrets says of an identity goes with its finding.
            Observation::Evidence(evidence) => {
                !matches!(self.said(&evidence.source.root, &evidence.source.reader), Some(Said::Off))
            }
            _ => true,
        };
        stays.then_some(observation)
    }

    /// Gives a finding the severity that is wanted; false when its rule is switched off.
    pub(crate) fn weigh(&self, finding: &mut Finding) -> bool {
        match self.said(&finding.place.root, &finding.rule_id) {
            None => true,
            Some(Said::Off) => false,
            Some(Said::Severity(wanted)) => {
                let usual = self.usual.get(&finding.rule_id).copied().unwrap_or(Severity::Info);
                // What is weighed lower than usual, such as a value in a test, is not lifted.
                let is_lower = finding.severity < usual;
                finding.severity = if is_lower { finding.severity.min(wanted) } else { wanted };
                true
            }
        }
    }

    /// What the first file that speaks of a rule says.
    fn said(&self, root: &str, rule: &str) -> Option<Said> {
        let parts = self.parts.iter().filter(|part| part.root.as_deref().is_none_or(|own| own == root));
        parts.into_iter().find_map(|part| part.rules.get(rule).copied())
    }

    /// Marks a finding that does not count.
    pub(crate) fn suppress(&self, finding: &mut Finding) {
        self.except(finding);
        if finding.suppressed.is_none() {
            finding.suppressed = self.cause(finding).map(|(_, _, reason)| reason);
        }
    }

    /// Which file says that a finding does not count, by which of its accepted things, and why.
    fn cause(&self, finding: &Finding) -> Option<(usize, Option<usize>, String)> {
        for (number, part) in self.parts.iter().enumerate() {
            if part.root.as_ref().is_some_and(|own| *own != finding.place.root) {
                continue;
            }
            let print = finding.fingerprint.as_ref().map(|print| &print.0);
            let names = [Some(&finding.id), print];
            if let Some(at) = names.into_iter().flatten().find_map(|name| part.allowed.get(name)) {
                let reason = &part.reasons[*at];
                return Some((number, Some(*at), format!("allowed in {}: {reason}", part.shown)));
            }
        }
        let excluded = self.exclude.of(&finding.place.root, &finding.place.path)?;
        let number = self.parts.iter().position(|part| part.shown == excluded.source)?;
        Some((number, None, format!("left out by `{}` in {}", excluded.pattern, excluded.source)))
    }

    /// Marks the findings that do not count, and tells what each configuration file did. `held` are the files called
    /// like a configuration that the scan met.
    pub(crate) fn finish(
        &self,
        findings: &mut [Finding],
        held: &[(String, String)],
    ) -> Vec<ConfigurationUse> {
        let mut uses: Vec<ConfigurationUse> = self.parts.iter().map(|part| part.told.clone()).collect();
        let mut met: Vec<Vec<bool>> =
            self.parts.iter().map(|part| vec![false; part.file.said().allow.len()]).collect();
        findings.iter_mut().for_each(|finding| self.except(finding));
        for finding in findings.iter_mut().filter(|finding| finding.suppressed.is_none()) {
            let Some((number, allowed, reason)) = self.cause(finding) else { continue };
            finding.suppressed = Some(reason);
            uses[number].suppressed += 1;
            if let Some(at) = allowed {
                met[number][at] = true;
            }
        }
        for (number, part) in self.parts.iter().enumerate() {
            for (allowed, met) in part.file.said().allow.iter().zip(&met[number]) {
                let is_over = allowed.expires.is_some_and(|day| day < self.today);
                uses[number].allow_expired += u64::from(is_over);
                uses[number].allow_unmatched += u64::from(!is_over && !met);
            }
        }
        uses.extend(self.not_applied(held));
        uses
    }

    /// Configuration files that lie in what was scanned and changed nothing.
    fn not_applied(&self, held: &[(String, String)]) -> Vec<ConfigurationUse> {
        let is_applied = |root: &str| self.parts.iter().any(|part| part.root.as_deref() == Some(root));
        let rows: Vec<ConfigurationUse> = held
            .iter()
            .filter(|(root, path)| path != REPOSITORY_CONFIGURATION || !is_applied(root))
            .map(|(root, path)| {
                let at_root = path == REPOSITORY_CONFIGURATION;
                let state =
                    if at_root { ConfigurationState::NotTrusted } else { ConfigurationState::NotAtRoot };
                ConfigurationUse::new(format!("{root}/{path}"), state)
            })
            .collect();
        let more = rows.len().saturating_sub(HELD_NAMED_MAX);
        let mut named: Vec<ConfigurationUse> = rows.into_iter().take(HELD_NAMED_MAX).collect();
        if more > 0 {
            named.push(ConfigurationUse::new(format!("{more} more files"), ConfigurationState::NotAtRoot));
        }
        named
    }
}

impl Part {
    fn of(file: ConfigurationFile, today: Day) -> Part {
        let said = file.said();
        let severities = said.rules.severity.iter().map(|(id, severity)| (id, Said::Severity(*severity)));
        let off = said.rules.off.iter().map(|id| (id, Said::Off));
        let rules = severities.chain(off).map(|(id, said)| (id.clone(), said)).collect();
        let open = |allowed: &Allowed| allowed.expires.is_none_or(|day| day >= today);
        let allow = said.allow.iter().enumerate().filter(|(_, allowed)| open(allowed));
        let allowed = allow
            .filter_map(|(at, allowed)| {
                Some((allowed.finding.clone().or_else(|| allowed.fingerprint.clone())?, at))
            })
            .collect();
        let reasons = said.allow.iter().map(|allowed| allowed.reason.clone()).collect();
        let (settings, left_out) = file.settings_noted();
        let shown = file.shown().to_owned();
        let told = ConfigurationUse {
            settings: settings.to_vec(),
            settings_left_out: left_out.to_vec(),
            exclude: said.paths.exclude.clone(),
            rules_off: said.rules.off.clone(),
            severities: said.rules.severity.clone(),
            ..ConfigurationUse::new(shown.clone(), ConfigurationState::Applied)
        };
        Part { file, root: None, shown, rules, allowed, reasons, told }
    }
}
