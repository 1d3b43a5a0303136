//! Arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    cdrdiag::run(wild::args_os())
}
