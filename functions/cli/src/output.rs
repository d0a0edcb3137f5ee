//! What a command prints, and where: results on stdout, progress and errors on stderr.
//!
//! With `--json` stdout gets exactly one JSON object, whether the command did what was asked or not, and
//! nothing else. Without it a person reads along. Colours, and progress that is wiped away, only go to a terminal.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::problem::Problem;

/// How the surroundings want their output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
    colours: bool,
    progress: bool,
}

/// The meaning of a colour.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tone {
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// A heading.
    Strong,
}

impl Output {
    /// `no_color` is the value of the variable `NO_COLOR`: anything but empty means no colours
    /// (<https://no-color.org>).
    pub(crate) fn new(json: bool, no_color: Option<&str>) -> Self {
        let wanted = no_color.unwrap_or_default().is_empty();
        Self {
            json,
            colours: wanted && !json && io::stdout().is_terminal(),
            progress: io::stderr().is_terminal(),
        }
    }

    /// Whether the result is to be JSON.
    pub(crate) const fn is_json(self) -> bool {
        self.json
    }

    /// A line for a person; nothing with `--json`.
    pub(crate) fn line(self, text: impl Display) {
        if !self.json {
            write_out(&format!("{text}\n"));
        }
    }

    /// The result, for a program; nothing without `--json`.
    pub(crate) fn object(self, result: &impl Serialize) {
        if self.json {
            let text =
                serde_json::to_string(result).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
            write_out(&format!("{text}\n"));
        }
    }

    /// The result, for a program, as JSON that is written already; nothing without `--json`.
    pub(crate) fn json(self, text: &str) {
        if self.json {
            write_out(text);
        }
    }

    /// Why it did not work: as JSON on stdout, or as two lines on stderr.
    pub(crate) fn problem(self, problem: &Problem) {
        #[derive(Serialize)]
        struct Wrapped<'a> {
            error: &'a Problem,
        }
        if self.json {
            self.object(&Wrapped { error: problem });
        } else {
            aside(format_args!("error: {}", problem.message()));
            aside(problem.remedy());
        }
    }

    /// How far it has come, over and over on the same line of a terminal; nothing elsewhere.
    pub(crate) fn progress(self, text: impl Display) {
        if self.progress {
            write_err(&format!("\r\u{1b}[K{text}"));
        }
    }

    /// How far it has come, as a line for whoever reads a log; nothing on a terminal, which shows [`Self::progress`].
    pub(crate) fn milestone(self, text: impl Display) {
        if !self.progress {
            aside(text);
        }
    }

    /// Wipes the progress line away.
    pub(crate) fn progress_is_over(self) {
        self.progress("");
    }

    /// The text in the colour of its meaning, if there are colours.
    pub(crate) fn tone(self, tone: Tone, text: impl Display) -> String {
        if !self.colours {
            return text.to_string();
        }
        let code = match tone {
            Tone::Good => 32,
            Tone::Bad => 31,
            Tone::Strong => 1,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// A line beside the result, on stderr; also with `--json`.
pub(crate) fn aside(text: impl Display) {
    write_err(&format!("{text}\n"));
}

/// A reader that went away (`| head`) is no fault: there is just nobody to print for.
fn write_out(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn write_err(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
