//! The one table of verbs and flags: parsing, help, completions and man pages are made from it.

mod exception;

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
pub(crate) use exception::{ExceptionArgs, ExceptionVerb};
use tenure_model::Severity;

/// Finds long-lived secrets and standing privileges of machine identities, offline, and moves them to just-in-time access.
#[derive(Debug, Parser)]
#[command(name = "tenure", version, max_term_width = 100, propagate_version = true)]
pub(crate) struct Cli {
    /// Say more on stderr (-v, -vv); TENURE_LOG takes a filter.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read paths, fill the inventory, judge it, print a report.
    Scan(ScanArgs),
    /// Read the inventory.
    Inventory(InventoryArgs),
    /// The just-in-time migration plan.
    Plan(PlanArgs),
    /// Ownership decided by a person.
    Owner(OwnerArgs),
    /// Connections to brokers.
    Broker(BrokerArgs),
    /// Hand a migration to a broker, and prove the end of the old access.
    Handoff(HandoffArgs),
    /// Time-bounded, approved acceptance of standing access.
    Exception(ExceptionArgs),
    /// Make a small repository with history, workflows and a cloud export, and scan it.
    Demo(DemoArgs),
    /// The detection rules.
    Rules(RulesArgs),
    /// Print a JSON Schema.
    Schema(SchemaArgs),
    /// Print a shell's completions.
    Completions(CompletionsArgs),
    /// Print the man page.
    Man,
}

/// Which inventory, and how to write.
#[derive(Debug, Clone, Args)]
pub(crate) struct StoreArgs {
    /// The inventory file (default: in the platform's data folder).
    #[arg(long, value_name = "FILE")]
    pub(crate) inventory: Option<PathBuf>,
}

/// How answers are written.
#[derive(Debug, Clone, Args)]
pub(crate) struct AnswerArgs {
    /// How to write the answer.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Human)]
    pub(crate) format: AnswerFormat,
    /// Colour.
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto)]
    pub(crate) color: ColorChoice,
}

/// For people or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerFormat {
    /// Text for people.
    Human,
    /// JSON.
    Json,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal that takes it.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// When to show progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressChoice {
    /// On stderr, on a terminal.
    Auto,
    /// Never.
    Never,
}

/// From which severity on a scan fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Findings never fail it.
    Never,
    /// Low and above.
    Low,
    /// Medium and above.
    Medium,
    /// High and above.
    High,
    /// Critical only.
    Critical,
}

impl FailOn {
    /// The least severity that fails.
    pub(crate) fn severity(self) -> Option<Severity> {
        match self {
            FailOn::Never => None,
            FailOn::Low => Some(Severity::Low),
            FailOn::Medium => Some(Severity::Medium),
            FailOn::High => Some(Severity::High),
            FailOn::Critical => Some(Severity::Critical),
        }
    }
}

/// Flags of `scan`.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// Folders, work trees, bare repositories, single files, exports.
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Settings of yours in TOML: `tenure schema config` says what they may be, and flags win over them.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Apply the `.tenure.toml` of each scanned folder, too: only where you trust who can change it.
    #[arg(long)]
    pub(crate) trust_repo_config: bool,
    #[command(flatten)]
    pub(crate) how: ReportArgs,
}

/// How a scan reads and reports.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReportArgs {
    /// How to write the report.
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = formats())]
    pub(crate) format: String,
    /// Write the report to a file: whole, or not at all.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Keep nothing: the inventory lives in memory.
    #[arg(long, conflicts_with = "inventory")]
    pub(crate) no_inventory: bool,
    /// Read git history (the default).
    #[arg(long, overrides_with = "no_history")]
    pub(crate) history: bool,
    /// Read only the files of today.
    #[arg(long, overrides_with = "history")]
    pub(crate) no_history: bool,
    /// Tell only what is new since this branch, tag or commit of each repository: what a commit that it does not reach brought in, and what the files of today hold besides.
    #[arg(long, value_name = "REV")]
    pub(crate) since: Option<String>,
    /// Exit with 10 when something at or above this severity is found.
    #[arg(long, value_enum, default_value_t = FailOn::High)]
    pub(crate) fail_on: FailOn,
    #[command(flatten)]
    pub(crate) rules: RuleFilesArgs,
    /// Suppress the findings that this file lists.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write today's findings to a baseline file.
    #[arg(long, value_name = "FILE")]
    pub(crate) write_baseline: Option<PathBuf>,
    /// Threads (default: one a processor).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    /// Only what was not read, and the totals.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Colour.
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto)]
    pub(crate) color: ColorChoice,
    /// Progress on stderr.
    #[arg(long, value_enum, default_value_t = ProgressChoice::Auto)]
    pub(crate) progress: ProgressChoice,
}

/// Rules that the user brings along.
#[derive(Debug, Clone, Args)]
pub(crate) struct RuleFilesArgs {
    /// Rules of your own: a file or a folder of them, as often as you like. Tenure's TOML, gitleaks TOML, Kingfisher and Nosey Parker YAML.
    #[arg(long = "rules", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

fn formats() -> PossibleValuesParser {
    PossibleValuesParser::new(
        tenure_report::FORMATS.iter().map(|f| clap::builder::PossibleValue::new(f.name).help(f.describe)),
    )
}

/// `inventory …`
#[derive(Debug, Args)]
pub(crate) struct InventoryArgs {
    #[command(subcommand)]
    pub(crate) verb: InventoryVerb,
    #[command(flatten)]
    pub(crate) store: GlobalStore,
}

/// The inventory file, on every verb below.
#[derive(Debug, Clone, Args)]
pub(crate) struct GlobalStore {
    /// The inventory file (default: in the platform's data folder).
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) inventory: Option<PathBuf>,
    /// How to write the answer.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Human, global = true)]
    pub(crate) format: AnswerFormat,
    /// Colour.
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto, global = true)]
    pub(crate) color: ColorChoice,
}

/// What to read from the inventory.
#[derive(Debug, Subcommand)]
pub(crate) enum InventoryVerb {
    /// All identities, most risky first.
    List {
        /// Words that name, kind, owner or provider contain.
        words: Vec<String>,
    },
    /// One identity, with evidence, judgement and next action.
    Show {
        /// Id, native id, or name.
        id: String,
    },
    /// Who answers for what, nobody first.
    Owners,
    /// What appeared, vanished and changed between two inventories.
    Diff {
        /// The older inventory file.
        before: PathBuf,
        /// The newer inventory file.
        after: PathBuf,
    },
}

/// `plan …`
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// Only these identities.
    #[arg(long, value_name = "ID")]
    pub(crate) identity: Vec<String>,
    /// Write the plan and its reviewable artifacts to this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// How to write the plan.
    #[arg(long, value_enum, default_value_t = PlanFormat::Human)]
    pub(crate) format: PlanFormat,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Colour.
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto)]
    pub(crate) color: ColorChoice,
}

/// How a plan is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// Text for people.
    Human,
    /// Markdown for a ticket or a review.
    Markdown,
    /// JSON.
    Json,
}

/// `owner …`
#[derive(Debug, Args)]
pub(crate) struct OwnerArgs {
    #[command(subcommand)]
    pub(crate) verb: OwnerVerb,
    #[command(flatten)]
    pub(crate) store: GlobalStore,
}

/// What a person decides.
#[derive(Debug, Subcommand)]
pub(crate) enum OwnerVerb {
    /// Name the owner of an identity.
    Set {
        /// Id, native id, or name.
        id: String,
        /// Team, mail address or name.
        owner: String,
        /// Who decides.
        #[arg(long)]
        by: String,
    },
    /// Confirm the owner that the evidence suggests.
    Confirm {
        /// Id, native id, or name.
        id: String,
        /// Who confirms.
        #[arg(long)]
        by: String,
    },
}

/// `broker …`
#[derive(Debug, Args)]
pub(crate) struct BrokerArgs {
    #[command(subcommand)]
    pub(crate) verb: BrokerVerb,
    #[command(flatten)]
    pub(crate) store: GlobalStore,
}

/// What to do with broker connections.
#[derive(Debug, Subcommand)]
pub(crate) enum BrokerVerb {
    /// Remember a connection. The token never stands here: it comes from BAO_TOKEN, VAULT_TOKEN or --token-file.
    Add {
        /// Name of the connection.
        name: String,
        /// Kind of broker.
        #[arg(long, value_parser = broker_kinds())]
        kind: String,
        /// `https://…`; for `files` a folder.
        #[arg(long, value_name = "URL")]
        address: String,
        /// Namespace at the broker.
        #[arg(long, value_name = "NS")]
        namespace: Option<String>,
    },
    /// All connections.
    List,
    /// Whether a connection can be used, with which rights.
    Check {
        /// Name of the connection.
        name: String,
        /// File that holds the broker's token.
        #[arg(long, value_name = "FILE")]
        token_file: Option<PathBuf>,
    },
    /// Forget a connection.
    Remove {
        /// Name of the connection.
        name: String,
    },
}

fn broker_kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(
        tenure_pipeline::broker_kinds()
            .iter()
            .map(|kind| clap::builder::PossibleValue::new(kind.name).help(kind.about)),
    )
}

/// `handoff …`
#[derive(Debug, Args)]
pub(crate) struct HandoffArgs {
    #[command(subcommand)]
    pub(crate) verb: HandoffVerb,
    #[command(flatten)]
    pub(crate) store: GlobalStore,
    /// File that holds the broker's token (default: BAO_TOKEN or VAULT_TOKEN).
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) token_file: Option<PathBuf>,
}

/// Which half of a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StepChoice {
    /// The reversible steps.
    Apply,
    /// Ending the old access.
    Cutover,
}

/// How far proof shall go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LevelChoice {
    /// The control plane says disabled.
    #[value(name = "E2")]
    E2,
    /// The old credential is refused.
    #[value(name = "E3")]
    E3,
    /// No live session.
    #[value(name = "E4")]
    E4,
}

/// The way of a migration.
#[derive(Debug, Subcommand)]
pub(crate) enum HandoffVerb {
    /// Make the steps for one identity; changes nothing outside.
    Propose {
        /// Id, native id, or name.
        #[arg(long)]
        identity: String,
        /// Name of the broker connection.
        #[arg(long)]
        broker: String,
        /// JSON that adds or overrides what cannot be derived offline.
        #[arg(long, value_name = "FILE")]
        intent: Option<PathBuf>,
    },
    /// Approve exactly the plan that was proposed.
    Approve {
        /// The migration.
        migration: String,
        /// Who approves.
        #[arg(long)]
        by: String,
        /// Which half.
        #[arg(long, value_enum, default_value_t = StepChoice::Apply)]
        step: StepChoice,
    },
    /// Do the approved steps. A killed apply goes on where it was.
    Apply {
        /// The migration.
        migration: String,
        /// Which half.
        #[arg(long, value_enum, default_value_t = StepChoice::Apply)]
        step: StepChoice,
    },
    /// Where a migration stands.
    Status {
        /// The migration; all of them when left out.
        migration: Option<String>,
    },
    /// Check the new access; after cut-over, prove the end of the old one.
    Verify {
        /// The migration.
        migration: String,
        /// How far.
        #[arg(long, value_enum, default_value_t = LevelChoice::E4)]
        level: LevelChoice,
    },
    /// Undo what was done.
    Rollback {
        /// The migration.
        migration: String,
    },
}

/// `demo …`
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// New folder for it (default: a temporary one).
    pub(crate) dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) how: ReportArgs,
}

/// `rules …`
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    #[command(subcommand)]
    pub(crate) verb: RulesVerb,
}

/// What to do with the rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesVerb {
    /// All rules.
    List {
        #[command(flatten)]
        rules: RuleFilesArgs,
        /// How to write the list.
        #[arg(long, value_enum, default_value_t = AnswerFormat::Human)]
        format: AnswerFormat,
    },
    /// One rule.
    Show {
        /// Its id.
        id: String,
        #[command(flatten)]
        rules: RuleFilesArgs,
        /// How to write it.
        #[arg(long, value_enum, default_value_t = AnswerFormat::Human)]
        format: AnswerFormat,
    },
    /// Run every example of every rule; with --rules those of your own, and list what could not be carried over.
    Check {
        #[command(flatten)]
        rules: RuleFilesArgs,
    },
}

/// `schema …`
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Which document.
    #[arg(value_parser = PossibleValuesParser::new(tenure_report::SCHEMAS.iter().map(|s| s.name)))]
    pub(crate) name: String,
}

/// `completions …`
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// Which shell.
    pub(crate) shell: clap_complete::Shell,
}
