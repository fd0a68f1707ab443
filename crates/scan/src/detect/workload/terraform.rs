//! Terraform and OpenTofu code: providers that sign in, resources that make or hold credentials, roles and whom they
//! trust.
//!
//! Code says what shall be; whether it was applied, and with which values, is for the plan or the state to say.

mod hcl;
mod module;
mod policy;
mod provider;
mod resource;
mod role;

use tenure_model::{Subject, SubjectKind};

use self::hcl::Block;
use super::held::Account;
use crate::detect::recogniser::Recogniser;
use crate::detect::witness::Witness;
use crate::detect::{Blob, Detector, Look, Reading, Unreadable, text};

/// Largest file that is read.
const CODE_BYTES_MAX: usize = 8 << 20;

/// The reader.
pub(super) struct Terraform;

impl Detector for Terraform {
    fn name(&self) -> &'static str {
        "terraform"
    }

    fn describe(&self) -> &'static str {
        "Terraform and OpenTofu code: providers that sign in, resources that make or hold credentials, roles and their trust"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        blob.path.ends_with(".tf") || blob.path.ends_with(".tofu")
    }

    fn read_values(&self, blob: &Blob<'_>, values: &dyn Recogniser) -> Reading {
        let text = match text::of(blob, CODE_BYTES_MAX, "file of code") {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        let file = hcl::read(&text);
        let names = Names { blob, aws_account: account_id(&file.root) };
        let mut witness = Witness::new(blob, self.name());
        let mut account = Account::default();
        let mut literals = Vec::new();
        for block in &file.root.blocks {
            match block.kind {
                "provider" => provider::read(block, &names, &mut account, &mut literals, &mut witness),
                "resource" => {
                    resource::read(block, &names, &mut witness);
                    role::read(block, &names, &mut witness);
                    policy::inline(block, &file.root, &names, &mut witness);
                    policy::attached(block, &file.root, &names, &mut witness);
                }
                "data" => role::read_document(block, &names, &mut witness),
                _ => {}
            }
        }
        account.give(blob, &|_, _| None, &mut witness);
        for literal in &literals {
            account.literal(blob, literal, values, &mut witness);
        }
        witness.done(file.broken.map(|(line, limit)| Unreadable {
            reason: if limit { "hcl_too_large" } else { "hcl_broken" },
            detail: format!(
                "line {line}: {}",
                if limit { "more is not read" } else { "not valid HCL, or a block that does not end" }
            ),
        }))
    }
}

/// The names under which things of one file are known.
pub(super) struct Names<'a> {
    blob: &'a Blob<'a>,
    /// The AWS account in which the file's resources are made, where it is written.
    aws_account: Option<String>,
}

impl Names<'_> {
    /// A thing of the module: `terraform:repository:folder:what`. A module is a folder.
    fn of_module(&self, what: &str) -> Subject {
        let folder = self.blob.path_in_repository().rsplit_once('/').map_or("", |(folder, _)| folder);
        Subject::new(SubjectKind::Account, format!("terraform:{}:{folder}:{what}", self.blob.repository))
    }

    /// A resource by its address.
    fn resource(&self, block: &Block<'_>) -> Subject {
        self.of_module(&address(block))
    }

    /// What a reference such as `aws_iam_user.ci.name` leads to; none for anything else.
    fn referred(&self, expression: &str, kind: &str) -> Option<Subject> {
        let rest = expression.trim().strip_prefix(kind)?.strip_prefix('.')?;
        let name = rest.split(['.', '[']).next().unwrap_or(rest);
        Some(self.of_module(&format!("{kind}.{name}")))
    }
}

fn address(block: &Block<'_>) -> String {
    format!("{}.{}", block.label(0), block.label(1))
}

/// The one account that an AWS provider of the file names.
fn account_id(root: &Block<'_>) -> Option<String> {
    let aws = || root.blocks.iter().filter(|block| block.kind == "provider" && block.label(0) == "aws");
    let allowed =
        aws().filter_map(|block| block.get("allowed_account_ids")).map(|attribute| attribute.written);
    let roles = aws().flat_map(|block| &block.blocks).filter_map(|block| block.text("role_arn"));
    let mut ids: Vec<String> = allowed.chain(roles).flat_map(twelve_digits).collect();
    ids.sort_unstable();
    ids.dedup();
    // Two accounts in one file: which resource goes where is not worth a guess.
    if ids.len() == 1 { ids.pop() } else { None }
}

fn twelve_digits(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_digit());
    words.filter(|word| word.len() == 12).map(str::to_owned).collect()
}
