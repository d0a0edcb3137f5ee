//! Text tables and human-readable numbers.

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

/// A number with a comma between groups of three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 event`, `2,900 events`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
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

    #[test]
    fn large_numbers_are_grouped() {
        let grouped: Vec<String> = [0, 999, 1000, 1_234_567].map(grouped).into();
        assert_eq!(grouped, ["0", "999", "1,000", "1,234,567"]);
        assert_eq!((counted(1, "event"), counted(2900, "event")), ("1 event".into(), "2,900 events".into()));
    }
}
