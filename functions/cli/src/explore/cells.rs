//! Tables of values from events. Anybody may have written an event, so nothing of it reaches a terminal
//! unescaped.

use archive::names::escape_invisible;

/// The widest column. A longer cell is printed whole, and moves the rest of its line only.
const MAX_WIDTH: usize = 60;
/// Between two columns.
const GAP: &str = "  ";

/// The widths of a table's columns. They stay from page to page unless a cell needs more.
#[derive(Debug, Default)]
pub(super) struct Widths(Vec<usize>);

impl Widths {
    /// The lines of these rows, without spaces at their ends.
    pub(super) fn lines(&mut self, rows: &[Vec<String>]) -> Vec<String> {
        for row in rows {
            for (index, cell) in row.iter().enumerate() {
                let width = cell.chars().count().min(MAX_WIDTH);
                match self.0.get_mut(index) {
                    Some(widest) => *widest = width.max(*widest),
                    None => self.0.push(width),
                }
            }
        }
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&self.0).map(|(cell, &width)| format!("{cell:<width$}"));
            cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
        };
        rows.iter().map(line).collect()
    }
}

/// A value as a cell: on one line, without invisible characters. It is whole, so that it can be copied.
pub(super) fn cell(value: &str) -> String {
    escape_invisible(value)
}

/// A value that may be missing.
pub(super) fn optional(value: Option<&str>) -> String {
    value.map_or_else(|| "(none)".to_owned(), cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_an_event_controls_the_terminal() {
        assert_eq!(cell("\u{1b}[2J\nroot"), escape_invisible("\u{1b}[2J\nroot"));
        assert!(!cell("\u{1b}[2J\n\u{202e}root\u{9b}0m").contains(['\u{1b}', '\n', '\u{202e}', '\u{9b}']));
        assert_eq!(optional(None), "(none)");
    }

    #[test]
    fn a_long_cell_is_whole_and_moves_its_own_line_only() {
        let long = "ä".repeat(300);
        let lines = Widths::default()
            .lines(&[vec![cell(&long), "x".to_owned()], vec![String::new(), "y".to_owned()]]);
        assert_eq!(lines, [format!("{long}  x"), format!("{:60}  y", "")]);
    }

    #[test]
    fn columns_stay_where_they_are_from_page_to_page() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let mut widths = Widths::default();
        assert_eq!(
            widths.lines(&[row(["TIME", "ACTOR"]), row(["long one", "a"])]),
            ["TIME      ACTOR", "long one  a"]
        );
        assert_eq!(widths.lines(&[row(["b", ""]), row(["c", "d"])]), ["b", "c         d"]);
    }
}
