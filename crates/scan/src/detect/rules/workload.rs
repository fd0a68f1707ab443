//! Rules about workloads, agents, code that makes infrastructure, and keystores.

use super::*;

rules! {
    KEYSTORE_FILE = ReaderRule {
        id: "keystore-file",
        title: "Keystore file",
        category: Category::Secret,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[LEAKAGE, LONG_LIVED],
        help: "A store of private keys under a password, which often lies beside it or is the tool's default. Keep \
               keys in the platform's store, or let each workload make its own and have a short-lived certificate signed.",
    };
    WORKLOAD_STATIC_CLOUD_KEY = ReaderRule {
        id: "workload-static-cloud-key",
        title: "A workload receives a static cloud key",
        category: Category::StandingPrivilege,
        severity: Severity::Medium,
        confidence: Confidence::Medium,
        controls: &[INSECURE_DEPLOYMENT, LONG_LIVED],
        help: "The key is valid at every hour, for everyone who can read it. Where the platform can prove who the \
               workload is, let it become a principal of the cloud with that proof, then delete the key.",
    };
    IAC_LONG_LIVED_KEY = ReaderRule {
        id: "iac-long-lived-key",
        title: "Infrastructure code makes a long-lived key",
        category: Category::Lifecycle,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[LONG_LIVED, LEAKAGE],
        help: "Each run keeps a key alive that has no end of its own, and its value lies in the state. Let the workload \
               prove who it is to the cloud, or let a broker make a key for each use.",
    };
    AGENT_BROAD_TOKEN_NO_POLICY = ReaderRule {
        id: "agent-broad-token-no-policy",
        title: "An agent holds a broad token, and no policy judges its requests",
        category: Category::StandingPrivilege,
        severity: Severity::High,
        confidence: Confidence::Medium,
        controls: &[OVERPRIVILEGED, LONG_LIVED],
        help: "An agent decides by itself what to call next, and text that it reads can decide for it. Give it a token for \
               the task at hand, and put a policy before the tool that judges every request.",
    };
    AGENT_LITERAL_TOKEN = ReaderRule {
        id: "agent-literal-token",
        title: "An agent's token is written into its configuration",
        category: Category::Secret,
        severity: Severity::High,
        confidence: Confidence::Medium,
        controls: &[LEAKAGE, LONG_LIVED],
        help: "Whoever reads the file is the agent. Revoke the token, and let the configuration refer to an input, a variable or \
               a store of secrets.",
    };
    AGENT_UNPINNED_SERVER = ReaderRule {
        id: "agent-unpinned-server",
        title: "A token goes to a tool server whose code can change",
        category: Category::Trust,
        severity: Severity::Medium,
        confidence: Confidence::High,
        controls: &[THIRD_PARTY],
        help: "The newest package or image is fetched and started with the token in its hands. Name an exact version, better \
               a digest.",
    };
    AGENT_WITHOUT_POLICY = ReaderRule {
        id: "agent-without-policy",
        title: "An agent may do all that its user may, and no policy judges its requests",
        category: Category::StandingPrivilege,
        severity: Severity::High,
        confidence: Confidence::High,
        controls: &[OVERPRIVILEGED],
        help: "Text that the agent reads can decide what it does next, and nobody is asked. Allow the few commands and tools \
               that it needs, run it in a sandbox, or put a hook before each call that judges it.",
    };
}
