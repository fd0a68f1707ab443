//! Flags that a configuration file gives defaults: which there are, what values they take, and how both become one
//! command line. All of it comes from the table of flags.

use std::collections::HashSet;
use std::ffi::OsString;

use anyhow::Context as _;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory as _, FromArgMatches as _, ValueHint};
use serde_json::{Map, Value, json};
use tenure_model::Setting;
use tenure_pipeline::{ConfigurationFile, Failure};

use crate::args::{Cli, ScanArgs};

/// The document whose schema names the flags.
pub(crate) const SCHEMA: &str = "config";
/// The verb whose flags a file gives defaults.
const VERB: &str = "scan";

/// Flags that belong to one run: where it writes, what it compares with, whom it trusts.
const OF_ONE_RUN: &[&str] = &[
    "output",
    "inventory",
    "write-baseline",
    "since",
    "config",
    "trust-repo-config",
    "verbose",
    "help",
    "version",
];

/// Reads the configuration files that the arguments ask for, in order of precedence, and gives the arguments their defaults.
pub(crate) fn apply(args: ScanArgs) -> Result<(ScanArgs, Vec<ConfigurationFile>), Failure> {
    let mut files = Vec::new();
    if let Some(file) = &args.config {
        files.push(ConfigurationFile::read(file)?);
    }
    if args.trust_repo_config {
        for root in &args.paths {
            files.extend(ConfigurationFile::of_root(root)?);
        }
    }
    if files.is_empty() {
        return Ok((args, files));
    }
    let words: Vec<OsString> = std::env::args_os().collect();
    let command = Cli::command();
    let given = command.clone().try_get_matches_from(&words).context("reading the arguments once more")?;
    let given = given.subcommand_matches(VERB).context("defaults are for scans")?;
    let more = defaults(&mut files, &command, given, args.paths.len() == 1)?;
    if more.is_empty() {
        return Ok((args, files));
    }
    let matches = command
        .try_get_matches_from(joined(words, more))
        .map_err(|error| Failure::Usage(format!("flags and configuration do not fit: {}", said(&error))))?;
    match Cli::from_arg_matches(&matches).context("reading the arguments")?.command {
        crate::args::Command::Scan(args) => Ok((args, files)),
        _ => Err(anyhow::anyhow!("defaults are for scans").into()),
    }
}

/// The flags that the files set and nothing else does. What a repository sets counts only where it is scanned `alone`: a
/// flag speaks about a whole run.
fn defaults(
    files: &mut [ConfigurationFile],
    command: &Command,
    given: &ArgMatches,
    alone: bool,
) -> Result<Vec<OsString>, Failure> {
    let flags = flags(command);
    let on_command_line =
        |flag: &&Arg| given.value_source(flag.get_id().as_str()) == Some(ValueSource::CommandLine);
    let mut set: HashSet<String> = HashSet::new();
    for flag in scan(command).get_arguments().filter(on_command_line) {
        let name = flag.get_long().unwrap_or_default();
        set.insert(name.strip_prefix("no-").unwrap_or(name).to_owned());
    }
    let mut more = Vec::new();
    for file in files {
        let counts = file.root().is_none() || alone;
        let mut noted = Vec::new();
        for (name, setting) in file.settings() {
            let flag = flags.iter().find(|flag| flag.get_long() == Some(name)).ok_or_else(|| {
                let known: Vec<String> =
                    flags.iter().filter_map(|flag| Some(format!("`{}`", flag.get_long()?))).collect();
                let problem =
                    format!("`{name}` is no flag that a file may set; there are {}", known.join(", "));
                file.wrong_setting(name, &problem)
            })?;
            let words = written(file, command, flag, name, setting)?;
            command
                .clone()
                .try_get_matches_from(
                    [OsString::from("tenure"), VERB.into()].into_iter().chain(words.clone()),
                )
                .map_err(|error| file.wrong_setting(name, &said(&error)))?;
            if set.contains(name) {
                continue;
            }
            if counts {
                more.extend(words);
            }
            noted.push(name.to_owned());
        }
        for name in noted {
            file.note_setting(&name, counts);
            if counts {
                set.insert(name);
            }
        }
    }
    Ok(more)
}

/// A setting as words of a command line.
fn written(
    file: &ConfigurationFile,
    command: &Command,
    flag: &Arg,
    name: &str,
    setting: &Setting,
) -> Result<Vec<OsString>, Failure> {
    let opposite = format!("no-{name}");
    let has_opposite = || scan(command).get_arguments().any(|flag| flag.get_long() == Some(&opposite));
    let texts: Vec<String> = match (setting, flag.get_action()) {
        (Setting::Switch(true), ArgAction::SetTrue) => return Ok(vec![format!("--{name}").into()]),
        (Setting::Switch(false), ArgAction::SetTrue) if has_opposite() => {
            return Ok(vec![format!("--{opposite}").into()]);
        }
        (Setting::Switch(false), ArgAction::SetTrue) => return Ok(Vec::new()),
        (_, ArgAction::SetTrue) => return Err(file.wrong_setting(name, "it takes true or false")),
        (Setting::Text(text), _) => vec![text.clone()],
        (Setting::Number(number), _) => vec![number.to_string()],
        (Setting::List(texts), ArgAction::Append) => texts.clone(),
        (Setting::List(_), _) => return Err(file.wrong_setting(name, "it takes one value, not a list")),
        (Setting::Switch(_), _) => {
            return Err(file.wrong_setting(name, "it takes a value, not true or false"));
        }
    };
    let is_path = flag.get_value_hint() == ValueHint::AnyPath;
    let value = |text: &String| -> Result<OsString, Failure> {
        let mut word = OsString::from(format!("--{name}="));
        match is_path {
            true => word.push(file.resolve(name, text)?),
            false => word.push(text),
        }
        Ok(word)
    };
    texts.iter().map(value).collect()
}

/// The user's words with `more` behind the verb, before anything that could change their meaning.
fn joined(mut words: Vec<OsString>, more: Vec<OsString>) -> Vec<OsString> {
    let verb = words.iter().position(|word| word == VERB).map_or(words.len(), |at| at + 1);
    words.splice(verb..verb, more);
    words
}

fn scan(command: &Command) -> &Command {
    command.find_subcommand(VERB).expect("the verb is in the table")
}

/// The flags that a file may set.
fn flags(command: &Command) -> Vec<&Arg> {
    let may = |name: &str| !OF_ONE_RUN.contains(&name) && !name.starts_with("no-");
    scan(command).get_arguments().filter(|flag| flag.get_long().is_some_and(may)).collect()
}

/// What clap says of a value, without its advice about the command line.
fn said(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    first.trim_start_matches("error: ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The schema of a configuration file, with the flags in the place of any.
pub(crate) fn schema(of_file: &str) -> Result<Value, Failure> {
    let mut schema: Value = serde_json::from_str(of_file).context("reading our own schema")?;
    let command = Cli::command();
    let properties: Map<String, Value> = flags(&command)
        .into_iter()
        .filter_map(|flag| Some((flag.get_long()?.to_owned(), property(flag))))
        .collect();
    let scan = &mut schema["properties"]["scan"];
    scan["additionalProperties"] = Value::Bool(false);
    scan["properties"] = properties.into();
    Ok(schema)
}

/// A flag as the schema tells it.
fn property(flag: &Arg) -> Value {
    let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
    let values: Vec<String> =
        flag.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    let is_number = flag.get_value_parser().type_id()
        == clap::builder::ValueParser::from(clap::value_parser!(u16)).type_id();
    let one = match flag.get_action() {
        ArgAction::SetTrue => json!({"type": "boolean"}),
        _ if is_number => json!({"type": "integer", "minimum": 1}),
        _ if !values.is_empty() => json!({"type": "string", "enum": values}),
        _ => json!({"type": "string"}),
    };
    let mut property = match flag.get_action() {
        ArgAction::Append => json!({"anyOf": [one, {"type": "array", "items": one}]}),
        _ => one,
    };
    property["description"] = help.into();
    property
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_of_one_run_that_exists_stays_out_of_files() {
        let command = Cli::command();
        let names: Vec<&str> = flags(&command).into_iter().filter_map(Arg::get_long).collect();
        assert_eq!(
            names,
            ["format", "history", "fail-on", "rules", "baseline", "jobs", "quiet", "color", "progress"],
            "a new flag is a setting, too, unless it belongs to one run"
        );
    }

    #[test]
    fn defaults_stand_where_nothing_can_turn_them_into_paths() {
        let words = ["tenure", "-v", "scan", "--", "scan"].map(OsString::from).to_vec();
        let all = joined(words, vec!["--quiet".into()]);
        assert_eq!(all, ["tenure", "-v", "scan", "--quiet", "--", "scan"]);
    }
}
