//! Text tables and human-readable numbers.

pub(crate) use archive::files::numbers::{counted, grouped};

/// A column's heading and alignment.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Column {
    /// Left-aligned, for text.
    Left(&'static str),
    /// Right-aligned, for numbers.
    Right(&'static str),
}

impl Column {
    const fn heading(self) -> &'static str {
        match self {
            Self::Left(heading) | Self::Right(heading) => heading,
        }
    }

    fn pad(self, cell: &str, width: usize) -> String {
        match self {
            Self::Left(_) => format!("{cell:<width$}"),
            Self::Right(_) => format!("{cell:>width$}"),
        }
    }
}

/// The lines of a table, headings first, with two spaces between columns and no trailing spaces.
pub(crate) fn table<const N: usize>(columns: [Column; N], rows: &[[String; N]]) -> Vec<String> {
    let headings = columns.map(|column| column.heading().to_owned());
    let all = || std::iter::once(&headings).chain(rows);
    let widths: Vec<usize> = (0..N)
        .map(|index| {
            all().filter_map(|row| row.get(index)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    all()
        .map(|row| {
            let cells = columns.iter().zip(row).zip(&widths);
            let cells: Vec<String> = cells.map(|((column, cell), width)| column.pad(cell, *width)).collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_have_no_trailing_spaces() {
        let rows = [["a".into(), "1,000".into(), "x".into()], ["bcd".into(), "2".into(), String::new()]];
        let lines = table([Column::Left("name"), Column::Right("n"), Column::Left("note")], &rows);
        assert_eq!(lines, ["name      n  note", "a     1,000  x", "bcd       2"]);
    }
}
