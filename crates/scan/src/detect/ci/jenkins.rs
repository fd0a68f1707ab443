//! Jenkins: a `Jenkinsfile`, declarative or scripted, read by its words.
//!
//! The file is a program: only running it would tell everything. What is read are credentials asked for by their
//! id, the stage around them, triggers and time limits; facts of it count as heuristic.

mod binding;
mod casc;
mod cron;
mod groovy;
mod library;

pub(super) use casc::JenkinsConfiguration;
pub(super) use library::JenkinsLibrary;

use std::borrow::Cow;
use std::collections::BTreeMap;

use tenure_model::{Federation, FingerprintKey, Quality};

use self::groovy::{Token, Tokens};
use super::job::{Deed, DeedKind, Job, Pipeline};
use super::purpose::{self, Place};
use super::secret_use::{Exposure, SecretUse};
use super::system::{Proof, System};
use super::{reading, schedule, shell};
use crate::detect::witness::{Spot, Witness};
use crate::detect::{Blob, Detector, Look, Reading};

/// The system in words.
pub(super) static SYSTEM: System = System {
    key: "jenkins",
    name: "Jenkins",
    secret_kind: "jenkins_credential",
    job_kind: "jenkins_stage",
    plain_kind: "ci_secret",
    token: Some("a token of Jenkins' OpenID Connect provider plug-in"),
    timeout: Some(("timeout", "ever: Jenkins itself sets no limit")),
    folds_case: false,
    guards_environments: false,
    trusted_publishing: &[],
};
/// The job of what stands outside of every stage.
const WHOLE: &str = "pipeline";
/// Deepest nesting of blocks that is told apart.
const BLOCKS_MAX: usize = 256;
/// Longest id of a credential.
const ID_BYTES_MAX: usize = 200;
/// Uses and stages of one file that are kept.
const USES_MAX: usize = 5_000;

/// The reader.
pub(super) struct Jenkins;

impl Detector for Jenkins {
    fn name(&self) -> &'static str {
        "jenkins"
    }

    fn describe(&self) -> &'static str {
        "Jenkinsfiles: stages and the credentials that they bind, triggers and time limits; read by words"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        is_jenkinsfile(blob.path) && !reading::is_specimen(blob)
    }

    fn read(&self, blob: &Blob<'_>, key: &FingerprintKey) -> Reading {
        let text = match reading::decoded(blob) {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let mut witness = Witness::new(blob, self.name());
        let script = Script::read(&text);
        let unreadable = script.unreadable();
        let mut pipeline = script.pipeline();
        library::name_libraries(blob, &mut pipeline, &script);
        let unreadable = unreadable.or(reading::note(blob, &pipeline, key, &mut witness));
        witness.done(unreadable)
    }
}

/// Whether a file is a pipeline by its name.
fn is_jenkinsfile(path: &str) -> bool {
    // Jenkins takes any name that its job is given; people write this one in capitals or not, and number it.
    let file = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let goes_on = |rest: &str| {
        rest.starts_with(|first: char| matches!(first, '.' | '-' | '_') || first.is_ascii_digit())
    };
    let named = file.strip_prefix("jenkinsfile").is_some_and(|rest| {
        rest.is_empty() || (goes_on(rest) && !is_other(rest)) || rest.ends_with(".groovy")
    });
    named || file.ends_with(".jenkinsfile")
}

/// Endings that are no pipelines: documents and backups.
fn is_other(rest: &str) -> bool {
    [".md", ".txt", ".orig", ".bak", ".yml", ".yaml", ".json"].iter().any(|ending| rest.ends_with(ending))
}

/// A stage with what was found in it.
#[derive(Clone)]
struct Stage<'t> {
    name: &'t str,
    line: u32,
    uses: Vec<SecretUse<'t>>,
    deeds: Vec<Deed>,
    timeout_minutes: Option<u32>,
    has_timeout: bool,
    approval: bool,
}

/// A block that is open.
struct Block<'t> {
    /// The word before the brace: `stage`, `environment`, …
    word: &'t str,
    /// Index of the stage that it opens, if it does.
    stage: Option<usize>,
}

/// A call of a function, which may be one of a shared library.
struct FunctionCall<'t> {
    function: &'t str,
    line: u32,
    /// Index of the stage that it stands in.
    stage: usize,
}

struct Script<'t> {
    tokens: Vec<Token<'t>>,
    whole: bool,
    stages: Vec<Stage<'t>>,
    blocks: Vec<Block<'t>>,
    /// Blocks deeper than are told apart.
    too_deep: usize,
    crons: Vec<Cow<'t, str>>,
    triggers: Vec<String>,
    approved: bool,
    binding: usize,
    /// What names are set to, where that is written out.
    literals: BTreeMap<&'t str, &'t str>,
    calls: Vec<FunctionCall<'t>>,
    /// Shared libraries as written, `name@version`, and where.
    libraries: Vec<(&'t str, Spot)>,
}

impl<'t> Script<'t> {
    fn read(text: &'t str) -> Self {
        let (tokens, whole) = Tokens::all(text);
        let mut script = Self {
            tokens,
            whole,
            stages: vec![Stage::new(WHOLE, 1)],
            blocks: Vec::new(),
            too_deep: 0,
            crons: Vec::new(),
            triggers: Vec::new(),
            approved: false,
            binding: 0,
            literals: BTreeMap::new(),
            calls: Vec::new(),
            libraries: Vec::new(),
        };
        for three in script.tokens.windows(3) {
            if let [Token::Word(name, _), Token::Sign(b'=', _), Token::Text(text, _)] = three {
                script.literals.entry(name).or_insert(text);
            }
        }
        for at in 0..script.tokens.len() {
            script.token(at);
        }
        script
    }

    fn unreadable(&self) -> Option<crate::detect::Unreadable> {
        let detail = "a text or comment of the script has no end".to_owned();
        (!self.whole).then_some(crate::detect::Unreadable { reason: "groovy_broken", detail })
    }

    fn token(&mut self, at: usize) {
        match self.tokens[at] {
            Token::Sign(b'{', line) => self.open(at, line),
            Token::Sign(b'}', _) if self.too_deep > 0 => self.too_deep -= 1,
            Token::Sign(b'}', _) => {
                self.blocks.pop();
            }
            Token::Word(word, line) => self.word(at, word, line),
            Token::Text(text, spot) => self.text(at, text, spot),
            Token::Sign(..) => {}
        }
    }

    fn open(&mut self, at: usize, line: u32) {
        if self.blocks.len() == BLOCKS_MAX {
            self.too_deep += 1;
            return;
        }
        let (word, argument) = self.call_before(at);
        let mut stage = None;
        if word == "stage" && self.stages.len() < USES_MAX {
            let name = argument.unwrap_or("stage");
            stage = Some(self.stages.len());
            self.stages.push(Stage { approval: self.approved, ..Stage::new(name, line) });
        }
        self.blocks.push(Block { word, stage });
    }

    /// The word that a brace belongs to, and the text in its brackets: `stage('x') {`.
    fn call_before(&self, brace: usize) -> (&'t str, Option<&'t str>) {
        let mut at = brace;
        let mut argument = None;
        let mut depth = 0;
        while at > 0 && brace - at < 64 {
            at -= 1;
            match self.tokens[at] {
                Token::Sign(b')', _) => depth += 1,
                Token::Sign(b'(', _) => depth -= 1,
                Token::Text(text, _) if argument.is_none() => argument = Some(text),
                Token::Word(word, _) if depth == 0 => return (word, argument),
                Token::Sign(b'{' | b'}' | b';', _) => break,
                _ => {}
            }
        }
        ("", argument)
    }

    fn word(&mut self, at: usize, word: &'t str, line: u32) {
        match word {
            "input" if self.is_call(at) => {
                self.approved = true;
                self.stage().approval = true;
            }
            "timeout" => self.timeout(at),
            "cron" => {
                if let Some(expression) = self.first_text(at) {
                    self.crons.extend(expression.lines().filter_map(cron::of_line));
                    self.trigger("schedule");
                }
            }
            "pollSCM" => self.trigger("poll"),
            "githubPush" | "gitlab" if self.inside("triggers") => self.trigger("push"),
            "upstream" if self.inside("triggers") => self.trigger("upstream"),
            "sshagent" => self.binding += 1,
            "withCredentials" | "withAWS" | "withKubeConfig" | "withDockerRegistry" => self.binding += 1,
            _ => {}
        }
        self.note_call(at, word, line);
        if word == "null" || self.binding_of(at).is_none() {
            return;
        }
        let length = u32::try_from(word.len()).unwrap_or(u32::MAX);
        let spot = Spot { length, ..Spot::line(line) };
        // `env.NAME` is what the script sets NAME to.
        let member = match (word, self.tokens.get(at + 1), self.tokens.get(at + 2)) {
            ("env", Some(Token::Sign(b'.', _)), Some(Token::Word(name, _))) => {
                self.literals.get(name).copied()
            }
            _ => None,
        };
        match member.or(self.literals.get(word).copied()) {
            Some(id) if member.is_some() => self.bound(at, id, spot),
            // An id that is kept in a variable of the script.
            Some(id) if !matches!(self.tokens.get(at + 1), Some(Token::Sign(b'.' | b'[' | b'(', _))) => {
                self.bound(at, id, spot);
            }
            _ => self.computed(spot),
        }
    }

    fn note_call(&mut self, at: usize, function: &'t str, line: u32) {
        let (next, after) = (self.tokens.get(at + 1), self.tokens.get(at + 2));
        let call = matches!(next, Some(Token::Sign(b'(' | b'{', _) | Token::Text(..)))
            || matches!((next, after), (Some(Token::Word(..)), Some(Token::Sign(b':', _))))
            // `deploy.toStaging(…)`: a file of a library may define several functions.
            || matches!((next, after), (Some(Token::Sign(b'.', _)), Some(Token::Word(..))));
        let member = at
            .checked_sub(1)
            .is_some_and(|before| matches!(self.tokens[before], Token::Sign(b'.' | b'@', _)));
        if call && !member && self.calls.len() < USES_MAX {
            let stage = self.stage_index();
            self.calls.push(FunctionCall { function, line, stage });
        }
    }

    /// Whether the text at this place names a shared library: `@Library('x@v')`, `library identifier: 'x@v'`.
    fn names_a_library(&self, at: usize) -> bool {
        const NAMES_MAX: usize = 16;
        for back in (at.saturating_sub(NAMES_MAX)..at).rev() {
            match self.tokens[back] {
                Token::Word("Library" | "library", _) => return true,
                Token::Word("identifier", _)
                | Token::Text(..)
                | Token::Sign(b'(' | b'[' | b',' | b':', _) => {}
                _ => return false,
            }
        }
        false
    }

    /// A credential is asked for by an id that the file does not say.
    fn computed(&mut self, spot: Spot) {
        let stage = self.stage();
        if stage.deeds.len() < USES_MAX {
            stage.deeds.push(Deed { what: DeedKind::ComputedCredential, spot: Spot::line(spot.line) });
        }
    }

    fn trigger(&mut self, word: &str) {
        if !self.triggers.iter().any(|known| known == word) {
            self.triggers.push(word.to_owned());
        }
    }

    fn is_call(&self, at: usize) -> bool {
        let follows = self.tokens.get(at + 1);
        matches!(follows, Some(Token::Sign(b'(' | b'{', _) | Token::Text(..)))
            || matches!(follows, Some(Token::Word(word, _)) if *word == "message" || *word == "id")
    }

    fn inside(&self, word: &str) -> bool {
        self.blocks.iter().any(|block| block.word == word)
    }

    fn stage_index(&self) -> usize {
        self.blocks.iter().rev().find_map(|block| block.stage).unwrap_or(0)
    }

    fn stage(&mut self) -> &mut Stage<'t> {
        let index = self.stage_index();
        &mut self.stages[index]
    }

    /// The first text after a word, in its call.
    fn first_text(&self, at: usize) -> Option<&'t str> {
        self.tokens[at + 1..].iter().take(3).find_map(|token| match token {
            Token::Text(text, _) => Some(*text),
            _ => None,
        })
    }

    /// `timeout(time: 30, unit: 'MINUTES')`, `timeout(30)`.
    fn timeout(&mut self, at: usize) {
        if !matches!(self.tokens.get(at + 1), Some(Token::Sign(b'(', _) | Token::Word("time", _))) {
            return;
        }
        let near = &self.tokens[at + 1..self.tokens.len().min(at + 12)];
        let end =
            near.iter().position(|token| matches!(token, Token::Sign(b')' | b'{', _))).unwrap_or(near.len());
        let number = near[..end].iter().find_map(|token| match token {
            Token::Word(word, _) => word.parse::<f64>().ok(),
            _ => None,
        });
        let unit = near[..end].iter().find_map(|token| match token {
            Token::Text(text, _) => Some(*text),
            _ => None,
        });
        let minutes = match unit.unwrap_or("MINUTES") {
            "SECONDS" => number.map(|n| n / 60.0),
            "HOURS" => number.map(|n| n * 60.0),
            "DAYS" => number.map(|n| n * 1_440.0),
            _ => number,
        };
        let stage = self.stage();
        stage.has_timeout = true;
        stage.timeout_minutes = minutes.map(|minutes| minutes.ceil() as u32);
    }

    /// A text: an id of a credential, or a script.
    fn text(&mut self, at: usize, text: &'t str, spot: Spot) {
        let deeds = shell::password_arguments(text).count();
        if deeds > 0 {
            self.stage().deeds.push(Deed { what: DeedKind::PasswordArgument, spot: Spot::line(spot.line) });
        }
        if self.libraries.len() < USES_MAX && self.names_a_library(at) {
            self.libraries.push((text, spot));
        }
        // `"${NAME}"` and `"${env.NAME}"` are what the script sets NAME to.
        let inside = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).map(|name| name.trim());
        let id = inside
            .and_then(|name| self.literals.get(name.trim_start_matches("env.")).copied())
            .unwrap_or(text);
        self.bound(at, id, spot);
    }

    /// Notes a credential that the token at this place asks for.
    fn bound(&mut self, at: usize, text: &'t str, spot: Spot) {
        let Some(call) = self.binding_of(at) else { return };
        if text.contains('$') {
            return self.computed(spot);
        }
        if text.is_empty() || text.len() > ID_BYTES_MAX {
            return;
        }
        let slot = self.slot(at, &call);
        let (store, name, told) = binding::kept(text);
        let said =
            told.or(call.said).or_else(|| slot.and_then(|slot| purpose::by_name(slot, Quality::Config)));
        let place = Place { said, slot: None, shared: false, other_s3: false };
        let exposure = if self.inside("environment") && self.blocks.iter().all(|block| block.stage.is_none())
        {
            Exposure::Workflow
        } else {
            Exposure::Step
        };
        let found = SecretUse {
            written: None,
            started: None,
            name: Cow::Borrowed(name),
            store,
            purpose: purpose::of_use(name, place, "jenkins"),
            spot,
            exposure,
            slot: slot.map(Cow::Borrowed),
            receiver: None,
            block: self.binding,
        };
        let stage = self.stage();
        if stage.uses.len() < USES_MAX {
            stage.uses.push(found);
        }
    }

    fn runs_per_day(&self) -> Option<f64> {
        schedule::runs_per_day(self.crons.iter().map(AsRef::as_ref))
    }

    fn pipeline(&self) -> Pipeline<'t> {
        let whole = &self.stages[0];
        let (minutes, limited) = (whole.timeout_minutes, whole.has_timeout);
        let runs_per_day = self.runs_per_day();
        let scheduled = self.triggers.iter().any(|trigger| trigger == "schedule");
        let jobs = self.stages.iter().filter(|stage| !stage.uses.is_empty() || !stage.deeds.is_empty());
        let jobs = jobs.cloned().map(|stage| Job {
            triggers: self.triggers.clone(),
            runs_per_day,
            scheduled,
            approval: stage.approval,
            runner: Some("self_hosted"),
            timeout_minutes: stage.timeout_minutes.or(minutes),
            has_timeout: stage.has_timeout || limited,
            uses: stage.uses,
            deeds: stage.deeds,
            ..Job::new(
                stage.name,
                stage.line,
                Proof::new(Federation::PluginOnly, "the plug-in must be installed and its keys published"),
            )
        });
        let jobs: Vec<Job<'t>> = jobs.collect();
        Pipeline { quality: Quality::Heuristic, ..Pipeline::new(&SYSTEM, None, jobs) }
    }
}

impl<'t> Stage<'t> {
    fn new(name: &'t str, line: u32) -> Self {
        let (uses, deeds) = (Vec::new(), Vec::new());
        Self { name, line, uses, deeds, timeout_minutes: None, has_timeout: false, approval: false }
    }
}
