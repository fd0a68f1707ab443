//! Black-box tests of the git side, on repositories that the `git` command makes in a temporary folder.

mod attribution;
mod damage;
mod escape;
mod newer;
mod repo;
mod stopped;
mod walk;
mod window;
