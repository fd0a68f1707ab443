//! AWS accounts weighed as a whole: generated accounts for every escalation path, and a table of labelled principals.

mod account;
mod bonds;
mod cases;
mod chains;
mod conditions;
mod every_path;
mod limits;
mod properties;
mod review;
mod size;
mod together;
mod writes;
