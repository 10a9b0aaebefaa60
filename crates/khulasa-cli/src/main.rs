//! The program `khulasa`: arguments, files and progress around the library of the same name.

#![forbid(unsafe_code)]

mod args;
mod bench;
mod eval;
mod inputs;
mod job;
mod models;
mod output;
mod progress;
mod results;
mod stop;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::args::{Cli, Command};
use crate::job::Job;
use crate::output::{write_stderr, write_stdout};
use crate::stop::Stop;

const STDOUT: &str = "standard output";

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(status) => status,
        Err(stop) => {
            if let Some(message) = stop.message() {
                write_stderr(message);
            }
            stop.status()
        }
    }
}

fn run(cli: &Cli) -> Result<ExitCode, Stop> {
    let text = match &cli.command {
        None => return Job::digest(&cli.digest, true).run(),
        Some(Command::Translate(args)) => return Job::translate(args).run(),
        Some(Command::Summarize(args)) => return Job::digest(args, false).run(),
        Some(Command::Models { command }) => {
            let (text, status) = models::run(command)?;
            write_stdout(text.as_bytes()).map_err(|error| Stop::writing(&STDOUT, &error))?;
            return Ok(status);
        }
        Some(Command::Bench(args)) => bench::measure(args)?.into_bytes(),
        Some(Command::Eval(args)) => eval::measure(args)?.into_bytes(),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "khulasa", &mut script);
            script
        }
        Some(Command::Man) => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(Cli::command()).render(&mut page);
            rendered.map_err(|error| Stop::writing(&"the manual page", &error))?;
            page
        }
    };
    write_stdout(&text).map_err(|error| Stop::writing(&STDOUT, &error))?;
    Ok(ExitCode::SUCCESS)
}
