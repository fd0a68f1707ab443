//! `tenure schema`, `completions` and `man`: made from the tables that the program itself uses.

use anyhow::Context as _;
use clap::CommandFactory as _;
use tenure_pipeline::Failure;

use crate::args::{Cli, CompletionsArgs, SchemaArgs};
use crate::{CLEAN, configuration, output};

pub(crate) fn schema(args: &SchemaArgs) -> Result<u8, Failure> {
    let text = tenure_report::schema(&args.name)
        .ok_or_else(|| Failure::Usage(format!("there is no schema `{}`", args.name)))?;
    if args.name == configuration::SCHEMA {
        output::json(&configuration::schema(&text)?)?;
        return Ok(CLEAN);
    }
    output::text(&text)?;
    Ok(CLEAN)
}

pub(crate) fn completions(args: &CompletionsArgs) -> Result<u8, Failure> {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "tenure", &mut bytes);
    output::write(None, &bytes)?;
    Ok(CLEAN)
}

pub(crate) fn man() -> Result<u8, Failure> {
    let mut bytes = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut bytes).context("writing the man page")?;
    output::write(None, &bytes)?;
    Ok(CLEAN)
}
