//! Files of variables beside an agent: which keys of models and tools it is given. Names only.

use tenure_model::{Consumer, Credential, Fact, Quality, Subject, SubjectKind};

use crate::detect::ci::purpose::{PLAIN_KIND, by_name, names_a_secret};
use crate::detect::recogniser::Recogniser;
use crate::detect::witness::Witness;
use crate::detect::{Blob, Detector, Look, Reading, text};

/// Largest file that is read.
const VARIABLES_BYTES_MAX: usize = 1 << 20;
/// Keys of models: an agent needs at least one.
const MODEL_KEYS: [&str; 8] = [
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "AZURE_OPENAI_API_KEY",
    "MISTRAL_API_KEY",
    "GROQ_API_KEY",
    "OPENROUTER_API_KEY",
];
/// Beginnings of variables that only frameworks of agents read.
const FRAMEWORKS: [&str; 10] = [
    "LANGCHAIN_",
    "LANGSMITH_",
    "LANGGRAPH_",
    "CREWAI_",
    "AUTOGEN_",
    "MCP_",
    "AGENT_",
    "SERPER_",
    "TAVILY_",
    "OPENHANDS_",
];

/// The reader.
pub(super) struct AgentEnvironment;

impl Detector for AgentEnvironment {
    fn name(&self) -> &'static str {
        "agent_environment"
    }

    fn describe(&self) -> &'static str {
        "Files of variables (.env) of agents: names of the keys of models and tools that the agent is given"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        let file = blob.path.rsplit('/').next().unwrap_or(blob.path);
        let named = file == ".env" || file.starts_with(".env.") || file.ends_with(".env");
        named && blob.bytes.len() <= VARIABLES_BYTES_MAX && is_agents(blob)
    }

    fn read_values(&self, blob: &Blob<'_>, values: &dyn Recogniser) -> Reading {
        let Some(text) = text::decode(blob.bytes) else {
            return Reading::failed("not_text", "the file is not UTF-8 text");
        };
        let mut witness = Witness::new(blob, self.name());
        let folder = blob.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (name, value, line) in variables(&text).filter(|(name, ..)| names_a_secret(name)) {
            let subject = give(blob, folder, name, line, &mut witness);
            if let Some(known) = values.recognise(&format!("{name}=\"{value}\"\n"), value) {
                let other = Subject::new(SubjectKind::Credential, known.fingerprint.0);
                let because = format!("the value is written out as {name}");
                witness.fact(&subject, line, Quality::Config, Fact::SameAs { other, because });
            }
        }
        witness.done(None)
    }
}

/// One key that the agent is given.
fn give(blob: &Blob<'_>, folder: &str, name: &str, line: u32, witness: &mut Witness<'_>) -> Subject {
    let subject =
        Subject::new(SubjectKind::Account, format!("agent:{}:{}#{name}", blob.repository, blob.path));
    let purpose = by_name(name, Quality::Heuristic).filter(|purpose| purpose.kind != PLAIN_KIND);
    let (kind, provider) =
        purpose.map_or(("generic_secret", "generic"), |purpose| (purpose.kind, purpose.provider));
    let fact = Fact::Identity {
        kind: "agent".to_owned(),
        name: name.to_owned(),
        native_id: None,
        provider: provider.to_owned(),
    };
    witness.fact(&subject, line, Quality::Heuristic, fact);
    let credential = Credential { kind: kind.to_owned(), ..Credential::default() };
    witness.fact(&subject, line, Quality::Heuristic, Fact::Credential { credential });
    let consumer = Consumer {
        kind: "agent".to_owned(),
        root: blob.root.to_owned(),
        path: blob.path.to_owned(),
        line,
        job: Some(format!("agent in {}", if folder.is_empty() { "the root" } else { folder })),
        secret_name: Some(name.to_owned()),
        exposure: Some("env".to_owned()),
        ..Consumer::default()
    };
    witness.fact(&subject, line, Quality::Heuristic, Fact::Consumer { consumer });
    subject
}

/// Whether the variables are those of an agent, and not of any program that asks a model something.
fn is_agents(blob: &Blob<'_>) -> bool {
    let Some(text) = text::decode(blob.bytes) else { return false };
    let model = variables(&text).any(|(name, ..)| MODEL_KEYS.contains(&name));
    let folder = blob.path.rsplit_once('/').map_or("", |(folder, _)| folder).to_ascii_lowercase();
    let in_folder = folder.split(['/', '-', '_', '.']).any(|word| matches!(word, "agent" | "agents" | "mcp"));
    model
        && (in_folder
            || variables(&text).any(|(name, ..)| FRAMEWORKS.iter().any(|word| name.starts_with(word))))
}

/// What a file of variables assigns: name, value without quotes, line.
fn variables(text: &str) -> impl Iterator<Item = (&str, &str, u32)> {
    text.lines().zip(1..).filter_map(|(line, number)| {
        let line = line.trim_start();
        let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
        let name = name.trim();
        let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        plain.then_some((name, value.trim().trim_matches(['"', '\'']), number))
    })
}
