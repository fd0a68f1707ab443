//! The JSON Schemas of the documents that Tenure writes, made from the types that are written.

use schemars::{JsonSchema, schema_for};
use tenure_model::{Configuration, ExceptionOverview, InventoryDifference, MigrationStatus, Plan, Report};

/// One document that has a schema.
#[derive(Debug)]
pub struct Schema {
    /// What `tenure schema` takes.
    pub name: &'static str,
    /// One line for help and documents.
    pub describe: &'static str,
    make: fn() -> schemars::Schema,
}

/// Every document that has a schema.
pub const SCHEMAS: &[Schema] = &[
    Schema { name: "report", describe: "what scan --format json writes", make: of::<Report> },
    Schema { name: "plan", describe: "what plan --format json writes", make: of::<Plan> },
    Schema {
        name: "difference",
        describe: "what inventory diff --format json writes",
        make: of::<InventoryDifference>,
    },
    Schema {
        name: "evidence",
        describe: "what handoff status and evidence write",
        make: of::<MigrationStatus>,
    },
    Schema {
        name: "exceptions",
        describe: "what exception list --format json writes",
        make: of::<ExceptionOverview>,
    },
    Schema { name: "config", describe: "what scan --config reads", make: of::<Configuration> },
];

fn of<T: JsonSchema>() -> schemars::Schema {
    schema_for!(T)
}

/// The JSON Schema (draft 2020-12) of a document, by the name that `tenure schema` takes.
pub fn schema(name: &str) -> Option<String> {
    let schema = SCHEMAS.iter().find(|schema| schema.name == name)?;
    let mut text = serde_json::to_string_pretty(&(schema.make)()).expect("a schema holds only JSON values");
    text.push('\n');
    Some(text)
}
