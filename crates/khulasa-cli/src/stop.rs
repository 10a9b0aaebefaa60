//! Why the program ends, and with which status.

use std::fmt::Display;
use std::io;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

/// A reason to end before the work is done.
#[derive(Debug)]
pub enum Stop {
    /// Nothing can be done: what is wrong, and what to do.
    Unusable(String),
    /// The result cannot be written: where, and why.
    Unwritable(String),
    /// Nobody reads the result any longer, which is no error.
    Unread,
    /// Ctrl-C.
    Interrupted,
}

impl Stop {
    /// A failure to write to `place`.
    pub fn writing(place: &dyn Display, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Unread,
            _ => Self::Unwritable(format!("{place}: cannot be written: {error}")),
        }
    }

    /// What there is to say about it.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Unusable(message) | Self::Unwritable(message) => Some(message),
            Self::Unread | Self::Interrupted => None,
        }
    }

    /// The status that the program ends with.
    pub fn status(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Unread => 0,
            Self::Unwritable(_) => 1,
            Self::Unusable(_) => 2,
            Self::Interrupted => 130,
        })
    }
}

impl From<khulasa::Error> for Stop {
    fn from(error: khulasa::Error) -> Self {
        Self::Unusable(error.to_string())
    }
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on, Ctrl-C asks the work to stop; a second one ends the program at once.
pub fn listen() {
    // Without a handler Ctrl-C ends the program at once, which does no harm.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
}

/// Whether somebody pressed Ctrl-C.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// What to tell those who do the work: to break off if somebody pressed Ctrl-C.
pub fn go_on() -> ControlFlow<()> {
    match interrupted() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    }
}
