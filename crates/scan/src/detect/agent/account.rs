//! Writes down what an agent reaches with which credential, and judges it.

use tenure_model::{
    Consumer, Credential, Fact, Federation, Grant, PrivilegeLevel, Quality, Severity, Subject, SubjectKind,
    Verdict,
};

use super::package;
use super::server::Server;
use super::token::{Given, Known, Token};
use crate::detect::Blob;
use crate::detect::recogniser::Recogniser;
use crate::detect::rules;
use crate::detect::witness::{Spot, Statement, Witness};

/// Whether the client judges requests before it makes them, as far as this file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    /// Rules or a hook judge each request.
    Judged,
    /// The file switches judging off.
    Unjudged,
    /// The file does not speak of it; another one may.
    Unsaid,
}

/// One configuration of one client.
pub(super) struct Configuration<'a> {
    pub(super) blob: &'a Blob<'a>,
    /// The client: `claude_code`, `cursor`, …
    pub(super) client: &'static str,
    pub(super) policy: Policy,
    pub(super) values: &'a dyn Recogniser,
}

impl Configuration<'_> {
    /// The agent with one of its servers: `agent:repository:client/server`.
    pub(super) fn subject(&self, server: &str) -> Subject {
        let key = format!("agent:{}:{}/{server}", self.blob.repository, self.client);
        Subject::new(SubjectKind::Account, key)
    }

    /// The agent as a whole.
    pub(super) fn agent(&self) -> Subject {
        Subject::new(SubjectKind::Account, format!("agent:{}:{}", self.blob.repository, self.client))
    }

    /// Writes down one server.
    pub(super) fn give(&self, server: &Server<'_>, witness: &mut Witness<'_>) {
        let subject = self.subject(server.name);
        let line = server.line;
        let tokens: Vec<(Token<'_>, Known)> =
            server.tokens().into_iter().map(|token| (token, token.known(server, self.values))).collect();
        let real = tokens.iter().find(|(token, _)| token.given != Given::Placeholder);
        let fact = Fact::Identity {
            kind: "agent".to_owned(),
            name: format!("{} ({})", server.name, self.client),
            native_id: None,
            provider: real.map_or("mcp".to_owned(), |(_, known)| known.provider.clone()),
        };
        witness.fact(&subject, line, Quality::Config, fact);
        if server.command.is_some() || server.url.is_some() {
            let actions =
                if server.unasked.is_empty() { vec!["call tools".to_owned()] } else { unasked(server) };
            let grant =
                Grant { target: server.target(), actions, scope: format!("tool server {}", server.name) };
            witness.fact(&subject, line, Quality::Config, Fact::Grant { grant });
        }
        let policy = self.policy_of(server);
        if policy != Policy::Unsaid {
            let runtime_policy = policy == Policy::Judged;
            witness.fact(&subject, line, Quality::Config, Fact::Agentic { runtime_policy });
        }
        let mut unbounded = server.unbounded();
        if server.unasked.contains(&"*") {
            unbounded.push((format!("every tool of {} is called unasked", server.name), line));
        }
        if !server.disabled {
            self.wide(&subject, unbounded, policy == Policy::Judged, witness);
        }
        if server.disabled {
            let tag = Fact::Tag { key: "tenure:disabled".to_owned(), value: "true".to_owned() };
            witness.fact(&subject, line, Quality::Config, tag);
        }
        if tokens.is_empty() {
            self.user(&subject, server, None, line, witness);
        }
        for (token, known) in &tokens {
            self.credential(&subject, server, token, known, witness);
        }
        self.judge(&subject, server, &tokens, witness);
    }

    /// Notes that an agent may do whatever its user may, and what lets it; a finding where nothing judges its requests.
    pub(super) fn wide(
        &self,
        subject: &Subject,
        because: Vec<(String, u32)>,
        judged: bool,
        witness: &mut Witness<'_>,
    ) {
        let Some(line) = because.first().map(|(_, line)| *line) else { return };
        let spots = because.iter().map(|(_, line)| Spot::line(*line)).collect();
        let mut reasons: Vec<String> = because.into_iter().map(|(reason, _)| reason).collect();
        let fact = Fact::Privilege {
            level: PrivilegeLevel::Wide,
            because: reasons.clone(),
            admin: Verdict::Unknown,
            paths: Vec::new(),
        };
        witness.fact(subject, line, Quality::Config, fact);
        if judged {
            return;
        }
        reasons.push("nothing in this file judges a request before it is made".to_owned());
        let rule = &rules::AGENT_WITHOUT_POLICY;
        let (about, title) = (subject.key.clone(), rule.title.to_owned());
        witness.finding(Statement {
            rule,
            severity: None,
            subject: subject.clone(),
            about,
            title,
            spots,
            reasons,
        });
    }

    /// What the server's own entry says of it beats what the file says.
    fn policy_of(&self, server: &Server<'_>) -> Policy {
        if server.unasked.contains(&"*") || !server.unbounded().is_empty() {
            Policy::Unjudged
        } else {
            self.policy
        }
    }

    fn user(
        &self,
        subject: &Subject,
        server: &Server<'_>,
        token: Option<&Token<'_>>,
        line: u32,
        witness: &mut Witness<'_>,
    ) {
        let consumer = Consumer {
            kind: "agent".to_owned(),
            root: self.blob.root.to_owned(),
            path: self.blob.path.to_owned(),
            line,
            job: Some(format!("{} with {}", self.client, server.name)),
            secret_name: token.map(|token| token.name.to_owned()),
            exposure: token.map(|token| token.slot.word().to_owned()),
            action: package::of(server.command, &server.arguments).map(|package| package.name.to_owned()),
            ..Consumer::default()
        };
        witness.fact(subject, line, Quality::Config, Fact::Consumer { consumer });
    }

    fn credential(
        &self,
        subject: &Subject,
        server: &Server<'_>,
        token: &Token<'_>,
        known: &Known,
        witness: &mut Witness<'_>,
    ) {
        let line = token.line;
        self.user(subject, server, Some(token), line, witness);
        if token.given == Given::Placeholder {
            return;
        }
        let credential = Credential {
            kind: known.kind.clone(),
            fingerprint: known.fingerprint.clone(),
            masked: known.masked.clone(),
            ..Credential::default()
        };
        witness.fact(subject, line, known.quality, Fact::Credential { credential });
        if let Some(fingerprint) = &known.fingerprint {
            let other = Subject::new(SubjectKind::Credential, fingerprint.0.clone());
            let because = format!("the value is written out as {} of server {}", token.name, server.name);
            witness.fact(subject, line, Quality::Config, Fact::SameAs { other, because });
        } else if let Given::Reference(name) = token.given {
            let tag = Fact::Tag {
                key: "tenure:reference".to_owned(),
                value: format!("{} from {name}", token.name),
            };
            witness.fact(subject, line, Quality::Config, tag);
        }
        let how = "a broker can give the client a token for the task at hand; the client must fetch it anew"
            .to_owned();
        witness.fact(
            subject,
            line,
            Quality::Heuristic,
            Fact::Federation { state: Federation::PluginOnly, how },
        );
    }

    fn judge(
        &self,
        subject: &Subject,
        server: &Server<'_>,
        tokens: &[(Token<'_>, Known)],
        witness: &mut Witness<'_>,
    ) {
        let real = || tokens.iter().filter(|(token, _)| token.given != Given::Placeholder);
        let say = |rule, severity, title: String, spots: Vec<Spot>, reasons: Vec<String>| Statement {
            rule,
            severity,
            subject: subject.clone(),
            about: subject.key.clone(),
            title,
            spots,
            reasons,
        };
        let literal: Vec<_> = real().filter(|(token, _)| token.literal().is_some()).collect();
        if let Some((first, _)) = literal.first() {
            let spots = literal.iter().map(|(token, _)| Spot::line(token.line)).collect();
            let reasons = vec![format!("the value of {} is written into the file", first.name)];
            let title = format!("Server {} gets a token that is written into the configuration", server.name);
            witness.finding(say(&rules::AGENT_LITERAL_TOKEN, None, title, spots, reasons));
        }
        let broad: Vec<_> = real().filter(|(_, known)| known.is_broad()).collect();
        let policy = self.policy_of(server);
        if let (Some((first, known)), false) = (broad.first(), policy == Policy::Judged) {
            let kind = &known.kind;
            let mut reasons =
                vec![format!("{} is a {kind}, which as a rule opens all that its owner may do", first.name)];
            reasons.push(match policy {
                Policy::Unjudged => "the client calls its tools without asking anybody".to_owned(),
                _ => "nothing in this file judges what the agent asks for".to_owned(),
            });
            // What another file may say is not held against this one with full weight.
            let certain = policy == Policy::Unjudged || first.literal().is_some();
            let severity = (!certain).then_some(Severity::Medium);
            let spots = broad.iter().map(|(token, _)| Spot::line(token.line)).collect();
            let title = format!("Server {} gives an agent a broad token without a policy", server.name);
            witness.finding(say(&rules::AGENT_BROAD_TOKEN_NO_POLICY, severity, title, spots, reasons));
        }
        let package = package::of(server.command, &server.arguments).filter(|package| !package.pinned);
        if let (Some(package), Some((token, _))) = (package, real().next()) {
            let reasons = vec![
                format!("{} fetches {} whenever the client starts", package.by, package.name),
                format!("it receives {}", token.name),
            ];
            let title = format!("Server {} receives a token, and its version is not pinned", server.name);
            witness.finding(say(
                &rules::AGENT_UNPINNED_SERVER,
                None,
                title,
                vec![Spot::line(server.line)],
                reasons,
            ));
        }
    }
}

fn unasked(server: &Server<'_>) -> Vec<String> {
    const TOLD_MAX: usize = 50;
    server.unasked.iter().take(TOLD_MAX).map(|tool| format!("call {tool} unasked")).collect()
}
