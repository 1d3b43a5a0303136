//! Arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    cdrdiag::run(std::env::args_os())
}
