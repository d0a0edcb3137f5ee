//! The output of a command: results on stdout, progress and errors on stderr.
//!
//! With `--json` stdout gets exactly one JSON object, also on failure, and nothing else. Without it the
//! output is for a person. Colors, and progress lines that are overwritten, only go to a terminal.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

/// An error as a command reports it: a message and a remedy, or the whole of it as JSON.
pub trait ErrorReport: Serialize {
    /// The cause, as one line.
    fn message(&self) -> &str;

    /// What the user can do about it.
    fn remedy(&self) -> &str;
}

/// The output format of this process.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
    colors: bool,
    progress: bool,
}

/// How a text is emphasized.
#[derive(Debug, Clone, Copy)]
pub enum Style {
    /// In green.
    Success,
    /// In red.
    Failure,
    /// In bold, for headings.
    Bold,
}

impl Output {
    /// `no_color` is the value of the variable `NO_COLOR`: anything but empty means no colors
    /// (<https://no-color.org>).
    #[must_use]
    pub fn new(json: bool, no_color: Option<&str>) -> Self {
        let enabled = no_color.unwrap_or_default().is_empty();
        Self {
            json,
            colors: enabled && !json && io::stdout().is_terminal(),
            progress: io::stderr().is_terminal(),
        }
    }

    /// Whether the result is printed as JSON.
    #[must_use]
    pub const fn is_json(self) -> bool {
        self.json
    }

    /// Prints a line for a person; nothing with `--json`.
    pub fn line(self, text: impl Display) {
        if !self.json {
            write_out(&format!("{text}\n"));
        }
    }

    /// Prints the result for a program; nothing without `--json`.
    pub fn object(self, result: &impl Serialize) {
        if self.json {
            let text =
                serde_json::to_string(result).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
            write_out(&format!("{text}\n"));
        }
    }

    /// Prints a result that is serialized already; nothing without `--json`.
    pub fn json(self, text: &str) {
        if self.json {
            write_out(text);
        }
    }

    /// Prints an error: as JSON on stdout, or as two lines on stderr.
    pub fn error<E: ErrorReport>(self, error: &E) {
        #[derive(Serialize)]
        struct Wrapped<'a, E> {
            error: &'a E,
        }
        if self.json {
            self.object(&Wrapped { error });
        } else {
            eprint_line(format_args!("error: {}", error.message()));
            eprint_line(error.remedy());
        }
    }

    /// Shows the progress, always on the same line of a terminal; nothing elsewhere.
    pub fn progress(self, text: impl Display) {
        if self.progress {
            write_err(&format!("\r\u{1b}[K{text}"));
        }
    }

    /// Prints the progress as a line of a log; nothing on a terminal, which shows [`Self::progress`].
    pub fn log_progress(self, text: impl Display) {
        if !self.progress {
            eprint_line(text);
        }
    }

    /// Clears the progress line.
    pub fn clear_progress(self) {
        self.progress("");
    }

    /// The text in this style, if colors are enabled.
    #[must_use]
    pub fn styled(self, style: Style, text: impl Display) -> String {
        if !self.colors {
            return text.to_string();
        }
        let code = match style {
            Style::Success => 32,
            Style::Failure => 31,
            Style::Bold => 1,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// Prints a line on stderr; also with `--json`.
pub fn eprint_line(text: impl Display) {
    write_err(&format!("{text}\n"));
}

/// A closed pipe (`| head`) is not an error.
fn write_out(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn write_err(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
