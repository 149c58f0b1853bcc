//! The command line's entry: reads the arguments, runs the command, gives its exit status.

use std::process::ExitCode;

use clap::Parser;
use vakt::command::{self, Cli};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    command::run(Cli::parse())
}
